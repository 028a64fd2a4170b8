// SPDX-License-Identifier: BSD-3-Clause
#include "proto/reply_parser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "proto/reply.h"

namespace rota {
namespace {

using namespace std::string_literals;

// A reply as one line of text, so that trees can be compared at a glance.
std::string show(const ReplyValue& value) {
    std::string out;
    if (!value.attributes.empty()) {
        out += '|';
        for (const ReplyValue& part : value.attributes) out += show(part) + ' ';
        out += '|';
    }
    const auto list = [&](const char* open, const char* end) {
        out += open;
        for (const ReplyValue& element : value.elements) out += ' ' + show(element);
        return out + ' ' + end;
    };
    switch (value.type) {
        case ReplyType::null:
            return out + "null";
        case ReplyType::simple:
            return out + '+' + value.text;
        case ReplyType::error:
            return out + '-' + value.text;
        case ReplyType::integer:
            return out + std::to_string(value.integer);
        case ReplyType::bulk:
            return out + '"' + value.text + '"';
        case ReplyType::real:
            return out + "real " + value.text;
        case ReplyType::boolean:
            return out + (value.boolean ? "true" : "false");
        case ReplyType::big_number:
            return out + "big " + value.text;
        case ReplyType::verbatim:
            return out + std::string(value.format, 3) + ':' + value.text;
        case ReplyType::array:
            return list("[", "]");
        case ReplyType::map:
            return list("{", "}");
        case ReplyType::set:
            return list("~{", "}");
        case ReplyType::push:
            return list(">[", "]");
    }
    return out;
}

std::string read(Slice wire) {
    ReplyParser parser;
    const ParseStatus status = parser.parse(wire);
    if (status == ParseStatus::invalid) return "invalid: " + std::string(parser.error());
    if (status == ParseStatus::need_more) return "need more";
    EXPECT_EQ(parser.consumed(), wire.size());
    return show(parser.value());
}

TEST(ReplyParser, ReadsEveryType) {
    const std::pair<std::string, std::string> rows[] = {
        {"+OK\r\n", "+OK"},
        {"-ERR no such key\r\n", "-ERR no such key"},
        {":-42\r\n", "-42"},
        {"$5\r\na\r\n\0b\r\n"s, "\"a\r\n\0b\""s},
        {"$0\r\n\r\n", "\"\""},
        {"$-1\r\n", "null"},
        {"*-1\r\n", "null"},
        {"_\r\n", "null"},
        {"*0\r\n", "[ ]"},
        {"*3\r\n:1\r\n*1\r\n+a\r\n$1\r\nb\r\n", "[ 1 [ +a ] \"b\" ]"},
        {",1.5\r\n", "real 1.5"},
        {"#t\r\n", "true"},
        {"#f\r\n", "false"},
        {"(123456789012345678901234567890\r\n", "big 123456789012345678901234567890"},
        {"=8\r\ntxt:some\r\n", "txt:some"},
        {"!7\r\nERR a b\r\n", "-ERR a b"},
        {"%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n", "{ +a 1 +b { } }"},
        {"~2\r\n:1\r\n:2\r\n", "~{ 1 2 }"},
        {">2\r\n+message\r\n+hi\r\n", ">[ +message +hi ]"},
        {"|1\r\n+ttl\r\n:90\r\n$1\r\nv\r\n", "|+ttl 90 |\"v\""},
        {"*2\r\n:1\r\n|1\r\n+a\r\n:2\r\n:3\r\n", "[ 1 |+a 2 |3 ]"},
    };
    for (const auto& [wire, text] : rows) EXPECT_EQ(read(wire), text) << wire;
}

TEST(ReplyParser, ReadsTheDoublesThatServersWrite) {
    const auto number = [](Slice wire) {
        ReplyParser parser;
        EXPECT_EQ(parser.parse(wire), ParseStatus::complete) << wire;
        return parser.value().real;
    };
    EXPECT_EQ(number(",3\r\n"), 3.0);
    EXPECT_EQ(number(",1e+21\r\n"), 1e21);
    EXPECT_EQ(number(",5e-324\r\n"), 5e-324);
    EXPECT_EQ(number(",inf\r\n"), HUGE_VAL);
    EXPECT_EQ(number(",-inf\r\n"), -HUGE_VAL);
    EXPECT_TRUE(std::isnan(number(",nan\r\n")));
}

TEST(ReplyParser, ReadsBackWhatTheReplyWriterWrites) {
    Buffer out;
    Reply reply(out, 3);
    reply.array(8);
    reply.ok();
    reply.error("ERR no");
    reply.integer(-7);
    reply.real(0.25);
    reply.null();
    reply.boolean(true);
    reply.verbatim("mkd", "*hi*");
    reply.map(1);
    reply.bulk("k");
    reply.set(0);
    EXPECT_EQ(read(out.view()), "[ +OK -ERR no -7 real 0.25 null true mkd:*hi* { \"k\" ~{ } } ]");
}

TEST(ReplyParser, GivesTheSameTreeWhereverTheBytesAreCut) {
    const std::string wire =
        "*4\r\n|1\r\n+a\r\n*1\r\n:2\r\n$3\r\na\r\n\r\n%1\r\n=5\r\ntxt:x\r\n_\r\n~0\r\n-E\r\n";
    const std::string whole = read(wire);
    for (size_t cut = 0; cut < wire.size(); ++cut) {
        ReplyParser parser;
        const std::string part = wire.substr(0, cut);
        EXPECT_EQ(parser.parse(part), ParseStatus::need_more);
        EXPECT_EQ(parser.parse(wire), ParseStatus::complete);
        EXPECT_EQ(show(parser.value()), whole) << cut;
    }
    ReplyParser parser;
    for (size_t end = 1; end < wire.size(); ++end) {
        EXPECT_EQ(parser.parse(std::string(wire, 0, end)), ParseStatus::need_more);
    }
    EXPECT_EQ(parser.parse(wire), ParseStatus::complete);
    EXPECT_EQ(show(parser.value()), whole);
}

TEST(ReplyParser, TakesOneReplyOfAPipelineAtATime) {
    std::string wire = "+a\r\n*1\r\n:1\r\n$1\r\nb\r\n";
    ReplyParser parser;
    std::string seen;
    while (!wire.empty()) {
        ASSERT_EQ(parser.parse(wire), ParseStatus::complete);
        seen += show(parser.take()) + ' ';
        wire.erase(0, parser.consumed());
    }
    EXPECT_EQ(seen, "+a [ 1 ] \"b\" ");
    EXPECT_EQ(parser.parse(wire), ParseStatus::need_more);
    EXPECT_FALSE(parser.in_reply());
}

TEST(ReplyParser, RefusesWhatIsNoReply) {
    const std::pair<std::string, std::string> rows[] = {
        {"HTTP/1.1 200 OK\r\n", "unknown reply type 'H'"},
        {"\0"s, "unknown reply type '\0'"s},
        {"+OK\rx", "reply line does not end with CRLF"},
        {":1x\r\n", "bad integer in a reply"},
        {":\r\n", "bad integer in a reply"},
        {":9223372036854775808\r\n", "bad integer in a reply"},
        {",1.5x\r\n", "bad double in a reply"},
        {"#x\r\n", "bad boolean in a reply"},
        {"_x\r\n", "bad null in a reply"},
        {"$x\r\n", "bad length in a reply"},
        {"$-2\r\n", "negative length in a reply"},
        {"%-1\r\n", "negative length in a reply"},
        {"$1\r\nxyz", "bulk string does not end with CRLF"},
        {"=3\r\ntxt\r\n", "verbatim string in a reply too short"},
        {"=5\r\nabcde\r\n", "verbatim string without its format"},
        {"$9223372036854775807\r\n", "bulk string in a reply too long"},
        {"*2147483648\r\n", "too many elements announced in a reply"},
    };
    for (const auto& [wire, error] : rows) EXPECT_EQ(read(wire), "invalid: " + error) << wire;
}

TEST(ReplyParser, NestsAsDeepAsItsLimitAndNoDeeper) {
    const auto nested = [](size_t depth) {
        std::string wire;
        for (size_t i = 0; i != depth; ++i) wire += "*1\r\n";
        return wire + ":1\r\n";
    };
    ReplyParser parser;
    EXPECT_EQ(parser.parse(nested(128)), ParseStatus::complete);
    EXPECT_EQ(parser.parse(nested(129)), ParseStatus::invalid);
    EXPECT_EQ(parser.error(), "reply nested too deep");
}

TEST(ReplyParser, RefusesAnEndlessLine) {
    ReplyLimits limits;
    limits.line_len_max = 100;
    ReplyParser parser(limits);
    EXPECT_EQ(parser.parse("+" + std::string(99, 'x')), ParseStatus::need_more);
    EXPECT_EQ(parser.parse("+" + std::string(100, 'x')), ParseStatus::invalid);
    EXPECT_EQ(parser.error(), "reply line too long");
}

}  // namespace
}  // namespace rota
