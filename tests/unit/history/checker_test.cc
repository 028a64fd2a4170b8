// SPDX-License-Identifier: BSD-3-Clause
#include "tests/history/checker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/history/model.h"

namespace rota::history {
namespace {

constexpr uint32_t kX = 0, kY = 1;

Call get(uint32_t key) { return {.verb = Verb::get, .keys = {key}}; }
Call set(uint32_t key, std::string value) {
    return {.verb = Verb::set, .keys = {key}, .values = {std::move(value)}};
}
Call incr(uint32_t key) { return {.verb = Verb::incr, .keys = {key}}; }
Call del(uint32_t key) { return {.verb = Verb::del, .keys = {key}}; }
Call append(uint32_t key, std::string value) {
    return {.verb = Verb::append, .keys = {key}, .values = {std::move(value)}};
}
Call mset(std::string x, std::string y) {
    return {.verb = Verb::mset, .keys = {kX, kY}, .values = {std::move(x), std::move(y)}};
}
Call mget() { return {.verb = Verb::mget, .keys = {kX, kY}}; }

std::string bulk(const std::string& text) {
    return text.empty() ? "$-1\r\n" : "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}
std::string both(const std::string& x, const std::string& y) {
    return "*2\r\n" + bulk(x) + bulk(y);
}
const std::string kOk = "+OK\r\n";

// A history as a table: who, from when to when, what, and what was answered.
struct Row {
    uint32_t client;
    int64_t from, to;
    std::vector<Call> calls;
    std::string reply;
};

History history(std::vector<Row> rows) {
    History made{.key_prefix = "k", .keys = 2};
    for (Row& row : rows)
        made.operations.push_back({.client = row.client,
                                   .invoked_ns = row.from,
                                   .returned_ns = row.to,
                                   .transaction = row.calls.size() > 1,
                                   .calls = std::move(row.calls),
                                   .reply = std::move(row.reply)});
    return made;
}

Verdict judge(std::vector<Row> rows) { return check(history(std::move(rows))).verdict; }

TEST(Checker, NothingIsLinearizable) { EXPECT_EQ(judge({}), Verdict::linearizable); }

TEST(Checker, OneAfterTheOtherIsAccepted) {
    EXPECT_EQ(judge({{1, 0, 10, {get(kX)}, bulk("")},
                     {1, 20, 30, {set(kX, "a")}, kOk},
                     {2, 40, 50, {get(kX)}, bulk("a")},
                     {2, 60, 70, {append(kX, "b")}, ":2\r\n"},
                     {1, 80, 90, {get(kX)}, bulk("ab")},
                     {1, 91, 92, {del(kX)}, ":1\r\n"},
                     {2, 93, 94, {get(kX)}, bulk("")}}),
              Verdict::linearizable);
}

TEST(Checker, AValueThatNobodyWroteIsRefused) {
    EXPECT_EQ(judge({{1, 0, 10, {set(kX, "a")}, kOk}, {2, 20, 30, {get(kX)}, bulk("b")}}),
              Verdict::refused);
}

TEST(Checker, AnOverlappingReadMaySeeEitherValue) {
    for (const char* seen : {"a", "b"})
        EXPECT_EQ(judge({{1, 0, 10, {set(kX, "a")}, kOk},
                         {1, 20, 50, {set(kX, "b")}, kOk},
                         {2, 30, 40, {get(kX)}, bulk(seen)}}),
                  Verdict::linearizable)
            << seen;
}

TEST(Checker, AStaleReadIsRefused) {
    EXPECT_EQ(judge({{1, 0, 10, {set(kX, "a")}, kOk},
                     {1, 20, 30, {set(kX, "b")}, kOk},
                     {2, 31, 40, {get(kX)}, bulk("a")}}),
              Verdict::refused);
}

TEST(Checker, ReadsThatSeeAWriteComeAndGoAreRefused) {
    EXPECT_EQ(judge({{1, 0, 10, {set(kX, "a")}, kOk},
                     {1, 20, 90, {set(kX, "b")}, kOk},
                     {2, 30, 40, {get(kX)}, bulk("b")},
                     {3, 50, 60, {get(kX)}, bulk("a")}}),
              Verdict::refused);
}

TEST(Checker, AReplyBeforeTheWriteIsPublishedIsRefused) {
    EXPECT_EQ(judge({{1, 0, 10, {set(kX, "a")}, kOk},
                     {2, 20, 30, {get(kX)}, bulk("")},
                     {2, 40, 50, {get(kX)}, bulk("a")}}),
              Verdict::refused);
}

TEST(Checker, ALostUpdateIsRefused) {
    EXPECT_EQ(judge({{1, 0, 10, {set(kX, "a")}, kOk},
                     {2, 20, 50, {append(kX, "b")}, ":2\r\n"},
                     {3, 20, 50, {append(kX, "c")}, ":2\r\n"},
                     {1, 60, 70, {get(kX)}, bulk("ac")}}),
              Verdict::refused);
}

TEST(Checker, TheSameCountTwiceIsRefused) {
    EXPECT_EQ(judge({{1, 0, 50, {incr(kX)}, ":1\r\n"}, {2, 0, 50, {incr(kX)}, ":1\r\n"}}),
              Verdict::refused);
    EXPECT_EQ(judge({{1, 0, 50, {incr(kX)}, ":2\r\n"}, {2, 0, 50, {incr(kX)}, ":1\r\n"}}),
              Verdict::linearizable);
}

TEST(Checker, OneIncrementThatCountsTwiceIsRefused) {
    EXPECT_EQ(judge({{1, 0, 10, {incr(kX)}, ":1\r\n"}, {2, 20, 30, {get(kX)}, bulk("2")}}),
              Verdict::refused);
}

TEST(Checker, HalfAnMsetIsRefused) {
    EXPECT_EQ(judge({{1, 0, 90, {mset("a", "b")}, kOk}, {2, 10, 20, {mget()}, both("a", "")}}),
              Verdict::refused);
    EXPECT_EQ(judge({{1, 0, 90, {mset("a", "b")}, kOk}, {2, 10, 20, {mget()}, both("a", "b")}}),
              Verdict::linearizable);
}

TEST(Checker, HalfAnMsetSeenByTwoReadsIsRefused) {
    EXPECT_EQ(judge({{1, 0, 90, {mset("a", "b")}, kOk},
                     {2, 10, 20, {get(kX)}, bulk("a")},
                     {2, 30, 40, {get(kY)}, bulk("")}}),
              Verdict::refused);
}

TEST(Checker, HalfATransactionIsRefused) {
    const std::string reply = "*2\r\n:1\r\n:1\r\n";
    EXPECT_EQ(
        judge({{1, 0, 90, {incr(kX), incr(kY)}, reply}, {2, 10, 20, {mget()}, both("1", "")}}),
        Verdict::refused);
    EXPECT_EQ(judge({{1, 0, 90, {incr(kX), incr(kY)}, reply},
                     {2, 10, 20, {mget()}, both("", "")},
                     {2, 30, 40, {mget()}, both("1", "1")}}),
              Verdict::linearizable);
}

TEST(Checker, APipelineHappensInItsOrder) {
    EXPECT_EQ(judge({{1, 0, 90, {set(kX, "a")}, kOk}, {1, 0, 90, {get(kX)}, bulk("a")}}),
              Verdict::linearizable);
    EXPECT_EQ(judge({{1, 0, 90, {set(kX, "a")}, kOk}, {1, 0, 90, {get(kX)}, bulk("")}}),
              Verdict::refused);
}

TEST(Checker, APipelineOverSeveralKeysHappensInItsOrder) {
    EXPECT_EQ(judge({{1, 0, 90, {set(kX, "a")}, kOk},
                     {1, 0, 90, {set(kY, "b")}, kOk},
                     {2, 10, 20, {get(kY)}, bulk("b")},
                     {2, 30, 40, {get(kX)}, bulk("")}}),
              Verdict::refused);
    EXPECT_EQ(judge({{1, 0, 90, {set(kX, "a")}, kOk},
                     {1, 0, 90, {set(kY, "b")}, kOk},
                     {2, 10, 20, {get(kY)}, bulk("")},
                     {2, 30, 40, {get(kX)}, bulk("a")}}),
              Verdict::linearizable);
}

TEST(Checker, ConnectionsThatDisagreeOnTheOrderAreRefused) {
    EXPECT_EQ(judge({{1, 0, 90, {set(kX, "a")}, kOk},
                     {2, 0, 90, {set(kX, "b")}, kOk},
                     {3, 10, 20, {get(kX)}, bulk("a")},
                     {3, 30, 40, {get(kX)}, bulk("b")},
                     {4, 10, 20, {get(kX)}, bulk("b")},
                     {4, 30, 40, {get(kX)}, bulk("a")}}),
              Verdict::refused);
}

TEST(Checker, WhatNeverReturnedMayHaveHappenedOrNot) {
    for (const char* seen : {"", "a"})
        EXPECT_EQ(judge({{1, 0, kNever, {set(kX, "a")}, ""}, {2, 500, 600, {get(kX)}, bulk(seen)}}),
                  Verdict::linearizable)
            << seen;
    EXPECT_EQ(judge({{1, 0, kNever, {set(kX, "a")}, ""},
                     {2, 500, 600, {get(kX)}, bulk("a")},
                     {2, 700, 800, {get(kX)}, bulk("")}}),
              Verdict::refused);
}

TEST(Checker, WhatNeverReturnedDoesNotHappenBeforeItWasSent) {
    EXPECT_EQ(judge({{2, 0, 10, {get(kX)}, bulk("a")}, {1, 20, kNever, {set(kX, "a")}, ""}}),
              Verdict::refused);
}

TEST(Checker, TheSameTimeIsNoOrder) {
    EXPECT_EQ(judge({{1, 0, 10, {set(kX, "a")}, kOk}, {2, 10, 20, {get(kX)}, bulk("")}}),
              Verdict::linearizable);
    EXPECT_EQ(judge({{1, 0, 10, {set(kX, "a")}, kOk}, {2, 11, 20, {get(kX)}, bulk("")}}),
              Verdict::refused);
}

TEST(Checker, AWriteThatChangesNothingNowMayStillBeNeededLater) {
    EXPECT_EQ(judge({{1, 0, 10, {set(kX, "a")}, kOk},
                     {2, 20, 90, {set(kX, "a")}, kOk},
                     {1, 20, 30, {set(kX, "b")}, kOk},
                     {1, 40, 50, {get(kX)}, bulk("a")}}),
              Verdict::linearizable);
}

TEST(Checker, ARefusalSaysHowFarItCameAndWhatCannotFollow) {
    const Judgement judgement =
        check(history({{1, 0, 10, {set(kX, "a")}, kOk}, {2, 20, 30, {get(kX)}, bulk("b")}}));
    EXPECT_NE(judgement.because.find("beyond 1 of 2 replies"), std::string::npos);
    EXPECT_NE(judgement.because.find("k0 = a"), std::string::npos);
    EXPECT_NE(judgement.because.find("GET k0 -> $1\\r\\nb\\r\\n"), std::string::npos)
        << judgement.because;
}

TEST(Checker, WithoutStepsLeftNothingIsDecided) {
    std::vector<Row> rows;
    for (uint32_t client = 0; client < 12; ++client)
        rows.push_back({client, 0, 90, {set(kX, std::to_string(client))}, kOk});
    rows.push_back({20, 100, 110, {get(kX)}, bulk("nobody wrote this")});
    EXPECT_EQ(check(history(rows), 100).verdict, Verdict::undecided);
    EXPECT_EQ(check(history(rows)).verdict, Verdict::refused);
}

// ---- Against all orders, of histories that are small enough to try them ----------------------

bool happens_before(const Operation& a, const Operation& b, size_t a_at, size_t b_at) {
    return a.returned_ns < b.invoked_ns || (a.client == b.client && a_at < b_at);
}

bool some_order_fits(const std::vector<Operation>& operations) {
    std::vector<size_t> order(operations.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    do {
        Model model;
        Model::State state(2);
        bool fits = true;
        for (size_t i = 0; i < order.size() && fits; ++i) {
            const Operation& now = operations[order[i]];
            for (size_t later = i + 1; later < order.size() && fits; ++later)
                fits = !happens_before(operations[order[later]], now, order[later], order[i]);
            fits = fits && model.run(state, now) == now.reply;
        }
        if (fits) return true;
    } while (std::next_permutation(order.begin(), order.end()));
    return false;
}

// Replies of some order of the calls, one in three histories with a reply of another call.
std::vector<Operation> random_operations(std::minstd_rand& random) {
    const auto below = [&](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
    std::vector<Operation> operations(2 + below(4));
    std::map<uint32_t, int64_t> free_from;  // by client
    for (Operation& operation : operations) {
        operation.client = below(3);
        operation.invoked_ns = free_from[operation.client] + below(20);
        operation.returned_ns = operation.invoked_ns + 1 + below(40);
        free_from[operation.client] = below(3) ? operation.returned_ns + 1 : operation.invoked_ns;
        const std::string value = std::to_string(below(3));
        const Call choices[] = {
            get(below(2)),    set(below(2), value), incr(below(2)),         mget(),
            mset(value, "7"), del(below(2)),        append(below(2), value)};
        operation.calls = {choices[below(std::size(choices))]};
    }
    std::map<uint32_t, int64_t> returned;  // a connection's replies come in order
    for (Operation& operation : operations) {
        int64_t& last = returned[operation.client];
        operation.returned_ns = last = std::max(last, operation.returned_ns);
    }
    std::vector<size_t> order(operations.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    Model model;
    Model::State state(2);
    for (const size_t at : order) operations[at].reply = model.run(state, operations[at]);
    if (below(3) == 0) operations[below(2)].reply = operations.back().reply;
    return operations;
}

TEST(Checker, AgreesWithTryingAllOrders) {
    std::minstd_rand random(1);
    size_t accepted = 0;
    constexpr size_t kHistories = 8000;
    for (size_t round = 0; round < kHistories; ++round) {
        const std::vector<Operation> operations = random_operations(random);
        const bool expected = some_order_fits(operations);
        const Judgement judgement = check({.key_prefix = "k", .keys = 2, .operations = operations});
        ASSERT_EQ(judgement.verdict, expected ? Verdict::linearizable : Verdict::refused)
            << "round " << round << "\n"
            << judgement.because;
        accepted += expected;
    }
    EXPECT_GT(accepted, kHistories / 10);
    EXPECT_LT(accepted, kHistories - kHistories / 10);
}

}  // namespace
}  // namespace rota::history
