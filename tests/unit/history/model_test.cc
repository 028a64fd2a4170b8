// SPDX-License-Identifier: BSD-3-Clause
#include "tests/history/model.h"

#include <gtest/gtest.h>

namespace rota::history {
namespace {

class ModelTest : public testing::Test {
protected:
    std::string run(Call call) { return model_.run(state_, {.calls = {std::move(call)}}); }
    std::string run(Verb verb) { return run({.verb = verb, .keys = {0}}); }
    std::string set(std::string value) {
        return run({.verb = Verb::set, .keys = {0}, .values = {std::move(value)}});
    }
    std::string append(std::string value) {
        return run({.verb = Verb::append, .keys = {0}, .values = {std::move(value)}});
    }
    std::string range(int64_t first, int64_t last) {
        return run({.verb = Verb::getrange, .keys = {0}, .first = first, .last = last});
    }

    Model model_;
    Model::State state_ = Model::State(3);
};

TEST_F(ModelTest, AMissingKeyIsNilEmptyAndCountsAsZero) {
    EXPECT_EQ(run(Verb::get), "$-1\r\n");
    EXPECT_EQ(run(Verb::strlen), ":0\r\n");
    EXPECT_EQ(run(Verb::exists), ":0\r\n");
    EXPECT_EQ(run(Verb::del), ":0\r\n");
    EXPECT_EQ(range(0, -1), "$0\r\n\r\n");
    EXPECT_EQ(run(Verb::incr), ":1\r\n");
    EXPECT_EQ(run(Verb::get), "$1\r\n1\r\n");
}

TEST_F(ModelTest, WhatIsSetIsRead) {
    EXPECT_EQ(set("value"), "+OK\r\n");
    EXPECT_EQ(run(Verb::get), "$5\r\nvalue\r\n");
    EXPECT_EQ(append("s"), ":6\r\n");
    EXPECT_EQ(run(Verb::get), "$6\r\nvalues\r\n");
    EXPECT_EQ(run(Verb::del), ":1\r\n");
    EXPECT_EQ(run(Verb::get), "$-1\r\n");
}

TEST_F(ModelTest, RangesAreCountedFromBothEnds) {
    set("Hello World");
    EXPECT_EQ(range(0, 4), "$5\r\nHello\r\n");
    EXPECT_EQ(range(-5, -1), "$5\r\nWorld\r\n");
    EXPECT_EQ(range(-100, 0), "$1\r\nH\r\n");
    EXPECT_EQ(range(8, 100), "$3\r\nrld\r\n");
    EXPECT_EQ(range(5, 4), "$0\r\n\r\n");
    EXPECT_EQ(range(-1, -2), "$0\r\n\r\n");
    EXPECT_EQ(range(0, -100), "$1\r\nH\r\n");
}

TEST_F(ModelTest, WhatIsNoIntegerCannotCount) {
    for (const char* text : {"x", "1 ", "01", "9223372036854775807"}) {
        set(text);
        EXPECT_EQ(run(Verb::incr), "-ERR value is not an integer or out of range\r\n") << text;
    }
    set("-1");
    EXPECT_EQ(run(Verb::incr), ":0\r\n");
}

TEST_F(ModelTest, SeveralKeysAtOnce) {
    EXPECT_EQ(run({.verb = Verb::mset, .keys = {2, 0}, .values = {"two", "zero"}}), "+OK\r\n");
    EXPECT_EQ(run({.verb = Verb::mget, .keys = {0, 1, 2}}),
              "*3\r\n$4\r\nzero\r\n$-1\r\n$3\r\ntwo\r\n");
    EXPECT_EQ(run({.verb = Verb::exists, .keys = {0, 1, 2, 0}}), ":3\r\n");
    EXPECT_EQ(run({.verb = Verb::del, .keys = {0, 1, 0}}), ":1\r\n");
}

TEST_F(ModelTest, ATransactionAnswersAllOfItsCommands) {
    const Operation both{
        .transaction = true,
        .calls = {{.verb = Verb::incr, .keys = {1}}, {.verb = Verb::get, .keys = {1}}}};
    EXPECT_EQ(model_.run(state_, both), "*2\r\n:1\r\n$1\r\n1\r\n");
}

TEST_F(ModelTest, EqualStringsMakeEqualStates) {
    set("a");
    const Model::State before = state_;
    set("b");
    EXPECT_NE(state_, before);
    set("a");
    EXPECT_EQ(state_, before);
}

}  // namespace
}  // namespace rota::history
