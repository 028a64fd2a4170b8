// SPDX-License-Identifier: BSD-3-Clause
// What is asked of the kernel. Nothing here is a system call: entries leave with the next poll.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "platform/assert.h"
#include "transports/io_uring/uring_transport.h"

namespace rota::uring {

io_uring_sqe& UringTransport::prepare(uint8_t opcode, int fd, uint64_t user_tag) {
    io_uring_sqe& entry = ring_.prepare();
    entry.opcode = opcode;
    entry.fd = fd;
    entry.user_data = user_tag;
    return entry;
}

// poll_first: nothing has arrived yet, most likely, so that trying would be in vain.
void UringTransport::arm_receive(uint32_t slot, Connection& connection, bool poll_first) {
    ASSERT(!connection.receiving);
    connection.receiving = true;
    ++connection.in_flight;
    ++in_flight_;
    io_uring_sqe& entry =
        prepare(IORING_OP_RECV, connection.fd, tag(Op::receive, id_of(slot, connection)));
    entry.ioprio = IORING_RECV_MULTISHOT | (poll_first ? IORING_RECVSEND_POLL_FIRST : 0u);
    entry.flags = IOSQE_BUFFER_SELECT;
    entry.buf_group = kBufferGroup;
}

// Multishot, which makes it edge-triggered: one that says what it said before would spin.
void UringTransport::arm_watch(uint32_t slot, Connection& connection, uint32_t mask) {
    if (connection.watching) return;
    connection.watching = true;
    ++connection.in_flight;
    ++in_flight_;
    io_uring_sqe& entry =
        prepare(IORING_OP_POLL_ADD, connection.fd, tag(Op::watch, id_of(slot, connection)));
    entry.poll32_events = mask;
    entry.len = connection.connecting ? 0 : IORING_POLL_ADD_MULTI;
}

void UringTransport::arm_accept(uint32_t listener) {
    io_uring_sqe& entry =
        prepare(IORING_OP_ACCEPT, listeners_[listener].fd.get(), tag(Op::accept, listener));
    entry.ioprio = IORING_ACCEPT_MULTISHOT;
    entry.accept_flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    ++in_flight_;
}

void UringTransport::arm_wake() {
    io_uring_sqe& entry = prepare(IORING_OP_POLL_ADD, bell_.fd(), tag(Op::wake, 0));
    entry.poll32_events = POLLIN;
    entry.len = IORING_POLL_ADD_MULTI;
    ++in_flight_;
}

// One shot: level-triggered, it would complete for ever before its owner has read.
void UringTransport::arm_watched() {
    if (watched_ < 0 || watched_armed_) return;
    io_uring_sqe& entry = prepare(IORING_OP_POLL_ADD, watched_, tag(Op::wake, kWatchedTag));
    entry.poll32_events = POLLIN;
    watched_armed_ = true;
    ++in_flight_;
}

// What has ended meanwhile cannot be cancelled, which its own completion tells.
void UringTransport::cancel(uint64_t user_tag) {
    io_uring_sqe& entry = prepare(IORING_OP_ASYNC_CANCEL, -1, tag(Op::none, 0));
    entry.addr = user_tag;
    entry.flags = IOSQE_CQE_SKIP_SUCCESS;
}

// Each by its tag, which the kernel finds at once: for a descriptor it looks at all requests of all
// connections.
void UringTransport::cancel_all(uint32_t slot, const Connection& connection) {
    const ConnId id = id_of(slot, connection);
    if (connection.receiving) cancel(tag(Op::receive, id));
    if (connection.sending) cancel(tag(Op::send, id));
    if (connection.watching) cancel(tag(Op::watch, id));
}

// MSG_DONTWAIT: tried once. MSG_WAITALL: less than all of it is a failure, and then there is a
// completion with how much went. Else there is none.
void UringTransport::quick_send(uint32_t slot, Connection& connection,
                                std::span<const Slice> chunks, size_t bytes) {
    connection.quick_at = static_cast<uint32_t>(arena_used_);
    connection.quick_bytes = static_cast<uint32_t>(bytes);
    connection.quick_round = round_;
    for (const Slice& chunk : chunks) {
        std::memcpy(arena_.at(arena_used_), chunk.data(), chunk.size());
        arena_used_ += chunk.size();
    }
    io_uring_sqe& entry =
        prepare(IORING_OP_SEND, connection.fd, tag(Op::quick_send, id_of(slot, connection)));
    entry.addr = reinterpret_cast<uint64_t>(arena_.at(connection.quick_at));
    entry.len = connection.quick_bytes;
    entry.msg_flags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
    entry.flags = IOSQE_CQE_SKIP_SUCCESS;
    round_prepared_ = ring_.prepared();
    ++stats_.writes;
    stats_.bytes_out += bytes;  // on_quick_send() takes back what stayed
}

// The next chunks, as many as one call takes. MSG_WAITALL: the kernel goes on by itself where the
// socket is full.
void UringTransport::start_send(uint32_t slot, Connection& connection) {
    Outgoing& out = *connection.out;
    ASSERT(!connection.sending);
    size_t count = 0, bytes = 0, skip = out.skip;
    for (size_t i = out.first; i < out.chunks.size() && count < kVectorsMax; ++i) {
        const Slice chunk = out.chunks[i].substr(std::exchange(skip, 0));
        out.vectors[count++] = {const_cast<char*>(chunk.data()), chunk.size()};
        bytes += chunk.size();
    }
    connection.sending = true;
    ++connection.in_flight;
    ++in_flight_;
    ++stats_.writes;
    const bool zero_copy =
        options_.zerocopy_min != 0 && bytes >= options_.zerocopy_min && !is_local(connection.peer);
    const uint64_t user_tag = tag(Op::send, id_of(slot, connection));
    if (count == 1 && !zero_copy) {
        io_uring_sqe& entry = prepare(IORING_OP_SEND, connection.fd, user_tag);
        entry.addr = reinterpret_cast<uint64_t>(out.vectors[0].iov_base);
        entry.len = static_cast<uint32_t>(std::min<size_t>(bytes, INT32_MAX));
        entry.msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
        return;
    }
    out.message.msg_iov = out.vectors;
    out.message.msg_iovlen = count;
    io_uring_sqe& entry =
        prepare(zero_copy ? IORING_OP_SENDMSG_ZC : IORING_OP_SENDMSG, connection.fd, user_tag);
    entry.addr = reinterpret_cast<uint64_t>(&out.message);
    entry.len = 1;
    entry.msg_flags = MSG_WAITALL | MSG_NOSIGNAL;
}

}  // namespace rota::uring
