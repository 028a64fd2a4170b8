// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

namespace rota {
namespace {

class Transactions : public ServerFixture {};

const std::string kAborted = "-EXECABORT Transaction discarded because of previous errors.\r\n";

TEST_F(Transactions, RunsWhatWasQueuedAsOne) {
    SimPeer other = connect();
    EXPECT_EQ(run("MULTI"), "+OK\r\n");
    EXPECT_EQ(run("SET k 1"), "+QUEUED\r\n");
    EXPECT_EQ(run("INCR k"), "+QUEUED\r\n");
    EXPECT_EQ(run("LPUSH k x"), "+QUEUED\r\n");
    EXPECT_EQ(run(other, "EXISTS k"), ":0\r\n");
    EXPECT_EQ(run("EXEC"),
              "*3\r\n+OK\r\n:2\r\n"
              "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    EXPECT_EQ(run("EXEC"), "-ERR EXEC without MULTI\r\n");
    EXPECT_EQ(run("DISCARD"), "-ERR DISCARD without MULTI\r\n");
}

TEST_F(Transactions, AnErrorWhileQueueingSpoilsAll) {
    for (const char* bad : {"bogus", "SET k", "MULTI", "WATCH k", "CLIENT REPLY ON"}) {
        run("MULTI");
        run("SET k 1");
        EXPECT_EQ(run(bad).substr(0, 5), "-ERR ") << bad;
        EXPECT_EQ(run("EXEC"), kAborted) << bad;
    }
    EXPECT_EQ(run("EXISTS k"), ":0\r\n");
    run("MULTI");
    EXPECT_EQ(run("MULTI"), "-ERR Command 'multi' not allowed inside a transaction\r\n");
    EXPECT_EQ(run("EXEC now"),
              "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' "
              "command\r\n");
    EXPECT_EQ(run("EXEC"), "-ERR EXEC without MULTI\r\n");
}

TEST_F(Transactions, WatchSeesEveryKindOfChange) {
    SimPeer other = connect();
    for (const char* change :
         {"SET k 2", "DEL k", "EXPIRE k 100", "RENAME k j", "MOVE k 1", "FLUSHDB", "FLUSHALL",
          "SWAPDB 0 1", "APPEND k x", "SETRANGE k 1 x", "COPY j k REPLACE"}) {
        run("FLUSHALL");
        run("SET k 1");
        if (Slice(change).starts_with("COPY")) run("SET j 1");
        run("WATCH k other");
        run(other, change);
        run("MULTI");
        run("PING");
        EXPECT_EQ(run("EXEC"), "*-1\r\n") << change;
    }
    run("WATCH none");
    run(other, "FLUSHALL");
    run("MULTI");
    EXPECT_EQ(run("EXEC"), "*0\r\n");
}

TEST_F(Transactions, WatchIsOfOneDatabase) {
    SimPeer other = connect();
    run("WATCH k");
    run(other, "SELECT 1");
    run(other, "SET k 1");
    run("MULTI");
    EXPECT_EQ(run("EXEC"), "*0\r\n");
    run("WATCH k");
    run(other, "SWAPDB 0 1");
    run("MULTI");
    EXPECT_EQ(run("EXEC"), "*-1\r\n");
}

TEST_F(Transactions, AWatchedKeyThatExpiresIsAChange) {
    run("SET k 1 PX 100");
    run("WATCH k");
    run("DEBUG SET-ACTIVE-EXPIRE 0");
    advance_ms(200);
    run("MULTI");
    EXPECT_EQ(run("EXEC"), "*-1\r\n");
    run("SET k 1 PX 100");
    advance_ms(200);
    run("WATCH k");  // has expired already
    run("MULTI");
    EXPECT_EQ(run("EXEC"), "*0\r\n");
}

TEST_F(Transactions, UnwatchDiscardAndResetForget) {
    for (const char* forget : {"UNWATCH", "MULTI DISCARD", "RESET"}) {
        run("WATCH k");
        run("SET k 1");
        if (Slice(forget) == "MULTI DISCARD") {
            run("MULTI");
            run("DISCARD");
        } else {
            run(forget);
        }
        run("MULTI");
        EXPECT_EQ(run("EXEC"), "*0\r\n") << forget;
    }
    run("MULTI");
    EXPECT_EQ(run("RESET"), "+RESET\r\n");
    EXPECT_EQ(run("PING"), "+PONG\r\n");
}

TEST_F(Transactions, NothingInsideBlocks) {
    for (const char* line : {"MULTI", "BLPOP k 0", "BLMOVE k j LEFT LEFT 0", "WAIT 1 0"}) run(line);
    EXPECT_EQ(run("EXEC"), "*3\r\n*-1\r\n$-1\r\n:0\r\n");
}

TEST_F(Transactions, WhoWaitsIsServedBehindAllOfIt) {
    SimPeer waiting = connect();
    run(waiting, "BLPOP k 0");
    for (const char* line : {"MULTI", "RPUSH k a", "RPUSH k b", "LPOP k"}) run(line);
    EXPECT_EQ(run("EXEC"), "*3\r\n:1\r\n:2\r\n$1\r\na\r\n");
    EXPECT_EQ(waiting.take(), "*2\r\n$1\r\nk\r\n$1\r\nb\r\n");
    run(waiting, "BLPOP k 0");
    for (const char* line : {"MULTI", "RPUSH k a", "DEL k"}) run(line);
    run("EXEC");
    EXPECT_EQ(waiting.take(), "");
}

TEST_F(Transactions, ListsTellWhatIsQueuedAndWatched) {
    run("WATCH a b");
    EXPECT_NE(run("CLIENT INFO").find(" multi=0 watch=2 "), std::string::npos);
    run("MULTI");
    run("CLIENT INFO");
    const std::string info = run("EXEC");
    EXPECT_NE(info.find(" flags=x "), std::string::npos);
    EXPECT_NE(info.find(" multi=1 "), std::string::npos);
    EXPECT_NE(info.find(" cmd=exec "), std::string::npos);
}

TEST_F(Transactions, EveryCommandInsideIsCounted) {
    run("CONFIG RESETSTAT");
    for (const char* line : {"MULTI", "SET k x", "INCR k", "EXEC"}) run(line);
    const std::string stats = run("INFO commandstats");
    EXPECT_NE(stats.find("cmdstat_set:calls=1"), std::string::npos);
    EXPECT_NE(stats.find("cmdstat_exec:calls=1"), std::string::npos);
    const size_t incr = stats.find("cmdstat_incr:calls=1");
    ASSERT_NE(incr, std::string::npos);
    EXPECT_NE(stats.find("rejected_calls=0,failed_calls=1", incr), std::string::npos);
}

TEST_F(Transactions, MonitorsSeeTheCommandsBeforeExec) {
    SimPeer monitor = connect();
    run(monitor, "MONITOR");
    for (const char* line : {"MULTI", "PING", "EXEC"}) run(line);
    const std::string seen = monitor.take();
    EXPECT_LT(seen.find("\"MULTI\""), seen.find("\"PING\""));
    EXPECT_LT(seen.find("\"PING\""), seen.find("\"EXEC\""));
}

}  // namespace
}  // namespace rota
