// SPDX-License-Identifier: BSD-3-Clause
#include "tests/history/workload.h"

#include <gtest/gtest.h>

#include <set>

namespace rota::history {
namespace {

TEST(Workload, NoValueIsEverWrittenTwice) {
    const Plan plan{.seed = 7, .keys = 4, .reads_percent = 0, .transaction_percent = 30};
    std::set<std::string> seen;
    size_t written = 0;
    for (uint32_t client = 0; client < 5; ++client) {
        Workload workload(plan, client);
        for (int i = 0; i < 200; ++i) {
            const Operation next = workload.next();
            for (const Call& call : next.calls)
                for (const std::string& value : call.values) {
                    EXPECT_TRUE(seen.insert(value).second) << value;
                    ++written;
                }
        }
    }
    EXPECT_GT(written, 500u);
}

TEST(Workload, TheSameSeedAsksTheSame) {
    const Plan plan = draw_plan(3, true);
    Workload one(plan, 1), other(plan, 1);
    for (int i = 0; i < 100; ++i) {
        const Operation a = one.next(), b = other.next();
        ASSERT_EQ(a.calls.size(), b.calls.size());
        for (size_t call = 0; call < a.calls.size(); ++call) {
            EXPECT_EQ(a.calls[call].verb, b.calls[call].verb);
            EXPECT_EQ(a.calls[call].keys, b.calls[call].keys);
            EXPECT_EQ(a.calls[call].values, b.calls[call].values);
        }
    }
}

TEST(Workload, PlansDifferAndKnowNoTransactionsUnlessTold) {
    std::set<uint32_t> keys, connections, pipelines, sizes;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        const Plan plan = draw_plan(seed, false);
        EXPECT_EQ(plan.transaction_percent, 0u);
        keys.insert(plan.keys);
        connections.insert(plan.connections);
        pipelines.insert(plan.pipeline_max);
        sizes.insert(plan.value_bytes);
    }
    EXPECT_EQ(keys.size(), 4u);
    EXPECT_EQ(connections.size(), 4u);
    EXPECT_EQ(pipelines.size(), 3u);
    EXPECT_EQ(sizes.size(), 3u);
}

TEST(Workload, PaddedValuesHaveTheLengthOfThePlan) {
    const Plan plan{.keys = 1, .reads_percent = 0, .several_keys_percent = 100, .value_bytes = 300};
    Workload workload(plan, 2);
    for (int i = 0; i < 20; ++i) {
        const Operation next = workload.next();
        for (const std::string& value : next.calls[0].values) EXPECT_EQ(value.size(), 300u);
    }
}

}  // namespace
}  // namespace rota::history
