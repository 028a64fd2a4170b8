// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/command_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rota {
namespace {

using testing::ElementsAre;
constexpr auto kSlow = CommandLogKind::slow;

void push(CommandLog& log, int64_t value) {
    log.push(kSlow, value, 1700000000, std::vector<Slice>{"get", "k"}, "127.0.0.1:5", "me");
}

TEST(CommandLog, KnowsItsKindsInAnyCase) {
    EXPECT_EQ(parse_command_log_kind("slow"), kSlow);
    EXPECT_EQ(parse_command_log_kind("Large-Request"), CommandLogKind::large_request);
    EXPECT_EQ(parse_command_log_kind("LARGE-REPLY"), CommandLogKind::large_reply);
    EXPECT_EQ(parse_command_log_kind("slower"), std::nullopt);
}

TEST(CommandLog, WantsWhatReachesTheThreshold) {
    CommandLog log;
    EXPECT_FALSE(log.wants(kSlow, 1 << 30));  // off until limits are set
    log.set_limits(kSlow, {.threshold = 100, .max_len = 2});
    EXPECT_FALSE(log.wants(kSlow, 99));
    EXPECT_TRUE(log.wants(kSlow, 100));
    EXPECT_FALSE(log.wants(CommandLogKind::large_reply, 100));
    log.set_limits(kSlow, {.threshold = 0, .max_len = 0});
    EXPECT_FALSE(log.wants(kSlow, 100));
    log.set_limits(kSlow, {.threshold = -1, .max_len = 2});
    EXPECT_FALSE(log.wants(kSlow, 100));
}

TEST(CommandLog, KeepsTheNewestFirstAndDropsTheOldest) {
    CommandLog log;
    log.set_limits(kSlow, {.threshold = 0, .max_len = 2});
    for (int64_t value : {10, 20, 30}) push(log, value);
    ASSERT_EQ(log.entries(kSlow).size(), 2u);
    const CommandLog::Entry& newest = log.entries(kSlow).front();
    EXPECT_EQ(newest.id, 2u);
    EXPECT_EQ(newest.value, 30);
    EXPECT_EQ(newest.time_s, 1700000000);
    EXPECT_EQ(newest.client_address, "127.0.0.1:5");
    EXPECT_EQ(newest.client_name, "me");
    EXPECT_THAT(newest.args, ElementsAre("get", "k"));
    EXPECT_EQ(log.entries(kSlow).back().value, 20);
}

TEST(CommandLog, ResetForgetsEntriesButNotTheIds) {
    CommandLog log;
    log.set_limits(kSlow, {.threshold = 0, .max_len = 8});
    push(log, 1);
    log.reset(kSlow);
    EXPECT_TRUE(log.entries(kSlow).empty());
    push(log, 1);
    EXPECT_EQ(log.entries(kSlow).front().id, 1u);
}

TEST(CommandLog, TellsHowManyArgumentsWereLeftOut) {
    const std::vector<Slice> args(33, "x");
    const auto logged = trim_logged_args(args);
    ASSERT_EQ(logged.size(), 32u);
    EXPECT_EQ(logged[30], "x");
    EXPECT_EQ(logged[31], "... (2 more arguments)");
    EXPECT_EQ(trim_logged_args(std::span(args).first(32)).back(), "x");
}

TEST(CommandLog, TellsHowManyBytesWereLeftOut) {
    const std::string fits(128, 'a'), longer(130, 'b');
    EXPECT_THAT(trim_logged_args(std::vector<Slice>{fits, longer}),
                ElementsAre(fits, std::string(128, 'b') + "... (2 more bytes)"));
}

}  // namespace
}  // namespace rota
