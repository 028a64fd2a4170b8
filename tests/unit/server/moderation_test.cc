// SPDX-License-Identifier: BSD-3-Clause
#include "server/moderation.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

// A loop whose turns take `work_us`, after `idle_us` off its CPU, and read from `receives` clients.
struct Load {
    int64_t work_us, idle_us;
    uint64_t receives, active;
    bool sleeps = true;  // or others take that time
};

ThreadEffort effort;
ThreadEffort effort_so_far() { return effort; }

class Moderation : public testing::Test {
protected:
    Moderation() { moderation.set_max_us(50); }
    // Lets a whole look pass at that load; returns what was decided.
    int64_t look_at(const Load& load) {
        now_us += kModerationPeriodUs;
        moderation.turn(now_us, load.receives);
        EXPECT_EQ(moderation.gather_us(), 0) << "a look sees the load as it is";
        for (uint64_t i = 0; i < load.active; ++i) moderation.client_is_active();
        for (int64_t passed_us = 0; passed_us < kLookUs;) {
            effort.cpu_us += load.work_us;
            effort.sleeps += load.sleeps;
            now_us += load.work_us + load.idle_us;
            passed_us += load.work_us + load.idle_us;
            moderation.turn(now_us, load.receives);
        }
        return moderation.gather_us();
    }

    WaitModeration moderation{effort_so_far};
    int64_t now_us = 1'000'000;
};

TEST_F(Moderation, ManyClientsAndLittleTimeToSleepGather) {
    // 50 clients, 100,000 requests a second: 500 us between two of one client.
    EXPECT_NEAR(look_at({.work_us = 8, .idle_us = 2, .receives = 1, .active = 50}), 40, 4);
    EXPECT_NEAR(look_at({.work_us = 80, .idle_us = 20, .receives = 20, .active = 50}), 20, 2);
}

TEST_F(Moderation, NeverLongerThanAllowed) {
    EXPECT_EQ(look_at({.work_us = 16, .idle_us = 4, .receives = 1, .active = 400}), 50);
    moderation.set_max_us(20);
    EXPECT_EQ(look_at({.work_us = 16, .idle_us = 4, .receives = 1, .active = 400}), 20);
    moderation.set_max_us(0);
    EXPECT_EQ(look_at({.work_us = 16, .idle_us = 4, .receives = 1, .active = 400}), 0);
}

TEST_F(Moderation, FewClientsNeverWait) {
    EXPECT_EQ(look_at({.work_us = 10, .idle_us = 5, .receives = 1, .active = 1}), 0);
    EXPECT_EQ(look_at({.work_us = 10, .idle_us = 5, .receives = 1, .active = 4}), 0);
    EXPECT_EQ(look_at({.work_us = 10, .idle_us = 5, .receives = 1, .active = 8}), 0);
}

TEST_F(Moderation, ALoopWithoutTimeToSleepDoesNot) {
    const Load asleep{.work_us = 16, .idle_us = 4, .receives = 1, .active = 50};
    Load preempted = asleep;
    preempted.sleeps = false;
    EXPECT_GT(look_at(asleep), 0);
    EXPECT_EQ(look_at(preempted), 0);
}

TEST_F(Moderation, ALittleSleepIsEnough) {
    EXPECT_NEAR(look_at({.work_us = 12, .idle_us = 0, .receives = 1, .active = 50}), 48, 3);
}

TEST_F(Moderation, ALoopThatMostlySleepsAddsNoLatency) {
    EXPECT_EQ(look_at({.work_us = 10, .idle_us = 15, .receives = 1, .active = 50}), 0);
}

TEST_F(Moderation, ClientsInStepAreServedTogetherAnyway) {
    EXPECT_EQ(look_at({.work_us = 300, .idle_us = 60, .receives = 40, .active = 50}), 0);
}

TEST_F(Moderation, ALoadThatChangesIsSeenAtTheNextLook) {
    EXPECT_GT(look_at({.work_us = 16, .idle_us = 4, .receives = 1, .active = 50}), 0);
    EXPECT_EQ(look_at({.work_us = 16, .idle_us = 4, .receives = 1, .active = 2}), 0);
    EXPECT_GT(look_at({.work_us = 16, .idle_us = 4, .receives = 1, .active = 50}), 0);
}

TEST_F(Moderation, AnIdleLoopGathersNothing) {
    for (int i = 0; i < 100; ++i) {
        now_us += 100'000;
        moderation.turn(now_us, 0);
        EXPECT_EQ(moderation.gather_us(), 0);
    }
}

}  // namespace
}  // namespace rota
