// SPDX-License-Identifier: BSD-3-Clause
#include "ring/spmc_ring.h"

#include <gtest/gtest.h>

#include <atomic>

#include "stress.h"

namespace rota {
namespace {

using Small = SpmcRing<uint64_t, 4>;
using Items = std::vector<uint64_t>;

Items pop(Small& ring, size_t most) {
    Items out(most);
    out.resize(ring.pop(out));
    return out;
}

Items numbers(uint64_t first, uint64_t last) {
    Items out;
    for (uint64_t item = first; item <= last; ++item) out.push_back(item);
    return out;
}

TEST(SpmcRing, GivesBackWhatWasPushed) {
    Small ring;
    EXPECT_EQ(pop(ring, 4), Items());
    ASSERT_TRUE(ring.push(1));
    ASSERT_TRUE(ring.push(2));
    EXPECT_EQ(ring.size(), 2u);
    EXPECT_EQ(pop(ring, 1), Items({1}));
    EXPECT_EQ(ring.size(), 1u);
    EXPECT_EQ(pop(ring, 4), Items({2}));
    EXPECT_EQ(pop(ring, 4), Items());
    EXPECT_EQ(ring.size(), 0u);
}

TEST(SpmcRing, RefusesWhenEveryCellIsTaken) {
    Small ring;
    for (uint64_t item = 1; item <= 4; ++item) ASSERT_TRUE(ring.push(item));
    EXPECT_FALSE(ring.push(5));
    EXPECT_EQ(pop(ring, 1), Items({1}));
    EXPECT_TRUE(ring.push(5));
    EXPECT_EQ(pop(ring, 9), Items({2, 3, 4, 5}));
}

TEST(SpmcRing, PacksABatchIntoCells) {
    Small ring;
    EXPECT_EQ(ring.push(numbers(1, 40)), 28u);  // four cells of seven
    EXPECT_EQ(ring.size(), 28u);
    EXPECT_EQ(pop(ring, 40), numbers(1, 28));
}

TEST(SpmcRing, TakesACellInPartsAndFreesItWithTheLast) {
    Small ring;
    ASSERT_EQ(ring.push(numbers(1, 40)), 28u);
    EXPECT_EQ(pop(ring, 3), numbers(1, 3));
    EXPECT_EQ(pop(ring, 3), numbers(4, 6));
    EXPECT_EQ(ring.push(numbers(29, 29)), 0u);
    EXPECT_EQ(pop(ring, 10), numbers(7, 16));  // the last of one, one whole, two of the third
    EXPECT_EQ(ring.push(numbers(29, 60)), 14u);
    EXPECT_EQ(pop(ring, 60), numbers(17, 42));
    EXPECT_EQ(ring.size(), 0u);
}

TEST(SpmcRing, GoesRoundAndRound) {
    Small ring;
    for (uint64_t item = 1; item < 1000; item += item % 11 + 1) {
        const Items batch = numbers(item, item + item % 11);
        ASSERT_EQ(ring.push(batch), batch.size());
        EXPECT_EQ(ring.size(), batch.size());
        EXPECT_EQ(pop(ring, 20), batch);
    }
}

TEST(SpmcRing, ACellIsACacheLine) {
    struct Pair {
        uint64_t a, b;
    };
    EXPECT_EQ((SpmcRing<uint64_t, 64>::kCellItems), 7u);
    EXPECT_EQ((SpmcRing<Pair, 64>::kCellItems), 3u);
    EXPECT_EQ((SpmcRing<uint8_t, 64>::kCellItems), 7u);
    EXPECT_EQ(sizeof(SpmcRing<uint64_t, 64>) - sizeof(SpmcRing<uint64_t, 32>), 32 * kCacheLine);
}

TEST(SpmcRing, LosesNothingAmongThreeThreads) {
    constexpr size_t kConsumers = 3;
    constexpr uint64_t kItems = 150'000;
    SpmcRing<uint64_t, 32> ring;
    std::atomic<uint64_t> popped{0};
    std::vector<Arrivals> arrivals(kConsumers, Arrivals(1));
    std::vector<std::thread> threads;
    for (size_t own = 0; own < kConsumers; ++own) {
        threads.emplace_back([&, own] {
            std::array<uint64_t, 9> out;
            while (popped.load(std::memory_order_relaxed) < kItems) {
                const size_t count = ring.pop({out.data(), own * 4 + 1});
                arrivals[own].note({out.data(), count});
                popped.fetch_add(count, std::memory_order_relaxed);
                if (count == 0) std::this_thread::yield();
            }
        });
    }
    for (uint64_t n = 1; n <= kItems;) {
        const size_t pushed = ring.push(numbers(n, std::min(n + n % 13, kItems)));
        n += pushed;
        if (pushed == 0) std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
    uint64_t sum = 0;
    for (const Arrivals& seen : arrivals) {
        EXPECT_TRUE(seen.in_order());
        sum += seen.sum(0);
    }
    EXPECT_EQ(sum, sum_up_to(kItems));
    EXPECT_EQ(ring.size(), 0u);
}

}  // namespace
}  // namespace rota
