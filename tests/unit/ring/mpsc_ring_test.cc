// SPDX-License-Identifier: BSD-3-Clause
#include "ring/mpsc_ring.h"

#include <gtest/gtest.h>

#include "stress.h"

namespace rota {
namespace {

using Small = MpscRing<uint64_t, 4>;
using Items = std::vector<uint64_t>;

Items pop(Small& ring, size_t most) {
    Items out(most);
    out.resize(ring.pop(out));
    return out;
}

TEST(MpscRing, SaysWhetherThereIsSomething) {
    Small ring;
    Small::Producer producer(ring);
    EXPECT_FALSE(ring.has_items());
    producer.push(1);
    EXPECT_TRUE(ring.has_items());
    EXPECT_EQ(pop(ring, 4), Items({1}));
    EXPECT_FALSE(ring.has_items());
}

TEST(MpscRing, TakesABatchAtOnce) {
    Small ring;
    Small::Producer a(ring);
    Small::Producer b(ring);
    a.push(Items({1, 2}));
    b.push(3);
    EXPECT_EQ(pop(ring, 2), Items({1, 2}));
    EXPECT_EQ(pop(ring, 2), Items({3}));
    EXPECT_EQ(pop(ring, 2), Items());
}

TEST(MpscRing, PushingNothingReservesNothing) {
    Small ring;
    Small::Producer producer(ring);
    producer.push(std::span<const uint64_t>());
    EXPECT_TRUE(producer.retry());
    producer.push(1);
    EXPECT_EQ(pop(ring, 4), Items({1}));
}

TEST(MpscRing, KeepsWhatFindsNoRoomInOrder) {
    Small ring;
    Small::Producer producer(ring);
    producer.push(Items({1, 2, 3}));
    producer.push(Items({4, 5, 6}));  // one fits
    EXPECT_EQ(producer.waiting(), 2u);
    producer.push(7);
    EXPECT_EQ(producer.waiting(), 3u);
    EXPECT_FALSE(producer.retry());
    EXPECT_EQ(pop(ring, 2), Items({1, 2}));
    EXPECT_FALSE(producer.retry());  // 5 and 6 move on
    EXPECT_EQ(producer.waiting(), 1u);
    EXPECT_EQ(pop(ring, 9), Items({3, 4, 5, 6}));
    EXPECT_TRUE(producer.retry());
    EXPECT_EQ(producer.waiting(), 0u);
    EXPECT_EQ(pop(ring, 9), Items({7}));
}

TEST(MpscRing, NothingOvertakesWhatWaits) {
    Small ring;
    Small::Producer producer(ring);
    producer.push(Items({1, 2, 3, 4, 5}));
    EXPECT_EQ(pop(ring, 9), Items({1, 2, 3, 4}));
    producer.push(6);  // there is room, but not for it
    EXPECT_EQ(producer.waiting(), 2u);
    EXPECT_TRUE(producer.retry());
    EXPECT_EQ(pop(ring, 9), Items({5, 6}));
}

TEST(MpscRing, SeveralProducersWaitAtOnce) {
    Small ring;
    Small::Producer a(ring);
    Small::Producer b(ring);
    a.push(Items({1, 2, 3, 4, 5}));
    b.push(Items({11, 12}));
    a.push(6);
    EXPECT_EQ(pop(ring, 9), Items({1, 2, 3, 4}));
    EXPECT_TRUE(b.retry());            // both fit, behind the place that is kept for 5
    EXPECT_EQ(pop(ring, 9), Items());  // which the consumer does not skip
    EXPECT_TRUE(a.retry());
    EXPECT_EQ(pop(ring, 9), Items({5, 11, 12, 6}));
}

TEST(MpscRing, ABatchMayBeLongerThanTheRing) {
    Small ring;
    Small::Producer producer(ring);
    Items all;
    for (uint64_t item = 1; item <= 23; ++item) all.push_back(item);
    producer.push(all);
    Items got;
    while (got.size() < all.size()) {
        for (const uint64_t item : pop(ring, 3)) got.push_back(item);
        producer.retry();
    }
    EXPECT_EQ(got, all);
    EXPECT_EQ(producer.waiting(), 0u);
}

TEST(MpscRing, GoesRoundAndRound) {
    Small ring;
    Small::Producer producer(ring);
    for (uint64_t item = 1; item <= 100; item += 3) {
        producer.push(Items({item, item + 1, item + 2}));
        EXPECT_EQ(pop(ring, 4), Items({item, item + 1, item + 2}));
    }
}

TEST(MpscRing, LosesNothingOfThreeThreads) {
    constexpr size_t kProducers = 3;
    constexpr uint64_t kItems = 50'000;
    MpscRing<uint64_t, 64> ring;
    std::vector<std::thread> threads;
    for (size_t own = 0; own < kProducers; ++own) {
        threads.emplace_back([&, own] {
            MpscRing<uint64_t, 64>::Producer producer(ring);
            for (uint64_t n = 1; n <= kItems;) {
                Items batch;
                for (uint64_t last = std::min(n + n % 9, kItems); n <= last; ++n) {
                    batch.push_back(numbered_item(own, n));
                }
                producer.push(batch);
                while (producer.waiting() > 100 && !producer.retry()) std::this_thread::yield();
            }
            while (!producer.retry()) std::this_thread::yield();
        });
    }
    Arrivals arrivals(kProducers);
    std::array<uint64_t, 16> out;
    while (arrivals.count() < kProducers * kItems) {
        const size_t count = ring.pop(out);
        arrivals.note({out.data(), count});
        if (count == 0) std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(arrivals.in_order());
    for (size_t own = 0; own < kProducers; ++own) EXPECT_EQ(arrivals.sum(own), sum_up_to(kItems));
    EXPECT_FALSE(ring.has_items());
}

TEST(MpscRingDeathTest, TheEmptySlotIsNoItem) {
    Small ring;
    Small::Producer producer(ring);
    EXPECT_DEATH(producer.push(0), "");
}

}  // namespace
}  // namespace rota
