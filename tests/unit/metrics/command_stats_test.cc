// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/command_stats.h"

#include <gtest/gtest.h>

#include <array>

#include "metrics/info.h"

namespace rota {
namespace {

std::string commandstat(const CommandStats& stats) {
    std::string text;
    InfoWriter out(text);
    write_commandstat(out, "config|get", stats);
    return text;
}

TEST(CommandStats, SumUpCallsTimeAndFailures) {
    CommandStats stats;
    EXPECT_EQ(commandstat(stats), "");
    stats.add_call(1500, false, false);
    stats.add_call(2500, true, false);
    stats.add_rejected();
    stats.add_failed();
    EXPECT_EQ(
        commandstat(stats),
        "cmdstat_config|get:calls=2,usec=4,usec_per_call=2.00,rejected_calls=1,failed_calls=2\r\n");
    stats.reset();
    EXPECT_FALSE(stats.used());
}

TEST(CommandStats, ShowRejectionsOfACommandThatNeverRan) {
    CommandStats stats;
    stats.add_rejected();
    EXPECT_EQ(
        commandstat(stats),
        "cmdstat_config|get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0\r\n");
}

TEST(CommandStats, TakeMemoryForLatenciesWithTheFirstTrackedCall) {
    CommandStats stats;
    stats.add_call(1000, false, false);
    EXPECT_EQ(stats.latency().memory_bytes(), 0u);
    EXPECT_TRUE(stats.latency_buckets().empty());
    stats.add_call(1000, false, true);
    EXPECT_GT(stats.latency().memory_bytes(), 0u);
    EXPECT_EQ(stats.latency().count(), 1u);
}

TEST(CommandStats, WritePercentilesAsTheyWereConfigured) {
    CommandStats stats;
    for (int i = 0; i < 1000; ++i) stats.add_call(i < 995 ? 1000 : 200'000, false, true);
    std::string text;
    InfoWriter out(text);
    write_latencystat(out, "get", stats, std::array{50.0, 99.0, 99.9});
    // Two digits: 1000 lies in the cell that ends at 1003, 200000 in the one that ends at 200703.
    EXPECT_EQ(text, "latency_percentiles_usec_get:p50=1.003,p99=1.003,p99.9=200.703\r\n");
    write_latencystat(out, "get", stats, {});
    EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(CommandStats, BucketsArePowersOfTwoAndCumulative) {
    CommandStats stats;
    for (uint64_t ns : {500, 1500, 1600, 60'000, 60'000}) stats.add_call(ns, false, true);
    const auto buckets = stats.latency_buckets();
    ASSERT_EQ(buckets.size(), 3u);
    EXPECT_EQ(buckets[0].usec, 1u);
    EXPECT_EQ(buckets[0].cumulative, 1u);
    EXPECT_EQ(buckets[1].usec, 2u);
    EXPECT_EQ(buckets[1].cumulative, 3u);
    EXPECT_EQ(buckets[2].usec, 66u);
    EXPECT_EQ(buckets[2].cumulative, 5u);
}

TEST(CommandStats, CallsBeyondASecondCountAsASecond) {
    CommandStats stats;
    stats.add_call(0, false, true);
    stats.add_call(uint64_t{90} * kCommandLatencyMaxNs, false, true);
    const auto buckets = stats.latency_buckets();
    ASSERT_EQ(buckets.size(), 2u);
    EXPECT_EQ(buckets[0].usec, 1u);
    EXPECT_EQ(buckets[1].usec, 1'073'741u);
    EXPECT_EQ(buckets[1].cumulative, 2u);
}

}  // namespace
}  // namespace rota
