// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tools/cli/options.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

Result<CliOptions> parse(const std::vector<std::string>& args, const Variables& variables = {},
                         bool tty = true) {
    CliEnvironment env;
    env.stdout_is_tty = tty;
    env.variable = [&](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
    return parse_options(args, env);
}

TEST(CliOptions, TheFirstWordEndsTheOptions) {
    const auto options = parse({"-p", "7000", "set", "-x", "1", "--json", "-h"});
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->target.port, 7000);
    EXPECT_FALSE(options->stdin_is_last_argument);
    EXPECT_THAT(options->command, ElementsAre("set", "-x", "1", "--json", "-h"));
}

TEST(CliOptions, DefaultsAreTheLocalServerInResp2) {
    const auto options = parse({});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->target.name(), "127.0.0.1:6379");
    EXPECT_EQ(options->login.resp, 2);
    EXPECT_EQ(options->repeat, 1);
    EXPECT_EQ(options->output, OutputMode::standard);
    EXPECT_TRUE(options->show_pushes);
}

TEST(CliOptions, OutputIsRawWithoutATerminal) {
    EXPECT_EQ(parse({}, {}, false)->output, OutputMode::raw);
    EXPECT_FALSE(parse({}, {}, false)->show_pushes);
    EXPECT_EQ(parse({"--no-raw"}, {}, false)->output, OutputMode::standard);
    EXPECT_EQ(parse({"--raw"})->output, OutputMode::raw);
    EXPECT_EQ(parse({}, {{"FAKETTY", "1"}}, false)->output, OutputMode::standard);
}

TEST(CliOptions, JsonPrefersResp3ButDoesNotInsist) {
    EXPECT_EQ(parse({"--json"})->login.resp, 3);
    EXPECT_FALSE(parse({"--json"})->resp_required);
    EXPECT_EQ(parse({"--json", "-2"})->login.resp, 2);
    EXPECT_TRUE(parse({"-3"})->resp_required);
}

TEST(CliOptions, ValuesMayLookLikeOptionsOrBeEmpty) {
    const auto options =
        parse({"-r", "-1", "-i", "0.25", "-D", "", "-d", "-", "--pattern", "[ab]*"});
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->repeat, -1);
    EXPECT_EQ(options->interval_us, 250000);
    EXPECT_EQ(options->command_delimiter, "");
    EXPECT_EQ(options->bulk_delimiter, "-");
    EXPECT_EQ(options->pattern, "[ab]*");
}

TEST(CliOptions, TheLastOfRepeatedOptionsCounts) {
    EXPECT_EQ(parse({"-p", "1", "-p", "2"})->target.port, 2);
}

TEST(CliOptions, EnvironmentGivesWayToTheCommandLine) {
    const Variables variables{{"VALKEYCLI_AUTH", "secret"},
                              {"REDISCLI_AUTH", "older"},
                              {"VALKEYCLI_HOST", "example"},
                              {"VALKEYCLI_PORT", "7001"}};
    const auto options = parse({}, variables);
    EXPECT_EQ(options->login.password, "secret");
    EXPECT_EQ(options->target.name(), "example:7001");
    EXPECT_FALSE(options->auth_warning);
    const auto explicit_options = parse({"-a", "typed", "-h", "::1", "-p", "1"}, variables);
    EXPECT_EQ(explicit_options->login.password, "typed");
    EXPECT_EQ(explicit_options->target.name(), "[::1]:1");
    EXPECT_TRUE(explicit_options->auth_warning);
    EXPECT_EQ(parse({}, {{"REDISCLI_AUTH", "older"}})->login.password, "older");
}

TEST(CliOptions, AUriNamesEverythingAtOnce) {
    const auto options = parse({"-u", "valkey://me:p%40ss@db.example:7002/3", "get", "k"});
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->target.name(), "db.example:7002");
    EXPECT_EQ(options->login.user, "me");
    EXPECT_EQ(options->login.password, "p@ss");
    EXPECT_EQ(options->login.db, 3);
}

TEST(CliOptions, WhatIsMissingIsSaidClearly) {
    EXPECT_THAT(parse({"--tls", "ping"}).error().message, HasSubstr("no TLS"));
    EXPECT_THAT(parse({"-u", "valkeys://h"}).error().message, HasSubstr("no TLS"));
    EXPECT_THAT(parse({"--cluster", "info", "h:1", "--cluster-yes"}).error().message,
                HasSubstr("cluster"));
    EXPECT_THAT(parse({"-c"}).error().message, HasSubstr("cluster"));
    EXPECT_THAT(parse({"--rdb", "f"}).error().message, HasSubstr("replication"));
    EXPECT_THAT(parse({"--replica"}).error().message, HasSubstr("replication"));
    EXPECT_THAT(parse({"--ldb", "--eval", "f"}).error().message, HasSubstr("debugger"));
}

TEST(CliOptions, TlsFilesAloneAreAccepted) {
    EXPECT_TRUE(parse({"--cacert", "f", "--cert", "g", "--key", "h", "--insecure", "ping"}));
}

TEST(CliOptions, MistakesAreRefused) {
    EXPECT_THAT(parse({"--nonsense"}).error().message, HasSubstr("Unrecognized option"));
    EXPECT_FALSE(parse({"-p"}));
    EXPECT_FALSE(parse({"-p", "70000"}));
    EXPECT_FALSE(parse({"-n", "x"}));
    EXPECT_FALSE(parse({"-2", "-3"}));
    EXPECT_FALSE(parse({"-x", "-X", "tag", "set", "k", "tag"}));
    EXPECT_FALSE(parse({"--lru-test", "0"}));
}

TEST(CliOptions, HelpAndVersionArePrinted) {
    EXPECT_EQ(parse({"--help"})->mode, CliMode::print);
    EXPECT_THAT(parse({"--help"})->text, HasSubstr("rota-cli [OPTIONS] [command"));
    EXPECT_EQ(parse({"-h"})->mode, CliMode::print);
    EXPECT_THAT(parse({"-v"})->text, HasSubstr("rota-cli 0."));
}

TEST(CliOptions, ModesAreChosenByTheirFlag) {
    EXPECT_EQ(parse({"--memkeys-samples", "5"})->mode, CliMode::mem_keys);
    EXPECT_EQ(parse({"--memkeys-samples", "5"})->memory_samples, 5);
    EXPECT_EQ(parse({"--pipe", "--pipe-timeout", "0"})->mode, CliMode::pipe);
    EXPECT_EQ(parse({"--scan", "--quoted-pattern", "\"a\\x41*\""})->pattern, "aA*");
    const auto eval = parse({"--eval", "f.lua", "k", ",", "-a"});
    EXPECT_EQ(eval->mode, CliMode::eval);
    EXPECT_THAT(eval->command, ElementsAre("k", ",", "-a"));
}

}  // namespace
}  // namespace rota
