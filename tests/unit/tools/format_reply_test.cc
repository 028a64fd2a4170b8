// SPDX-License-Identifier: BSD-3-Clause
// The expected texts were taken from valkey-cli 9.1.2, byte for byte.
#include "tools/cli/format_reply.h"

#include <gtest/gtest.h>

#include "tests/unit/tools/reply_of.h"

namespace rota {
namespace {

std::string show(OutputMode mode, Slice wire, bool verbatim = false) {
    FormatOptions options;
    options.mode = mode;
    return format_reply(reply_of(wire), options, verbatim);
}
std::string tty(Slice wire) { return show(OutputMode::standard, wire); }
std::string raw(Slice wire) { return show(OutputMode::raw, wire); }
std::string csv(Slice wire) { return show(OutputMode::csv, wire); }
std::string json(Slice wire) { return show(OutputMode::json, wire); }

TEST(FormatTty, ScalarsCarryTheirType) {
    EXPECT_EQ(tty("+OK\r\n"), "OK\n");
    EXPECT_EQ(tty("-ERR no\r\n"), "(error) ERR no\n");
    EXPECT_EQ(tty(":-12\r\n"), "(integer) -12\n");
    EXPECT_EQ(tty("$3\r\nabc\r\n"), "\"abc\"\n");
    EXPECT_EQ(tty("$-1\r\n"), "(nil)\n");
    EXPECT_EQ(tty("*-1\r\n"), "(nil)\n");
    EXPECT_EQ(tty("_\r\n"), "(nil)\n");
    EXPECT_EQ(tty(",3.141\r\n"), "(double) 3.141\n");
    EXPECT_EQ(tty("#t\r\n"), "(true)\n");
    EXPECT_EQ(tty("#f\r\n"), "(false)\n");
    EXPECT_EQ(tty("=8\r\ntxt:a\nb\"\r\n"), "a\nb\"\n");
}

TEST(FormatTty, BytesThatDoNotPrintAreEscaped) {
    EXPECT_EQ(tty({"$8\r\n\0\xff\"\\\n\x07\x1b\x08\r\n", 14}),
              "\"\\x00\\xff\\\"\\\\\\n\\a\\x1b\\b\"\n");
}

TEST(FormatTty, EmptyAggregatesSayWhatTheyAre) {
    EXPECT_EQ(tty("*0\r\n"), "(empty array)\n");
    EXPECT_EQ(tty("%0\r\n"), "(empty hash)\n");
    EXPECT_EQ(tty("~0\r\n"), "(empty set)\n");
    EXPECT_EQ(tty(">0\r\n"), "(empty push)\n");
}

TEST(FormatTty, NumbersAreAsWideAsTheLast) {
    std::string wire = "*10\r\n";
    for (int i = 0; i < 10; ++i) wire += ":1\r\n";
    const std::string text = tty(wire);
    EXPECT_TRUE(text.starts_with(" 1) (integer) 1\n 2) ")) << text;
    EXPECT_TRUE(text.ends_with("\n10) (integer) 1\n")) << text;
}

TEST(FormatTty, NestedArraysMoveRight) {
    EXPECT_EQ(tty("*2\r\n:1\r\n*3\r\n:2\r\n*2\r\n:3\r\n$1\r\nx\r\n*0\r\n"),
              "1) (integer) 1\n"
              "2) 1) (integer) 2\n"
              "   2) 1) (integer) 3\n"
              "      2) \"x\"\n"
              "   3) (empty array)\n");
}

TEST(FormatTty, SetsAndMapsHaveTheirOwnMarks) {
    EXPECT_EQ(tty("~2\r\n$1\r\na\r\n$1\r\nb\r\n"), "1~ \"a\"\n2~ \"b\"\n");
    EXPECT_EQ(tty("%2\r\n$1\r\na\r\n:1\r\n+b\r\n#t\r\n"),
              "1# \"a\" => (integer) 1\n2# b => (true)\n");
}

TEST(FormatTty, AnAggregateOfOneLineStaysBehindItsMapKey) {
    EXPECT_EQ(tty("%2\r\n+a\r\n%1\r\n+x\r\n*1\r\n:1\r\n+b\r\n~0\r\n"),
              "1# a => 1# x => 1) (integer) 1\n2# b => (empty set)\n");
}

TEST(FormatTty, AnAggregateOfSeveralLinesBeginsBelowItsMapKey) {
    EXPECT_EQ(tty("%2\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n$1\r\nb\r\n*0\r\n"),
              "1# \"a\" => \n"
              "   1) (integer) 1\n"
              "   2) (integer) 2\n"
              "2# \"b\" => (empty array)\n");
}

TEST(FormatRaw, ShowsBytesAsTheyAre) {
    EXPECT_EQ(raw("$3\r\na\"b\r\n"), "a\"b\n");
    EXPECT_EQ(raw("$-1\r\n"), "\n");
    EXPECT_EQ(raw(":7\r\n"), "7\n");
    EXPECT_EQ(raw("-ERR no\r\n"), "ERR no\n\n");
    EXPECT_EQ(raw("*3\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n$1\r\nb\r\n"), "a\n1\n2\nb\n");
    EXPECT_EQ(raw("%2\r\n+k\r\n+v\r\n+l\r\n+w\r\n"), "k v\nl w\n");
    EXPECT_EQ(raw("#t\r\n"), "(true)\n");
}

TEST(FormatRaw, DelimitersStandBetweenElementsAndBehindReplies) {
    FormatOptions options;
    options.mode = OutputMode::raw;
    options.bulk_delimiter = "|";
    options.command_delimiter = "!";
    EXPECT_EQ(format_reply(reply_of("*2\r\n+a\r\n+b\r\n"), options, false), "a|b!");
}

TEST(FormatRaw, TextMadeForReadingIsNotQuotedOnATerminal) {
    EXPECT_EQ(show(OutputMode::standard, "$6\r\n# A\r\nb\r\n", true), "# A\r\nb");
}

TEST(FormatCsv, IsOneFlatLine) {
    EXPECT_EQ(csv("*4\r\n$2\r\na\"\r\n:1\r\n$-1\r\n*1\r\n#f\r\n"), "\"a\\\"\",1,NULL,false\n");
    EXPECT_EQ(csv("%1\r\n+k\r\n,1.5\r\n"), "\"k\",1.5\n");
    EXPECT_EQ(csv("-ERR no\r\n"), "ERROR,\"ERR no\"\n");
}

TEST(FormatJson, FollowsTheReplysShape) {
    EXPECT_EQ(json("%1\r\n$1\r\nk\r\n*3\r\n:1\r\n_\r\n#t\r\n"), "{\"k\":[1,null,true]}\n");
    EXPECT_EQ(json("%1\r\n:5\r\n+v\r\n"), "{\"5\":\"v\"}\n");
    EXPECT_EQ(json("-ERR no\r\n"), "error:\"ERR no\"\n");
    EXPECT_EQ(json({"$6\r\n\x01\f\n\xc3\xa9\"\r\n", 12}), "\"\\u0001\\f\\n\xc3\xa9\\\"\"\n");
}

TEST(FormatJson, QuotedJsonIsAscii) {
    EXPECT_EQ(show(OutputMode::quoted_json, "$2\r\n\xc3\xa9\r\n"), "\"\\\\xc3\\\\xa9\"\n");
}

TEST(FormatPush, InvalidationsNameTheirKeys) {
    const ReplyValue push = reply_of(">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    EXPECT_EQ(format_push(push, {}), "-> invalidate: 'a', 'b'\n");
    FormatOptions csv_options;
    csv_options.mode = OutputMode::csv;
    EXPECT_EQ(format_push(push, csv_options), "\"invalidate\",\"a\",\"b\"\n");
}

}  // namespace
}  // namespace rota
