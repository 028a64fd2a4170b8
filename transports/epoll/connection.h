// SPDX-License-Identifier: BSD-3-Clause
// What the epoll transport remembers of one connection.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/slice.h"
#include "transports/slot_table.h"
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
    bool lent : 1 = false;          // no visit until take_back()
    bool ended : 1 = false;         // who had it on loan has met the end
    int error = 0;                  // what Event::closed will say

    // Second line: for rare calls.
    PeerAddress peer;
    uint32_t linger_bytes_left = 0;
};
static_assert(sizeof(Connection) <= 128, "an idle connection is cheap");

using ConnectionTable = SlotTable<Connection>;

}  // namespace rota
