// SPDX-License-Identifier: BSD-3-Clause
#include "platform/thread_usage.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "platform/rusage.h"
#include "temp_folder.h"

namespace rota {
namespace {

constexpr int64_t kMs = 1'000'000;

TEST(ShareMeter, ComparesTwoSamples) {
    ShareMeter meter;
    meter.advance({.user_ns = 500 * kMs, .system_ns = 100 * kMs, .waited_ns = 7 * kMs}, 1000 * kMs);
    const ThreadShares shares = meter.advance(
        {.user_ns = 520 * kMs, .system_ns = 150 * kMs, .waited_ns = 17 * kMs}, 1100 * kMs);
    EXPECT_DOUBLE_EQ(shares.user, 0.2);
    EXPECT_DOUBLE_EQ(shares.system, 0.5);
    EXPECT_DOUBLE_EQ(shares.waiting, 0.1);
    EXPECT_DOUBLE_EQ(shares.busy(), 0.7);
}

TEST(ShareMeter, KnowsNothingAtTheFirstSample) {
    ShareMeter meter;
    EXPECT_EQ(meter.advance({.user_ns = 5 * kMs}, 10 * kMs).busy(), 0);
}

TEST(ShareMeter, StaysBetweenNothingAndAll) {
    ShareMeter meter;
    meter.advance({.user_ns = 10 * kMs}, 0);
    EXPECT_EQ(meter.advance({.user_ns = 30 * kMs}, 10 * kMs).user, 1.0);  // accounted in steps
    EXPECT_EQ(meter.advance({.user_ns = 20 * kMs}, 20 * kMs).user, 0.0);  // went back
    EXPECT_EQ(meter.advance({.user_ns = 40 * kMs}, 20 * kMs).user, 0.0);  // no time has passed
    EXPECT_EQ(meter.advance({.user_ns = 45 * kMs}, 30 * kMs).user, 0.5);  // and goes on from there
}

void burn_ms(int64_t ms) {
    const int64_t begin_us = cpu_time(CpuTimeOf::thread).total_us();
    while (cpu_time(CpuTimeOf::thread).total_us() - begin_us < ms * 1000) {
    }
}

TEST(ThreadUsage, CountsTheWorkOfItsThread) {
    const ThreadUsage usage;
    const ThreadTimes before = usage.read();
    burn_ms(10);
    const ThreadTimes after = usage.read();
    EXPECT_GE(after.user_ns + after.system_ns - before.user_ns - before.system_ns, 10 * kMs);
    EXPECT_GE(after.waited_ns, before.waited_ns);
}

TEST(ThreadUsage, MayBeAskedFromAnotherThread) {
    std::optional<ThreadUsage> usage;
    std::atomic<bool> ready = false, done = false;
    std::thread worker([&] {
        usage.emplace();
        burn_ms(10);
        ready = true;
        ready.notify_one();
        done.wait(false);
    });
    ready.wait(false);
    EXPECT_GE(usage->read().user_ns, 10 * kMs);
    EXPECT_EQ(usage->read().system_ns, 0);
    done = true;
    done.notify_one();
    worker.join();
}

TEST(ThreadUsage, OfAThreadThatHasEndedNoLongerGrows) {
    std::optional<ThreadUsage> usage;
    std::thread([&] { usage.emplace(); }).join();
    usage->sample(0);
    EXPECT_EQ(usage->sample(kMs).busy(), 0);
}

TEST(ThreadUsage, ReadsTheSecondNumber) {
    const TempFolder folder;
    folder.put("schedstat", "123456 7890123 42\n");
    const ThreadUsage usage(folder.path("schedstat").c_str());
    EXPECT_EQ(usage.read().waited_ns, 7890123);
    folder.put("schedstat", "123456 7890999 42\n");
    EXPECT_EQ(usage.read().waited_ns, 7890999);
}

TEST(ThreadUsage, TakesWhatIsMissingOrBrokenForNoWaiting) {
    const TempFolder folder;
    EXPECT_EQ(ThreadUsage(folder.path("none").c_str()).read().waited_ns, 0);
    for (const char* text : {"", "\n", "12", "x y z", "1 -", " "}) {
        folder.put("schedstat", text);
        EXPECT_EQ(ThreadUsage(folder.path("schedstat").c_str()).read().waited_ns, 0) << text;
    }
}

}  // namespace
}  // namespace rota
