// SPDX-License-Identifier: BSD-3-Clause
// One poll: submit and wait by one call, read the completions, visit whom they leave with something
// to do.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/assert.h"
#include "transports/io_uring/abi.h"
#include "transports/io_uring/uring_transport.h"
#include "transports/stream_limits.h"
#include "transports/timer_clock.h"

namespace rota::uring {

size_t UringTransport::poll(std::span<Event> out, int64_t wait_max_ns) {
    ASSERT(!out.empty());
    ++stats_.polls;
    Sink sink{out};
    wake_receivers();
    if (wait_max_ns != 0) arm_watched();
    enter(allowed_wait(wait_max_ns), out.size());
    settle();
    // Newcomers leave at least half of the events to those who are in. What is asked for them
    // leaves with the next poll: by then their owner has said set_user().
    greet(sink, out.size() - std::max<size_t>(out.size() / 2, 1));
    turn_over_ = false;
    while (!sink.full() && !turn_over_ && ring_.completion_head() != searched_) {
        const io_uring_cqe* entry = ring_.front();
        const Completion done{entry->user_data, entry->res, entry->flags};
        ring_.pop();
        complete(done, sink);
    }
    if (!lingering_.empty() || accept_again_at_ns_ != 0) [[unlikely]]
        run_timers();
    greet(sink, 0);
    visit_ready(sink);
    return sink.count;
}

// How long this poll may sleep: not at all while something is left over, nor after a wake().
int64_t UringTransport::allowed_wait(int64_t wait_max_ns) {
    if (bell_.heard()) {
        ++stats_.wakeups;
        return 0;
    }
    if (work_left_ || !newcomers_.empty() || ring_.completions() != 0) return 0;
    if (wait_max_ns == 0 || (lingering_.empty() && accept_again_at_ns_ == 0)) return wait_max_ns;
    int64_t first_ns = accept_again_at_ns_;
    if (!lingering_.empty() && (first_ns == 0 || lingering_.front().until_ns < first_ns))
        first_ns = lingering_.front().until_ns;
    const int64_t until_first_ns = std::max<int64_t>(first_ns - timer_now_ns(), 0);
    return wait_max_ns < 0 ? until_first_ns : std::min(wait_max_ns, until_first_ns);
}

void UringTransport::gather_for(int64_t ns) {
    if ((ring_.features() & kFeatureMinWait) != 0) gather_us_ = static_cast<uint32_t>(ns / 1000);
}

void UringTransport::enter(int64_t wait_ns, size_t room) {
    if (wait_ns == 0) {
        const bool to_submit = ring_.consumed() != ring_.prepared();
        // With enough to tell already, what else has arrived may wait in the sockets.
        const bool gather = ring_.completions() < room || ring_.overflowed();
        if (!to_submit && !(gather && ring_.has_deferred())) return;
        return ring_.enter(0, 0, gather);
    }
    const bool may_sleep = bell_.lie_down();
    const uint32_t batch = gather_us_ != 0             ? kGatherMost
                           : options_.min_wait_us == 0 ? 1
                                                       : gathering_.batch();
    const uint32_t min_wait_us = gather_us_ != 0 ? gather_us_ : options_.min_wait_us;
    ring_.enter(may_sleep ? batch : 0, wait_ns, true, batch > 1 ? min_wait_us : 0);
    if (may_sleep && gather_us_ == 0 && options_.min_wait_us != 0)
        gathering_.learn(ring_.completions());
    if (bell_.get_up()) ++stats_.wakeups;
}

// Of the quick sends that were submitted, those that failed have their completion among the new
// ones: they are dealt with at once, and then all of this round is known.
void UringTransport::settle() {
    const uint32_t tail = ring_.completion_tail();
    for (; searched_ != tail; ++searched_) {
        io_uring_cqe& entry = ring_.completion_at(searched_);
        if (op_of(entry.user_data) != Op::quick_send) continue;
        const uint32_t slot = slot_of(entry.user_data);
        on_quick_send(slot, connections_.at(slot), entry.res);
    }
    // Hidden by an overflow there may be more of them.
    if (ring_.consumed() < round_prepared_ || ring_.overflowed()) return;
    ++round_;
    arena_used_ = 0;
}

// Receives that could not go on, or had had their share.
void UringTransport::wake_receivers() {
    const auto go_on = [this](std::vector<ConnId>& list, auto forget) {
        for (const ConnId id : std::exchange(list, {})) {
            const uint32_t slot = ConnectionTable::slot_of(id);
            Connection& connection = connections_.at(slot);
            if (connection.generation != ConnectionTable::generation_of(id)) continue;
            forget(connection);
            if (!connection.receiving) after_receive(slot, connection);
        }
    };
    if (!resting_.empty()) [[unlikely]]
        go_on(resting_, [](Connection& connection) { connection.resting = false; });
    if (!starved_.empty() && buffers_.available()) [[unlikely]]
        go_on(starved_, [](Connection& connection) { connection.starved = false; });
}

// Those whose time is up.
void UringTransport::run_timers() {
    const int64_t now_ns = timer_now_ns();
    for (; !lingering_.empty() && lingering_.front().until_ns <= now_ns; lingering_.pop_front()) {
        const ConnId id = lingering_.front().id;
        const uint32_t slot = ConnectionTable::slot_of(id);
        Connection& connection = connections_.at(slot);
        if (connection.generation == ConnectionTable::generation_of(id) && !connection.ending)
            end(slot, connection, 0);
    }
    if (accept_again_at_ns_ == 0 || now_ns < accept_again_at_ns_) return;
    accept_again_at_ns_ = 0;
    reserve_.refill();
    for (uint32_t index = 0; index < listeners_.size(); ++index)
        if (std::exchange(listeners_[index].resting, false)) arm_accept(index);
}

void UringTransport::enqueue(uint32_t slot, Connection& connection) {
    work_left_ = true;
    if (connection.queued) return;
    connection.queued = true;
    ready_.push(slot);
}

Event& UringTransport::tell(Sink& sink, Event::Kind kind, uint32_t slot,
                            const Connection& connection) {
    ASSERT(!sink.full());
    Event& event = sink.out[sink.count++];
    event = Event{.kind = kind, .conn = id_of(slot, connection), .user = connection.user};
    return event;
}

// Each connection in the queue now is visited once at most.
void UringTransport::visit_ready(Sink& sink) {
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

// What no completion leads on to. Comes with room for one event.
void UringTransport::visit(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.fd < 0) return;
    if (unsettled(connection)) return enqueue(slot, connection);
    if (connection.ending) return finish(slot, connection, sink);
    if (connection.detaching) return let_go(slot, connection, sink);
    if (connection.out != nullptr && !connection.sending && !connection.connecting &&
        !connection.out->all_left())
        return start_send(slot, connection);
    if (connection.draining && connection.out == nullptr && !connection.lingering)
        begin_linger(slot, connection, sink);
}

// All replies have left. A close() now would answer bytes still unread or under way with a reset,
// which may destroy those replies before the peer reads them. So: say that we are done, let the
// owner go, and throw away what comes until the peer is done too, within limits.
void UringTransport::begin_linger(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.eof_told || ::shutdown(connection.fd, SHUT_WR) != 0)
        return end(slot, connection, 0);
    tell(sink, Event::Kind::closed, slot, connection);
    connection.open = false;
    connection.lingering = true;
    connection.linger_bytes_left = kLingerBytes;
    lingering_.push_back({timer_now_ns() + kLingerNs, id_of(slot, connection)});
}

// From here on nothing is asked for it. What is in flight still names its memory and its
// descriptor.
void UringTransport::end(uint32_t slot, Connection& connection, int error) {
    if (connection.ending) return;
    connection.ending = true;
    connection.open = false;
    connection.error = error;
    cancel_all(slot, connection);
    if (connection.in_flight == 0) enqueue(slot, connection);
}

// shutdown() first: a child process may hold a copy of the descriptor, and then close() alone would
// tell the peer nothing.
void UringTransport::finish(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.in_flight != 0) return;  // the last completion leads here again
    ::shutdown(connection.fd, SHUT_RDWR);
    ::close(connection.fd);
    if (!connection.lingering)  // else its Event::closed was told long ago
        tell(sink, Event::Kind::closed, slot, connection).error = connection.error;
    connections_.give_back(slot);
}

void UringTransport::let_go(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.in_flight != 0 || connection.out != nullptr) return;
    tell(sink, Event::Kind::detached, slot, connection).descriptor = connection.fd;
    connections_.give_back(slot);
}

}  // namespace rota::uring
