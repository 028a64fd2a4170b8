// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <optional>

#include "relacy_atomics.h"
#include "ring/mpsc_ring.h"

namespace rota::model {
namespace {

// Producers push one batch each, and a second one if kTwice; what finds no room is retried once.
// The last thread pops; the rest is moved on and popped when all have ended.
template <size_t kCapacity, size_t kProducers, size_t kBatch, bool kTwice, size_t kPops>
struct Gather {
    static constexpr int kThreads = kProducers + 1;
    static constexpr size_t kEach = kBatch + (kTwice ? 1 : 0);
    using Ring = MpscRing<uint64_t, kCapacity, RelacyAtomics>;

    Ring ring;
    std::array<std::optional<typename Ring::Producer>, kProducers> producers;
    Payloads<kProducers * kEach> payloads;
    std::array<uint64_t, kProducers> popped{};  // how many of each

    Gather() {
        for (auto& producer : producers) producer.emplace(ring);
    }

    void thread(unsigned index) {
        if (index < kProducers) {
            produce(index);
        } else {
            for (size_t i = 0; i < kPops; ++i) pop();
        }
    }

    void produce(unsigned own) {
        std::array<uint64_t, kBatch> batch;
        for (size_t i = 0; i < kBatch; ++i) batch[i] = payloads.make(own * kEach + i + 1);
        producers[own]->push(batch);
        if (kTwice) producers[own]->push(payloads.make((own + 1) * kEach));
        producers[own]->retry();
    }

    size_t pop() {
        std::array<uint64_t, 2> out;
        const size_t count = ring.pop(out);
        for (size_t i = 0; i < count; ++i) {
            const uint64_t own = (out[i] - 1) / kEach;
            RL_ASSERT(out[i] == own * kEach + ++popped[own]);  // in the order of its producer
            payloads.use(out[i]);
        }
        return count;
    }

    void finish() {
        // Whoever waits can move on as soon as the ring is empty, one after the other.
        for (size_t round = 0; round < kProducers * kEach; ++round) {
            while (pop() > 0) {
            }
            for (auto& producer : producers) producer->retry();
        }
        RL_ASSERT(!ring.has_items());
        for (auto& producer : producers) RL_ASSERT(producer->waiting() == 0);
        payloads.expect_all_used();
    }
};

using Overflow = Gather<2, 1, 3, true, 2>;
using Contended = Gather<2, 2, 1, false, 1>;
using ContendedOverflow = Gather<2, 2, 2, false, 2>;
using Wide = Gather<4, 2, 3, true, 3>;

TEST(MpscRingModel, AProducerThatOverflowsKeepsItsOrder) {
    expect_holds<Overflow>({long_search() ? Search::kAllSwitches : 5});
}

TEST(MpscRingModel, TwoProducersAndAConsumer) {
    expect_holds<Contended>({long_search() ? Search::kAllSwitches : 4});
}

TEST(MpscRingModel, TwoProducersThatOverflow) {
    expect_holds<ContendedOverflow>({long_search() ? 4u : 2u});
}

TEST(MpscRingModel, ARingOfFourWithBatches) { expect_holds<Wide>({long_search() ? 3u : 1u}); }

TEST(MpscRingModel, EveryOrderIsNeeded) {
    expect_every_order_is_needed<Overflow, ContendedOverflow>({2});
}

}  // namespace
}  // namespace rota::model
