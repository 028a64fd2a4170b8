// SPDX-License-Identifier: BSD-3-Clause
#include "proto/reply.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "proto/command_writer.h"

namespace rota {
namespace {

using namespace std::string_literals;

std::string written(int resp, const std::function<void(Reply&)>& write) {
    Buffer out;
    Reply reply(out, resp);
    write(reply);
    return std::string(out.view());
}

TEST(Reply, WritesWhatBothVersionsShareAlike) {
    for (const int resp : {2, 3}) {
        EXPECT_EQ(written(resp, [](Reply& r) { r.ok(); }), "+OK\r\n");
        EXPECT_EQ(written(resp, [](Reply& r) { r.simple("PONG"); }), "+PONG\r\n");
        EXPECT_EQ(written(resp, [](Reply& r) { r.bulk(""); }), "$0\r\n\r\n");
        EXPECT_EQ(written(resp, [](Reply& r) { r.bulk("a\r\n\0b"s); }), "$5\r\na\r\n\0b\r\n"s);
        EXPECT_EQ(written(resp, [](Reply& r) { r.bulk_integer(-12); }), "$3\r\n-12\r\n");
        EXPECT_EQ(written(resp, [](Reply& r) { r.array(0); }), "*0\r\n");
        EXPECT_EQ(written(resp, [](Reply& r) { r.array(123456); }), "*123456\r\n");
        EXPECT_EQ(written(resp, [](Reply& r) { r.raw(":1\r\n"); }), ":1\r\n");
    }
}

TEST(Reply, WritesEveryInteger) {
    const std::pair<int64_t, const char*> rows[] = {{0, "0"},
                                                    {9, "9"},
                                                    {10, "10"},
                                                    {99, "99"},
                                                    {100, "100"},
                                                    {-1, "-1"},
                                                    {-10, "-10"},
                                                    {1234567890123, "1234567890123"},
                                                    {INT64_MAX, "9223372036854775807"},
                                                    {INT64_MIN, "-9223372036854775808"}};
    for (const auto& [value, text] : rows) {
        EXPECT_EQ(written(2, [value = value](Reply& r) { r.integer(value); }),
                  ":" + std::string(text) + "\r\n");
    }
}

TEST(Reply, FallsBackToTheOldTypesInRespTwo) {
    EXPECT_EQ(written(2, [](Reply& r) { r.null(); }), "$-1\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.null_array(); }), "*-1\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.boolean(true); }), ":1\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.boolean(false); }), ":0\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.real(1.5); }), "$3\r\n1.5\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.big_number("123"); }), "$3\r\n123\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.verbatim("txt", "hi"); }), "$2\r\nhi\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.map(3); }), "*6\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.set(3); }), "*3\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.push(3); }), "*3\r\n");
}

TEST(Reply, UsesTheNewTypesInRespThree) {
    EXPECT_EQ(written(3, [](Reply& r) { r.null(); }), "_\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.null_array(); }), "_\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.boolean(true); }), "#t\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.boolean(false); }), "#f\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.big_number("123"); }), "(123\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.verbatim("txt", "hi"); }), "=6\r\ntxt:hi\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.map(3); }), "%3\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.set(3); }), "~3\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.push(3); }), ">3\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.attribute(1); }), "|1\r\n");
}

TEST(Reply, WritesDoublesInTheirShortestForm) {
    const double infinity = std::numeric_limits<double>::infinity();
    const std::pair<double, const char*> rows[] = {{0, "0"},
                                                   {-0.0, "-0"},
                                                   {3, "3"},
                                                   {0.1, "0.1"},
                                                   {-2.5, "-2.5"},
                                                   {1e21, "1e+21"},
                                                   {3.141, "3.141"},
                                                   {17179869184, "17179869184"},
                                                   {infinity, "inf"},
                                                   {-infinity, "-inf"},
                                                   {std::nan(""), "nan"}};
    for (const auto& [value, text] : rows) {
        EXPECT_EQ(written(3, [value = value](Reply& r) { r.real(value); }),
                  "," + std::string(text) + "\r\n");
    }
}

TEST(Reply, PutsAHeaderBeforeElementsThatWereWrittenFirst) {
    const auto write = [](Reply& r) {
        r.ok();
        const size_t map = r.begin();
        r.bulk("members");
        const size_t array = r.begin();
        for (int i = 0; i != 12; ++i) r.integer(i % 10);
        r.end_array(array, 12);
        r.end_map(map, 1);
        const size_t set = r.begin();
        r.end_set(set, 0);
    };
    std::string elements;
    for (int i = 0; i != 12; ++i) elements += ":" + std::to_string(i % 10) + "\r\n";
    EXPECT_EQ(written(2, write), "+OK\r\n*2\r\n$7\r\nmembers\r\n*12\r\n" + elements + "*0\r\n");
    EXPECT_EQ(written(3, write), "+OK\r\n%1\r\n$7\r\nmembers\r\n*12\r\n" + elements + "~0\r\n");
}

TEST(Reply, KeepsErrorsOnOneLine) {
    EXPECT_EQ(written(2, [](Reply& r) { r.error("ERR bad 'a\r\nb' text\r\n"); }),
              "-ERR bad 'a  b' text\r\n");
    EXPECT_EQ(written(2, [](Reply& r) { r.simple("a\nb"); }), "+a b\r\n");
    EXPECT_EQ(written(3, [](Reply& r) { r.big_number("1\r\n+OK"); }), "(1  +OK\r\n");
}

TEST(Reply, CountsErrorsAndRemembersTheirCode) {
    Buffer out;
    Reply reply(out, 2);
    EXPECT_EQ(reply.last_error(), "");
    reply.error("ERR one");
    reply.error("WRONGTYPE Operation against a key");
    EXPECT_EQ(reply.last_error(), "WRONGTYPE");
    EXPECT_EQ(reply.take_error_count(), 2u);
    EXPECT_EQ(reply.take_error_count(), 0u);
    reply.error(std::string(100, 'X'));
    EXPECT_EQ(reply.last_error(), std::string(31, 'X'));
}

TEST(Reply, WritesNothingWhenMutedButStillCountsErrors) {
    Buffer out;
    Reply reply(out, 3, true);
    reply.ok();
    reply.bulk("value");
    reply.verbatim("txt", "x");
    reply.raw("+OK\r\n");
    const size_t at = reply.begin();
    reply.integer(1);
    reply.end_array(at, 1);
    reply.error("ERR no");
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(reply.take_error_count(), 1u);
    EXPECT_EQ(reply.last_error(), "ERR");
}

TEST(CommandWriter, WritesAnArrayOfBulkStrings) {
    Buffer out;
    append_command(out, {"SET", "k", ""});
    EXPECT_EQ(out.view(), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
}

}  // namespace
}  // namespace rota
