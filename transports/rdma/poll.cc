// SPDX-License-Identifier: BSD-3-Clause
// One poll: read the completions, visit whom they leave with something to do; before a sleep, poll
// on for a moment where there has been traffic.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "platform/assert.h"
#include "transports/rdma/rdma_transport.h"
#include "transports/stream_limits.h"
#include "transports/timer_clock.h"

namespace rota::rdma {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr uint32_t kCheckEvery = 16;  // polls between two looks at the descriptors
constexpr int64_t kBeatNs = 3'000'000'000;

}  // namespace

size_t RdmaTransport::poll(std::span<Event> out, int64_t wait_max_ns) {
    ASSERT(!out.empty());
    ++stats_.polls;
    Sink sink{out};
    if (sleep_.load(std::memory_order_relaxed) == kWoken) {
        sleep_.exchange(kAwake, std::memory_order_acquire);  // pairs with the release in wake()
        ++stats_.wakeups;
        wait_max_ns = 0;
    }
    look(sink);
    if (sink.count != 0 || wait_max_ns == 0) return sink.count;
    if (const int64_t wait_ns = prepare_wait(wait_max_ns); wait_ns != 0) sleep(wait_ns);
    look(sink);
    return sink.count;
}

void RdmaTransport::look(Sink& sink) {
    answer_requests();
    const size_t found = reap();
    if (++polls_unchecked_ >= kCheckEvery || (found == 0 && devices_.empty())) check_descriptors();
    greet(sink);
    visit_ready(sink);
}

int64_t RdmaTransport::prepare_wait(int64_t wait_max_ns) {
    polls_unchecked_ = kCheckEvery;  // after it, look at once
    if (work_left_ || !newcomers_.empty() || !requested_.empty()) return 0;
    if (had_traffic_ && spin()) return 0;
    had_traffic_ = false;
    for (const auto& device : devices_) device->arm();
    // What came before it was armed brings no event.
    if (reap() != 0 || work_left_) return 0;
    return until_next_beat(wait_max_ns);
}

// True: something has come within the budget.
bool RdmaTransport::spin() {
    const int64_t until_ns = timer_now_ns() + int64_t{options_.spin_us} * 1000;
    do {
        if (reap() != 0) return true;
    } while (timer_now_ns() < until_ns);
    return false;
}

void RdmaTransport::sleep(int64_t wait_ns) {
    uint8_t expected = kAwake;
    // Whoever wakes us from here on sees kAsleep and writes to the descriptor.
    if (!sleep_.compare_exchange_strong(expected, kAsleep, std::memory_order_acq_rel)) wait_ns = 0;
    const int64_t wait_ms = wait_ns < 0 ? -1 : (wait_ns + kNsPerMs - 1) / kNsPerMs;
    epoll_event event;
    ++stats_.syscalls;
    ::epoll_wait(epoll_.get(), &event, 1, static_cast<int>(std::min<int64_t>(wait_ms, INT_MAX)));
    // Acquire pairs with the release in wake().
    if (sleep_.exchange(kAwake, std::memory_order_acq_rel) == kWoken) ++stats_.wakeups;
}

void RdmaTransport::check_descriptors() {
    polls_unchecked_ = 0;
    std::array<epoll_event, 8> events;
    ++stats_.syscalls;
    const int found = ::epoll_wait(epoll_.get(), events.data(), int{events.size()}, 0);
    for (int i = 0; i < found; ++i) {
        const int descriptor = events[static_cast<size_t>(i)].data.fd;
        uint64_t count = 0;
        if (descriptor == channel_->fd) {
            take_manager_events();
        } else if (descriptor == wake_fd_.get()) {
            [[maybe_unused]] const ssize_t got = ::read(descriptor, &count, sizeof count);
        } else {
            for (const auto& device : devices_)
                if (device->descriptor() == descriptor) device->take_events();
        }
    }
    if (!beats_.empty()) beat(timer_now_ns());
}

// ---- Keepalive: every connection is sent a message now and then. It needs no answer: that of a
// peer's NIC is missed by ours.

int64_t RdmaTransport::until_next_beat(int64_t wait_max_ns) const {
    if (beats_.empty()) return wait_max_ns;
    const int64_t left_ns = std::max<int64_t>(beats_.front().due_ns - timer_now_ns(), 0);
    return wait_max_ns < 0 ? left_ns : std::min(wait_max_ns, left_ns);
}

