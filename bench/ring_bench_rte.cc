// SPDX-License-Identifier: BSD-3-Clause
// DPDK's rte_ring of pointers, in plain memory: it needs no DPDK environment.
#include <rte_ring.h>

#include "bench/ring_bench.h"

namespace rota::bench {
namespace {

template <unsigned kFlags>
class RteRing {
public:
    RteRing() {
        // One slot of an rte_ring stays empty.
        const size_t bytes = (rte_ring_get_memsize(kRingItems) + 63) / 64 * 64;
        memory_.reset(static_cast<rte_ring*>(std::aligned_alloc(64, bytes)));
        if (rte_ring_init(memory_.get(), "bench", kRingItems, kFlags) != 0) std::abort();
    }

    class Producer {
    public:
        explicit Producer(RteRing& ring) : ring_(ring.memory_.get()) {}
        size_t push(std::span<const uint64_t> items) {
            const auto* pointers = reinterpret_cast<void* const*>(items.data());
            const auto count = static_cast<unsigned>(items.size());
            if constexpr ((kFlags & RING_F_SP_ENQ) != 0) {
                return rte_ring_sp_enqueue_burst(ring_, pointers, count, nullptr);
            } else {
                return rte_ring_mp_enqueue_burst(ring_, pointers, count, nullptr);
            }
        }
        bool flush() { return true; }

    private:
        struct rte_ring* ring_;
    };

    size_t pop(std::span<uint64_t> out) {
        auto* pointers = reinterpret_cast<void**>(out.data());
        const auto count = static_cast<unsigned>(out.size());
        if constexpr ((kFlags & RING_F_SC_DEQ) != 0) {
            return rte_ring_sc_dequeue_burst(memory_.get(), pointers, count, nullptr);
        } else {
            return rte_ring_mc_dequeue_burst(memory_.get(), pointers, count, nullptr);
        }
    }

private:
    struct Free {
        void operator()(struct rte_ring* ring) const { std::free(ring); }
    };
    std::unique_ptr<struct rte_ring, Free> memory_;
};

}  // namespace

Rival dpdk_rings() {
    return {nanoseconds_per_item<RteRing<RING_F_SP_ENQ | RING_F_SC_DEQ>>,
            nanoseconds_per_item<RteRing<RING_F_SP_ENQ>>,
            nanoseconds_per_item<RteRing<RING_F_SC_DEQ>>};
}

}  // namespace rota::bench
