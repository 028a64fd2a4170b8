// SPDX-License-Identifier: BSD-3-Clause
#include "transports/io_uring/gathering.h"

#include <gtest/gtest.h>

namespace rota::uring {
namespace {

// How many of the next `waits` waits gather when each brings `brought`.
int gathering_waits(Gathering& gathering, size_t brought, int waits) {
    int count = 0;
    for (int i = 0; i < waits; ++i) {
        count += gathering.batch() > 1;
        gathering.learn(brought);
    }
    return count;
}

TEST(Gathering, LeavesAloneWhoIsAlone) {
    Gathering gathering;
    EXPECT_LE(gathering_waits(gathering, 1, 10000), 16) << "only probes, ever rarer";
}

TEST(Gathering, SetsInWithLoadAndExpectsWhatCame) {
    Gathering gathering;
    gathering.learn(25);
    EXPECT_EQ(gathering.batch(), 25u);
    gathering.learn(40);
    EXPECT_EQ(gathering.batch(), 40u);
    gathering.learn(20);
    EXPECT_LT(gathering.batch(), 40u);
    EXPECT_GT(gathering.batch(), 20u) << "one poor wait is no reason to hurry";
    gathering.learn(100000);
    EXPECT_EQ(gathering.batch(), 64u);
}

TEST(Gathering, IsFoundByAProbe) {
    Gathering gathering;
    int waits = 0;
    for (; gathering.batch() == 1; ++waits) {
        ASSERT_LT(waits, 100);
        gathering.learn(1);
    }
    gathering.learn(3);
    EXPECT_EQ(gathering.batch(), 3u);
}

TEST(Gathering, EndsWithTheLoad) {
    Gathering gathering;
    gathering.learn(30);
    EXPECT_LE(gathering_waits(gathering, 1, 1000), 12);
    EXPECT_EQ(gathering.batch(), 1u);
}

TEST(Gathering, SurvivesAnyCount) {
    Gathering gathering;
    for (const size_t count : {SIZE_MAX, size_t{0}, size_t{1}, SIZE_MAX - 1}) {
        gathering.learn(count);
        EXPECT_GE(gathering.batch(), 1u);
        EXPECT_LE(gathering.batch(), 64u);
    }
}

}  // namespace
}  // namespace rota::uring
