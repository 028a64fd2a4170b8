// SPDX-License-Identifier: BSD-3-Clause
// COMMAND and its subcommands: what they answer to what. The rows' facts are
// command_facts_test.cc's.
#include <algorithm>

#include "command_rows.h"

namespace rota {
namespace {

using CommandCommand = CommandRows;

size_t count(const Json& names, const std::string& name) {
    return static_cast<size_t>(std::ranges::count(names, Json(name)));
}

TEST_F(CommandCommand, InfoInResp2) {
    EXPECT_EQ(wire("COMMAND INFO get nosuch", 2),
              "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
              "*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n"
              "*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n"
              "$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$"
              "5\r\nindex\r\n:1\r\n"
              "$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n$"
              "7\r\nlastkey\r\n:0\r\n"
              "$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n$-1\r\n");
}

TEST_F(CommandCommand, InfoInResp3) {
    EXPECT_EQ(wire("COMMAND INFO dbsize nosuch", 3),
              "*2\r\n*10\r\n$6\r\ndbsize\r\n:1\r\n~2\r\n+readonly\r\n+fast\r\n:0\r\n:0\r\n:0\r\n"
              "~3\r\n+@keyspace\r\n+@read\r\n+@fast\r\n"
              "~2\r\n$25\r\nrequest_policy:all_shards\r\n$23\r\nresponse_policy:agg_sum\r\n~0\r\n*"
              "0\r\n_\r\n");
}

TEST_F(CommandCommand, InfoFindsSubcommandsByTheirFullName) {
    EXPECT_EQ(run("COMMAND INFO CLIENT|List")[0][0], "client|list");
    EXPECT_EQ(run("COMMAND INFO client|list|x client|nosuch get|x | \"\" client|"),
              Json::parse("[null,null,null,null,null,null]"));
}

TEST_F(CommandCommand, PlainAndWithoutNamesAllCommandsAreDescribed) {
    const Json all = run("COMMAND");
    EXPECT_EQ(all.size(), run("COMMAND COUNT"));
    EXPECT_EQ(all, run("COMMAND INFO"));
    EXPECT_EQ(run("COMMAND DOCS").size(), all.size());
}

TEST_F(CommandCommand, DocsPassOverWhatDoesNotExist) {
    EXPECT_EQ(wire("COMMAND DOCS nosuch", 2), "*0\r\n");
    EXPECT_EQ(wire("COMMAND DOCS nosuch", 3), "%0\r\n");
    EXPECT_EQ(run("COMMAND DOCS nosuch CONFIG|get").begin().key(), "config|get");
}

TEST_F(CommandCommand, DocsNameArgumentsAsMaps) {
    const std::string docs = wire("COMMAND DOCS strlen", 3);
    EXPECT_TRUE(docs.starts_with("%1\r\n$6\r\nstrlen\r\n%5\r\n$7\r\nsummary\r\n")) << docs;
    EXPECT_TRUE(docs.ends_with(
        "$9\r\narguments\r\n*1\r\n%4\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"
        "$12\r\ndisplay_text\r\n$3\r\nkey\r\n$14\r\nkey_spec_index\r\n:0\r\n"))
        << docs;
}

TEST_F(CommandCommand, RenamedCommandsAreFoundByTheirNewNameAndTellTheOldOne) {
    ASSERT_TRUE(table().rename("client", "KLIENT"));
    EXPECT_EQ(run("COMMAND INFO klient|list")[0][0], "client|list");
    EXPECT_EQ(run("COMMAND INFO client|list client"), Json::parse("[null,null]"));
    EXPECT_EQ(run("COMMAND LIST FILTERBY PATTERN client|l*"), Json::parse(R"(["client|list"])"));
}

TEST_F(CommandCommand, RemovedCommandsAreGone) {
    const int64_t before = run("COMMAND COUNT");
    ASSERT_TRUE(table().rename("config", ""));
    EXPECT_EQ(run("COMMAND COUNT"), before - 1);
    EXPECT_EQ(run("COMMAND INFO config|get config"), Json::parse("[null,null]"));
    EXPECT_EQ(run("COMMAND LIST FILTERBY PATTERN config*"), Json::array());
}

TEST_F(CommandCommand, ListNamesSubcommandsToo) {
    const Json all = run("COMMAND LIST");
    EXPECT_EQ(count(all, "get"), 1u);
    EXPECT_EQ(count(all, "client"), 1u);
    EXPECT_EQ(count(all, "client|list"), 1u);
}

TEST_F(CommandCommand, ListFilters) {
    EXPECT_EQ(run("COMMAND LIST filterby pattern CONFIG|RE*"),
              Json::parse(R"(["config|resetstat","config|rewrite"])"));
    EXPECT_EQ(run("COMMAND LIST FILTERBY MODULE json"), Json::array());
    EXPECT_EQ(run("COMMAND LIST FILTERBY ACLCAT nosuch"), Json::array());
    EXPECT_EQ(run("COMMAND LIST FILTERBY ACLCAT @string"), Json::array());
    const Json strings = run("COMMAND LIST FILTERBY ACLCAT String");
    EXPECT_EQ(count(strings, "append"), 1u);
    EXPECT_EQ(count(strings, "del"), 0u);
}

TEST_F(CommandCommand, ListRefusesOtherFilters) {
    for (const char* line :
         {"COMMAND LIST x", "COMMAND LIST FILTERBY", "COMMAND LIST FILTERBY MODULE",
          "COMMAND LIST FILTERBY nosuch x", "COMMAND LIST FILTERBY PATTERN a b"})
        EXPECT_EQ(wire(line, 2), "-ERR syntax error\r\n") << line;
}

TEST_F(CommandCommand, GetKeys) {
    EXPECT_EQ(run("COMMAND GETKEYS get a"), Json::parse(R"(["a"])"));
    EXPECT_EQ(run("COMMAND GETKEYS mset a 1 b 2"), Json::parse(R"(["a","b"])"));
    EXPECT_EQ(run("COMMAND GETKEYS mset a 1 b"), Json::parse(R"(["a","b"])"));
    EXPECT_EQ(run("COMMAND GETKEYS msetex 2 a 1 b 2 EX 10"), Json::parse(R"(["a","b"])"));
    EXPECT_EQ(run("COMMAND GETKEYS lcs a b LEN"), Json::parse(R"(["a","b"])"));
}

TEST_F(CommandCommand, GetKeysRefuses) {
    const std::pair<const char*, const char*> expected[] = {
        {"nosuch a", "Invalid command specified"},
        {"client nosuch", "Invalid command specified"},
        {"ping", "The command has no key arguments"},
        {"ping a b c", "The command has no key arguments"},
        {"client", "The command has no key arguments"},
        {"get", "Invalid number of arguments specified for command"},
        {"get a b", "Invalid number of arguments specified for command"},
        {"msetex 1 a", "Invalid number of arguments specified for command"},
        {"msetex 9 a 1", "Invalid arguments specified for command"},
        {"msetex x a 1", "Invalid arguments specified for command"},
        {"msetex 0 a 1", "Invalid arguments specified for command"},
    };
    for (const auto& [command, error] : expected) {
        for (const char* subcommand : {"GETKEYS", "GETKEYSANDFLAGS"}) {
            EXPECT_EQ(wire(std::string("COMMAND ") + subcommand + " " + command, 2),
                      std::string("-ERR ") + error + "\r\n")
                << command;
        }
    }
}

TEST_F(CommandCommand, GetKeysAndFlags) {
    EXPECT_EQ(wire("COMMAND GETKEYSANDFLAGS get a", 3),
              "*1\r\n*2\r\n$1\r\na\r\n~2\r\n+RO\r\n+access\r\n");
    EXPECT_EQ(wire("COMMAND GETKEYSANDFLAGS get a", 2),
              "*1\r\n*2\r\n$1\r\na\r\n*2\r\n+RO\r\n+access\r\n");
    EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS rename a b"),
              Json::parse(R"([["a",["RW","access","delete"]],["b",["OW","update"]]])"));
}

TEST_F(CommandCommand, SetsFlagsFollowFromItsOptions) {
    const Json write = Json::parse(R"([["a",["OW","update"]]])");
    const Json read_too = Json::parse(R"([["a",["RW","access","update"]]])");
    EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS set a b"), write);
    EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS set a b IFEQ c"), write);
    EXPECT_EQ(run("COMMAND GETKEYSANDFLAGS set a b EX 10 get"), read_too);
}

TEST_F(CommandCommand, HelpNamesEverySubcommand) {
    const Json lines = run("COMMAND HELP");
    EXPECT_EQ(lines[0], "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (const auto* sub : table().find("command")->subcommands) {
        const std::string word = to_upper(sub->name);
        EXPECT_TRUE(std::ranges::any_of(lines, [&](const Json& line) {
            return line.get<std::string>().substr(0, line.get<std::string>().find(' ')) == word;
        })) << word;
    }
}

}  // namespace
}  // namespace rota
