// SPDX-License-Identifier: BSD-3-Clause
#include "ring/spsc_ring.h"

#include <gtest/gtest.h>

#include "stress.h"

namespace rota {
namespace {

using Small = SpscRing<uint64_t, 4>;

std::vector<uint64_t> pop(Small& ring, size_t most) {
    std::vector<uint64_t> out(most);
    out.resize(ring.pop(out));
    return out;
}

using Items = std::vector<uint64_t>;

TEST(SpscRing, ShowsNothingBeforeCommit) {
    Small ring;
    ASSERT_TRUE(ring.push(1));
    ASSERT_TRUE(ring.push(2));
    EXPECT_TRUE(ring.empty());
    EXPECT_EQ(ring.size(), 0u);
    EXPECT_EQ(pop(ring, 4), Items());
    ring.commit();
    EXPECT_FALSE(ring.empty());
    EXPECT_EQ(ring.size(), 2u);
    EXPECT_EQ(pop(ring, 4), Items({1, 2}));
    EXPECT_TRUE(ring.empty());
}

TEST(SpscRing, RefusesWhenFullAndKeepsTheOrder) {
    Small ring;
    for (uint64_t item = 1; item <= 4; ++item) ASSERT_TRUE(ring.push(item));
    EXPECT_FALSE(ring.push(5));
    ring.commit();
    EXPECT_EQ(pop(ring, 4), Items({1, 2, 3, 4}));
}

TEST(SpscRing, PublishesWhatWasPushedWhenItIsFull) {
    Small ring;
    for (uint64_t item = 1; item <= 4; ++item) ASSERT_TRUE(ring.push(item));
    EXPECT_TRUE(ring.empty());
    EXPECT_FALSE(ring.push(5));
    EXPECT_EQ(pop(ring, 1), Items({1}));
    EXPECT_TRUE(ring.push(5));
}

TEST(SpscRing, TakesWhatFitsOfABatchAndPublishesIt) {
    Small ring;
    EXPECT_EQ(ring.push(Items({1, 2, 3})), 3u);
    EXPECT_TRUE(ring.empty());
    EXPECT_EQ(ring.push(Items({4, 5, 6})), 1u);
    EXPECT_EQ(pop(ring, 3), Items({1, 2, 3}));
    EXPECT_EQ(ring.push(Items({5, 6})), 2u);  // round the end
    ring.commit();
    EXPECT_EQ(pop(ring, 9), Items({4, 5, 6}));
}

TEST(SpscRing, TakesNoMoreThanAskedFor) {
    Small ring;
    for (uint64_t item = 1; item <= 3; ++item) ASSERT_TRUE(ring.push(item));
    ring.commit();
    EXPECT_EQ(pop(ring, 2), Items({1, 2}));
    EXPECT_EQ(pop(ring, 0), Items());
    EXPECT_EQ(pop(ring, 2), Items({3}));
}

TEST(SpscRing, GoesRoundAndRound) {
    Small ring;
    uint64_t next = 1;
    for (uint64_t item = 1; item <= 100; item += 3) {
        for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(ring.push(item + i));
        ring.commit();
        for (const uint64_t got : pop(ring, 4)) EXPECT_EQ(got, next++);
    }
    EXPECT_EQ(next, 103u);
}

TEST(SpscRing, CommittingNothingChangesNothing) {
    Small ring;
    ring.commit();
    EXPECT_TRUE(ring.empty());
    ASSERT_TRUE(ring.push(1));
    ring.commit();
    ring.commit();
    EXPECT_EQ(ring.size(), 1u);
}

TEST(SpscRing, LosesNothingBetweenTwoThreads) {
    constexpr uint64_t kItems = 200'000;
    SpscRing<uint64_t, 64> ring;
    std::thread producer([&ring] {
        for (uint64_t n = 1; n <= kItems; ++n) {
            while (!ring.push(n)) std::this_thread::yield();
            if (n % 7 == 0) ring.commit();
        }
        ring.commit();
    });
    Arrivals arrivals(1);
    std::array<uint64_t, 5> out;
    while (arrivals.count() < kItems) {
        const size_t count = ring.pop(out);
        arrivals.note({out.data(), count});
        if (count == 0) std::this_thread::yield();
    }
    producer.join();
    EXPECT_TRUE(arrivals.in_order());
    EXPECT_EQ(arrivals.sum(0), sum_up_to(kItems));
    EXPECT_TRUE(ring.empty());
}

}  // namespace
}  // namespace rota
