// SPDX-License-Identifier: BSD-3-Clause
// Reads answered without the executor; here one thread is both.
#include "server/local_reads.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/clock.h"
#include "platform/text.h"
#include "store/db.h"

namespace rota {
namespace {

ReadGate* gate_of_test = nullptr;

// A read during which a write of several keys comes and goes.
bool read_while_the_gate_moves(ReadCtx& ctx) {
    ctx.reply.simple("half of it");
    gate_of_test->close();
    gate_of_test->open();
    return true;
}

void never_runs(Ctx&) { FAIL(); }

constexpr Command rows[] = {
    {.name = "moving", .run = never_runs, .arity = 2, .read = read_while_the_gate_moves},
};

class LocalReadsTest : public testing::Test {
protected:
    LocalReadsTest() {
        commands_.add(string_commands());
        commands_.add(rows);
        gate_of_test = &gate_;
        keyspace_.clock().now_ms = kNow;
        reads_.apply({.enabled = true, .track_latency = true, .value_max = 100});
        reads_.quiescence().online();
        client_.io.terms = plain();
        other_.io.terms = plain();
    }
    ~LocalReadsTest() override { reads_.quiescence().offline(); }

    static ClientTerms plain() {
        ClientTerms terms;
        terms.authenticated = terms.plain = true;
        return terms;
    }

    void set(Slice name, Slice value, int64_t expire_at_ms = -1) {
        keyspace_.db(0).set_string(keyspace_.key(name), value, expire_at_ms);
    }
    RegisteredCommand* command(Slice words) {
        words_.push_back(*split_args(words));
        args_.assign(words_.back().begin(), words_.back().end());
        return commands_.resolve(args_);
    }
    bool wants(Slice words) {
        const RegisteredCommand* called = command(words);
        return reads_.wants(client_, called, args_.size());
    }
    void add(Client& client, Slice words) {
        RegisteredCommand* called = command(words);
        ASSERT_NE(called, nullptr);
        reads_.add(client, called, words, args_, keyspace_.key(args_[1]).hash);
    }
    void run() { reads_.run(kNow, rest_); }
    // What was answered for each client: "id:reply" one behind the other.
    std::string answers() {
        std::string all;
        Batch& out = reads_.output();
        for (const Outgoing& segment : out.outgoing)
            all += std::to_string(segment.client->id) + ":" +
                   std::string(out.out.view().substr(segment.begin, segment.end - segment.begin));
        out.clear_output();
        return all;
    }
    // What is left to the executor: "id:command" one behind the other.
    std::string left() {
        std::string all;
        for (const Request& request : rest_.requests)
            all += std::to_string(request.client->id) + ":" +
                   std::string(rest_.args_of(request).back()) + " ";
        rest_.clear_requests();
        return all;
    }

