// SPDX-License-Identifier: BSD-3-Clause
#include "tools/cli/command_docs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/tools/reply_of.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A reply in words: "{ k v }" is a map, "[ a b ]" an array, anything else a string. "_" is a blank.
ReplyValue build(std::istream& in) {
    std::string word;
    in >> word;
    ReplyValue value;
    if (word != "{" && word != "[") {
        for (char& c : word)
            if (c == '_') c = ' ';
        value.type = ReplyType::bulk;
        value.text = word;
        return value;
    }
    value.type = word == "{" ? ReplyType::map : ReplyType::array;
    while ((in >> std::ws).peek() != '}' && in.peek() != ']') value.elements.push_back(build(in));
    in >> word;
    return value;
}

CommandDocs docs() {
    std::istringstream text(R"({
        set { summary Stores_a_string. since 1.0.0 group string arguments [
            { name key type key } { name value type string }
            { name condition type oneof flags [ optional ] arguments [
                { name nx type pure-token token NX } { name xx type pure-token token XX } ] }
            { name get type pure-token token GET flags [ optional ] }
            { name expiration type oneof flags [ optional ] arguments [
                { name seconds type integer token EX } { name ms type integer token PX } ] } ] }
        setnx { summary Stores_once. since 1.0.0 group string arguments [
            { name key type key } { name value type string } ] }
        del { summary Removes_keys. since 1.0.0 group generic arguments [
            { name key type key flags [ multiple ] } ] }
        config { summary Container. since 2.0.0 group server subcommands {
            config|get { summary Reads_parameters. since 2.0.0 group server arguments [
                { name parameter type string flags [ multiple ] } ] }
            config|resetstat { summary Forgets_statistics. since 2.0.0 group server } } }
    })");
    return CommandDocs::from_reply(build(text));
}

TEST(CommandDocs, CompletesNamesInAnyCase) {
    EXPECT_THAT(docs().complete("se"), ElementsAre("SET", "SETNX"));
    EXPECT_THAT(docs().complete("CON"), ElementsAre("CONFIG"));
    EXPECT_THAT(docs().complete("config "), ElementsAre("CONFIG GET", "CONFIG RESETSTAT"));
    EXPECT_THAT(docs().complete("help se"), ElementsAre("help SET", "help SETNX"));
    EXPECT_THAT(docs().complete("set k"), IsEmpty());
}

TEST(CommandDocs, HintsWhatIsStillToCome) {
    EXPECT_EQ(docs().hint("set"), "key value [NX | XX] [GET] [EX seconds | PX ms]");
    EXPECT_EQ(docs().hint("set k "), "value [NX | XX] [GET] [EX seconds | PX ms]");
    EXPECT_EQ(docs().hint("set k v"), "value [NX | XX] [GET] [EX seconds | PX ms]");
    EXPECT_EQ(docs().hint("set k v "), "[NX | XX] [GET] [EX seconds | PX ms]");
    EXPECT_EQ(docs().hint("set k v ex 10 "), "[NX | XX] [GET]");
    EXPECT_EQ(docs().hint("SET k v GET nx "), "[EX seconds | PX ms]");
    EXPECT_EQ(docs().hint("del a "), "key [key ...]");
    EXPECT_EQ(docs().hint("config get "), "parameter [parameter ...]");
    EXPECT_EQ(docs().hint("5 setnx k "), "value");
    EXPECT_EQ(docs().hint("nothing "), "");
}

TEST(CommandDocs, AnOpenQuoteIsNoEndOfHints) { EXPECT_EQ(docs().hint("setnx \"a "), "value"); }

TEST(CommandDocs, HelpShowsACommandItsSubcommandsOrAGroup) {
    EXPECT_THAT(docs().help({"set"}, false),
                HasSubstr("  SET key value [NX | XX] [GET] [EX seconds | PX ms]\n"
                          "  summary: Stores a string.\n  since: 1.0.0\n  group: string\n"));
    EXPECT_THAT(docs().help({"set"}, false), Not(HasSubstr("SETNX")));
    EXPECT_THAT(docs().help({"config"}, false), HasSubstr("CONFIG RESETSTAT"));
    EXPECT_THAT(docs().help({"@string"}, false), HasSubstr("SETNX"));
    EXPECT_THAT(docs().help({"@string"}, false), Not(HasSubstr("DEL")));
    EXPECT_THAT(docs().help({"nothing"}, false), HasSubstr("No help"));
}

}  // namespace
}  // namespace rota
