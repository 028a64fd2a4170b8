// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "relacy_atomics.h"
#include "ring/spmc_ring.h"

namespace rota::model {
namespace {

// One producer pushes batches; what finds no room it does itself. The others pop, each so many
// items at most, and see them in order.
template <size_t kCapacity, size_t kConsumers, size_t kBatch, size_t kBatches, size_t kMost,
          size_t kPops>
struct Scatter {
    static constexpr int kThreads = kConsumers + 1;
    static constexpr size_t kItems = kBatch * kBatches;

    SpmcRing<uint64_t, kCapacity, RelacyAtomics> ring;
    Payloads<kItems> payloads;

    void thread(unsigned index) {
        if (index == 0) {
            for (size_t i = 0; i < kBatches; ++i) push(i * kBatch + 1);
        } else {
            uint64_t last = 0;
            for (size_t i = 0; i < kPops; ++i) pop(last);
        }
    }

    void push(uint64_t first) {
        std::array<uint64_t, kBatch> batch;
        for (size_t i = 0; i < kBatch; ++i) batch[i] = payloads.make(first + i);
        for (size_t i = ring.push(batch); i < kBatch; ++i) payloads.use(batch[i]);
    }

    size_t pop(uint64_t& last) {
        std::array<uint64_t, kMost> out;
        const size_t count = ring.pop(out);
        for (size_t i = 0; i < count; ++i) {
            RL_ASSERT(out[i] > last);
            last = out[i];
            payloads.use(last);
        }
        return count;
    }

    void finish() {
        uint64_t last = 0;
        while (pop(last) > 0) {
        }
        RL_ASSERT(ring.size() == 0);
        payloads.expect_all_used();
    }
};

using Lap = Scatter<2, 1, 1, 3, 2, 1>;          // a full ring, the second time round
using Whole = Scatter<2, 2, 2, 1, 2, 1>;        // two claim the same cell
using Parts = Scatter<2, 2, 2, 1, 1, 1>;        // two share a cell
using PartsAndLap = Scatter<2, 2, 2, 3, 1, 1>;  // and free it together
using Cells = Scatter<4, 2, 1, 4, 2, 1>;        // a claim of several cells
using Long = Scatter<2, 2, 2, 4, 3, 2>;

TEST(SpmcRingModel, AFullRingOfTwoLosesNothing) {
    expect_holds<Lap>({long_search() ? Search::kAllSwitches : 4});
}

TEST(SpmcRingModel, OneCellGoesToOneConsumer) {
    expect_holds<Whole>({long_search() ? Search::kAllSwitches : 4});
}

TEST(SpmcRingModel, TwoConsumersShareACell) {
    expect_holds<Parts>({long_search() ? Search::kAllSwitches : 4});
}

TEST(SpmcRingModel, ACellIsFilledAgainWhenBothHaveRead) {
    expect_holds<PartsAndLap>({long_search() ? 4u : 2u});
}

TEST(SpmcRingModel, OneClaimTakesSeveralCells) { expect_holds<Cells>({long_search() ? 4u : 2u}); }

TEST(SpmcRingModel, ManyPops) { expect_holds<Long>({long_search() ? 3u : 1u}); }

TEST(SpmcRingModel, EveryOrderIsNeeded) { expect_every_order_is_needed<Lap, PartsAndLap>({2}); }

}  // namespace
}  // namespace rota::model
