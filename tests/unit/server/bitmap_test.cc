// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

namespace rota {
namespace {

class BitmapCommands : public ServerFixture {};

TEST_F(BitmapCommands, SetbitMakesAndGrowsAString) {
    EXPECT_EQ(run("SETBIT k 1 1"), ":0\r\n");
    EXPECT_EQ(run("SETBIT k 1 0"), ":1\r\n");
    EXPECT_EQ(run("SETBIT k 23 1"), ":0\r\n");
    EXPECT_EQ(run("STRLEN k"), ":3\r\n");
    EXPECT_EQ(run("GETBIT k 23"), ":1\r\n");
    EXPECT_EQ(run("GETBIT k 1000000"), ":0\r\n");
    EXPECT_EQ(run("OBJECT ENCODING k"), "$3\r\nraw\r\n");
}

TEST_F(BitmapCommands, SetbitTurnsANumberIntoBytes) {
    run("SET k 1");
    EXPECT_EQ(run("SETBIT k 6 1"), ":0\r\n");
    EXPECT_EQ(run("GET k"), "$1\r\n3\r\n");
}

TEST_F(BitmapCommands, OffsetsBeyondTheLargestStringAreRefused) {
    const std::string refused = "-ERR bit offset is not an integer or out of range\r\n";
    for (const char* offset : {"-1", "4294967296", "9223372036854775807", "9223372036854775808",
                               "-9223372036854775808", "x", "", "#1"}) {
        EXPECT_EQ(run("SETBIT k '" + std::string(offset) + "' 1"), refused) << offset;
        EXPECT_EQ(run("GETBIT k '" + std::string(offset) + "'"), refused) << offset;
    }
    EXPECT_EQ(run("BITFIELD k SET u8 #536870912 1"), refused);
    EXPECT_EQ(run("BITFIELD k SET i64 #9223372036854775807 1"), refused);
    EXPECT_EQ(run("EXISTS k"), ":0\r\n");
    EXPECT_EQ(run("GETBIT k 4294967295"), ":0\r\n");
}

TEST_F(BitmapCommands, BitcountTakesRangesInBytesAndBits) {
    run("SET k foobar");
    EXPECT_EQ(run("BITCOUNT k"), ":26\r\n");
    EXPECT_EQ(run("BITCOUNT k 0 0"), ":4\r\n");
    EXPECT_EQ(run("BITCOUNT k 1"), ":22\r\n");
    EXPECT_EQ(run("BITCOUNT k 5 30 BIT"), ":17\r\n");
    EXPECT_EQ(run("BITCOUNT k -1 -2"), ":0\r\n");
    EXPECT_EQ(run("BITCOUNT k -9223372036854775808 9223372036854775807 BIT"), ":26\r\n");
    EXPECT_EQ(run("BITCOUNT none 0 1"), ":0\r\n");
    EXPECT_EQ(run("BITCOUNT k 0 1 byte x"), "-ERR syntax error\r\n");
}

TEST_F(BitmapCommands, BitposSeesClearBitsBehindAStringWithoutAnEnd) {
    run("SETBIT k 15 0");
    run("BITFIELD k SET u16 0 65535");
    EXPECT_EQ(run("BITPOS k 0"), ":16\r\n");
    EXPECT_EQ(run("BITPOS k 0 1"), ":16\r\n");
    EXPECT_EQ(run("BITPOS k 0 0 -1"), ":-1\r\n");
    EXPECT_EQ(run("BITPOS k 1 9 -1 BIT"), ":9\r\n");
    EXPECT_EQ(run("BITPOS none 0"), ":0\r\n");
    EXPECT_EQ(run("BITPOS none 1"), ":-1\r\n");
    EXPECT_EQ(run("BITPOS k 2"), "-ERR The bit argument must be 1 or 0.\r\n");
}

TEST_F(BitmapCommands, BitopStoresOrDeletes) {
    run("SET a abc");
    run("SET b 1");
    EXPECT_EQ(run("BITOP OR a a b"), ":3\r\n");
    EXPECT_EQ(run("GET a"), "$3\r\nqbc\r\n");
    EXPECT_EQ(run("BITOP and a none none"), ":0\r\n");
    EXPECT_EQ(run("EXISTS a"), ":0\r\n");
    EXPECT_EQ(run("BITOP NOT a b b"),
              "-ERR BITOP NOT must be called with a single source key.\r\n");
    EXPECT_EQ(run("BITOP DIFF a b"), "-ERR syntax error\r\n");
}

TEST_F(BitmapCommands, BitfieldRunsItsStepsInOrder) {
    EXPECT_EQ(run("BITFIELD k INCRBY i5 100 1 GET u4 0"), "*2\r\n:1\r\n:0\r\n");
    EXPECT_EQ(run("BITFIELD k OVERFLOW FAIL SET u8 #1 300 OVERFLOW SAT SET u8 #1 300 GET u8 #1"),
              "*3\r\n$-1\r\n:0\r\n:255\r\n");
    EXPECT_EQ(run("BITFIELD_RO k GET u8 8"), "*1\r\n:255\r\n");
    EXPECT_EQ(run("BITFIELD_RO k SET u8 8 1"),
              "-ERR BITFIELD_RO only supports the GET subcommand\r\n");
    EXPECT_EQ(run("BITFIELD k"), "*0\r\n");
    EXPECT_EQ(run("BITFIELD k GET u64 0"),
              "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not "
              "supported but i64 is.\r\n");
}

}  // namespace
}  // namespace rota
