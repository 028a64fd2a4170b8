// SPDX-License-Identifier: BSD-3-Clause
// What the RDMA transport remembers of one connection.
#pragma once

#include <rdma/rdma_cma.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "platform/slice.h"
#include "transports/rdma/device.h"
#include "transports/rdma/stream.h"
#include "transports/slot_table.h"
#include "transports/transport.h"

namespace rota::rdma {

inline constexpr uint32_t kSendDepth = 128;     // requests that the NIC may have; a power of two
inline constexpr uint32_t kControlShare = 8;    // of them kept for control messages
inline constexpr uint32_t kReceiveDepth = 128;  // then the peer's NIC tries again (RNR)
inline constexpr uint32_t kSignalEvery = 16;
inline constexpr uint32_t kEntries = kSendDepth + kReceiveDepth;
// A peer whose NIC does not try again loses the connection at 1024 messages that it has not seen.
inline constexpr uint32_t kUnansweredMost = 900;

// What exists from the moment that the connection is set up until it ends.
struct Endpoints {
    Device* device = nullptr;
    Device::Queue* queue = nullptr;
    Domain domain;
    Region control;   // kReceiveDepth control messages
    Region outgoing;  // a ring of bytes that the NIC reads from; made when first needed
    uint32_t inline_most = 0;

    uint32_t posted = 0, done = 0;           // send requests, counted for ever
    uint64_t ring_head = 0, ring_tail = 0;   // bytes, counted for ever
    std::array<uint64_t, kSendDepth> heads;  // ring_head after request n, at n % kSendDepth
    bool ring_was_short = false;
};

// A receive buffer. Slices of it may outlive its connection.
struct Inbox {
    Region region;
    ConnId owner{};
    uint32_t slices_out = 0;
    bool owner_waits = false;  // for the last slice, to use the buffer again
    bool orphan = false;       // the owner has gone
};

struct Unsent {
    std::vector<Slice> chunks;
    size_t first = 0;  // chunks before it have left
    size_t skip = 0;   // and so much of that one

    bool empty() const { return first == chunks.size(); }
    Slice front() const { return chunks[first].substr(skip); }
    void consume(size_t bytes) {
        skip += bytes;
        if (skip < chunks[first].size()) return;
        ++first;
        skip = 0;
    }
    void add(std::span<const Slice> more) {
        // A peer that is always behind: chunks that have left must not pile up before the others.
        if (first >= 64 && first * 2 >= chunks.size()) {
            chunks.erase(chunks.begin(), chunks.begin() + static_cast<ptrdiff_t>(first));
            first = 0;
        }
        for (const Slice& chunk : more)
            if (!chunk.empty()) chunks.push_back(chunk);
    }
    void set(std::span<const Slice> all) {
        chunks.clear();
        first = skip = 0;
        add(all);
    }
    size_t bytes() const {
        size_t sum = 0;
        for (size_t i = first; i < chunks.size(); ++i) sum += chunks[i].size();
        return sum - skip;
    }
};

struct Connection {
    enum class Phase : uint8_t {
        free,
        requested,   // a peer asks; nothing has been made for it yet
        resolving,   // connect(): no queue pair yet
        connecting,  // the queue pair is there, the peer has not confirmed
        open,
        ended,  // Event::closed is due
    };

    uint32_t generation = 1;
    Phase phase = Phase::free;
    bool queued = false;  // in the ready queue
    bool paused = false;
    bool draining = false;   // close_after_send()
    bool marked = false;     // draining: the last request is signalled
    bool peer_left = false;  // disconnected; what it wrote is still to be told
    bool eof_told = false;
    bool detaching = false;
    bool is_client = false;
    bool told = false;  // the owner knows of it
    bool connected_due = false;
    bool sent_due = false;  // Event::sent follows when all has left
    int error = 0;
    ListenerId listener{};
    uint32_t inbox = UINT32_MAX;
    uint32_t unanswered = 0;  // messages since the last one of the peer
    int64_t buffer_since_ns = 0;
    void* user = nullptr;
    rdma_cm_id* id = nullptr;
    Stream stream;
    std::unique_ptr<Endpoints> ends;
    Unsent unsent;
};

using ConnectionTable = SlotTable<Connection>;

}  // namespace rota::rdma
