// SPDX-License-Identifier: BSD-3-Clause
// What the epoll transport remembers of one connection, and the table of them. Addresses are
// stable: the table grows by blocks and never moves one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "platform/slice.h"
#include "transports/sockets.h"
#include "transports/transport.h"

namespace rota {

inline constexpr size_t kUnsentKept = 64;  // a longer list gives its memory back when it has left

struct alignas(kCacheLine) Connection {
    // First line: all that a request touches.
    uint32_t generation = 1;  // of this slot; 0 is never one, see EpollTransport's tags
    int fd = -1;
    void* user = nullptr;
    std::vector<Slice> unsent;       // what send() could not hand to the kernel yet, in order
    uint32_t unsent_first = 0;       // chunks before it have left
    uint32_t unsent_skip = 0;        // and so much of that one
    bool open : 1 = false;           // the user may name it: not yet closed by anybody
    bool queued : 1 = false;         // is in the ready queue
    bool readable : 1 = false;       // the kernel may have bytes, an end or an error for us
    bool writable : 1 = false;       // the kernel may take bytes again
    bool hung_up : 1 = false;        // the peer sends no more: after the last bytes comes the end
    bool broken : 1 = false;         // the kernel reported an error or a full hang-up
    bool eof_told : 1 = false;       // Event::eof is out
    bool paused : 1 = false;         // by pause_receive()
    bool big_reads : 1 = false;      // the last receive filled its space
    bool partial_reads : 1 = false;  // a short receive does not mean empty (MPTCP)
    bool connecting : 1 = false;
    bool draining : 1 = false;   // close_after_send() was called
    bool lingering : 1 = false;  // Event::closed is out, input is thrown away until the peer's end
    bool detaching : 1 = false;  // the next visit gives the descriptor away
    bool output_armed : 1 = false;  // registered for EPOLLOUT
    int error = 0;                  // what Event::closed will say

    // Second line: for rare calls.
    PeerAddress peer;
    uint32_t linger_bytes_left = 0;
};
static_assert(sizeof(Connection) <= 128, "an idle connection is cheap");

class ConnectionTable {
public:
    // A slot that nobody uses; its generation is new.
    uint32_t take() {
        if (free_.empty()) grow();
        const uint32_t slot = free_.back();
        free_.pop_back();
        return slot;
    }
    // Late names of the connection are void from here on.
    void give_back(uint32_t slot) {
        Connection& connection = at(slot);
        const uint32_t next = connection.generation + 1;
        connection = Connection{};
        connection.generation = next == 0 ? 1 : next;
        free_.push_back(slot);
    }

    Connection& at(uint32_t slot) { return blocks_[slot / kBlock][slot % kBlock]; }
    const Connection& at(uint32_t slot) const { return blocks_[slot / kBlock][slot % kBlock]; }
    uint32_t size() const { return static_cast<uint32_t>(blocks_.size() * kBlock); }

    static ConnId make_id(uint32_t slot, uint32_t generation) {
        return ConnId{uint64_t{generation} << 32 | slot};
    }
    static uint32_t slot_of(ConnId id) { return static_cast<uint32_t>(id); }
    static uint32_t generation_of(ConnId id) { return static_cast<uint64_t>(id) >> 32; }

private:
    static constexpr uint32_t kBlock = 256;

    void grow() {
        const uint32_t first = size();
        blocks_.push_back(std::make_unique<Connection[]>(kBlock));
        for (uint32_t slot = first + kBlock; slot-- > first;) free_.push_back(slot);
    }

    std::vector<std::unique_ptr<Connection[]>> blocks_;
    std::vector<uint32_t> free_;
};

}  // namespace rota
