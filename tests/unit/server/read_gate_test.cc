// SPDX-License-Identifier: BSD-3-Clause
#include "server/read_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace rota {
namespace {

TEST(ReadGate, IsOpenUntilSomebodyClosesIt) {
    ReadGate gate;
    EXPECT_TRUE(ReadGate::is_open(gate.sequence()));
    gate.close();
    EXPECT_FALSE(ReadGate::is_open(gate.sequence()));
    gate.open();
    EXPECT_TRUE(ReadGate::is_open(gate.sequence()));
}

TEST(ReadGate, StaysClosedUntilAllHaveOpenedIt) {
    ReadGate gate;
    gate.close();
    gate.close();
    gate.open();
    EXPECT_FALSE(ReadGate::is_open(gate.sequence()));
    gate.open();
    EXPECT_TRUE(ReadGate::is_open(gate.sequence()));
}

TEST(ReadGate, WhoReadWhileItWasClosedAndOpenedLearnsOfIt) {
    ReadGate gate;
    const uint64_t before = gate.sequence();
    EXPECT_TRUE(gate.unchanged(before));
    gate.close();
    EXPECT_FALSE(gate.unchanged(before));
    gate.open();
    EXPECT_FALSE(gate.unchanged(before));
    EXPECT_TRUE(gate.unchanged(gate.sequence()));
}

TEST(ReadGate, ClosesForACommandOnlyWhereThatIsNeeded) {
    ReadGate gate;
    const uint64_t before = gate.sequence();
    {
        const ReadGate::Closed closed(gate, false);
        EXPECT_TRUE(gate.unchanged(before));
    }
    {
        const ReadGate::Closed closed(gate, true);
        EXPECT_FALSE(ReadGate::is_open(gate.sequence()));
    }
    EXPECT_TRUE(ReadGate::is_open(gate.sequence()));
    EXPECT_FALSE(gate.unchanged(before));
}

// Two values that are always changed together, each published by itself, as entries are.
TEST(ReadGate, NobodySeesHalfOfWhatWasWrittenBehindIt) {
    constexpr uint64_t kReads = 20'000;
    ReadGate gate;
    std::atomic<uint64_t> first{0}, second{0};
    std::atomic<bool> enough{false};
    std::thread writer([&] {
        for (uint64_t i = 1; !enough.load(std::memory_order_relaxed); ++i) {
            const ReadGate::Closed closed(gate, true);
            first.store(i, std::memory_order_release);
            second.store(i, std::memory_order_release);
        }
    });
    uint64_t halves = 0;
    for (uint64_t reads = 0; reads < kReads;) {
        const uint64_t sequence = gate.sequence();
        if (!ReadGate::is_open(sequence)) continue;
        const uint64_t a = first.load(std::memory_order_acquire);
        const uint64_t b = second.load(std::memory_order_acquire);
        if (!gate.unchanged(sequence)) continue;
        halves += a != b;
        ++reads;
    }
    enough = true;
    writer.join();
    EXPECT_EQ(halves, 0u);
}

}  // namespace
}  // namespace rota
