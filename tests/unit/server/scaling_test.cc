// SPDX-License-Identifier: BSD-3-Clause
#include "server/scaling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

namespace rota {
namespace {

// What the threads would measure with so many of them active.
using Model = std::function<ScalingSample(int active)>;

class Scaling : public testing::Test {
protected:
    struct Change {
        int64_t at_ms;
        int active;
    };

    void limit(int io_threads, int cpus = 256, bool always = false) {
        policy.set_limits({io_threads, cpus, always});
    }
    // Lets time pass; `depth` jobs wait whenever somebody looks.
    void run(int64_t ms, const Model& model, size_t depth = 0) {
        for (const int64_t end_ms = now_ms + ms; now_ms < end_ms; now_ms += kDepthSampleMs) {
            policy.sample_depth(now_ms, depth);
            if (!policy.due(now_ms)) continue;
            const int before = policy.active();
            ScalingSample sample = model(before);
            ops += sample.ops;
            sample.ops = ops;
            const int after = policy.decide(now_ms, sample);
            EXPECT_EQ(after, policy.active());
            EXPECT_LE(std::abs(after - before), 1);
            if (after != before) changes.push_back({now_ms, after});
        }
    }
    void run(int64_t ms, const ScalingSample& sample, size_t depth = 0) {
        run(
            ms, [&](int) { return sample; }, depth);
    }
    // Up to so many IO threads, none on trial any more.
    void grow_to(int active) {
        while (policy.active() < active) run(kDepthSampleMs, {.executor_busy = 1, .io_busy = 1});
        run(kDwellMs + kDecisionMs, {.executor_busy = 1, .io_busy = 0.7});
        ASSERT_EQ(policy.active(), active);
        changes.clear();
    }

