// SPDX-License-Identifier: BSD-3-Clause
#include "relacy_atomics.h"
#include "ring/spsc_ring.h"

namespace rota::model {
namespace {

// Deferred commits, a full ring, wrap-around, and pops of several.
template <size_t kCapacity, size_t kItems, size_t kPops>
struct Stream {
    static constexpr int kThreads = 2;
    SpscRing<uint64_t, kCapacity, RelacyAtomics> ring;
    Payloads<kItems> payloads;
    uint64_t pushed = 0;
    uint64_t popped = 0;

    void thread(unsigned index) {
        if (index == 0) {
            for (uint64_t attempt = 1; attempt <= kItems; ++attempt) {
                push_next();
                if (attempt % 2 == 1) ring.commit();
            }
        } else {
            for (size_t i = 0; i < kPops; ++i) pop();
        }
    }

    void push_next() {
        if (ring.push(payloads.make(pushed + 1))) ++pushed;
    }

    void pop() {
        uint64_t out[2];
        const size_t count = ring.pop(out);
        for (size_t i = 0; i < count; ++i) {
            RL_ASSERT(out[i] == ++popped);
            payloads.use(out[i]);
        }
    }

    void finish() {
        ring.commit();
        while (!ring.empty()) pop();
        RL_ASSERT(popped == pushed);
        while (pushed < kItems) {  // what found no room
            push_next();
            ring.commit();
            pop();
        }
        payloads.expect_all_used();
    }
};

// A consumer that sleeps: the producer commits, then wakes it if its flag says that it sleeps; the
// consumer raises the flag, then looks once more. The flag is exchanged by both, so whoever comes
// second sees what the first did.
struct Sleep {
    static constexpr int kThreads = 2;
    enum : uint32_t { kAwake, kAsleep, kWoken };
    SpscRing<uint64_t, 2, RelacyAtomics> ring;
    RelacyAtomics::Atomic<uint32_t> flag{kAwake};
    Payloads<1> payloads;
    bool slept = false;  // the consumer's
    bool woken = false;  // the producer's
    bool popped = false;

    void thread(unsigned index) {
        if (index == 0) {
            RL_ASSERT(ring.push(payloads.make(1)));
            ring.commit();
            woken = flag.exchange(kWoken, std::memory_order_acq_rel) == kAsleep;
        } else {
            uint32_t expected = kAwake;
            slept = flag.compare_exchange_strong(expected, kAsleep, std::memory_order_acq_rel);
            if (slept) return;
            // Told not to sleep: then what was committed must be there.
            uint64_t out[1];
            popped = ring.pop(out) == 1;
            RL_ASSERT(popped);
            payloads.use(out[0]);
        }
    }

    void finish() { RL_ASSERT(popped != slept && slept == woken); }
};

TEST(SpscRingModel, AFullRingOfTwoLosesNothing) { expect_holds<Stream<2, 4, 2>>({}); }

TEST(SpscRingModel, ManyPopsOfARingOfTwo) {
    expect_holds<Stream<2, 5, 3>>({long_search() ? Search::kAllSwitches : 3});
}

TEST(SpscRingModel, ARingOfFour) {
    expect_holds<Stream<4, 7, 3>>({long_search() ? Search::kAllSwitches : 3});
}

TEST(SpscRingModel, ASleepingConsumerIsWoken) { expect_holds<Sleep>({}); }

TEST(SpscRingModel, EveryOrderIsNeeded) {
    expect_every_order_is_needed<Stream<2, 4, 2>, Sleep>({});
}

}  // namespace
}  // namespace rota::model
