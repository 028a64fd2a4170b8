// SPDX-License-Identifier: BSD-3-Clause
#include "proto/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/command_writer.h"

namespace rota {
namespace {

using namespace std::string_literals;

using Args = std::vector<std::string>;

struct Outcome {
    std::vector<Args> requests;
    std::string error;
    size_t consumed = 0;  // by complete requests

    bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << outcome.requests.size() << " requests, " << outcome.consumed << " bytes, error '"
               << outcome.error << "'";
}

// A connection: bytes come in pieces, each time at another address, as buffers do.
class Connection {
public:
    explicit Connection(RequestLimits limits = {}) : limits_(limits) {}

    void receive(Slice piece) {
        const std::string moved = rest_ + std::string(piece);
        rest_ = moved;
        while (outcome_.error.empty()) {
            switch (parser_.parse(rest_, limits_)) {
                case ParseStatus::need_more:
                    return;
                case ParseStatus::invalid:
                    outcome_.error = parser_.error();
                    return;
                case ParseStatus::complete:
                    break;
            }
            outcome_.requests.emplace_back(parser_.args().begin(), parser_.args().end());
            outcome_.consumed += parser_.consumed();
            rest_.erase(0, parser_.consumed());
        }
    }

    const Outcome& outcome() const { return outcome_; }
    const RequestParser& parser() const { return parser_; }

private:
    RequestLimits limits_;
    RequestParser parser_;
    std::string rest_;
    Outcome outcome_;
};

Outcome parse_whole(Slice wire, RequestLimits limits = {}) {
    Connection connection(limits);
    connection.receive(wire);
    return connection.outcome();
}

std::string error_of(Slice wire, RequestLimits limits = {}) {
    return parse_whole(wire, limits).error;
}

Args args_of(Slice wire) {
    const Outcome outcome = parse_whole(wire);
    EXPECT_EQ(outcome.requests.size(), 1u) << outcome;
    EXPECT_EQ(outcome.consumed, wire.size());
    return outcome.requests.empty() ? Args{"no request"} : outcome.requests[0];
}

std::string command(std::initializer_list<Slice> args) {
    Buffer out;
    append_command(out, args);
    return std::string(out.view());
}

// Requests of every kind, right and wrong; the tests below cut them up.
std::vector<std::string> samples() {
    return {
        "*1\r\n$4\r\nPING\r\n",
        "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n",
        "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$12\r\nwith\r\nin \0it\r\n"s,
        "PING\r\n",
        "set key 'a value' \"\\x41\\n\"\nget key\n",
        "\r\n\n*0\r\n*-1\r\n*-10\r\nPING\n*1\r\n$4\r\nPING\r\n\r\n",
        "a\rb c\r\n",
        "*2\r\n$3\r\nGET\r\nfoo\r\n",
        "*1\r\n$-1\r\n",
        "*x\r\n",
        "*3\rx",
        "*1\r\n$3\rx",
        "*1\r\n$3\r\nSETxx",
        "set 'open\r\n",
        "*1\r\n$4\r\nPING\r\n*1\r\n$+4\r\nPING\r\n",
        "*12\r\n$1\r\na\r\n",
    };
}

TEST(RequestParser, ReadsAnArrayOfBulkStrings) {
    EXPECT_EQ(args_of("*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"), (Args{"GET", "key"}));
}

TEST(RequestParser, CarriesAnyByteInABulkString) {
    EXPECT_EQ(args_of("*2\r\n$4\r\nECHO\r\n$5\r\n\r\n\0$*\r\n"s), (Args{"ECHO", "\r\n\0$*"s}));
}

TEST(RequestParser, ReadsWhatTheCommandWriterWrites) {
    const std::string value(70000, 'v');
    EXPECT_EQ(args_of(command({"SET", "", value})), (Args{"SET", "", value}));
}

TEST(RequestParser, TakesOneRequestOfAPipelineAtATime) {
    const Outcome outcome = parse_whole(command({"PING"}) + "TIME\r\n" + command({"GET", "k"}));
    EXPECT_EQ(outcome.requests, (std::vector<Args>{{"PING"}, {"TIME"}, {"GET", "k"}}));
}

TEST(RequestParser, TreatsEmptyRequestsAsCompleteWithoutArguments) {
    for (const Slice wire : {"\r\n", "\n", "  \r\n", "*0\r\n", "*-1\r\n", "*-10\r\n"}) {
        EXPECT_EQ(args_of(wire), Args{}) << wire;
    }
}

TEST(RequestParser, CarriesNothingOverFromAnEmptyRequestToTheNext) {
    for (const Slice empty : {"\r\n", "*0\r\n", "*-10\r\n"}) {
        const std::string wire = std::string(empty) + "PING\r\n" + std::string(empty) +
                                 command({"GET", "k"}) + std::string(empty) + "TIME\r\n";
        const Outcome outcome = parse_whole(wire);
        EXPECT_EQ(outcome.requests,
                  (std::vector<Args>{{}, {"PING"}, {}, {"GET", "k"}, {}, {"TIME"}}));
    }
}

TEST(RequestParser, GivesTheSameResultForEverySplitInTwo) {
    for (const std::string& wire : samples()) {
        const Outcome whole = parse_whole(wire);
        for (size_t cut = 0; cut <= wire.size(); ++cut) {
            Connection connection;
            connection.receive(Slice(wire).substr(0, cut));
            connection.receive(Slice(wire).substr(cut));
            EXPECT_EQ(connection.outcome(), whole) << wire << " cut at " << cut;
        }
    }
}

TEST(RequestParser, GivesTheSameResultByteByByte) {
    for (const std::string& wire : samples()) {
        Connection connection;
        for (const char byte : wire) connection.receive(Slice(&byte, 1));
        EXPECT_EQ(connection.outcome(), parse_whole(wire)) << wire;
    }
}

TEST(RequestParser, GivesTheSameResultForEverySplitInThree) {
    const std::string wire = "*2\r\n$3\r\nGET\r\n$10\r\n0123456789\r\nTIME\r\n";
    const Outcome whole = parse_whole(wire);
    for (size_t first = 0; first <= wire.size(); ++first) {
        for (size_t second = first; second <= wire.size(); ++second) {
            Connection connection;
            connection.receive(Slice(wire).substr(0, first));
            connection.receive(Slice(wire).substr(first, second - first));
            connection.receive(Slice(wire).substr(second));
            EXPECT_EQ(connection.outcome(), whole) << first << ' ' << second;
        }
    }
}

TEST(RequestParser, AnswersMalformedRequestsWithTheTextsThatClientsKnow) {
    const std::string prefix = "Protocol error: ";
    const struct {
        std::string wire, error;
    } rows[] = {
        {"*x\r\n", "invalid multibulk length"},
        {"*\r\n", "invalid multibulk length"},
        {"*01\r\n", "invalid multibulk length"},
        {"*+1\r\n", "invalid multibulk length"},
        {"*-0\r\n", "invalid multibulk length"},
        {"* 1\r\n", "invalid multibulk length"},
        {"*2147483648\r\n", "invalid multibulk length"},
        {"*3000000000\r\n", "invalid multibulk length"},
        {"*9223372036854775808\r\n", "invalid multibulk length"},
        {"*-9223372036854775809\r\n", "invalid multibulk length"},
        {"*99999999999999999999999\r\n", "invalid multibulk length"},
        {"*1\0\r\n"s, "invalid multibulk length"},
        {"*3x\n$3\r\nSET\r\n", "invalid multibulk length"},
        {"*3\rx$3\r\nSET\r\n", "invalid CRLF in request"},
        {"*3xx$3\r\nSET\r\n", "invalid multibulk length"},
        {"*1\r\nfoo\r\n", "expected '$', got 'f'"},
        {"*1\r\n*1\r\n$4\r\nPING\r\n", "expected '$', got '*'"},
        {"*1\r\n\r\n", "expected '$', got '\r'"},
        {"*1\r\n\0\r\n"s, "expected '$', got '\0'"s},
        {"*2\r\n$1\r\nx\r\nfooz\r\n", "expected '$', got 'f'"},
        {"*1\r\n$\r\n", "invalid bulk length"},
        {"*1\r\n$-1\r\n", "invalid bulk length"},
        {"*1\r\n$-2\r\n", "invalid bulk length"},
        {"*1\r\n$blabla\r\n", "invalid bulk length"},
        {"*1\r\n$04\r\nPING\r\n", "invalid bulk length"},
        {"*1\r\n$4 \r\nPING\r\n", "invalid bulk length"},
        {"*1\r\n$536870913\r\n", "invalid bulk length"},
        {"*1\r\n$2000000000\r\n", "invalid bulk length"},
        {"*1\r\n$9223372036854775808\r\n", "invalid bulk length"},
        {"*1\r\n$3x\nSET\r\n", "invalid bulk length"},
        {"*1\r\n$3\rxSET\r\n", "invalid CRLF in request"},
        {"*1\r\n$3xxSET\r\n", "invalid bulk length"},
        {"*1\r\n$3\r\nSET\rx", "invalid CRLF in request"},
        {"*1\r\n$3\r\nSETx\n", "invalid CRLF in request"},
        {"*1\r\n$3\r\nSETxx", "invalid CRLF in request"},
        {"*1\r\n$3\r\nSETT\r\n", "invalid CRLF in request"},
        {"set foo 'b'a'r\r\n", "unbalanced quotes in request"},
        {"set foo \"b\"a\"r\r\n", "unbalanced quotes in request"},
        {"set foo \"bar\\\" \r\n", "unbalanced quotes in request"},
        {"set foo 'bar\\' \r\n", "unbalanced quotes in request"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(error_of(row.wire), prefix + row.error) << row.wire;
    }
}

TEST(RequestParser, IsReadyForAnotherRequestAfterAnInvalidOne) {
    RequestParser parser;
    EXPECT_EQ(parser.parse("*2\r\n$1\r\na\r\n$x\r\n", {}), ParseStatus::invalid);
    EXPECT_TRUE(parser.args().empty());
    EXPECT_FALSE(parser.in_request());
    EXPECT_EQ(parser.parse("*1\r\n$4\r\nPING\r\n", {}), ParseStatus::complete);
    EXPECT_EQ(parser.args().size(), 1u);
    EXPECT_EQ(parser.error(), "");
}

TEST(RequestParser, ForgetsAHalfReadRequestOnReset) {
    RequestParser parser;
    EXPECT_EQ(parser.parse("*2\r\n$1\r\na\r\n$5\r\nhe", {}), ParseStatus::need_more);
    parser.reset();
    EXPECT_FALSE(parser.in_request());
    EXPECT_EQ(parser.pending_args_len(), 0u);
    EXPECT_EQ(parser.parse("TIME\n", {}), ParseStatus::complete);
    EXPECT_EQ(parser.args()[0], "TIME");
}

TEST(RequestParser, TakesALineOfExactlyTheLimitAndNoLonger) {
    const RequestLimits limits;
    const std::string longest(limits.inline_len_max, 'A');
    EXPECT_EQ(error_of(longest + "\n"), "");
    EXPECT_EQ(error_of(longest + "A\n"), "Protocol error: too big inline request");
    EXPECT_EQ(error_of("*" + longest), "Protocol error: too big mbulk count string");
    EXPECT_EQ(error_of("*1\r\n$" + longest), "Protocol error: too big bulk count string");
    EXPECT_EQ(error_of("\0"s + longest), "Protocol error: too big inline request");
}

TEST(RequestParser, KeepsTheLineLimitWhereverTheBytesAreCut) {
    RequestLimits limits;
    limits.inline_len_max = 16;
    for (const std::string line : {"1234567890123456\n", "12345678901234567\n",
                                   "*000000000000001\r\n", "*0000000000000001\r\n"}) {
        const Outcome whole = parse_whole(line, limits);
        for (size_t cut = 0; cut <= line.size(); ++cut) {
            Connection connection(limits);
            connection.receive(Slice(line).substr(0, cut));
            connection.receive(Slice(line).substr(cut));
            EXPECT_EQ(connection.outcome(), whole) << line << " cut at " << cut;
        }
    }
}

TEST(RequestParser, HoldsAClientToLessBeforeItHasAuthenticated) {
    const RequestLimits limits = RequestLimits::before_auth();
    EXPECT_EQ(error_of("*10\r\n", limits), "");
    EXPECT_EQ(error_of("*11\r\n", limits), "Protocol error: unauthenticated multibulk length");
    EXPECT_EQ(error_of("*2147483648\r\n", limits), "Protocol error: invalid multibulk length");
    EXPECT_EQ(error_of("*1\r\n$16384\r\n", limits), "");
    EXPECT_EQ(error_of("*1\r\n$16385\r\n", limits), "Protocol error: unauthenticated bulk length");
    EXPECT_EQ(error_of("*1\r\n$536870913\r\n", limits), "Protocol error: invalid bulk length");
}

TEST(RequestParser, FollowsTheConfiguredBulkLimit) {
    RequestLimits limits;
    limits.bulk_len_max = 4;
    EXPECT_EQ(error_of("*1\r\n$4\r\nPING\r\n", limits), "");
    EXPECT_EQ(error_of("*1\r\n$5\r\nPINGS\r\n", limits), "Protocol error: invalid bulk length");
    limits.bulk_len_max = INT64_MAX;
    EXPECT_EQ(error_of("*1\r\n$9223372036854775807\r\nx", limits), "");
}

TEST(RequestParser, AllocatesNothingForAnnouncedNumbers) {
    for (const Slice wire : {"*2147483647\r\n", "*2147483647\r\n$536870912\r\n",
                             "*2147483647\r\n$1\r\na\r\n$536870912\r\nxyz"}) {
        RequestParser parser;
        EXPECT_EQ(parser.parse(wire, {}), ParseStatus::need_more);
        EXPECT_LE(parser.memory_bytes(), 64u) << wire;
    }
}

TEST(RequestParser, GivesBackTheMemoryOfAGiantRequest) {
    std::string wire = "*50000\r\n";
    for (int i = 0; i != 50000; ++i) wire += "$1\r\nx\r\n";
    RequestParser parser;
    ASSERT_EQ(parser.parse(wire, {}), ParseStatus::complete);
    EXPECT_EQ(parser.args().size(), 50000u);
    EXPECT_GT(parser.memory_bytes(), 1000000u);
    ASSERT_EQ(parser.parse("*1\r\n$4\r\nPING\r\n", {}), ParseStatus::complete);
    EXPECT_LT(parser.memory_bytes(), 200u);
}

TEST(RequestParser, AllocatesNothingInSteadyState) {
    RequestParser parser;
    const std::string wire = command({"SET", "key", "value"});
    ASSERT_EQ(parser.parse(wire, {}), ParseStatus::complete);
    const size_t after_first = parser.memory_bytes();
    const Slice* const array = parser.args().data();
    for (int i = 0; i != 100; ++i) ASSERT_EQ(parser.parse(wire, {}), ParseStatus::complete);
    EXPECT_EQ(parser.memory_bytes(), after_first);
    EXPECT_EQ(parser.args().data(), array);
}

TEST(RequestParser, SaysHowManyBytesItIsWaitingFor) {
    RequestParser parser;
    EXPECT_EQ(parser.parse("*2\r\n$3\r\nGET\r\n", {}), ParseStatus::need_more);
    EXPECT_EQ(parser.wanted(), 0u);
    EXPECT_EQ(parser.parse("*2\r\n$3\r\nGET\r\n$10\r\nab", {}), ParseStatus::need_more);
    EXPECT_EQ(parser.wanted(), 4u + 9u + 5u + 12u);
    EXPECT_EQ(parser.pending_args_len(), 3u);
    EXPECT_TRUE(parser.in_request());
}

TEST(RequestParser, DoesNotScanOldBytesAgain) {
    // The first part is destroyed after it has been seen; only offsets into it may survive.
    RequestParser parser;
    std::string wire = "*2\r\n$3\r\nGET\r\n$3\r\nk";
    ASSERT_EQ(parser.parse(wire, {}), ParseStatus::need_more);
    std::string rest(wire.size(), '#');
    rest += "ey\r\n";
    ASSERT_EQ(parser.parse(rest, {}), ParseStatus::complete);
    EXPECT_EQ(parser.args()[0], "###");
    EXPECT_EQ(parser.args()[1], "#ey");
}

TEST(RequestParser, SplitsInlineRequestsAtBlanks) {
    EXPECT_EQ(args_of("  SET\tkey   value \r\n"), (Args{"SET", "key", "value"}));
    EXPECT_EQ(args_of("GET key\n"), (Args{"GET", "key"}));
    EXPECT_EQ(args_of("GET k\rey\n"), (Args{"GET", "k", "ey"}));
    EXPECT_EQ(args_of("$4\r\n"), (Args{"$4"}));
}

TEST(RequestParser, UndoesQuotesInInlineRequests) {
    EXPECT_EQ(args_of("a \"b c\" 'd e' \"\" ''\r\n"), (Args{"a", "b c", "d e", "", ""}));
    EXPECT_EQ(args_of("\"\\x41\\x6a\\n\\r\\t\\b\\a\\\\\\\"\\q\"\r\n"), (Args{"Aj\n\r\t\b\a\\\"q"}));
    EXPECT_EQ(args_of("\"\\x4\\xzz\"\r\n"), (Args{"x4xzz"}));
    EXPECT_EQ(args_of("\"a\\\"\r\n"), (Args{"a\\"}));  // too close to the end to escape
    EXPECT_EQ(args_of("'a\\'\r\n"), (Args{"a\\"}));
    EXPECT_EQ(args_of("'it\\'s \\n'\r\n"), (Args{"it's \\n"}));
    EXPECT_EQ(args_of("\"'\" '\"'\r\n"), (Args{"'", "\""}));
}

TEST(RequestParser, LetsQuotedAndBarePartsFollowEachOther) {
    EXPECT_EQ(args_of("set \"\"\"tes\"t-'k'e\"y\" \"test\"'-'value\r\n"),
              (Args{"set", "test-key", "test-value"}));
}

TEST(RequestParser, KeepsQuotedArgumentsApartInALongLine) {
    std::string wire;
    Args expected;
    for (int i = 0; i != 1000; ++i) {
        const std::string word = "word number " + std::to_string(i);
        wire += '"' + word + "\" ";
        expected.push_back(word);
    }
    EXPECT_EQ(args_of(wire + "\r\n"), expected);
}

}  // namespace
}  // namespace rota
