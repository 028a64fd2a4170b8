// SPDX-License-Identifier: BSD-3-Clause
#include "commands/syntax.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

// The tree in one line: name:type with what else is set.
std::string shown(const std::vector<Argument>& arguments);

std::string shown(const Argument& argument) {
    std::string text = argument.name + ":" + std::string(argument_type_name(argument.type));
    if (!argument.display.empty() && argument.display != argument.name)
        text += " as " + argument.display;
    if (argument.has_token) text += " behind '" + std::string(argument.token) + "'";
    if (argument.key_spec >= 0) text += " spec " + std::to_string(argument.key_spec);
    if (!argument.since.empty()) text += " since " + std::string(argument.since);
    if (!argument.deprecated_since.empty())
        text += " until " + std::string(argument.deprecated_since);
    if (argument.optional) text += " optional";
    if (argument.multiple) text += " multiple";
    if (argument.multiple_token) text += " with-token";
    if (!argument.parts.empty()) text += " {" + shown(argument.parts) + "}";
    return text;
}

std::string shown(const std::vector<Argument>& arguments) {
    std::string text;
    for (const Argument& argument : arguments) text += (text.empty() ? "" : ", ") + shown(argument);
    return text;
}

std::string expanded(Slice syntax, size_t key_specs = 1) {
    return shown(parse_syntax(syntax, key_specs));
}

TEST(Syntax, AnEmptyStringHasNoArguments) { EXPECT_EQ(expanded(""), ""); }

TEST(Syntax, TypesFollowFromTheWord) {
    EXPECT_EQ(expanded("key value seconds timeout pattern unix-time-seconds numkeys index2"),
              "key:key spec 0, value:string, seconds:integer, timeout:double, pattern:pattern, "
              "unix-time-seconds:unix-time, numkeys:integer, index2:integer");
}

TEST(Syntax, AnAnnotationOverridesTheType) {
    EXPECT_EQ(expanded("increment:double key:string ip:port"),
              "increment:double, key:string, ip:port:string");
}

TEST(Syntax, KeysBelongToTheSpecificationsInOrder) {
    EXPECT_EQ(expanded("source destination", 2), "source:key spec 0, destination:key spec 1");
    EXPECT_EQ(expanded("key1 key2", 1), "key1:key spec 0, key2:key spec 0");
    EXPECT_EQ(expanded("key [STORE destination#2]", 3),
              "key:key spec 0, destination:key behind 'STORE' spec 2 optional");
    EXPECT_EQ(expanded("key", 0), "key:key");
}

TEST(Syntax, ATokenStandsAloneOrBeforeItsArgument) {
    EXPECT_EQ(
        expanded("[GET] [EX seconds] [TYPE kind=<A|B>]"),
        "get:pure-token behind 'GET' optional, seconds:integer behind 'EX' optional, "
        "kind:oneof behind 'TYPE' optional {a:pure-token behind 'A', b:pure-token behind 'B'}");
    EXPECT_EQ(expanded("[NX] key"), "nx:pure-token behind 'NX' optional, key:key spec 0");
    EXPECT_EQ(expanded("auto-id=\"*\" no=\"\""),
              "auto-id:pure-token behind '*', no:pure-token behind ''");
}

TEST(Syntax, ANameMayDifferFromTheWord) {
    EXPECT_EQ(expanded("[change=CH] addr=ip:port"),
              "change:pure-token behind 'CH' optional, addr:string as ip:port");
}

TEST(Syntax, AlternativesAreOneOf) {
    EXPECT_EQ(expanded("condition=[NX|XX|IFEQ comparison-value@8.1.0]"),
              "condition:oneof optional {nx:pure-token behind 'NX', xx:pure-token behind 'XX', "
              "comparison-value:string behind 'IFEQ' since 8.1.0}");
}

TEST(Syntax, SeveralItemsAreABlock) {
    EXPECT_EQ(expanded("[LIMIT offset count]"),
              "limit:block behind 'LIMIT' optional {offset:integer, count:integer}");
    EXPECT_EQ(expanded("count-block=[<COUNT count> [ANY]]"),
              "count-block:block optional {count:integer behind 'COUNT', any:pure-token behind "
              "'ANY' optional}");
    EXPECT_EQ(expanded("<a b|c>"), "a:oneof {a:block {a:string, b:string}, c:string}");
}

TEST(Syntax, Repetitions) {
    EXPECT_EQ(expanded("key [key ...]"), "key:key spec 0 multiple");
    EXPECT_EQ(expanded("[arg ...]"), "arg:string optional multiple");
    EXPECT_EQ(expanded("[section [section ...]]"), "section:string optional multiple");
    EXPECT_EQ(expanded("command [arg [arg ...]]"), "command:string, arg:string optional multiple");
    EXPECT_EQ(expanded("data=<key value> [...]"),
              "data:block multiple {key:key spec 0, value:string}");
    EXPECT_EQ(expanded("[ID client-id [client-id ...]]"),
              "client-id:integer behind 'ID' optional multiple");
    EXPECT_EQ(expanded("[ID client-id [ID client-id ...]]"),
              "client-id:integer behind 'ID' optional multiple with-token");
    EXPECT_EQ(
        expanded("[<GET encoding offset> [GET ...]]"),
        "get:block behind 'GET' optional multiple with-token {encoding:string, offset:integer}");
}

TEST(Syntax, SinceAndUntil) {
    EXPECT_EQ(expanded("order=[ASC|DESC]@6.2.0 old!2.8.12"),
              "order:oneof since 6.2.0 optional {asc:pure-token behind 'ASC', desc:pure-token "
              "behind 'DESC'}, "
              "old:string until 2.8.12");
}

TEST(SyntaxDeathTest, ABracketThatStaysOpenIsABug) {
    EXPECT_DEATH(parse_syntax("[NX|XX", 0), "");
    EXPECT_DEATH(parse_syntax("key]", 0), "");
}

}  // namespace
}  // namespace rota
