// SPDX-License-Identifier: BSD-3-Clause
// What the kernel answers. Each completion comes with room for one event and tells one at most;
// what takes more than that is a visit.
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "platform/assert.h"
#include "transports/io_uring/abi.h"
#include "transports/io_uring/uring_transport.h"
#include "transports/stream_limits.h"

namespace rota::uring {

void UringTransport::complete(const Completion& done, Sink& sink) {
    const Op op = op_of(done.tag);
    // A quick send counts nowhere: it is settled by then, or its connection lives on until it is.
    if (op == Op::none || op == Op::quick_send) return;
    if (done.last()) --in_flight_;
    if (op == Op::accept) return on_accept(done);
    if (op == Op::wake) {
        if (slot_of(done.tag) == kWatchedTag)
            watched_armed_ = false;
        else if (done.last())
            arm_wake();
        return;
    }
    const uint32_t slot = slot_of(done.tag);
    Connection& connection = connections_.at(slot);
    ASSERT(connection.generation == generation_of(done.tag));  // cancel, then free
    if (done.last()) --connection.in_flight;
    if (op == Op::receive) {
        on_receive(slot, connection, done, sink);
    } else if (op == Op::send) {
        on_send(slot, connection, done, sink);
    } else {
        on_watch(slot, connection, done, sink);
    }
    if ((connection.ending || connection.detaching) && connection.in_flight == 0)
        enqueue(slot, connection);
}

// ---- Receiving
// ---------------------------------------------------------------------------------------

void UringTransport::on_receive(uint32_t slot, Connection& connection, const Completion& done,
                                Sink& sink) {
    if (done.last()) connection.receiving = false;
    if ((done.flags & IORING_CQE_F_BUFFER) != 0) on_bytes(slot, connection, done, sink);
    if (done.result <= 0) on_receive_end(slot, connection, done.result, sink);
    if (done.last()) after_receive(slot, connection);
}

// The buffer's account is kept even where nobody wants the bytes.
void UringTransport::on_bytes(uint32_t slot, Connection& connection, const Completion& done,
                              Sink& sink) {
    const uint32_t buffer = done.flags >> IORING_CQE_BUFFER_SHIFT;
    const auto count = static_cast<size_t>(std::max(done.result, 0));
    const bool goes_on = buffers_.incremental() && (done.flags & kCqeBufferMore) != 0;
    const Slice bytes = buffers_.take(buffer, count, goes_on);
    ++stats_.reads;
    stats_.bytes_in += count;
    if (count == 0 || !connection.open || connection.draining) {
        buffers_.give_back(BufferId{buffer});
        if (!connection.lingering || connection.ending) return;
        connection.linger_bytes_left -=
            static_cast<uint32_t>(std::min<size_t>(count, connection.linger_bytes_left));
        if (connection.linger_bytes_left == 0) end(slot, connection, 0);
        return;
    }
    Event& event = tell(sink, Event::Kind::received, slot, connection);
    event.data = bytes;
    event.buffer = BufferId{buffer};
    if (connection.quota_poll != stats_.polls) {
        connection.quota_poll = stats_.polls;
        connection.quota_used = 0;
    }
    connection.quota_used += count;
    if (connection.quota_used < kReceiveQuota) return;
    turn_over_ = true;  // what else has come is for the next poll, so that the owner answers first
    if (connection.resting || done.last()) return;
    connection.resting = true;
    resting_.push_back(id_of(slot, connection));
    cancel(tag(Op::receive, id_of(slot, connection)));
}

void UringTransport::on_receive_end(uint32_t slot, Connection& connection, int result, Sink& sink) {
    if (connection.ending) return;
    if (result == 0) {
        if (connection.lingering) return end(slot, connection, 0);
        if (connection.eof_told) return;
        connection.eof_told = true;
        if (connection.draining) return enqueue(slot, connection);
        tell(sink, Event::Kind::eof, slot, connection);
        if (!connection.detaching) arm_watch(slot, connection, 0);
        return;
    }
    switch (-result) {
        case ECANCELED:
        case EINTR:
        case EAGAIN:
            return;
        case ENOBUFS:
            if (buffers_.available() || buffers_.grow()) return;
            connection.starved = true;
            starved_.push_back(id_of(slot, connection));
            return;
        default:
            return end(slot, connection, -result);
    }
}

// A receive that ended goes on unless somebody had a reason to end it.
void UringTransport::after_receive(uint32_t slot, Connection& connection) {
    const bool stopped = connection.ending || connection.detaching || connection.starved ||
                         connection.resting || connection.eof_told;
    const bool paused = connection.paused && !connection.draining;
    if (!stopped && !paused && !connection.receiving) arm_receive(slot, connection, false);
}

// ---- Sending
// -----------------------------------------------------------------------------------------

// Only those that failed are heard of.
void UringTransport::on_quick_send(uint32_t slot, Connection& connection, int result) {
    connection.quick_round = 0;
    const auto sent = static_cast<size_t>(std::max(result, 0));
    stats_.bytes_out -= connection.quick_bytes - sent;
    if (connection.ending || sent == connection.quick_bytes) return;
    if (result < 0 && result != -EAGAIN && result != -ECANCELED)
        return end(slot, connection, -result);
    if (connection.out == nullptr) connection.out = std::make_unique<Outgoing>();
    Outgoing& out = *connection.out;
    ASSERT(out.kept.empty());
    out.kept.assign(arena_.at(connection.quick_at + sent), connection.quick_bytes - sent);
    out.chunks.insert(out.chunks.begin(), out.kept);
    start_send(slot, connection);
}

void UringTransport::on_send(uint32_t slot, Connection& connection, const Completion& done,
                             Sink& sink) {
    Outgoing& out = *connection.out;
    if ((done.flags & IORING_CQE_F_NOTIF) != 0) {
        --out.notices_due;
    } else {
        if (!done.last()) ++out.notices_due;
        connection.sending = false;
        size_t left = static_cast<size_t>(std::max(done.result, 0));
        stats_.bytes_out += left;
        if (connection.ending) return;
        const bool again = done.result == -EAGAIN || done.result == -EINTR;
        if (done.result < 0 && !again) return end(slot, connection, -done.result);
        while (!out.all_left() && left >= out.chunks[out.first].size() - out.skip) {
            left -= out.chunks[out.first++].size() - std::exchange(out.skip, 0);
        }
        out.skip += left;
    }
    if (connection.ending || connection.sending) return;
    if (!out.all_left()) return start_send(slot, connection);
    if (out.notices_due != 0) return;
    const bool owner_waits = out.owner_waits;
    connection.out.reset();
    if (connection.draining || connection.detaching) return enqueue(slot, connection);
    if (owner_waits) tell(sink, Event::Kind::sent, slot, connection);
}

// ---- Ends
// --------------------------------------------------------------------------------------------

void UringTransport::on_watch(uint32_t slot, Connection& connection, const Completion& done,
                              Sink& sink) {
    if (done.last()) connection.watching = false;
    if (connection.ending || done.result == -ECANCELED) return;
    if (connection.connecting) {
        if (const int code = take_socket_error(connection.fd); code != 0)
            return end(slot, connection, code);
        connection.connecting = false;
        tell(sink, Event::Kind::connected, slot, connection);
        if (!connection.paused) arm_receive(slot, connection, true);
        if (connection.out != nullptr) start_send(slot, connection);
        return;
    }
    // Where a receive is armed, it meets the error itself, behind the last bytes.
    const bool broken = done.result < 0 || (done.result & (POLLERR | POLLHUP)) != 0;
    if (!broken || connection.receiving || connection.resting || connection.starved) return;
    const int code = take_socket_error(connection.fd);
    end(slot, connection, code != 0 ? code : ECONNRESET);
}

}  // namespace rota::uring
