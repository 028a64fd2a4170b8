// SPDX-License-Identifier: BSD-3-Clause
// BufferRing: the memory that received bytes land in, provided to the kernel, which takes a buffer
// when bytes have arrived and not before: an idle connection holds none. See
// io_uring_register_buf_ring(3).
//
// Incremental (IOU_PBUF_RING_INC): the kernel fills a buffer with one receive behind the other, so
// that small requests lie side by side; else each receive takes a buffer of its own. A buffer goes
// back to the kernel when the kernel has left it and the consumer has returned all slices of it.
//
// Few buffers are in use at first and then always the same, warm ones; more join when they run out.
// Threading: one owner. Full: with every buffer out the kernel reports ENOBUFS and reads nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/slice.h"
#include "transports/io_uring/ring.h"
#include "transports/transport.h"

namespace rota::uring {

inline constexpr uint16_t kBufferGroup = 0;

class BufferRing {
public:
    static Result<BufferRing> create(Ring& ring, const UringOptions& options);

    // What one completion says: `count` bytes lie in the buffer, and the kernel goes on with it or
    // not. The slice is out until give_back().
    Slice take(uint32_t buffer, size_t count, bool goes_on) {
        State& state = states_[buffer];
        const Slice bytes(memory_.at(buffer * buffer_bytes_ + state.used), count);
        state.used += static_cast<uint32_t>(count);
        ++state.slices_out;
        if (!goes_on) leave(state);
        return bytes;
    }
    void give_back(BufferId buffer);

    // One more buffer for the kernel; false if all there are have joined.
    bool grow();
    // The kernel has memory to receive into.
    bool available() const { return with_kernel_ != 0; }
    bool incremental() const { return incremental_; }
    size_t joined_bytes() const { return joined_ * buffer_bytes_; }

private:
    struct State {
        uint32_t used = 0;
        uint32_t slices_out = 0;
        bool with_kernel = false;
    };
    static constexpr uint32_t kSpare = 2;  // with fewer than so many the next one joins

    BufferRing() = default;
    void leave(State& state);
    void provide(uint32_t buffer);

    Mapping entries_;
    Mapping memory_;
    std::vector<State> states_;
    size_t buffer_bytes_ = 0;
    uint32_t mask_ = 0;
    uint32_t joined_ = 0;
    uint32_t with_kernel_ = 0;
    uint16_t tail_ = 0;
    bool incremental_ = false;
};

}  // namespace rota::uring
