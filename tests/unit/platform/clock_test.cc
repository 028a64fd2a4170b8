// SPDX-License-Identifier: BSD-3-Clause
#include "platform/clock.h"

#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "temp_folder.h"

namespace rota {
namespace {

int64_t kernel_ns(clockid_t which) {
    struct timespec now;
    ::clock_gettime(which, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

constexpr uint64_t kOneTickPerNs = uint64_t{1} << 32;
constexpr int64_t kSecond_ns = 1'000'000'000;

TEST(Clock, AgreesWithTheKernel) {
    Clock clock;
    for (int round = 0; round < 3; ++round) {
        const int64_t monotonic_before = kernel_ns(CLOCK_MONOTONIC);
        const int64_t wall_before = kernel_ns(CLOCK_REALTIME);
        const int64_t monotonic = clock.monotonic_ns();
        const int64_t wall = clock.wall_ns();
        const int64_t slack_ns = 5'000'000;
        EXPECT_GE(monotonic, monotonic_before - slack_ns);
        EXPECT_LE(monotonic, kernel_ns(CLOCK_MONOTONIC) + slack_ns);
        EXPECT_GE(wall, wall_before - slack_ns);
        EXPECT_LE(wall, kernel_ns(CLOCK_REALTIME) + slack_ns);
        clock.resync();
    }
    EXPECT_EQ(clock.wall_ms() / 1000, clock.wall_us() / 1'000'000);
}

TEST(Clock, MeasuresWithTicks) {
    Clock clock;
    const uint64_t start = clock.ticks();
    const int64_t start_ns = clock.monotonic_ns();
    while (clock.monotonic_ns() - start_ns < 2'000'000) {
    }
    EXPECT_GE(clock.ticks_to_us(clock.ticks() - start), 1'900);
    EXPECT_NEAR(static_cast<double>(clock.ticks_to_ns(clock.ns_to_ticks(kSecond_ns))), 1e9, 100);
    EXPECT_FALSE(clock.name().empty());
}

TEST(Clock, NeverStepsBackWhileItIsResynced) {
    Clock clock;
    std::atomic<bool> stop{false};
    std::atomic<int64_t> newest{0};
    std::atomic<int> steps_back{0};
    const auto read = [&] {
        int64_t last = 0;
        while (!stop.load()) {
            // What another thread has published must not lie ahead of what we read afterwards.
            // Counters of two cores may differ by what the kernel tolerates, far below a
            // microsecond.
            const int64_t seen = newest.load(std::memory_order_acquire);
            const int64_t now = clock.monotonic_ns();
            if (now < last || now < seen - 1'000) ++steps_back;
            last = now;
            newest.store(now, std::memory_order_release);
        }
    };
    std::vector<std::thread> readers;
    for (int count = 0; count < 2; ++count) readers.emplace_back(read);
    for (int round = 0; round < 2'000; ++round) clock.resync();
    stop = true;
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(steps_back.load(), 0);
}

TEST(Clock, FollowsAnInjectedSource) {
    FakeClockSource source(5 * kSecond_ns);
    Clock clock(source);
    EXPECT_EQ(clock.wall_ms(), 5'000);
    const int64_t start_us = clock.monotonic_us();
    const uint64_t start = clock.ticks();
    source.advance_ms(250);
    EXPECT_EQ(clock.wall_ms(), 5'250);
    EXPECT_EQ(clock.monotonic_us() - start_us, 250'000);
    EXPECT_EQ(clock.ticks_to_ns(clock.ticks() - start), 250'000'000);
    source.step_wall_ns(-kSecond_ns);
    clock.resync();
    EXPECT_EQ(clock.wall_ms(), 4'250);
    EXPECT_EQ(clock.monotonic_us() - start_us, 250'000);
}

TEST(ClockAnchor, CountsTicksFromTheAnchor) {
    const ClockAnchor anchor{1000, 500, 0, kOneTickPerNs / 2};  // two ticks a nanosecond
    EXPECT_EQ(anchor.monotonic_at(1000), 500);
    EXPECT_EQ(anchor.monotonic_at(1200), 600);
    EXPECT_EQ(anchor.monotonic_at(900), 500);  // a core that is a little behind
}

TEST(ClockAnchor, LearnsTheRateFromTheWholeRun) {
    const ClockSample first{0, 0, 0};
    const ClockAnchor anchor{0, 0, 0, kOneTickPerNs};
    const ClockSample now{10'000'000'000, 10 * kSecond_ns + 10'000, 0};  // counter slow by 1e-6
    const ClockAnchor next = next_anchor(anchor, first, now);
    EXPECT_EQ(next.monotonic_ns, now.monotonic_ns);
    EXPECT_NEAR(static_cast<double>(next.rate) / static_cast<double>(kOneTickPerNs), 1.000001,
                1e-9);
}

TEST(ClockAnchor, MeltsALeadAwayWithoutAStepBack) {
    const ClockSample first{0, 0, 0};
    ClockAnchor anchor{0, 3'000'000, 0, kOneTickPerNs};  // 3 ms ahead of the kernel
    int64_t last = anchor.monotonic_ns;
    for (int64_t tick = 100'000'000; tick <= 3 * kSecond_ns; tick += 100'000'000) {
        const auto ticks = static_cast<uint64_t>(tick);
        EXPECT_GE(anchor.monotonic_at(ticks), last);
        anchor = next_anchor(anchor, first, {ticks, tick, 0});
        EXPECT_GE(anchor.monotonic_ns, last);
        last = anchor.monotonic_ns;
    }
    EXPECT_LT(std::llabs(last - 3 * kSecond_ns), 1'000);
}

TEST(ClockAnchor, FollowsAStepOfTheWallClockAtOnce) {
    const ClockSample first{0, 0, 0};
    const ClockAnchor anchor{0, 0, 1'000'000, kOneTickPerNs};
    const auto wall_at = [](const ClockAnchor& at) { return at.monotonic_ns + at.wall_offset_ns; };
    const ClockAnchor ahead =
        next_anchor(anchor, first, {kSecond_ns, kSecond_ns, 3600 * kSecond_ns});
    EXPECT_EQ(wall_at(ahead), 3600 * kSecond_ns);
    const ClockAnchor back =
        next_anchor(ahead, first, {2 * kSecond_ns, 2 * kSecond_ns, kSecond_ns});
    EXPECT_EQ(wall_at(back), kSecond_ns);
    EXPECT_EQ(back.monotonic_ns, 2 * kSecond_ns);
}

TEST(ClockAnchor, KeepsTheWallOffsetThroughMeasuringNoise) {
    const ClockAnchor anchor{0, 0, 5'000, kOneTickPerNs};
    const ClockAnchor next =
        next_anchor(anchor, {0, 0, 0}, {kSecond_ns, kSecond_ns, kSecond_ns + 5'300});
    EXPECT_EQ(next.wall_offset_ns, 5'000);
}

TEST(TickTrust, NeedsTheKernelsWord) {
    const TempFolder root;
    const std::string source = "sys/devices/system/clocksource/clocksource0/current_clocksource";
    EXPECT_FALSE(ticks_are_trusted(root.root()));
    root.put("proc/cpuinfo", "flags\t\t: fpu tsc constant_tsc nonstop_tsc avx\n");
    root.put(source, "kvm-clock\n");
    EXPECT_FALSE(ticks_are_trusted(root.root()));
    root.put(source, "tsc\n");
    // Not where the build never trusts the counter, or this machine's kernel has another one.
    if (kernel_counts_ticks(root.root())) {
        EXPECT_TRUE(ticks_are_trusted(root.root()));
    }
    root.put("proc/cpuinfo", "flags\t\t: fpu tsc constant_tsc avx\n");
    EXPECT_FALSE(ticks_are_trusted(root.root()));
}

}  // namespace
}  // namespace rota
