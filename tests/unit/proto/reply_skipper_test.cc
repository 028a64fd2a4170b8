// SPDX-License-Identifier: BSD-3-Clause
#include "proto/reply_skipper.h"

#include <gtest/gtest.h>

#include <string>

namespace rota {
namespace {

TEST(ReplySkipper, CountsWholeRepliesAndLeavesTheRest) {
    const ReplyCount count = count_replies("+OK\r\n:1\r\n$3\r\nabc\r\n$-1\r\n$5\r\nhel");
    EXPECT_EQ(count.replies, 4u);
    EXPECT_EQ(count.errors, 0u);
    EXPECT_EQ(count.consumed, 5u + 4u + 9u + 5u);
    EXPECT_FALSE(count.invalid);
}

TEST(ReplySkipper, CountsAnArrayAsOneReplyHoweverDeep) {
    EXPECT_EQ(count_replies("*2\r\n*2\r\n:1\r\n:2\r\n*0\r\n+x\r\n").replies, 2u);
    EXPECT_EQ(count_replies("%1\r\n+k\r\n~1\r\n_\r\n*-1\r\n").replies, 2u);
    std::string deep;
    for (int i = 0; i != 10000; ++i) deep += "*1\r\n";
    EXPECT_EQ(count_replies(deep).replies, 0u);
    EXPECT_EQ(count_replies(deep + ":1\r\n").replies, 1u);
}

TEST(ReplySkipper, CountsErrorsThatAreTheReplyItself) {
    const ReplyCount count = count_replies("-ERR a\r\n*1\r\n-ERR b\r\n!3\r\nERR\r\n+OK\r\n");
    EXPECT_EQ(count.replies, 4u);
    EXPECT_EQ(count.errors, 2u);
}

TEST(ReplySkipper, CountsPushesApart) {
    const ReplyCount count = count_replies(">2\r\n+invalidate\r\n*1\r\n+k\r\n+OK\r\n");
    EXPECT_EQ(count.replies, 1u);
    EXPECT_EQ(count.pushes, 1u);
}

TEST(ReplySkipper, TakesAttributesAsPartOfTheReplyBehindThem) {
    const ReplyCount count =
        count_replies("|1\r\n+a\r\n*1\r\n-x\r\n-ERR\r\n|0\r\n:1\r\n|1\r\n+a\r\n+b\r\n");
    EXPECT_EQ(count.replies, 2u);
    EXPECT_EQ(count.errors, 1u);
}

TEST(ReplySkipper, NeedsNoByteTwice) {
    const std::string wire =
        "*2\r\n$5\r\nhe\r\no\r\n|1\r\n+a\r\n:1\r\n-E\r\n-ERR\r\n>1\r\n+p\r\n$0\r\n\r\n";
    ReplySkipper skipper;
    uint64_t replies = 0, errors = 0, pushes = 0;
    for (const char byte : wire) {
        const ReplyCount count = skipper.skip({&byte, 1});
        EXPECT_FALSE(count.invalid);
        replies += count.replies;
        errors += count.errors;
        pushes += count.pushes;
    }
    EXPECT_EQ(replies, 3u);
    EXPECT_EQ(errors, 1u);
    EXPECT_EQ(pushes, 1u);
    EXPECT_FALSE(skipper.in_reply());
}

TEST(ReplySkipper, StopsAfterAsManyRepliesAsAsked) {
    ReplySkipper skipper;
    const ReplyCount count = skipper.skip("+a\r\n+b\r\n+c\r\n", 2);
    EXPECT_EQ(count.replies, 2u);
    EXPECT_EQ(count.consumed, 8u);
    EXPECT_EQ(skipper.skip("+c\r\n").replies, 1u);
}

TEST(ReplySkipper, KnowsWhenAReplyIsUnderWay) {
    ReplySkipper skipper;
    EXPECT_FALSE(skipper.in_reply());
    skipper.skip("*1\r\n");
    EXPECT_TRUE(skipper.in_reply());
    skipper.skip(":1\r\n");
    EXPECT_FALSE(skipper.in_reply());
}

TEST(ReplySkipper, NoticesAStreamThatHasLostStep) {
    for (const Slice wire : {"x", "+OK\rx", "$x", "$-2\r\n", "%-1\r\n", "$1\r\nabc", "*\r\n",
                             "$99999999999999", "*2147483648\r\n", "$--1\r\n", "*1\rx"}) {
        EXPECT_TRUE(count_replies(wire).invalid) << wire;
    }
}

}  // namespace
}  // namespace rota