    ScalingPolicy policy{{.io_threads = 9, .cpus = 256}};
    int64_t now_ms = 1'000'000;
    uint64_t ops = 0;
    std::vector<Change> changes;
};

constexpr ScalingSample kIdle{};
constexpr ScalingSample kBusy{.executor_busy = 1, .io_busy = 1};

TEST_F(Scaling, IgnitesWhereTheExecutorHasMoreToDoThanItsShare) {
    run(2000, {.executor_busy = kIgnitionShare});
    EXPECT_EQ(policy.active(), 0);
    run(kDecisionMs, {.executor_busy = kIgnitionShare + 0.01});
    EXPECT_EQ(policy.active(), 1);
}

TEST_F(Scaling, DoesNotIgniteWithoutASpareCore) {
    run(60'000, {.executor_busy = 0.6, .waiting = kWaitTolerated + 0.01});
    EXPECT_EQ(policy.active(), 0);
    EXPECT_FALSE(policy.crowded());
    run(kDecisionMs, {.executor_busy = 0.6, .waiting = kWaitTolerated});
    EXPECT_EQ(policy.active(), 1);
}

TEST_F(Scaling, NeverExceedsItsLimits) {
    struct Row {
        int io_threads, cpus, expected;
    };
    for (const Row& row : {Row{1, 64, 0}, Row{2, 64, 1}, Row{9, 64, 8}, Row{9, 2, 1}, Row{4, 1, 0},
                           Row{256, 256, 255}}) {
        limit(row.io_threads, row.cpus);
        run(100'000, kBusy);
        EXPECT_EQ(policy.active(), row.expected) << row.io_threads << " " << row.cpus;
    }
}

TEST_F(Scaling, AddsAThreadWhileWorkKeepsWaiting) {
    grow_to(1);
    run(2000, {.executor_busy = 1, .io_busy = 0.3}, 3);
    EXPECT_GE(policy.active(), 4);
    for (size_t i = 1; i < changes.size(); ++i)
        EXPECT_EQ(changes[i].at_ms - changes[i - 1].at_ms, kDwellMs);
}

TEST_F(Scaling, AddsAThreadWhileTheOthersHaveNoTimeLeft) {
    grow_to(1);
    run(2000, {.executor_busy = 0.5, .io_busy = kLoadMore});
    EXPECT_EQ(policy.active(), 1);
    run(kDwellMs, {.executor_busy = 0.5, .io_busy = kLoadMore + 0.01});
    EXPECT_EQ(policy.active(), 2);
}

TEST_F(Scaling, AShortQueueNowAndThenIsNoReason) {
    grow_to(2);
    for (int i = 0; i < 100; ++i) {
        run(kDecisionMs / 2, {.executor_busy = 0.5, .io_busy = 0.4}, 5);
        run(kDecisionMs / 2, {.executor_busy = 0.5, .io_busy = 0.4}, 0);
    }
    EXPECT_EQ(policy.active(), 2);
}

TEST_F(Scaling, DepthCountsOnceInTenMilliseconds) {
    grow_to(1);
    for (int i = 0; i < 1000; ++i) policy.sample_depth(now_ms, 1);  // all the same moment
    run(kDecisionMs, {.executor_busy = 1, .io_busy = 0.3}, 0);
    EXPECT_EQ(policy.active(), 1);
}

TEST_F(Scaling, TakesThreadsAwayOneByOneOnceTheyAreIdleForASecond) {
    grow_to(3);
    run(kIdleMs, kIdle);
    EXPECT_EQ(policy.active(), 3);
    run(4 * (kIdleMs + kDecisionMs), kIdle);
    EXPECT_EQ(policy.active(), 0);
    ASSERT_EQ(changes.size(), 3u);
    EXPECT_GT(changes[1].at_ms - changes[0].at_ms, kIdleMs);
}

TEST_F(Scaling, AMomentOfWorkKeepsAThread) {
    grow_to(2);
    for (int i = 0; i < 20; ++i) {
        run(900, kIdle);
        run(kDecisionMs, {.executor_busy = 0.5, .io_busy = 0.5});
    }
    EXPECT_EQ(policy.active(), 2);
}

TEST_F(Scaling, KeepsThreadsWhoseWorkWouldCrowdTheRest) {
    grow_to(2);
    run(10'000, {.executor_busy = 0.5, .io_busy = 0.25});  // one thread alone: 0.5
    EXPECT_EQ(policy.active(), 2);
    run(2000, {.executor_busy = 0.5, .io_busy = 0.24});
    EXPECT_EQ(policy.active(), 1);
}

TEST_F(Scaling, TheLastOneGoesOnlyIfTheExecutorCanDoItsWork) {
    grow_to(1);
    run(10'000, {.executor_busy = 0.1, .io_busy = 0.1});
    EXPECT_EQ(policy.active(), 1);
    run(2000, {.executor_busy = 0.1, .io_busy = 0.09});
    EXPECT_EQ(policy.active(), 0);
}

TEST_F(Scaling, RetiresThreadsWhereOthersNeedTheCpus) {
    grow_to(3);
    run(kDecisionMs, {.executor_busy = 1, .io_busy = 1, .waiting = 0.5});
    EXPECT_EQ(policy.active(), 3);  // once may be an accident
    EXPECT_FALSE(policy.crowded());
    run(kDecisionMs, {.executor_busy = 1, .io_busy = 1, .waiting = 0.5});
    EXPECT_TRUE(policy.crowded());
    EXPECT_EQ(policy.active(), 2);
    run(2 * kDwellMs, {.executor_busy = 1, .io_busy = 1, .waiting = 0.5});
    EXPECT_EQ(policy.active(), 0);
    EXPECT_TRUE(policy.crowded());
    // That was one failure: a second later there may be room again.
    run(kBackoffMinMs + kDecisionMs, kBusy);
    EXPECT_EQ(policy.active(), 1);
    EXPECT_FALSE(policy.crowded());
}

TEST_F(Scaling, SomeWaitingChangesNothing) {
    grow_to(2);
    run(60'000, {.executor_busy = 1, .io_busy = 1, .waiting = kWaitCrowded});
    EXPECT_EQ(policy.active(), 2);
}

// Ten minutes where an IO thread only hurts: the tries become rare and stay short.
void expect_rare_tries(const std::vector<std::pair<int64_t, int>>& changes, int64_t begin_ms) {
    int64_t active_ms = 0;
    int tries = 0;
    for (size_t i = 0; i + 1 < changes.size(); i += 2) {
        EXPECT_EQ(changes[i].second, 1);
        EXPECT_EQ(changes[i + 1].second, 0);
        active_ms += changes[i + 1].first - changes[i].first;
        ++tries;
        if (i >= 2) {
            const int64_t pause_ms = changes[i].first - changes[i - 1].first;
            EXPECT_GE(pause_ms, std::min(kBackoffMinMs << (i / 2 - 1), kBackoffMaxMs));
        }
    }
    EXPECT_GE(tries, 10);
    EXPECT_LE(tries, 16);
    EXPECT_EQ(active_ms, tries * kDwellMs);
    EXPECT_LT(changes.front().first - begin_ms, 2 * kDecisionMs);
}

TEST_F(Scaling, TriesRarelyWhereAThreadMakesTheMachineCrowded) {
    const int64_t begin_ms = now_ms;
    run(600'000, [](int active) {
        return ScalingSample{.executor_busy = 0.9, .io_busy = 0.5, .waiting = active > 0 ? .4 : 0};
    });
    std::vector<std::pair<int64_t, int>> seen;
    for (const Change& change : changes) seen.emplace_back(change.at_ms, change.active);
    expect_rare_tries(seen, begin_ms);
}

TEST_F(Scaling, TriesRarelyWhereAThreadLessensTheThroughput) {
    const int64_t begin_ms = now_ms;
    run(600'000, [](int active) {
        return ScalingSample{
            .executor_busy = 0.9, .io_busy = 0.5, .ops = active > 0 ? 7000u : 10'000u};
    });
    std::vector<std::pair<int64_t, int>> seen;
    for (const Change& change : changes) seen.emplace_back(change.at_ms, change.active);
    expect_rare_tries(seen, begin_ms);
}

TEST_F(Scaling, AThreadThatHelpsOrDoesNoHarmStays) {
    for (const uint64_t with_threads : {10'000u, 9'200u, 18'000u}) {
        policy = ScalingPolicy({.io_threads = 2, .cpus = 256});
        run(10'000, [&](int active) {
            return ScalingSample{
                .executor_busy = 0.9, .io_busy = 0.5, .ops = active > 0 ? with_threads : 10'000u};
        });
        EXPECT_EQ(policy.active(), 1) << with_threads;
    }
}

TEST_F(Scaling, AlwaysActiveMeansAll) {
    limit(9, 2, true);
    EXPECT_EQ(policy.active(), 8);  // even where that is unwise
    run(60'000, {.waiting = 0.9});
    EXPECT_EQ(policy.active(), 8);
    limit(4, 64, true);
    EXPECT_EQ(policy.active(), 3);
    limit(4, 64, false);
    EXPECT_EQ(policy.active(), 3);
    run(60'000, kIdle);
    EXPECT_EQ(policy.active(), 0);
}

TEST_F(Scaling, ASmallerLimitHoldsAtOnce) {
    grow_to(5);
    limit(3);
    EXPECT_EQ(policy.active(), 2);
    limit(1);
    EXPECT_EQ(policy.active(), 0);
}

// ---- Properties --------------------------------------------------------------------------------

// So much work for executor and IO threads, in threads' time, on a machine with cores enough.
Model constant_load(double executor, double io) {
    return [=](int active) {
        if (active == 0) return ScalingSample{.executor_busy = std::min(executor + io, 1.0)};
        return ScalingSample{.executor_busy = std::min(executor, 1.0),
                             .io_busy = std::min(io / active, 1.0)};
    };
}

TEST_F(Scaling, AnyConstantLoadConvergesFromAnywhere) {
    for (const int start : {0, 3, 8}) {
        for (double executor = 0; executor < 1.3; executor += 0.15) {
            for (double io = 0; io < 9; io += 0.13) {
                policy =
                    ScalingPolicy({.io_threads = start + 1, .cpus = 256, .always_active = true});
                limit(9);
                run(20'000, constant_load(executor, io));
                for (size_t i = 1; i < changes.size(); ++i)
                    ASSERT_EQ(changes[i].active > changes[i - 1].active,
                              changes[0].active > start);  // one direction
                changes.clear();
                run(20'000, constant_load(executor, io));
                ASSERT_TRUE(changes.empty()) << start << " " << executor << " " << io;
            }
        }
    }
}

TEST_F(Scaling, AnyLoadChangesAtMostOnceInADwellTime) {
    std::mt19937 random(81723);
    std::uniform_real_distribution<double> share(0, 1);
    run(2'000'000, [&](int) {
        return ScalingSample{.executor_busy = share(random),
                             .io_busy = share(random) < 0.5 ? 0 : share(random),
                             .waiting = share(random) < 0.9 ? 0 : share(random),
                             .ops = random() % 10'000};
    });
    ASSERT_GT(changes.size(), 20u);
    for (size_t i = 1; i < changes.size(); ++i)
        EXPECT_GE(changes[i].at_ms - changes[i - 1].at_ms, kDwellMs);
}

TEST_F(Scaling, ALoadThatComesAndGoesQuicklyIsServedByOneNumber) {
    grow_to(2);
    for (int i = 0; i < 200; ++i) {
        run(kDecisionMs, {.executor_busy = 0.5, .io_busy = 0.1});
        run(kDecisionMs, {.executor_busy = 0.5, .io_busy = 0.7});
    }
    EXPECT_TRUE(changes.empty());
}

}  // namespace
}  // namespace rota
