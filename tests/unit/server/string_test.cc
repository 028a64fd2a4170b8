// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

namespace rota {
namespace {

class StringCommands : public ServerFixture {};

TEST_F(StringCommands, GetOfAMissingKeyIsNull) {
    EXPECT_EQ(run("GET k"), "$-1\r\n");
    run("HELLO 3");
    EXPECT_EQ(run("GET k"), "_\r\n");
}

TEST_F(StringCommands, SetReplacesWhatWasThere) {
    EXPECT_EQ(run("SET k v"), "+OK\r\n");
    EXPECT_EQ(run("SET k 'a longer value'"), "+OK\r\n");
    EXPECT_EQ(run("GET k"), "$14\r\na longer value\r\n");
}

TEST_F(StringCommands, SetNxKeepsTheOldValue) {
    run("SET k v");
    EXPECT_EQ(run("SET k w NX"), "$-1\r\n");
    EXPECT_EQ(run("GET k"), "$1\r\nv\r\n");
}

TEST_F(StringCommands, SetXxNeedsTheKey) {
    EXPECT_EQ(run("SET k v XX"), "$-1\r\n");
    EXPECT_EQ(run("EXISTS k"), ":0\r\n");
}

TEST_F(StringCommands, SetGetReturnsTheOldValueAlsoWhenRefused) {
    run("SET k v");
    EXPECT_EQ(run("SET k w GET"), "$1\r\nv\r\n");
    EXPECT_EQ(run("SET k x NX GET"), "$1\r\nw\r\n");
    EXPECT_EQ(run("GET k"), "$1\r\nw\r\n");
}

TEST_F(StringCommands, SetIfeqComparesNumbersAsText) {
    run("SET k 10");
    EXPECT_EQ(run("SET k 11 IFEQ 9"), "$-1\r\n");
    EXPECT_EQ(run("SET k 11 IFEQ 10"), "+OK\r\n");
    EXPECT_EQ(run("DELIFEQ k 10"), ":0\r\n");
    EXPECT_EQ(run("DELIFEQ k 11"), ":1\r\n");
}

TEST_F(StringCommands, SetRefusesContradictoryOptions) {
    for (const char* command : {"SET k v NX XX", "SET k v EX 1 PX 1", "SET k v KEEPTTL EX 1",
                                "SET k v EX", "SET k v NOSUCH"})
        EXPECT_EQ(run(command), "-ERR syntax error\r\n") << command;
}

TEST_F(StringCommands, SetRefusesExpiriesThatCannotBe) {
    for (const char* time : {"0", "-1", "9223372036854775807"}) {
        EXPECT_EQ(run("SET k v EX " + std::string(time)),
                  "-ERR invalid expire time in 'set' command\r\n");
    }
    EXPECT_EQ(run("SET k v EX 1.5"), "-ERR value is not an integer or out of range\r\n");
    EXPECT_EQ(run("EXISTS k"), ":0\r\n");
}

TEST_F(StringCommands, SetWithATimeInThePastDeletes) {
    run("SET k v");
    EXPECT_EQ(run("SET k w EXAT 1"), "+OK\r\n");
    EXPECT_EQ(run("EXISTS k"), ":0\r\n");
}

TEST_F(StringCommands, AppendMakesAndGrows) {
    EXPECT_EQ(run("APPEND k ab"), ":2\r\n");
    EXPECT_EQ(run("APPEND k cd"), ":4\r\n");
    EXPECT_EQ(run("GET k"), "$4\r\nabcd\r\n");
    run("SET n 12");
    EXPECT_EQ(run("APPEND n 3"), ":3\r\n");
    EXPECT_EQ(run("INCR n"), ":124\r\n");
}

TEST_F(StringCommands, AppendGrowsPastTheInlineSize) {
    std::string expected;
    for (int i = 0; i < 100; ++i) {
        const std::string piece(97, static_cast<char>('a' + i % 26));
        expected += piece;
        EXPECT_EQ(run("APPEND k " + piece), ":" + std::to_string(expected.size()) + "\r\n");
    }
    EXPECT_EQ(run("GET k"), "$9700\r\n" + expected + "\r\n");
}

TEST_F(StringCommands, CountersStopAtTheEdges) {
    run("SET k 9223372036854775807");
    EXPECT_EQ(run("INCR k"), "-ERR increment or decrement would overflow\r\n");
    run("SET k -9223372036854775808");
    EXPECT_EQ(run("DECR k"), "-ERR increment or decrement would overflow\r\n");
    EXPECT_EQ(run("DECRBY k -9223372036854775808"), "-ERR decrement would overflow\r\n");
    EXPECT_EQ(run("INCRBY k 9223372036854775808"),
              "-ERR value is not an integer or out of range\r\n");
    run("SET k 012");
    EXPECT_EQ(run("INCR k"), "-ERR value is not an integer or out of range\r\n");
}

TEST_F(StringCommands, CountersKeepTheExpiry) {
    run("SET k 1 EX 100");
    EXPECT_EQ(run("INCRBY k 41"), ":42\r\n");
    EXPECT_EQ(run("TTL k"), ":100\r\n");
}

TEST_F(StringCommands, IncrbyfloatAnswersWithTheShortestText) {
    EXPECT_EQ(run("INCRBYFLOAT k 10.50"), "$4\r\n10.5\r\n");
    EXPECT_EQ(run("INCRBYFLOAT k -5.5e0"), "$1\r\n5\r\n");
    EXPECT_EQ(run("INCRBYFLOAT k nan"), "-ERR value is not a valid float\r\n");
    EXPECT_EQ(run("INCRBYFLOAT k inf"), "-ERR increment would produce NaN or Infinity\r\n");
}

TEST_F(StringCommands, GetrangeClampsItsBounds) {
    run("SET k 'This is a string'");
    EXPECT_EQ(run("GETRANGE k 0 3"), "$4\r\nThis\r\n");
    EXPECT_EQ(run("GETRANGE k -3 -1"), "$3\r\ning\r\n");
    EXPECT_EQ(run("GETRANGE k 10 100"), "$6\r\nstring\r\n");
    EXPECT_EQ(run("GETRANGE k 5 3"), "$0\r\n\r\n");
    EXPECT_EQ(run("GETRANGE k -9223372036854775808 9223372036854775807"),
              "$16\r\nThis is a string\r\n");
    EXPECT_EQ(run("GETRANGE nosuch 0 -1"), "$0\r\n\r\n");
}

TEST_F(StringCommands, SetrangePadsWithZeros) {
    EXPECT_EQ(run("SETRANGE k 3 x"), ":4\r\n");
    EXPECT_EQ(run("GET k"), std::string("$4\r\n\0\0\0x\r\n", 10));
    EXPECT_EQ(run("SETRANGE k -1 x"), "-ERR offset is out of range\r\n");
    EXPECT_EQ(run("SETRANGE k 536870912 x"),
              "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
    EXPECT_EQ(run("SETRANGE k 9223372036854775807 x"),
              "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
    EXPECT_EQ(run("SETRANGE none 10 ''"), ":0\r\n");
    EXPECT_EQ(run("EXISTS none"), ":0\r\n");
}

TEST_F(StringCommands, MsetnxIsAllOrNothing) {
    run("SET b old");
    EXPECT_EQ(run("MSETNX a 1 b 2"), ":0\r\n");
    EXPECT_EQ(run("MGET a b"), "*2\r\n$-1\r\n$3\r\nold\r\n");
    EXPECT_EQ(run("MSETNX a 1 a 2"), ":1\r\n");
    EXPECT_EQ(run("GET a"), "$1\r\n2\r\n");
}

TEST_F(StringCommands, MsetNeedsPairs) {
    EXPECT_EQ(run("MSET a 1 b"), "-ERR wrong number of arguments for 'mset' command\r\n");
    EXPECT_EQ(run("MSET a 1 b 2"), "+OK\r\n");
}

TEST_F(StringCommands, MsetexSetsAllWithOneExpiry) {
    EXPECT_EQ(run("MSETEX 2 a 1 b 2 EX 10"), ":1\r\n");
    EXPECT_EQ(run("TTL b"), ":10\r\n");
    EXPECT_EQ(run("MSETEX 2 a 3 c 4 NX"), ":0\r\n");
    EXPECT_EQ(run("EXISTS c"), ":0\r\n");
}

TEST_F(StringCommands, GetexChangesOnlyTheExpiry) {
    run("SET k v");
    EXPECT_EQ(run("GETEX k EX 10"), "$1\r\nv\r\n");
    EXPECT_EQ(run("TTL k"), ":10\r\n");
    EXPECT_EQ(run("GETEX k PERSIST"), "$1\r\nv\r\n");
    EXPECT_EQ(run("TTL k"), ":-1\r\n");
}

TEST_F(StringCommands, GetdelAndGetset) {
    run("SET k v");
    EXPECT_EQ(run("GETSET k w"), "$1\r\nv\r\n");
    EXPECT_EQ(run("GETDEL k"), "$1\r\nw\r\n");
    EXPECT_EQ(run("GETDEL k"), "$-1\r\n");
}

TEST_F(StringCommands, LcsFindsTheSubsequenceAndItsPlaces) {
    run("MSET a ohmytext b mynewtext");
    EXPECT_EQ(run("LCS a b"), "$6\r\nmytext\r\n");
    EXPECT_EQ(run("LCS a b LEN"), ":6\r\n");
    EXPECT_EQ(run("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN"),
              "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n"
              "$3\r\nlen\r\n:6\r\n");
}

TEST_F(StringCommands, EncodingsSwitchWhereValkeysDo) {
    run("SET n 123");
    EXPECT_EQ(run("OBJECT ENCODING n"), "$3\r\nint\r\n");
    run("SET short abc");
    EXPECT_EQ(run("OBJECT ENCODING short"), "$6\r\nembstr\r\n");
    run("SET long " + std::string(200, 'x'));
    EXPECT_EQ(run("OBJECT ENCODING long"), "$3\r\nraw\r\n");
    run("APPEND short d");
    EXPECT_EQ(run("OBJECT ENCODING short"), "$3\r\nraw\r\n");
}

}  // namespace
}  // namespace rota
