// SPDX-License-Identifier: BSD-3-Clause
#include "ring/job.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

enum class Kind : uint8_t { batch, client, free, adopt, read, write, poll, other };
using TestJob = Job<Kind, Kind::other>;

struct alignas(8) Target {
    int value = 0;
};

TEST(Job, IsOneWord) {
    EXPECT_EQ(sizeof(TestJob), sizeof(void*));
    EXPECT_TRUE(std::is_trivially_copyable_v<TestJob>);
}

TEST(Job, KeepsEveryKindApartFromItsTarget) {
    Target target;
    for (unsigned kind = 0; kind <= static_cast<unsigned>(Kind::other); ++kind) {
        const TestJob job(static_cast<Kind>(kind), &target);
        EXPECT_EQ(job.kind(), static_cast<Kind>(kind));
        EXPECT_EQ(job.pointer<Target>(), &target);
    }
}

TEST(Job, IsNothingByDefaultAndSomethingForEveryKind) {
    EXPECT_FALSE(TestJob());
    Target target;
    EXPECT_TRUE(TestJob(Kind::batch, &target));
    EXPECT_NE(TestJob(Kind::batch, &target), TestJob());
}

TEST(Job, ComparesKindAndTarget) {
    Target a;
    Target b;
    EXPECT_EQ(TestJob(Kind::read, &a), TestJob(Kind::read, &a));
    EXPECT_NE(TestJob(Kind::read, &a), TestJob(Kind::write, &a));
    EXPECT_NE(TestJob(Kind::read, &a), TestJob(Kind::read, &b));
}

TEST(JobDeathTest, RefusesToPointNowhere) {
    EXPECT_DEATH(TestJob(Kind::read, static_cast<Target*>(nullptr)), "");
}

}  // namespace
}  // namespace rota
