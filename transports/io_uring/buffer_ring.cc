// SPDX-License-Identifier: BSD-3-Clause
#include "transports/io_uring/buffer_ring.h"

#include <algorithm>
#include <bit>
#include <cerrno>

#include "platform/assert.h"
#include "transports/io_uring/abi.h"

namespace rota::uring {
namespace {

constexpr uint32_t kJoinAtOnce = 4;

Result<> register_ring(Ring& ring, const Mapping& entries, uint32_t count, uint16_t flags) {
    io_uring_buf_reg request{};
    request.ring_addr = reinterpret_cast<uint64_t>(entries.at());
    request.ring_entries = count;
    request.bgid = kBufferGroup;
    request.pad = flags;  // named `flags` in newer headers
    return ring.register_op(IORING_REGISTER_PBUF_RING, &request, 1, "IORING_REGISTER_PBUF_RING");
}

}  // namespace

Result<BufferRing> BufferRing::create(Ring& ring, const UringOptions& options) {
    ASSERT(std::has_single_bit(options.buffers));
    BufferRing made;
    Result<Mapping> entries = Mapping::map(options.buffers * sizeof(io_uring_buf), -1, 0);
    if (!entries) return std::unexpected(entries.error());
    Result<Mapping> memory = Mapping::map(size_t{options.buffers} * options.buffer_bytes, -1, 0);
    if (!memory) return std::unexpected(memory.error());
    // Where a completion says how much of a buffer it used but not where it begins, their order
    // must be that of the receives: so it is since Linux 6.15 for sure.
    const bool may_share = options.incremental && (ring.features() & kFeatureNoIowait) != 0;
    made.incremental_ =
        may_share && register_ring(ring, *entries, options.buffers, kBufferRingIncremental);
    if (!made.incremental_) {
        const Result<> plain = register_ring(ring, *entries, options.buffers, 0);
        if (!plain) return std::unexpected(plain.error());
    }
    made.entries_ = std::move(*entries);
    made.memory_ = std::move(*memory);
    made.states_.resize(options.buffers);
    made.buffer_bytes_ = options.buffer_bytes;
    made.mask_ = options.buffers - 1;
    for (uint32_t i = 0; i < std::min(kJoinAtOnce, options.buffers); ++i) made.grow();
    return made;
}

bool BufferRing::grow() {
    if (joined_ == states_.size()) return false;
    provide(joined_++);
    return true;
}

void BufferRing::leave(State& state) {
    ASSERT(state.with_kernel);
    state.with_kernel = false;
    if (--with_kernel_ < kSpare) grow();
}

void BufferRing::give_back(BufferId buffer) {
    const auto index = static_cast<uint32_t>(buffer);
    ASSERT(index < states_.size());
    State& state = states_[index];
    ASSERT(state.slices_out != 0);
    if (--state.slices_out == 0 && !state.with_kernel) provide(index);
}

void BufferRing::provide(uint32_t buffer) {
    State& state = states_[buffer];
    state.used = 0;
    state.with_kernel = true;
    ++with_kernel_;
    auto* slots = reinterpret_cast<io_uring_buf*>(entries_.at());
    io_uring_buf& slot = slots[tail_ & mask_];
    slot.addr = reinterpret_cast<uint64_t>(memory_.at(buffer * buffer_bytes_));
    slot.len = static_cast<uint32_t>(buffer_bytes_);
    slot.bid = static_cast<uint16_t>(buffer);
    // The tail lies in the first slot's spare field. Pairs with the kernel's acquire of it.
    std::atomic_ref(slots[0].resv).store(++tail_, std::memory_order_release);
}

}  // namespace rota::uring
