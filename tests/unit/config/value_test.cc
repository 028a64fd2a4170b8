// SPDX-License-Identifier: BSD-3-Clause
#include "config/value.h"

#include <gtest/gtest.h>

#include "all_options.h"

namespace rota {
namespace {

constexpr const char* kFailed = "ERR CONFIG SET failed (possibly related to argument '";
std::string failed(const std::string& name, const std::string& reason) {
    return kFailed + name + "') - " + reason;
}

TEST(ConfigValue, BooleanIsYesOrNoInAnyCase) {
    AllOptions all;
    EXPECT_EQ(all.set("protected-mode", "NO"), "OK");
    EXPECT_FALSE(all.server.protected_mode);
    EXPECT_EQ(all.table.get("protected-mode"), "no");
    EXPECT_EQ(all.set("protected-mode", "1"),
              failed("protected-mode", "argument must be 'yes' or 'no'"));
}

TEST(ConfigValue, IntegerKeepsToItsRange) {
    AllOptions all;
    EXPECT_EQ(all.set("active-expire-effort", "10"), "OK");
    EXPECT_EQ(all.set("active-expire-effort", "11"),
              failed("active-expire-effort", "argument must be between 1 and 10 inclusive"));
    EXPECT_EQ(all.set("active-expire-effort", "1 "),
              failed("active-expire-effort", "argument couldn't be parsed into an integer"));
    EXPECT_EQ(all.set("commandlog-execution-slower-than", "-1"), "OK");
    EXPECT_EQ(all.table.get("slowlog-log-slower-than"), "-1");
    EXPECT_EQ(all.store.active_expire_effort, 10);
}

TEST(ConfigValue, UnsignedRefusesNegativeNumbers) {
    AllOptions all;
    EXPECT_EQ(all.set("maxclients", "-1"),
              failed("maxclients", "argument must be between 1 and 4294967295 inclusive"));
    EXPECT_EQ(all.client.maxclients, 10000u);
}

TEST(ConfigValue, MemoryTakesUnitsAndPrintsBytes) {
    AllOptions all;
    EXPECT_EQ(all.set("maxmemory", "10mb"), "OK");
    EXPECT_EQ(all.table.get("maxmemory"), "10485760");
    EXPECT_EQ(all.set("maxmemory", "18446744073709551615"), "OK");
    EXPECT_EQ(all.table.get("maxmemory"), "18446744073709551615");
    EXPECT_EQ(all.set("maxmemory", "-1"), failed("maxmemory", "argument must be a memory value"));
    EXPECT_EQ(all.set("proto-max-bulk-len", "1kb"),
              failed("proto-max-bulk-len",
                     "argument must be between 1048576 and 9223372036854775807 inclusive"));
}

TEST(ConfigValue, PercentIsKeptAsANegativeNumber) {
    AllOptions all;
    EXPECT_EQ(all.set("maxmemory-clients", "5%"), "OK");
    EXPECT_EQ(all.client.maxmemory_clients, -5);
    EXPECT_EQ(all.table.get("maxmemory-clients"), "5%");
    EXPECT_EQ(all.set("maxmemory-clients", "101%"),
              failed("maxmemory-clients", "percentage argument must be less or equal to 100"));
    EXPECT_EQ(all.set("maxmemory-clients", "-5"),
              failed("maxmemory-clients", "argument must be a memory or percent value"));
    EXPECT_EQ(all.set("maxmemory-clients", "1gb"), "OK");
    EXPECT_EQ(all.table.get("maxmemory-clients"), "1073741824");
}

TEST(ConfigValue, SignedMemoryAlsoTakesMinusOne) {
    AllOptions all;
    EXPECT_EQ(all.set("slot-migration-max-failover-repl-bytes", "-1"), "OK");
    EXPECT_EQ(all.table.get("slot-migration-max-failover-repl-bytes"), "-1");
    EXPECT_EQ(all.set("slot-migration-max-failover-repl-bytes", "1mb"), "OK");
    EXPECT_EQ(all.table.get("slot-migration-max-failover-repl-bytes"), "1048576");
}

TEST(ConfigValue, OctalIsReadAndPrintedAsOctal) {
    AllOptions all;
    const auto* item = all.table.find("unixsocketperm");
    const Slice good[] = {"777"}, bad[] = {"8"}, wide[] = {"1000"};
    EXPECT_TRUE(set_value(*item->row, item->options, good).changed);
    EXPECT_EQ(all.server.unixsocketperm, 0777u);
    EXPECT_EQ(item->value(), "777");
    EXPECT_EQ(set_value(*item->row, item->options, bad).refusal,
              "argument couldn't be parsed as an octal number");
    EXPECT_EQ(set_value(*item->row, item->options, wide).refusal,
              "argument must be between 0 and 777 inclusive");
}

TEST(ConfigValue, UnknownWordNamesTheKnownOnes) {
    AllOptions all;
    EXPECT_EQ(
        all.set("appendfsync", "never"),
        failed("appendfsync", "argument(s) must be one of the following: everysec, always, no"));
    EXPECT_EQ(all.set("appendfsync", "ALWAYS"), "OK");
    EXPECT_EQ(all.inert.aof.appendfsync, AofFsync::always);
}

TEST(ConfigValue, ShutdownFlagsCombineAndPrintInOrder) {
    AllOptions all;
    EXPECT_EQ(all.set("shutdown-on-sigterm", "force now"), "OK");
    EXPECT_EQ(all.table.get("shutdown-on-sigterm"), "now force");
    EXPECT_EQ(all.set("shutdown-on-sigterm", "save nosave"),
              failed("shutdown-on-sigterm",
                     "shutdown options SAVE and NOSAVE can't be used simultaneously"));
    EXPECT_EQ(all.set("shutdown-on-sigterm", "default"), "OK");
    EXPECT_EQ(all.table.get("shutdown-on-sigterm"), "default");
}

TEST(ConfigValue, SavePointsComeInPairs) {
    AllOptions all;
    EXPECT_EQ(all.set("save", "100 5 10 1"), "OK");
    EXPECT_EQ(all.table.get("save"), "100 5 10 1");
    EXPECT_EQ(all.set("save", "100"), failed("save", "Invalid save parameters"));
    EXPECT_EQ(all.set("save", "0 1"), failed("save", "Invalid save parameters"));
    EXPECT_EQ(all.set("save", ""), "OK");
    EXPECT_EQ(all.table.get("save"), "");
}

TEST(ConfigValue, OutputLimitsChangeOnlyTheNamedClasses) {
    AllOptions all;
    EXPECT_EQ(all.set("client-output-buffer-limit", "replica 1mb 2kb 5 pubsub 0 0 0"), "OK");
    EXPECT_EQ(all.table.get("client-output-buffer-limit"),
              "normal 0 0 0 slave 1048576 2048 5 pubsub 0 0 0");
    EXPECT_EQ(all.set("client-output-buffer-limit", "normal 1 2"),
              failed("client-output-buffer-limit",
                     "Wrong number of arguments in buffer limit configuration."));
    EXPECT_EQ(all.set("client-output-buffer-limit", "primary 1 2 3"),
              failed("client-output-buffer-limit",
                     "Invalid client class specified in buffer limit configuration."));
    EXPECT_EQ(all.set("client-output-buffer-limit", "normal 1 2 -3"),
              failed("client-output-buffer-limit",
                     "Error in hard, soft or soft_seconds setting in buffer limit configuration."));
    EXPECT_EQ(all.client.output_limit(ClientType::replica).hard_bytes, 1u << 20);
}

TEST(ConfigValue, KeyspaceEventsAreLetters) {
    AllOptions all;
    EXPECT_EQ(all.set("notify-keyspace-events", "KA"), "OK");
    EXPECT_EQ(all.table.get("notify-keyspace-events"), "AK");
    EXPECT_EQ(all.set("notify-keyspace-events", "Ex$"), "OK");
    EXPECT_EQ(all.table.get("notify-keyspace-events"), "$xE");
    EXPECT_EQ(
        all.set("notify-keyspace-events", "q"),
        failed("notify-keyspace-events", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."));
    EXPECT_EQ(all.set("notify-keyspace-events", ""), "OK");
    EXPECT_EQ(all.store.notify_keyspace_events, 0u);
}

TEST(ConfigValue, PercentilesLieBetweenZeroAndAHundred) {
    AllOptions all;
    EXPECT_EQ(all.set("latency-tracking-info-percentiles", "50 99.99"), "OK");
    EXPECT_EQ(all.table.get("latency-tracking-info-percentiles"), "50 99.99");
    EXPECT_EQ(
        all.set("latency-tracking-info-percentiles", "101"),
        failed("latency-tracking-info-percentiles",
               "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"));
    EXPECT_EQ(all.set("latency-tracking-info-percentiles", "x"),
              failed("latency-tracking-info-percentiles",
                     "Invalid latency-tracking-info-percentiles parameters"));
    EXPECT_EQ(all.set("latency-tracking-info-percentiles", ""), "OK");
    EXPECT_TRUE(all.metrics.latency_tracking_info_percentiles.empty());
}

TEST(ConfigValue, OomScoresAreThree) {
    AllOptions all;
    EXPECT_EQ(all.set("oom-score-adj-values", "1 2 2000"), "OK");
    EXPECT_EQ(all.server.oom_score_adj_values[2], 2000);
    EXPECT_EQ(all.set("oom-score-adj-values", "1 2"),
              failed("oom-score-adj-values", "wrong number of arguments"));
    EXPECT_EQ(all.set("oom-score-adj-values", "1 2 2001"),
              failed("oom-score-adj-values",
                     "Invalid oom-score-adj-values, elements must be between -2000 and 2000."));
}

TEST(ConfigValue, BindTakesUpToSixteenAddressesOrNone) {
    AllOptions all;
    EXPECT_EQ(all.set("bind", "127.0.0.1 -::1"), "OK");
    EXPECT_EQ(all.server.bind, (std::vector<std::string>{"127.0.0.1", "-::1"}));
    EXPECT_EQ(all.set("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"),
              failed("bind", "Too many bind addresses specified."));
    EXPECT_EQ(all.set("bind", ""), "OK");
    EXPECT_TRUE(all.server.bind.empty());
}

TEST(ConfigValue, HzIsBentIntoRange) {
    AllOptions all;
    EXPECT_EQ(all.set("hz", "0"), "OK");
    EXPECT_EQ(all.table.get("hz"), "1");
    EXPECT_EQ(all.set("hz", "100000"), "OK");
    EXPECT_EQ(all.table.get("hz"), "500");
}

TEST(ConfigValue, TextMayHaveConditions) {
    AllOptions all;
    const std::string title = "template format is invalid or contains unknown variables";
    EXPECT_EQ(all.set("proc-title-template", "{title} {port}"), "OK");
    for (const char* bad : {"{nothing}", "{title", "", " {title} "})
        EXPECT_EQ(all.set("proc-title-template", bad), failed("proc-title-template", title));
    EXPECT_EQ(all.set("proc-title-template", "{{}"), "OK");
    EXPECT_EQ(all.set({{"dbfilename", "a/b"}}, {.protected_allowed = true}),
              failed("dbfilename", "dbfilename can't be a path, just a filename"));
    EXPECT_EQ(all.set("cluster-announce-hostname", "a_b"),
              failed("cluster-announce-hostname",
                     "Hostnames may only contain alphanumeric characters, hyphens or dots"));
    EXPECT_EQ(all.set("cluster-announce-client-ipv4", "1.2.3"),
              failed("cluster-announce-client-ipv4", "Invalid IPv4 address"));
    EXPECT_EQ(all.set("cluster-announce-client-ipv6", "::1"), "OK");
}

TEST(ConfigValue, MemoryIsWrittenInTheLargestExactUnit) {
    EXPECT_EQ(format_memory(0), "0");
    EXPECT_EQ(format_memory(1023), "1023");
    EXPECT_EQ(format_memory(2048), "2kb");
    EXPECT_EQ(format_memory(3 << 20), "3mb");
    EXPECT_EQ(format_memory(uint64_t{5} << 30), "5gb");
}

}  // namespace
}  // namespace rota