    static constexpr int64_t kNow = 1'700'000'000'000;
    StoreOptions store_options_;
    Effects effects_;
    Keyspace keyspace_{1, store_options_, effects_};
    FakeClockSource time_;
    Clock clock_{time_};
    CommandTable commands_;
    ReadGate gate_;
    LocalReads reads_{keyspace_, gate_, clock_};
    Client client_{1}, other_{2};
    Batch rest_;
    std::vector<std::vector<std::string>> words_;
    std::vector<Slice> args_;
};

TEST_F(LocalReadsTest, WantsPlainReadsAlone) {
    EXPECT_TRUE(wants("GET k"));
    EXPECT_TRUE(wants("get k"));
    EXPECT_FALSE(wants("SET k v"));
    EXPECT_FALSE(wants("NOSUCH k"));
    EXPECT_FALSE(wants("GET"));
    EXPECT_FALSE(wants("GET k more"));
    client_.io.terms.plain = false;
    EXPECT_FALSE(wants("GET k"));
}

TEST_F(LocalReadsTest, WantsNothingOfAClientThatAwaitsTheExecutor) {
    client_.io.requests_out = 1;
    EXPECT_FALSE(wants("GET k"));
}

TEST_F(LocalReadsTest, CanBeTurnedOff) {
    reads_.apply({});
    EXPECT_FALSE(wants("GET k"));
}

TEST_F(LocalReadsTest, LeavesThoseToTheExecutorWhoWereNotToldOfNewRules) {
    set("k", "v");
    gate_.raise_rules();
    other_.io.terms.rules = gate_.rules();
    add(client_, "GET k");
    add(other_, "GET k");
    run();
    EXPECT_EQ(answers(), "2:$1\r\nv\r\n");
    EXPECT_EQ(left(), "1:k ");
}

TEST_F(LocalReadsTest, AnswersHitsAndMissesAndCountsThem) {
    set("k", "v");
    add(client_, "GET k");
    add(other_, "GET none");
    add(client_, "STRLEN k");
    run();
    EXPECT_EQ(answers(), "1:$1\r\nv\r\n2:$-1\r\n1::1\r\n");
    EXPECT_EQ(left(), "");
    EXPECT_EQ(reads_.hits(), 2u);
    EXPECT_EQ(reads_.misses(), 1u);
    EXPECT_EQ(reads_.commands(), 3u);
    EXPECT_EQ(client_.io.commands, 2u);
    EXPECT_TRUE(reads_.empty());
    EXPECT_FALSE(client_.io.reading);
}

TEST_F(LocalReadsTest, SpeaksTheProtocolOfEachClient) {
    other_.io.terms.resp = 3;
    add(client_, "GET none");
    add(other_, "GET none");
    run();
    EXPECT_EQ(answers(), "1:$-1\r\n2:_\r\n");
}

TEST_F(LocalReadsTest, RepliesOfOneClientInARowAreOneSegment) {
    set("k", "v");
    for (int i = 0; i < 3; ++i) add(client_, "GET k");
    run();
    EXPECT_EQ(reads_.output().outgoing.size(), 1u);
    EXPECT_EQ(answers(), "1:$1\r\nv\r\n$1\r\nv\r\n$1\r\nv\r\n");
}

TEST_F(LocalReadsTest, LeavesToTheExecutorWhatItCannotDecide) {
    set("large", std::string(101, 'x'));
    set("dead", "v", kNow - 1);
    add(client_, "GET large");
    add(other_, "GET dead");
    run();
    EXPECT_EQ(answers(), "");
    EXPECT_EQ(left(), "1:large 2:dead ");
    EXPECT_EQ(client_.io.requests_out, 1u);
    EXPECT_EQ(reads_.commands(), 0u);
}

TEST_F(LocalReadsTest, NoAnswerOvertakesARequestThatWasLeft) {
    set("k", "v");
    set("large", std::string(101, 'x'));
    add(client_, "GET k");
    add(client_, "GET large");
    add(client_, "GET k");
    add(other_, "GET k");
    run();
    EXPECT_EQ(answers(), "1:$1\r\nv\r\n2:$1\r\nv\r\n");
    EXPECT_EQ(left(), "1:large 1:k ");
}

TEST_F(LocalReadsTest, AnswersNothingBehindAClosedGate) {
    set("k", "v");
    gate_.close();
    add(client_, "GET k");
    run();
    EXPECT_EQ(answers(), "");
    EXPECT_EQ(left(), "1:k ");
    gate_.open();
    client_.io.requests_out = 0;
    add(client_, "GET k");
    run();
    EXPECT_EQ(answers(), "1:$1\r\nv\r\n");
}

TEST_F(LocalReadsTest, TakesBackWhatItReadWhileTheGateMoved) {
    set("k", "v");
    add(other_, "GET k");
    add(client_, "MOVING k");
    run();
    EXPECT_EQ(answers(), "2:$1\r\nv\r\n");
    EXPECT_EQ(left(), "1:k ");
    EXPECT_EQ(reads_.commands(), 1u);
}

TEST_F(LocalReadsTest, ShowsWhatItCountedUntilTheStatisticsAreReset) {
    set("k", "v");
    const int get = commands_.find("get")->id;
    EXPECT_EQ(reads_.stats_of(get), nullptr);
    add(client_, "GET k");
    run();
    ASSERT_NE(reads_.stats_of(get), nullptr);
    EXPECT_EQ(reads_.stats_of(get)->calls(), 1u);
    EXPECT_EQ(reads_.stats_of(commands_.find("strlen")->id), nullptr);
    reads_.reset_stats();
    EXPECT_EQ(reads_.stats_of(get), nullptr);
    add(client_, "GET k");
    run();
    EXPECT_EQ(reads_.stats_of(get)->calls(), 1u);
}

}  // namespace
}  // namespace rota
