// SPDX-License-Identifier: BSD-3-Clause
#include <set>

#include "platform/text.h"
#include "proto/reply_parser.h"
#include "server_fixture.h"

namespace rota {
namespace {

class KeyCommands : public ServerFixture {};

TEST_F(KeyCommands, DelUnlinkExistsAndTouchCount) {
    run("MSET a 1 b 2 c 3");
    EXPECT_EQ(run("EXISTS a a nosuch b"), ":3\r\n");
    EXPECT_EQ(run("TOUCH a b nosuch"), ":2\r\n");
    EXPECT_EQ(run("DEL a nosuch"), ":1\r\n");
    EXPECT_EQ(run("UNLINK b c b"), ":2\r\n");
    EXPECT_EQ(run("DBSIZE"), ":0\r\n");
}

TEST_F(KeyCommands, TypeNamesWhatIsThere) {
    run("SET k v");
    EXPECT_EQ(run("TYPE k"), "+string\r\n");
    EXPECT_EQ(run("TYPE nosuch"), "+none\r\n");
}

TEST_F(KeyCommands, RenameMovesValueAndExpiry) {
    run("SET a v EX 100");
    run("SET b old");
    EXPECT_EQ(run("RENAME a b"), "+OK\r\n");
    EXPECT_EQ(run("GET b"), "$1\r\nv\r\n");
    EXPECT_EQ(run("TTL b"), ":100\r\n");
    EXPECT_EQ(run("EXISTS a"), ":0\r\n");
    EXPECT_EQ(run("RENAME a b"), "-ERR no such key\r\n");
}

TEST_F(KeyCommands, RenameToItselfChangesNothing) {
    run("SET a v");
    EXPECT_EQ(run("RENAME a a"), "+OK\r\n");
    EXPECT_EQ(run("RENAMENX a a"), ":0\r\n");
    EXPECT_EQ(run("GET a"), "$1\r\nv\r\n");
}

TEST_F(KeyCommands, CopyNeedsReplaceToOverwrite) {
    run("MSET a 1 b 2");
    EXPECT_EQ(run("COPY a b"), ":0\r\n");
    EXPECT_EQ(run("COPY a b REPLACE"), ":1\r\n");
    EXPECT_EQ(run("COPY a a"), "-ERR source and destination objects are the same\r\n");
    EXPECT_EQ(run("COPY a a DB 1"), ":1\r\n");
    EXPECT_EQ(run("COPY a a DB 99"), "-ERR DB index is out of range\r\n");
}

TEST_F(KeyCommands, MoveTakesAKeyToAnotherDatabase) {
    run("SET k v");
    EXPECT_EQ(run("MOVE k 3"), ":1\r\n");
    EXPECT_EQ(run("MOVE k 3"), ":0\r\n");
    run("SELECT 3");
    EXPECT_EQ(run("GET k"), "$1\r\nv\r\n");
}

TEST_F(KeyCommands, SwapdbExchangesTwoDatabases) {
    run("SET k zero");
    EXPECT_EQ(run("SWAPDB 0 1"), "+OK\r\n");
    EXPECT_EQ(run("EXISTS k"), ":0\r\n");
    run("SELECT 1");
    EXPECT_EQ(run("GET k"), "$4\r\nzero\r\n");
    EXPECT_EQ(run("SWAPDB 0 99"), "-ERR DB index is out of range\r\n");
}

TEST_F(KeyCommands, FlushdbLeavesOtherDatabasesAlone) {
    run("SET a 1");
    run("SELECT 1");
    run("SET b 1");
    EXPECT_EQ(run("FLUSHDB SYNC"), "+OK\r\n");
    EXPECT_EQ(run("DBSIZE"), ":0\r\n");
    run("SELECT 0");
    EXPECT_EQ(run("DBSIZE"), ":1\r\n");
    EXPECT_EQ(run("FLUSHALL ASYNC"), "+OK\r\n");
    EXPECT_EQ(run("DBSIZE"), ":0\r\n");
    EXPECT_EQ(run("FLUSHALL NOW"), "-ERR syntax error\r\n");
}

TEST_F(KeyCommands, KeysMatchesGlobs) {
    run("MSET one 1 two 2 three 3");
    EXPECT_EQ(run("KEYS o?e"), "*1\r\n$3\r\none\r\n");
    EXPECT_EQ(run("KEYS [^a-z]*"), "*0\r\n");
}

TEST_F(KeyCommands, RandomkeyReturnsAKeyOrNull) {
    EXPECT_EQ(run("RANDOMKEY"), "$-1\r\n");
    run("SET only 1");
    EXPECT_EQ(run("RANDOMKEY"), "$4\r\nonly\r\n");
}

// Every key that is there all the time is seen, however the table is resized meanwhile.
TEST_F(KeyCommands, ScanSeesEveryKeyWhileTheTableGrowsAndShrinks) {
    constexpr int kStaying = 500;
    for (int i = 0; i < kStaying; ++i) run("SET stay:" + std::to_string(i) + " v");
    std::set<std::string> seen;
    std::string cursor = "0";
    int step = 0;
    do {
        ReplyParser parser;
        const std::string wire = run("SCAN " + cursor + " COUNT 20 MATCH stay:*");
        ASSERT_EQ(parser.parse(wire), ParseStatus::complete);
        const ReplyValue reply = parser.take();
        cursor = reply.elements[0].text;
        for (const ReplyValue& key : reply.elements[1].elements) seen.insert(key.text);
        for (int i = 0; i < 40; ++i) {
            const std::string other = "other:" + std::to_string(step * 40 + i);
            run(step < 20 ? "SET " + other + " v"
                          : "DEL other:" + std::to_string((step - 20) * 40 + i));
        }
        ASSERT_LT(++step, 1000);
    } while (cursor != "0");
    EXPECT_EQ(seen.size(), static_cast<size_t>(kStaying));
}

TEST_F(KeyCommands, ScanRefusesBadCursorsAndCounts) {
    EXPECT_EQ(run("SCAN x"), "-ERR invalid cursor\r\n");
    EXPECT_EQ(run("SCAN 0 COUNT 0"), "-ERR syntax error\r\n");
    EXPECT_EQ(run("SCAN 0 COUNT x"), "-ERR value is not an integer or out of range\r\n");
    EXPECT_EQ(run("SCAN 0 TYPE nosuch"), "-ERR unknown type name 'nosuch'\r\n");
}

}  // namespace
}  // namespace rota
