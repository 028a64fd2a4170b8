// SPDX-License-Identifier: BSD-3-Clause
// What the io_uring transport remembers of one connection.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "platform/slice.h"
#include "transports/slot_table.h"
#include "transports/sockets.h"
#include "transports/transport.h"

namespace rota::uring {

inline constexpr size_t kVectorsMax = 256;  // chunks per system call; the kernel's limit is 1024

// Bytes that a connection waits to send. Exists only while there are some.
struct Outgoing {
    std::string kept;           // taken before by a quick send that met a full socket: goes first
    std::vector<Slice> chunks;  // in order, kept among them
    size_t first = 0;           // chunks before it have left
    size_t skip = 0;            // and so much of that one
    uint32_t notices_due = 0;   // zero-copy sends whose bytes the kernel still looks at
    bool owner_waits = false;   // send() said pending: Event::sent is owed
    msghdr message{};           // of the send in flight
    iovec vectors[kVectorsMax];

    bool all_left() const { return first == chunks.size(); }
};

struct alignas(kCacheLine) Connection {
    // First line: all that a request touches.
    uint32_t generation = 1;  // of this slot, never 0
    int fd = -1;
    void* user = nullptr;
    std::unique_ptr<Outgoing> out;  // null: nothing waits
    uint64_t quick_round = 0;       // the round of its last quick send, see UringTransport::round_
    uint32_t quick_at = 0;          // which lies here in the arena
    uint32_t quick_bytes = 0;
    uint16_t in_flight = 0;       // requests whose last completion is not seen, quick ones aside
    bool open : 1 = false;        // the user may name it: not yet closed by anybody
    bool queued : 1 = false;      // is in the ready queue
    bool receiving : 1 = false;   // a multishot receive is armed
    bool watching : 1 = false;    // a poll for its end is armed
    bool sending : 1 = false;     // a send is in flight
    bool paused : 1 = false;      // by pause_receive()
    bool resting : 1 = false;     // its quota is used up until the next poll
    bool starved : 1 = false;     // waits for a buffer
    bool eof_told : 1 = false;    // Event::eof is out
    bool connecting : 1 = false;  // the poll that is armed says how it went
    bool draining : 1 = false;    // close_after_send() was called
    bool lingering : 1 = false;   // Event::closed is out, input is thrown away until the end
    bool detaching : 1 = false;   // detach() was called
    bool ending : 1 = false;      // all in flight is cancelled: gone when the last of it is seen
    int error = 0;                // what Event::closed will say

    // Second line: for rare calls.
    PeerAddress peer;
    uint32_t linger_bytes_left = 0;
    uint64_t quota_poll = 0;  // the poll that quota_used belongs to
    size_t quota_used = 0;
};
static_assert(sizeof(Connection) <= 128, "an idle connection is cheap");

using ConnectionTable = SlotTable<Connection>;

}  // namespace rota::uring
