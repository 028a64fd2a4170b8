// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/latency_monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rota {
namespace {

using testing::HasSubstr;
constexpr int64_t kNow = 1700000000;

TEST(LatencyMonitor, IsOffWithoutAThreshold) {
    LatencyMonitor monitor;
    monitor.record_if_slow("command", 5000, kNow);
    EXPECT_TRUE(monitor.events().empty());
    monitor.set_threshold_ms(100);
    monitor.record_if_slow("command", 99, kNow);
    EXPECT_EQ(monitor.find("command"), nullptr);
    monitor.record_if_slow("command", 100, kNow);
    EXPECT_NE(monitor.find("command"), nullptr);
}

TEST(LatencyMonitor, KeepsTheWorstOfASecondAndSumsAll) {
    LatencyMonitor monitor;
    monitor.record("fork", 10, kNow);
    monitor.record("fork", 30, kNow);
    monitor.record("fork", 20, kNow);
    monitor.record("fork", 5, kNow + 1);
    const LatencySeries& series = *monitor.find("fork");
    const auto history = series.history();
    ASSERT_EQ(history.size(), 2u);
    EXPECT_EQ(history[0].latency_ms, 30u);
    EXPECT_EQ(history[1].time_s, kNow + 1);
    EXPECT_EQ(series.latest().latency_ms, 5u);
    EXPECT_EQ(series.max_ms, 30u);
    EXPECT_EQ(series.sum_ms, 65u);
    EXPECT_EQ(series.count, 4u);
}

TEST(LatencyMonitor, RemembersTheLast160Samples) {
    LatencyMonitor monitor;
    for (int i = 0; i < 200; ++i) monitor.record("command", 1000 - i, kNow + i);
    const auto history = monitor.find("command")->history();
    ASSERT_EQ(history.size(), kLatencySamples);
    EXPECT_EQ(history.front().time_s, kNow + 40);
    EXPECT_EQ(history.back().time_s, kNow + 199);
    EXPECT_EQ(monitor.find("command")->max_ms, 1000u);  // outlives its sample
}

TEST(LatencyMonitor, ResetCountsWhatItForgot) {
    LatencyMonitor monitor;
    for (const char* event : {"a", "b", "c"}) monitor.record(event, 1, kNow);
    EXPECT_EQ(monitor.reset(std::vector<Slice>{"a", "nosuch"}), 1u);
    EXPECT_EQ(monitor.events().size(), 2u);
    EXPECT_EQ(monitor.reset({}), 2u);
    EXPECT_TRUE(monitor.events().empty());
}

TEST(LatencyMonitor, DrawsSamplesWithTheirAges) {
    LatencyMonitor monitor;
    monitor.record("command", 100, kNow - 7200);
    monitor.record("command", 200, kNow - 90);
    monitor.record("command", 300, kNow - 12);
    EXPECT_EQ(monitor.graph("command", kNow),
              "command - high 300 ms, low 100 ms (all time high 300 ms)\n" + std::string(80, '-') +
                  "\n"
                  "  #\n"
                  "  |\n"
                  " #|\n"
                  "_||\n"
                  "211\n"
                  "hm2\n"
                  "  s\n");
    EXPECT_EQ(monitor.graph("nosuch", kNow), "");
}

TEST(LatencyMonitor, BreaksAWideGraphInBlocks) {
    LatencyMonitor monitor;
    for (int i = 0; i < 100; ++i) monitor.record("command", i + 1, kNow + i);
    const std::string graph = monitor.graph("command", kNow + 100);
    EXPECT_THAT(graph, HasSubstr("\n\n"));
    size_t start = 0;
    for (size_t end; (end = graph.find('\n', start)) != std::string::npos; start = end + 1) {
        EXPECT_LE(end - start, 80u);
    }
}

TEST(LatencyMonitor, DoctorSaysWhatWasSeenAndWhatMayHelp) {
    LatencyMonitor monitor;
    EXPECT_THAT(monitor.doctor(kNow), HasSubstr("latency-monitor-threshold"));
    monitor.set_threshold_ms(100);
    EXPECT_THAT(monitor.doctor(kNow), HasSubstr("Nothing took 100 ms or longer"));
    monitor.record("fork", 100, kNow - 20);
    monitor.record("fork", 200, kNow - 10);
    const std::string report = monitor.doctor(kNow);
    EXPECT_THAT(report, HasSubstr("1. fork: 2 samples, mean 150.0 ms (mean deviation 50.0 ms), one "
                                  "every 10.0 s, worst 200 ms."));
    EXPECT_THAT(report, HasSubstr("page tables"));
}

}  // namespace
}  // namespace rota
