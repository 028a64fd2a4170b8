// SPDX-License-Identifier: BSD-3-Clause
// Sending. Short pieces are posted inline and are free at once; longer ones are gathered into a
// ring of registered memory. Only every kSignalEvery-th request and those with bytes in the ring
// ask for a completion.
#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "platform/assert.h"
#include "transports/rdma/rdma_transport.h"
#include "transports/rdma/request_id.h"

namespace rota::rdma {
namespace {

constexpr size_t kRingFirst = size_t{64} << 10;
constexpr size_t kRingMost = size_t{256} << 10;

}  // namespace

bool RdmaTransport::may_post(const Connection& connection, uint32_t kept) const {
    const Endpoints& ends = *connection.ends;
    return connection.phase == Connection::Phase::open && !connection.peer_left &&
           ends.posted - ends.done < kSendDepth - kept;
}

void RdmaTransport::post(uint32_t slot, Connection& connection, ibv_send_wr& request, bool signal) {
    Endpoints& ends = *connection.ends;
    signal |= ends.posted % kSignalEvery == kSignalEvery - 1;
    request.wr_id =
        RequestId{
            .send = true, .number = ends.posted, .generation = connection.generation, .slot = slot}
            .word();
    if (signal) request.send_flags |= IBV_SEND_SIGNALED;
    ends.heads[ends.posted % kSendDepth] = ends.ring_head;
    ++ends.posted;
    ++connection.unanswered;
    ++stats_.writes;
    ibv_send_wr* refused = nullptr;
    if (const int code = ::ibv_post_send(connection.id->qp, &request, &refused); code != 0)
        end(slot, connection, code);
}

void RdmaTransport::post_controls(uint32_t slot, Connection& connection) {
    while (connection.stream.control_due() && may_post(connection, 0)) {
        const ControlBytes bytes = encode(*connection.stream.take_control());
        ibv_sge piece{
            .addr = reinterpret_cast<uintptr_t>(bytes.data()), .length = kControlBytes, .lkey = 0};
        ibv_send_wr request{};
        request.sg_list = &piece;
        request.num_sge = 1;
        request.opcode = IBV_WR_SEND;
        request.send_flags = IBV_SEND_INLINE;
        post(slot, connection, request, connection.draining);
    }
}

// One write into the peer's buffer.
void RdmaTransport::post_bytes(uint32_t slot, Connection& connection, Slice bytes, bool in_ring) {
    Endpoints& ends = *connection.ends;
    ibv_sge piece{.addr = reinterpret_cast<uintptr_t>(bytes.data()),
                  .length = static_cast<uint32_t>(bytes.size()),
                  .lkey = in_ring ? ends.outgoing.local_key() : 0};
    ibv_send_wr request{};
    request.sg_list = &piece;
    request.num_sge = 1;
    request.opcode = IBV_WR_RDMA_WRITE_WITH_IMM;
    request.imm_data = htonl(piece.length);
    request.wr.rdma.remote_addr = connection.stream.peer_address();
    request.wr.rdma.rkey = connection.stream.peer_key();
    if (!in_ring) request.send_flags = IBV_SEND_INLINE;
    connection.stream.wrote(piece.length);
    stats_.bytes_out += piece.length;
    post(slot, connection, request, in_ring);
}

// Free bytes of the ring that lie in one piece.
std::span<char> RdmaTransport::ring_space(Connection& connection) {
    Endpoints& ends = *connection.ends;
    const bool empty = ends.ring_head == ends.ring_tail;
    const bool too_small = ends.ring_was_short && ends.outgoing.size() < kRingMost;
    if (!ends.outgoing || (empty && too_small)) {
        const size_t size = ends.outgoing ? kRingMost : kRingFirst;
        Result<Region> made =
            Region::make(ends.device->pages(), ends.domain.get(), size, IBV_ACCESS_LOCAL_WRITE);
        if (made) {
            ends.outgoing = std::move(*made);
            ends.ring_head = ends.ring_tail = 0;
            ends.heads.fill(0);
        }
        if (!ends.outgoing) return {};
    }
    ends.ring_was_short = false;
    const size_t size = ends.outgoing.size();
    const size_t at = ends.ring_head % size;
    const size_t unused = size - static_cast<size_t>(ends.ring_head - ends.ring_tail);
    ends.ring_was_short = unused == 0;
    return {ends.outgoing.data() + at, std::min(unused, size - at)};
}

// Posts as much of it as fits the peer's buffer, the ring and the send queue.
void RdmaTransport::transmit(uint32_t slot, Connection& connection, Unsent& unsent) {
    while (!unsent.empty() && may_post(connection, kControlShare)) {
        if (connection.is_client && connection.unanswered >= kUnansweredMost) return;
        const size_t room = connection.stream.room();
        if (room == 0) return;
        const Slice next = unsent.front();
        const bool last = unsent.first + 1 == unsent.chunks.size() || next.size() >= room;
        if (last && std::min(next.size(), room) <= connection.ends->inline_most) {
            const Slice piece = next.substr(0, room);
            post_bytes(slot, connection, piece, false);
            unsent.consume(piece.size());
            continue;
        }
        std::span<char> space = ring_space(connection);
        space = space.first(std::min(space.size(), room));
        size_t count = 0;
        while (count < space.size() && !unsent.empty()) {
            const Slice piece = unsent.front().substr(0, space.size() - count);
            std::memcpy(space.data() + count, piece.data(), piece.size());
            count += piece.size();
            unsent.consume(piece.size());
        }
        if (count == 0) return;
        connection.ends->ring_head += count;
        post_bytes(slot, connection, {space.data(), count}, true);
    }
}

size_t RdmaTransport::send_now(ConnId id, Slice bytes) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->draining || connection->peer_left)
        return bytes.size();  // nobody to miss them
    ASSERT(!connection->detaching);
    if (!connection->unsent.empty() || connection->phase != Connection::Phase::open) return 0;
    scratch_.set({&bytes, 1});
    transmit(ConnectionTable::slot_of(id), *connection, scratch_);
    return bytes.size() - scratch_.bytes();
}

SendStatus RdmaTransport::send(ConnId id, std::span<const Slice> chunks) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->draining || connection->peer_left)
        return SendStatus::done;
    ASSERT(!connection->detaching);
    if (connection->unsent.empty()) {
        scratch_.set(chunks);
        if (connection->phase == Connection::Phase::open)
            transmit(ConnectionTable::slot_of(id), *connection, scratch_);
        if (scratch_.empty()) return SendStatus::done;
        std::swap(scratch_, connection->unsent);
    } else {
        connection->unsent.add(chunks);
    }
    connection->sent_due = true;
    return SendStatus::pending;
}

// Comes with room for one event.
void RdmaTransport::flush(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.unsent.empty()) return;
    transmit(slot, connection, connection.unsent);
    if (!connection.unsent.empty()) return;
    connection.unsent = Unsent{};
    if (!std::exchange(connection.sent_due, false) || connection.draining) return;
    if (connection.phase != Connection::Phase::open) return;
    tell(sink, Event::Kind::sent, slot, connection);
}

}  // namespace rota::rdma
