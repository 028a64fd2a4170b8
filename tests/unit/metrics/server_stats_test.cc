// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/server_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "metrics/info.h"
#include "metrics/rates.h"

namespace rota {
namespace {

using testing::HasSubstr;

// Field names of one section, in the order of the facts table.
std::vector<std::string> expected_fields(const std::string& section) {
    std::ifstream file(METRICS_FACTS);
    EXPECT_TRUE(file.is_open()) << METRICS_FACTS;
    std::vector<std::string> fields;
    for (std::string line; std::getline(file, line);) {
        std::istringstream row(line);
        std::string header, argument, in_default, field;
        std::getline(row, header, '\t');
        std::getline(row, argument, '\t');
        std::getline(row, in_default, '\t');
        std::getline(row, field, '\t');
        if (header == section) fields.push_back(field);
    }
    return fields;
}

std::vector<std::string> names_in(const std::string& text) {
    std::vector<std::string> names;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        names.push_back(line.substr(0, line.find(':')));
    return names;
}

TEST(ServerStats, WritesEveryStatsFieldInValkeysOrder) {
    std::string text;
    InfoWriter out(text);
    write_stats(out, ServerStats(), ServerRates(), StatsGauges());
    const auto expected = expected_fields("Stats");
    ASSERT_GT(expected.size(), 70u);
    EXPECT_EQ(names_in(text), expected);
}

TEST(ServerStats, WritesEveryDebugFieldInValkeysOrder) {
    std::string text;
    InfoWriter out(text);
    write_debug(out, ServerStats());
    EXPECT_EQ(names_in(text), expected_fields("Debug"));
}

TEST(ServerStats, ResetKeepsLevelsAndStretchesUnderWay) {
    ServerStats stats;
    stats.commands_processed = 5;
    stats.io_threaded_reads_pending = 3;
    stats.eviction_exceeded_since_us = 100;
    stats.reset();
    EXPECT_EQ(stats.commands_processed, 0u);
    EXPECT_EQ(stats.io_threaded_reads_pending, 3u);
    EXPECT_EQ(stats.eviction_exceeded_since_us, 100u);
}

TEST(ServerStats, CountsTheStretchUnderWayInMilliseconds) {
    ServerStats stats;
    stats.eviction_exceeded_us = 5'000;
    stats.eviction_exceeded_since_us = 1'000'000;
    StatsGauges gauges;
    gauges.now_us = 1'250'000;
    std::string text;
    InfoWriter out(text);
    write_stats(out, stats, ServerRates(), gauges);
    EXPECT_THAT(text, HasSubstr("\ntotal_eviction_exceeded_time:255\r\n"));
    EXPECT_THAT(text, HasSubstr("\ncurrent_eviction_exceeded_time:250\r\n"));
}

TEST(ServerStats, RemembersTheWorstLoopCycle) {
    ServerStats stats;
    stats.add_loop_cycle(10, 3);
    stats.add_loop_cycle(40, 1);
    EXPECT_EQ(stats.loop_cycles, 2u);
    EXPECT_EQ(stats.loop_us, 50u);
    EXPECT_EQ(stats.loop_max_us, 40u);
    EXPECT_EQ(stats.loop_commands_max, 3u);
}

TEST(RateMeter, IsTheMeanOfSixteenSamples) {
    RateMeter meter(1'000'000);
    for (uint64_t i = 0; i <= 16; ++i) meter.sample(i * 50, i * kRateSampleUs);
    EXPECT_EQ(meter.value(), 500u);  // 50 in each 100 ms
    for (uint64_t i = 17; i <= 24; ++i) meter.sample(16 * 50, i * kRateSampleUs);
    EXPECT_EQ(meter.value(), 250u);  // half of the ring is idle
}

TEST(RateMeter, AStandingBaseOrAResetValueCountsAsNothing) {
    RateMeter meter(1);
    meter.sample(100, 10);
    meter.sample(200, 10);
    meter.sample(0, 20);
    EXPECT_EQ(meter.value(), 0u);
}

TEST(ServerRates, DividesLoopTimeByCycles) {
    ServerStats stats;
    ServerRates rates;
    for (uint64_t i = 0; i <= 16; ++i) {
        rates.sample(stats, i * kRateSampleUs);
        stats.add_loop_cycle(80, 0);
        stats.add_loop_cycle(20, 0);
    }
    EXPECT_EQ(rates.loop_duration.value(), 50u);
    EXPECT_EQ(rates.loop_cycles.value(), 20u);
}

}  // namespace
}  // namespace rota
