// SPDX-License-Identifier: BSD-3-Clause
// What the NIC has done: bytes and messages of peers, requests of ours that are finished.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "platform/assert.h"
#include "transports/rdma/rdma_transport.h"
#include "transports/rdma/request_id.h"

namespace rota::rdma {
namespace {

constexpr int kBatch = 32;
constexpr uint32_t kChain = 16;

int errno_of(ibv_wc_status status) {
    switch (status) {
        case IBV_WC_RETRY_EXC_ERR:
        case IBV_WC_RNR_RETRY_EXC_ERR:
            return ETIMEDOUT;
        case IBV_WC_REM_ACCESS_ERR:
        case IBV_WC_REM_INV_REQ_ERR:
        case IBV_WC_LOC_LEN_ERR:
            return EPROTO;
        default:
            return ECONNRESET;
    }
}

}  // namespace

// All completions there are, at most one round of each queue.
size_t RdmaTransport::reap() {
    size_t count = 0;
    std::array<ibv_wc, kBatch> done;
    for (const auto& device : devices_) {
        for (size_t i = 0; i < device->queues().size(); ++i) {
            ibv_cq* cq = device->queues()[i]->cq.get();
            for (int rounds = 0; rounds < 16; ++rounds) {
                const int found = ::ibv_poll_cq(cq, kBatch, done.data());
                for (int k = 0; k < found; ++k) complete(done[static_cast<size_t>(k)]);
                count += static_cast<size_t>(std::max(found, 0));
                if (found < kBatch) break;
                if (rounds == 15) work_left_ = true;
            }
        }
    }
    had_traffic_ |= count != 0;
    return count;
}

void RdmaTransport::complete(const ibv_wc& done) {
    const RequestId request = RequestId::of(done.wr_id);
    if (request.slot >= connections_.size()) return;
    Connection& connection = connections_.at(request.slot);
    const uint32_t generation = connection.generation & RequestId::mask(kGenerationBits);
    // Of a queue pair that is gone.
    if (generation != request.generation || connection.ends == nullptr ||
        connection.phase == Connection::Phase::ended)
        return;
    if (done.status != IBV_WC_SUCCESS) {
        // The first failure says most; the requests behind it are flushed. Receives that are
        // flushed without one: the peer has tried to reach memory that is not its own.
        if (connection.peer_left) return;
        if (done.status == IBV_WC_LOC_LEN_ERR)
            return violation(request.slot, connection, "a control message that is too long");
        connection.peer_left = true;
        connection.error = errno_of(done.status);
        return enqueue(request.slot, connection);
    }
    if (request.send) return on_sent(request.slot, connection, request.number);
    on_receive(request.slot, connection, done);
}

void RdmaTransport::on_sent(uint32_t slot, Connection& connection, uint32_t number) {
    Endpoints& ends = *connection.ends;
    // All requests up to this one are finished.
    const uint32_t finished = (number - ends.done) & RequestId::mask(kNumberBits);
    ends.done += finished + 1;
    ASSERT(ends.posted - ends.done < kSendDepth);
    ends.ring_tail = ends.heads[number % kSendDepth];
    if (!connection.unsent.empty() || connection.draining || connection.stream.control_due())
        enqueue(slot, connection);
}

void RdmaTransport::on_receive(uint32_t slot, Connection& connection, const ibv_wc& done) {
    const uint32_t number = RequestId::of(done.wr_id).number;
    ++stats_.reads;
    connection.unanswered = 0;
    const char* wrong = "a request of an unknown kind";
    if (done.opcode == IBV_WC_RECV_RDMA_WITH_IMM) {
        wrong = connection.stream.on_bytes(ntohl(done.imm_data));
    } else if (done.opcode == IBV_WC_RECV) {
        const char* message = connection.ends->control.data() + number * kControlBytes;
        wrong = connection.stream.on_control({message, done.byte_len});
    }
    if (wrong != nullptr) return violation(slot, connection, wrong);
    if (!post_receives(slot, connection, number, 1)) return end(slot, connection, ENOMEM);
    if (!connection.unsent.empty() || connection.stream.control_due() ||
        (connection.stream.unread() != 0 && (!connection.paused || connection.draining)))
        enqueue(slot, connection);
}

bool RdmaTransport::post_receives(uint32_t slot, Connection& connection, uint32_t first,
                                  uint32_t count) {
    const Region& control = connection.ends->control;
    std::array<ibv_sge, kChain> pieces;
    std::array<ibv_recv_wr, kChain> requests;
    for (uint32_t done = 0; done < count;) {
        const uint32_t some = std::min(kChain, count - done);
        for (uint32_t i = 0; i < some; ++i) {
            const uint32_t number = first + done + i;
            pieces[i] = {
                .addr = reinterpret_cast<uintptr_t>(control.data()) + number * kControlBytes,
                .length = kControlBytes,
                .lkey = control.local_key()};
            requests[i] = {.wr_id = RequestId{.send = false,
                                              .number = number,
                                              .generation = connection.generation,
                                              .slot = slot}
                                        .word(),
                           .next = i + 1 < some ? &requests[i + 1] : nullptr,
                           .sg_list = &pieces[i],
                           .num_sge = 1};
        }
        ibv_recv_wr* refused = nullptr;
        if (::ibv_post_recv(connection.id->qp, requests.data(), &refused) != 0) return false;
        done += some;
    }
    return true;
}

}  // namespace rota::rdma
