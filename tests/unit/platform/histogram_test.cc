// SPDX-License-Identifier: BSD-3-Clause
#include "platform/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace rota {
namespace {

TEST(Histogram, IsEmptyAndFreeUntilTheFirstValue) {
    Histogram empty;
    EXPECT_EQ(empty.count(), 0u);
    EXPECT_EQ(empty.min(), 0u);
    EXPECT_EQ(empty.max(), 0u);
    EXPECT_EQ(empty.mean(), 0);
    EXPECT_EQ(empty.value_at_percentile(99), 0u);
    EXPECT_EQ(empty.memory_bytes(), 0u);
    empty.record(5);
    EXPECT_GT(empty.memory_bytes(), 0u);
}

TEST(Histogram, KeepsTheRelativeErrorOfItsDigits) {
    for (const int digits : {1, 2, 3}) {
        const double bound = digits == 1 ? 0.1 : digits == 2 ? 0.01 : 0.001;
        for (uint64_t value = 1; value < 1'000'000'000; value = value * 17 / 16 + 1) {
            Histogram one(1'000'000'000, digits);
            one.record(value);
            const auto got = static_cast<double>(one.value_at_percentile(50));
            EXPECT_GE(got, static_cast<double>(value));
            EXPECT_LE(got, static_cast<double>(value) * (1 + bound)) << digits;
        }
    }
}

TEST(Histogram, FindsPercentilesLikeASortedList) {
    Histogram latencies;
    std::vector<uint64_t> sorted;
    uint64_t state = 1;
    for (int round = 0; round < 10000; ++round) {
        state = state * 6364136223846793005 + 1442695040888963407;
        sorted.push_back(1 + (state >> 40));
        latencies.record(sorted.back());
    }
    std::sort(sorted.begin(), sorted.end());
    for (const double percentile : {1.0, 50.0, 99.0, 99.9, 100.0}) {
        const auto rank = static_cast<size_t>(std::ceil(percentile / 100 * 10000));
        const auto exact = static_cast<double>(sorted[rank - 1]);
        const auto got = static_cast<double>(latencies.value_at_percentile(percentile));
        EXPECT_GE(got, exact);
        EXPECT_LE(got, exact * 1.01);
    }
    EXPECT_EQ(latencies.min(), sorted.front());
    EXPECT_EQ(latencies.max(), sorted.back());
}

TEST(Histogram, ClampsToItsRange) {
    Histogram small(1000);
    small.record(0);
    small.record(UINT64_MAX / 4);
    EXPECT_EQ(small.min(), 1u);
    EXPECT_GE(small.max(), 1000u);
    EXPECT_LE(small.max(), 1010u);
    EXPECT_EQ(small.count(), 2u);
}

TEST(Histogram, CountsUpToAValueAndListsItsBuckets) {
    Histogram few;
    few.record(3, 2);
    few.record(100);
    few.record(1'000'000);
    EXPECT_EQ(few.count_at_or_below(2), 0u);
    EXPECT_EQ(few.count_at_or_below(3), 2u);
    EXPECT_EQ(few.count_at_or_below(100), 3u);
    EXPECT_EQ(few.count_at_or_below(UINT64_MAX), 4u);
    uint64_t total = 0;
    uint64_t previous_high = 0;
    few.for_each_bucket([&](uint64_t low, uint64_t high, uint64_t count) {
        EXPECT_GT(low, previous_high);
        EXPECT_GE(high, low);
        previous_high = high;
        total += count;
    });
    EXPECT_EQ(total, 4u);
    EXPECT_DOUBLE_EQ(few.mean(), (3 + 3 + 100 + 1'000'000) / 4.0);
}

TEST(Histogram, MergesAndResets) {
    Histogram left, right;
    left.record(10);
    right.record(20, 3);
    left.merge(right);
    EXPECT_EQ(left.count(), 4u);
    EXPECT_EQ(left.sum(), 70u);
    EXPECT_EQ(left.max(), 20u);
    left.reset();
    EXPECT_EQ(left.count(), 0u);
    EXPECT_EQ(left.memory_bytes(), 0u);
    left.record(7);
    EXPECT_EQ(left.min(), 7u);
}

}  // namespace
}  // namespace rota