void RdmaTransport::beat(int64_t now_ns) {
    while (!beats_.empty() && beats_.front().due_ns <= now_ns) {
        const ConnId id = beats_.front().id;
        beats_.pop_front();
        Connection* connection = find(id);
        if (connection == nullptr) continue;
        beats_.push_back({now_ns + kBeatNs, id});
        connection->stream.want_keepalive();
        post_controls(ConnectionTable::slot_of(id), *connection);
    }
}

// ---- Visits

Event& RdmaTransport::tell(Sink& sink, Event::Kind kind, uint32_t slot,
                           const Connection& connection) {
    ASSERT(!sink.full());
    Event& event = sink.out[sink.count++];
    event = Event{.kind = kind, .conn = id_of(slot, connection), .user = connection.user};
    return event;
}

// Each connection in the queue now is visited once at most; one that has more to do lines up again.
void RdmaTransport::visit_ready(Sink& sink) {
    work_left_ = false;
    size_t left = ready_.size();
    for (; left != 0 && !sink.full(); --left) {
        const uint32_t slot = ready_.pop();
        Connection& connection = connections_.at(slot);
        connection.queued = false;
        visit(slot, connection, sink);
    }
    if (left != 0) work_left_ = true;
}

// Comes with room for one event.
void RdmaTransport::visit(uint32_t slot, Connection& connection, Sink& sink) {
    using Phase = Connection::Phase;
    if (connection.phase == Phase::free) return;
    if (connection.phase == Phase::ended) return finish(slot, connection, sink);
    if (connection.detaching) return let_go(slot, connection, sink);
    if (connection.phase == Phase::requested) {
        if (connection.draining && connection.unsent.empty()) end(slot, connection, 0);
        return;
    }
    const size_t before = sink.count;
    if (connection.phase == Phase::open) {
        if (std::exchange(connection.connected_due, false))
            tell(sink, Event::Kind::connected, slot, connection);
        post_controls(slot, connection);
    }
    if (connection.phase == Phase::open && sink.count == before) flush(slot, connection, sink);
    if (connection.phase == Phase::ended) return enqueue(slot, connection);
    if (sink.count != before) return enqueue(slot, connection);
    if (connection.draining) return drain(slot, connection);
    if (connection.stream.unread() != 0 && !connection.paused)
        return deliver(slot, connection, sink);
    if (!connection.peer_left || connection.stream.unread() != 0) return;
    if (connection.eof_told || connection.error != 0)
        return end(slot, connection, connection.error != 0 ? connection.error : ECONNRESET);
    connection.eof_told = true;
    tell(sink, Event::Kind::eof, slot, connection);
    enqueue(slot, connection);
}

void RdmaTransport::deliver(uint32_t slot, Connection& connection, Sink& sink) {
    Stream& stream = connection.stream;
    const uint32_t count = std::min(stream.unread(), uint32_t{kReceiveQuota});
    Inbox& inbox = inboxes_[connection.inbox];
    Event& event = tell(sink, Event::Kind::received, slot, connection);
    event.data = {inbox.region.data() + stream.position(), count};
    event.buffer = BufferId{connection.inbox};
    stream.did_read(count);
    stats_.bytes_in += count;
    ++inbox.slices_out;
    inbox.owner_waits = stream.used_up();
    if (stream.unread() != 0 || connection.peer_left) enqueue(slot, connection);
}

// What it sends is thrown away; when all of ours has left and was confirmed, it ends.
void RdmaTransport::drain(uint32_t slot, Connection& connection) {
    Stream& stream = connection.stream;
    stream.did_read(stream.unread());
    if (connection.peer_left) return end(slot, connection, 0);
    if (connection.phase != Connection::Phase::open) return;
    if (stream.used_up()) renew_buffer(slot, connection);
    if (!connection.unsent.empty()) return;
    if (connection.ends->posted == connection.ends->done) return end(slot, connection, 0);
    if (std::exchange(connection.marked, true)) return;
    // The last requests may be such that no completion was asked for: one that is follows them.
    stream.want_keepalive();
    post_controls(slot, connection);
}

void RdmaTransport::finish(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.told) tell(sink, Event::Kind::closed, slot, connection).error = connection.error;
    release(connection);
    connections_.give_back(slot);
    --in_use_;
}

void RdmaTransport::let_go(uint32_t slot, Connection& connection, Sink& sink) {
    const int descriptor = hand_over(std::exchange(connection.id, nullptr));
    if (descriptor >= 0) {
        tell(sink, Event::Kind::detached, slot, connection).descriptor = descriptor;
    } else {
        tell(sink, Event::Kind::closed, slot, connection).error = EMFILE;
    }
    connections_.give_back(slot);
    --in_use_;
}

}  // namespace rota::rdma
