// SPDX-License-Identifier: BSD-3-Clause
// maxmemory as clients see it.
#include <thread>

#include "server_fixture.h"

namespace rota {
namespace {

constexpr Slice kRefused = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";

class Eviction : public ServerFixture {
protected:
    int64_t info(const std::string& field) {
        const std::string all = run("INFO all");
        const size_t at = all.find("\n" + field + ":");
        return at == std::string::npos ? -1 : std::stoll(all.substr(at + field.size() + 2));
    }
    // So much room is left above what is in use now.
    void limit(int64_t room) {
        run("CONFIG SET maxmemory " + std::to_string(info("used_memory") + room));
    }
    void fill(const std::string& prefix, int keys, const std::string& rest = "") {
        const std::string value(1000, 'x');
        for (int i = 0; i < keys; ++i)
            EXPECT_EQ(run("SET " + prefix + std::to_string(i) + " " + value + rest), "+OK\r\n");
    }
};

TEST_F(Eviction, KeysGoSoThatWhatIsInUseStaysBelowTheLimit) {
    run("CONFIG SET maxmemory-policy allkeys-lru");
    fill("old", 10);
    limit(200'000);
    const int64_t maximum = info("maxmemory");
    fill("k", 1000);
    EXPECT_LE(info("used_memory"), maximum + 50'000);  // the replies and the last key
    EXPECT_GE(info("used_memory"), maximum - 100'000) << "no more goes than has to";
    const int64_t evicted = info("evicted_keys");
    EXPECT_GT(evicted, 600);
    EXPECT_EQ(run("DBSIZE"), ":" + std::to_string(1010 - evicted) + "\r\n");
}

TEST_F(Eviction, WhereNothingMayGoWritesAreRefused) {
    run("SET k v");
    run("CONFIG SET maxmemory-policy volatile-lru");
    run("CONFIG SET maxmemory 1");
    EXPECT_EQ(run("SET k w"), kRefused);
    EXPECT_EQ(run("GET k"), "$1\r\nv\r\n");
    EXPECT_EQ(run("DEL k"), ":1\r\n");
    EXPECT_EQ(run("RPUSH l x"), kRefused);
}

TEST_F(Eviction, InATransactionNothingThatNeedsMemoryIsQueuedAndExecIsRefusedAsAWhole) {
    SimPeer other = connect();
    run("MULTI");
    EXPECT_EQ(run("SET k v"), "+QUEUED\r\n");
    run(other, "CONFIG SET maxmemory 1");
    EXPECT_EQ(run("GET k"), "+QUEUED\r\n");
    EXPECT_EQ(run("EXEC"),
              "-EXECABORT Transaction discarded because of: OOM command not allowed "
              "when used memory > 'maxmemory'.\r\n");
    EXPECT_EQ(run("EXISTS k"), ":0\r\n");
    run("MULTI");
    EXPECT_EQ(run("SET k v"), kRefused);
    EXPECT_EQ(run("EXEC"), "-EXECABORT Transaction discarded because of previous errors.\r\n");
    run("MULTI");
    EXPECT_EQ(run("DISCARD"), "+OK\r\n");
    EXPECT_EQ(run("MULTI"), "+OK\r\n");
    EXPECT_EQ(run("EXEC"), "*0\r\n");
}

TEST_F(Eviction, WhileClientsArePausedNothingIsEvictedAndNothingRefused) {
    run("CONFIG SET maxmemory-policy allkeys-random");
    fill("k", 10);
    SimPeer other = connect();
    run(other, "CLIENT PAUSE 1000 WRITE");
    run(other, "CONFIG SET maxmemory 1");
    EXPECT_EQ(run(other, "DBSIZE"), ":10\r\n");
    run(other, "CLIENT UNPAUSE");
    EXPECT_EQ(run(other, "DBSIZE"), ":0\r\n");
}

TEST_F(Eviction, IsToldToThoseWhoListen) {
    run("CONFIG SET maxmemory-policy allkeys-lru");
    run("CONFIG SET notify-keyspace-events Ee");
    run("SET k v");
    SimPeer listener = connect();
    run(listener, "SUBSCRIBE __keyevent@0__:evicted");
    run("CONFIG SET maxmemory 1");
    EXPECT_EQ(listener.take(),
              "*3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:evicted\r\n$1\r\nk\r\n");
}

TEST_F(Eviction, ALimitThatIsSetLowerIsReachedWithoutAnyCommand) {
    run("CONFIG SET maxmemory-policy allkeys-lru");
    fill("k", 100);
    run("CONFIG SET maxmemory 1");
    EXPECT_EQ(run("DBSIZE"), ":0\r\n");
    EXPECT_EQ(info("evicted_keys"), 100);
}

TEST_F(Eviction, HowLongTheLimitIsExceededIsCounted) {
    EXPECT_EQ(info("current_eviction_exceeded_time"), 0);
    run("CONFIG SET maxmemory 1");
    run("PING");
    advance_ms(300);
    EXPECT_EQ(info("current_eviction_exceeded_time"), 300);
    EXPECT_EQ(info("total_eviction_exceeded_time"), 300);
    run("CONFIG SET maxmemory 0");
    run("PING");
    advance_ms(50);
    EXPECT_EQ(info("current_eviction_exceeded_time"), 0);
    EXPECT_EQ(info("total_eviction_exceeded_time"), 300);
}

TEST_F(Eviction, ADeletedBigValueMakesRoomBeforeItsMemoryIsBack) {
    run("CONFIG SET maxmemory-policy allkeys-lru");
    for (int i = 0; i < 100; ++i) {
        std::string line = "SADD big";
        for (int member = 0; member < 100; ++member)
            line += " member:" + std::to_string(100 * i + member);
        run(line);
    }
    fill("k", 50);
    limit(30'000);
    server_->parts().keyspace.lazy_free().set_paused(true);
    EXPECT_EQ(run("UNLINK big"), ":1\r\n");
    EXPECT_EQ(info("lazyfree_pending_objects"), 1);
    fill("more", 40);
    EXPECT_EQ(info("evicted_keys"), 0);
    EXPECT_EQ(run("DBSIZE"), ":90\r\n");
    server_->parts().keyspace.lazy_free().set_paused(false);
    while (server_->parts().keyspace.pending_free() > 0) std::this_thread::yield();
    EXPECT_EQ(info("lazyfreed_objects"), 1);
    run("CONFIG RESETSTAT");
    EXPECT_EQ(info("lazyfreed_objects"), 0);
}

// Who frees faster than memory comes back must not take the machine's.
TEST_F(Eviction, WhatIsOnItsWayExcusesAnEighthOfTheLimit) {
    run("CONFIG SET maxmemory-policy noeviction");
    std::string line = "SADD big";
    for (int member = 0; member < 5000; ++member) line += " member:" + std::to_string(member);
    run(line);
    const int64_t used = info("used_memory");
    server_->parts().keyspace.lazy_free().set_paused(true);
    run("UNLINK big");
    run("CONFIG SET maxmemory " + std::to_string(used / 2));
    EXPECT_EQ(run("SET k v"), kRefused);
    run("CONFIG SET maxmemory " + std::to_string(used - used / 100));
    EXPECT_EQ(run("SET k v"), "+OK\r\n");
}

TEST_F(Eviction, TheDirectivesSayWhatIsFreedLazily) {
    const auto big = [&] {
        std::string line = "SADD k";
        for (int member = 0; member < 1000; ++member) line += " member:" + std::to_string(member);
        run(line);
    };
    big();
    server_->parts().keyspace.lazy_free().set_paused(true);
    run("CONFIG SET lazyfree-lazy-user-del no");
    run("DEL k");
    EXPECT_EQ(info("lazyfree_pending_objects"), 0);
    big();
    run("UNLINK k");
    EXPECT_EQ(info("lazyfree_pending_objects"), 1);
    run("CONFIG SET lazyfree-lazy-user-del yes");
    big();
    run("DEL k");
    EXPECT_EQ(info("lazyfree_pending_objects"), 2);
    run("CONFIG SET lazyfree-lazy-server-del no");
    big();
    run("SET k v");
    EXPECT_EQ(info("lazyfree_pending_objects"), 2);
    run("CONFIG SET lazyfree-lazy-server-del yes");
    run("DEL k");
    big();
    run("SET k v");
    EXPECT_EQ(info("lazyfree_pending_objects"), 3);
    run("CONFIG SET lazyfree-lazy-user-flush no");
    run("DEL k");
    big();
    run("FLUSHALL");
    EXPECT_EQ(info("lazyfree_pending_objects"), 3);
    big();
    run("FLUSHALL ASYNC");
    for (int i = 0; i < 5; ++i) settle();
    EXPECT_EQ(info("lazyfree_pending_objects"), 4);
}

}  // namespace
}  // namespace rota
