// SPDX-License-Identifier: BSD-3-Clause
// One poll: wait, note who has something to do, visit them.
#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "platform/assert.h"
#include "platform/sleep.h"
#include "transports/epoll/epoll_transport.h"
#include "transports/epoll/tags.h"
#include "transports/timer_clock.h"

namespace rota {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

// Whole milliseconds suit every kernel; a finer wait needs Linux 5.11, else it is rounded up.
int epoll_wait_ns(int epoll, epoll_event* events, int count, int64_t wait_ns) {
    if (wait_ns > 0 && wait_ns < 10 * kNsPerMs && wait_ns % kNsPerMs != 0) {
        const timespec limit{.tv_sec = 0, .tv_nsec = wait_ns};
        const int found = ::epoll_pwait2(epoll, events, count, &limit, nullptr);
        if (found >= 0 || errno != ENOSYS) return found;
    }
    const int64_t wait_ms = wait_ns < 0 ? -1 : (wait_ns + kNsPerMs - 1) / kNsPerMs;
    return ::epoll_wait(epoll, events, count,
                        static_cast<int>(std::min<int64_t>(wait_ms, 1 << 30)));
}

}  // namespace

size_t EpollTransport::poll(std::span<Event> out, int64_t wait_max_ns) {
    ASSERT(!out.empty());
    ++stats_.polls;
    Sink sink{out};
    const int found = wait_for_events(allowed_wait(wait_max_ns));
    for (int i = 0; i < found; ++i) note(reported_[static_cast<size_t>(i)]);
    if (!lingering_.empty() || accept_again_at_ns_ != 0) [[unlikely]]
        run_timers();
    accept_due(sink);
    visit_ready(sink);
    return sink.count;
}

// How long this poll may sleep: not at all while work is left over, nor after a wake().
int64_t EpollTransport::allowed_wait(int64_t wait_max_ns) {
    if (bell_.heard()) {
        ++stats_.wakeups;
        return 0;
    }
    if (work_left_) return 0;
    int64_t wait_ns = wait_max_ns;
    if (wait_ns == 0 || (lingering_.empty() && accept_again_at_ns_ == 0)) return wait_ns;
    int64_t first_ns = accept_again_at_ns_;
    if (!lingering_.empty() && (first_ns == 0 || lingering_.front().until_ns < first_ns))
        first_ns = lingering_.front().until_ns;
    const int64_t until_first_ns = std::max<int64_t>(first_ns - timer_now_ns(), 0);
    return wait_ns < 0 ? until_first_ns : std::min(wait_ns, until_first_ns);
}

int EpollTransport::wait_for_events(int64_t wait_ns) {
    const int epoll = epoll_.get();
    const bool is_told = std::exchange(has_report_, false) || poll_is_lent_;
    if (wait_ns == 0 && is_told) return 0;
    ++stats_.syscalls;
    if (wait_ns == 0) return ::epoll_wait(epoll, reported_.data(), kEpollEvents, 0);
    if (gather_ns_ > 0) {
        // A sleep that no socket ends: who sends meanwhile does not have to wake this thread.
        ++stats_.syscalls;
        precise_sleep_ns(wait_ns < 0 ? gather_ns_ : std::min(gather_ns_, wait_ns));
    }
    if (!bell_.lie_down()) wait_ns = 0;
    const int found = epoll_wait_ns(epoll, reported_.data(), kEpollEvents, wait_ns);
    if (bell_.get_up()) ++stats_.wakeups;
    return found;
}

// Remembers what epoll said about one descriptor and puts it in line for a visit.
void EpollTransport::note(const epoll_event& reported) {
    const uint64_t tag = reported.data.u64;
    if (!is_connection_tag(tag)) [[unlikely]] {
        if (tag == kWakeTag) return;
        Listener& listener = listeners_[tag];
        listener.due = static_cast<bool>(listener.fd) && !listener.resting;
        listeners_due_ |= listener.due;
        return;
    }
    const ConnId id{tag};
    const uint32_t slot = ConnectionTable::slot_of(id);
    Connection& connection = connections_.at(slot);
    // The descriptor of an earlier connection, kept open by a child process.
    if (connection.generation != ConnectionTable::generation_of(id) || connection.fd < 0) return;
    const uint32_t events = reported.events;
    connection.readable |= (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    connection.hung_up |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    connection.broken |= (events & (EPOLLHUP | EPOLLERR)) != 0;
    connection.writable |= (events & EPOLLOUT) != 0;
    const bool may_read = connection.readable && (!connection.paused || connection.draining);
    const bool may_write =
        connection.writable && (connection.connecting || !connection.unsent.empty());
    if (may_read || may_write || connection.broken) enqueue(slot, connection);
}

void EpollTransport::enqueue(uint32_t slot, Connection& connection) {
    if (connection.lent) return;  // take_back() will see to it
    work_left_ = true;
    if (connection.queued) return;
    connection.queued = true;
    ready_.push(slot);
}

// In line, but no reason to stay awake: recycle() is what it waits for.
void EpollTransport::park(uint32_t slot, Connection& connection) {
    starved_ = true;
    if (connection.queued) return;
    connection.queued = true;
    ready_.push(slot);
}

void EpollTransport::watch_output(uint32_t slot, Connection& connection, bool on) {
    if (connection.output_armed == on || connection.peer.family != AF_UNIX) return;
    connection.output_armed = on;
    const ConnId id = ConnectionTable::make_id(slot, connection.generation);
    epoll_event wanted{.events = EPOLLIN | EPOLLRDHUP | EPOLLET | (on ? uint32_t{EPOLLOUT} : 0u),
                       .data = {.u64 = static_cast<uint64_t>(id)}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd, &wanted);
}

// Those whose time is up get their visit.
void EpollTransport::run_timers() {
    const int64_t now_ns = timer_now_ns();
    for (; !lingering_.empty() && lingering_.front().until_ns <= now_ns; lingering_.pop_front()) {
        const ConnId id = lingering_.front().id;
        const uint32_t slot = ConnectionTable::slot_of(id);
        Connection& connection = connections_.at(slot);
        if (connection.generation != ConnectionTable::generation_of(id)) continue;
        connection.linger_bytes_left = 0;
        enqueue(slot, connection);
    }
    if (accept_again_at_ns_ == 0 || now_ns < accept_again_at_ns_) return;
    accept_again_at_ns_ = 0;
    for (uint32_t index = 0; index < listeners_.size(); ++index) {
        Listener& listener = listeners_[index];
        if (!listener.resting) continue;
        listener.resting = false;
        reserve_.refill();
        watch_listener(index, true, EPOLL_CTL_MOD);
    }
}

Event& EpollTransport::tell(Sink& sink, Event::Kind kind, uint32_t slot,
                            const Connection& connection) {
    Event& event = sink.out[sink.count++];
    event = Event{.kind = kind,
                  .conn = ConnectionTable::make_id(slot, connection.generation),
                  .user = connection.user};
    return event;
}

// Each connection in the queue now is visited once at most; one that has more to do lines up again.
void EpollTransport::visit_ready(Sink& sink) {
    work_left_ = false;
    starved_ = false;
    size_t left = ready_.size();
    for (; left != 0 && !sink.full(); --left) {
        const uint32_t slot = ready_.pop();
        connections_.at(slot).queued = false;
        visit(slot, sink);
    }
    if (left != 0) work_left_ = true;
}

}  // namespace rota
