// SPDX-License-Identifier: BSD-3-Clause
#include "server/moderation.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

// A loop whose turns take `work_us`, after sleeping `idle_us`, and read from `receives` clients.
struct Load {
    int64_t work_us, idle_us;
    uint64_t receives, active;
};

int64_t cpu_us = 0;
int64_t cpu_used() { return cpu_us; }

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
            cpu_us += load.work_us;
            now_us += load.work_us + load.idle_us;
            passed_us += load.work_us + load.idle_us;
            moderation.turn(now_us, load.receives);
        }
        return moderation.gather_us();
    }

    WaitModeration moderation{cpu_used};
    int64_t now_us = 1'000'000;
};

TEST_F(Moderation, ManyClientsAndLittleTimeToSleepGather) {
    // 50 clients, 77,000 requests a second: 650 us between two of one client.
    EXPECT_NEAR(look_at({.work_us = 16, .idle_us = 4, .receives = 1, .active = 50}), 50, 5);
    EXPECT_NEAR(look_at({.work_us = 10, .idle_us = 3, .receives = 1, .active = 50}), 32, 3);
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
    EXPECT_EQ(look_at({.work_us = 60, .idle_us = 1, .receives = 2, .active = 50}), 0);
}

TEST_F(Moderation, ALoopThatMostlySleepsAddsNoLatency) {
    EXPECT_EQ(look_at({.work_us = 10, .idle_us = 15, .receives = 1, .active = 50}), 0);
}

TEST_F(Moderation, ClientsInStepAreServedTogetherAnyway) {
    EXPECT_EQ(look_at({.work_us = 300, .idle_us = 60, .receives = 20, .active = 50}), 0);
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
