// SPDX-License-Identifier: BSD-3-Clause
#include "config/table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "all_options.h"

namespace rota {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs get(const AllOptions& all, std::vector<Slice> patterns) {
    return all.table.get_matching(patterns);
}

TEST(ConfigTable, SetsSeveralAtOnceOrNone) {
    AllOptions all;
    EXPECT_EQ(all.set({{"timeout", "10"}, {"maxclients", "50"}}), "OK");
    EXPECT_EQ(all.set({{"timeout", "20"}, {"maxclients", "0"}}),
              "ERR CONFIG SET failed (possibly related to argument 'maxclients') - "
              "argument must be between 1 and 4294967295 inclusive");
    EXPECT_EQ(all.client.timeout, 10);
    EXPECT_EQ(all.client.maxclients, 50u);
}

TEST(ConfigTable, RefusesWhatMayNotBeSet) {
    AllOptions all;
    EXPECT_EQ(all.set({{"timeout", "9"}, {"foo", "1"}}),
              "ERR Unknown option or number of arguments for CONFIG SET - 'foo'");
    EXPECT_EQ(all.set("databases", "8"),
              "ERR CONFIG SET failed (possibly related to argument 'databases') - "
              "can't set immutable config");
    EXPECT_EQ(all.set("dbfilename", "x.rdb"),
              "ERR CONFIG SET failed (possibly related to argument 'dbfilename') - "
              "can't set protected config");
    EXPECT_EQ(all.set({{"dbfilename", "x.rdb"}}, {.protected_allowed = true}), "OK");
    EXPECT_EQ(all.set({{"timeout", "1"}, {"TIMEOUT", "2"}}),
              "ERR CONFIG SET failed (possibly related to argument 'TIMEOUT') - "
              "duplicate parameter");
    EXPECT_EQ(all.set({{"appendonly", "yes"}}, {.loading = true}),
              "LOADING Rota is loading the dataset in memory");
    EXPECT_EQ(all.client.timeout, 0);
    EXPECT_FALSE(all.inert.aof.appendonly);
}

TEST(ConfigTable, TheFirstOffenceIsTheOneReported) {
    AllOptions all;
    EXPECT_EQ(all.set({{"databases", "8"}, {"foo", "1"}}),
              "ERR CONFIG SET failed (possibly related to argument 'databases') - "
              "can't set immutable config");
}

TEST(ConfigTable, AliasReachesTheSameValue) {
    AllOptions all;
    EXPECT_EQ(all.set("slowlog-max-len", "7"), "OK");
    EXPECT_EQ(all.metrics.commandlog_slow_execution_max_len, 7u);
    EXPECT_EQ(all.set("SLOWLOG-MAX-LEN", "x"),
              "ERR CONFIG SET failed (possibly related to argument 'slowlog-max-len') - "
              "argument couldn't be parsed into an integer");
    EXPECT_EQ(get(all, {"slowlog-max-len"}), (Pairs{{"slowlog-max-len", "7"}}));
}

TEST(ConfigTable, ApplyRunsOnceForAllOfItsDirectivesAndOnlyOnChange) {
    AllOptions all;
    int runs = 0;
    all.table.on_change({"port", "bind"}, [&]() -> Result<> {
        ++runs;
        return {};
    });
    EXPECT_EQ(all.set({{"port", "7000"}, {"bind", "127.0.0.1"}}), "OK");
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(all.set("port", "7000"), "OK");
    EXPECT_EQ(runs, 1);
}

TEST(ConfigTable, ADirectiveMayHaveSeveralAppliesEachWithOthersOfItsOwn) {
    AllOptions all;
    std::string ran;
    all.table.on_change({"port", "bind"}, [&]() -> Result<> {
        ran += "tcp ";
        return {};
    });
    all.table.on_change({"tls-port", "bind"}, [&]() -> Result<> {
        ran += "tls ";
        return {};
    });
    EXPECT_EQ(all.set("tls-port", "7001"), "OK");
    EXPECT_EQ(ran, "tls ");
    EXPECT_EQ(all.set({{"port", "7000"}, {"bind", "127.0.0.1"}, {"tls-port", "7002"}}), "OK");
    EXPECT_EQ(ran, "tls tcp tls ");
}

TEST(ConfigTable, PathsOfFilesThatMayHaveChangedAreAppliedAnyway) {
    AllOptions all;
    int runs = 0;
    all.table.on_change("tls-cert-file", [&]() -> Result<> {
        ++runs;
        return {};
    });
    EXPECT_EQ(all.set("tls-cert-file", ""), "OK");
    EXPECT_EQ(runs, 1);
}

TEST(ConfigTable, FailedApplyRollsEverythingBack) {
    AllOptions all;
    std::vector<std::string> seen;
    all.table.on_change("timeout", [&]() -> Result<> {
        seen.push_back("timeout " + std::to_string(all.client.timeout));
        return {};
    });
    all.table.on_change("port", [&]() -> Result<> {
        seen.push_back("port " + std::to_string(all.server.port));
        if (all.server.port == 1) return fail("Unable to listen on this port. Check server logs.");
        return {};
    });
    EXPECT_EQ(
        all.set({{"timeout", "5"}, {"port", "1"}, {"client-output-buffer-limit", "pubsub 1 1 1"}}),
        "ERR CONFIG SET failed (possibly related to argument 'port') - "
        "Unable to listen on this port. Check server logs.");
    EXPECT_EQ(all.client.timeout, 0);
    EXPECT_EQ(all.server.port, 6379);
    EXPECT_EQ(all.client.client_output_buffer_limit, ClientOptions{}.client_output_buffer_limit);
    EXPECT_EQ(seen, (std::vector<std::string>{"timeout 5", "port 1", "timeout 0", "port 6379"}));
}

TEST(ConfigTable, RollbackBringsTheWorkingDirectoryBack) {
    AllOptions all;
    const std::string before = all.table.get("dir");
    EXPECT_EQ(all.set({{"dir", "/"}, {"maxclients", "0"}}, {.protected_allowed = true}),
              "ERR CONFIG SET failed (possibly related to argument 'maxclients') - "
              "argument must be between 1 and 4294967295 inclusive");
    EXPECT_EQ(all.table.get("dir"), before);
    EXPECT_EQ(all.set({{"dir", "/no/such/place"}}, {.protected_allowed = true}),
              "ERR CONFIG SET failed (possibly related to argument 'dir') - "
              "No such file or directory");
}

TEST(ConfigTable, BothNamesOfOneDirectiveRollBackToTheOldValue) {
    AllOptions all;
    EXPECT_NE(all.set({{"slowlog-max-len", "1"},
                       {"commandlog-slow-execution-max-len", "2"},
                       {"timeout", "x"}}),
              "OK");
    EXPECT_EQ(all.metrics.commandlog_slow_execution_max_len, 128u);
}

TEST(ConfigTable, GetsByNameAndPatternSortedAndOnce) {
    AllOptions all;
    EXPECT_EQ(get(all, {"timeout", "maxc*", "maxclients"}),
              (Pairs{{"maxclients", "10000"}, {"timeout", "0"}}));
    EXPECT_EQ(get(all, {"*slowlog-max-len", "nothing", "no*thing"}),
              (Pairs{{"slowlog-max-len", "128"}}));
    EXPECT_EQ(get(all, {"TimeOut"}), (Pairs{{"TimeOut", "0"}}));
    EXPECT_GT(get(all, {"*"}).size(), 200u);
}

TEST(ConfigTable, HiddenIsShownOnlyByItsExactName) {
    AllOptions all;
    EXPECT_TRUE(get(all, {"key-load-dela*"}).empty());
    EXPECT_EQ(get(all, {"key-load-delay"}), (Pairs{{"key-load-delay", "0"}}));
}

TEST(ConfigTable, KnowsWhatMustNotBeLogged) {
    AllOptions all;
    EXPECT_TRUE(all.table.is_sensitive("requirepass"));
    EXPECT_TRUE(all.table.is_sensitive("MasterAuth"));
    EXPECT_FALSE(all.table.is_sensitive("port"));
    EXPECT_FALSE(all.table.is_sensitive("nothing"));
}

}  // namespace
}  // namespace rota
