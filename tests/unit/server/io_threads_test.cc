// SPDX-License-Identifier: BSD-3-Clause
// Owner mode: the real server with IO threads that have connections of their own.
#include "server/io_threads.h"

#include <sys/socket.h>

#include <string>

#include "server_fixture.h"
#include "threads_fixture.h"

namespace rota {
namespace {

class OwnerMode : public ThreadsFixture {
protected:
    OwnerMode() { options_.server.io_dispatch = IoDispatch::owner; }

    std::vector<int> connect_many(size_t count) {
        std::vector<int> peers;
        for (size_t i = 0; i < count; ++i) peers.push_back(connect());
        return peers;
    }
    // Sends all at once, as far as the socket takes it, while replies are read.
    std::string converse(int peer, Slice bytes, size_t reply_size) {
        std::string got;
        EXPECT_TRUE(until([&] {
            const ssize_t sent =
                bytes.empty() ? 0 : ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
            return (got += take(peer)).size() >= reply_size;
        })) << got.size();
        return got;
    }
    static std::string numbered_echo(int number) {
        return request("ECHO " + std::to_string(number));
    }
};

TEST_F(OwnerMode, WithManyActiveThreadsTheExecutorPollsNobody) {
    start(4);
    for (const int peer : connect_many(6)) EXPECT_EQ(ask(peer, "SET k v"), "+OK\r\n");
    EXPECT_EQ(info("total_reads_processed"), info("io_threaded_reads_processed"));
    EXPECT_EQ(info("active_io_threads_num"), 4u);
}

TEST_F(OwnerMode, ReadsAreAnsweredByTheThreadThatReceivedThem) {
    start(4);
    const int peer = connect();
    EXPECT_EQ(ask(peer, "SET k v"), "+OK\r\n");
    EXPECT_EQ(ask(peer, "GET k"), "$1\r\nv\r\n");
    EXPECT_EQ(ask(peer, "GET none"), "$-1\r\n");
    EXPECT_EQ(info("io_threaded_commands_processed"), 2u);
    EXPECT_EQ(info("keyspace_hits"), 1u);
    EXPECT_EQ(info("keyspace_misses"), 1u);
}

TEST_F(OwnerMode, AReadBehindAWriteOfTheSameClientSeesIt) {
    start(2);
    const int peer = connect();
    std::string bytes, wanted;
    for (int i = 1000; i < 1500; ++i) {
        bytes += request("SET k " + std::to_string(i)) + request("GET k");
        wanted += "+OK\r\n$4\r\n" + std::to_string(i) + "\r\n";
    }
    EXPECT_EQ(converse(peer, bytes, wanted.size()), wanted);
}

TEST_F(OwnerMode, ThreadsComeAndGoWithoutLosingAClientOrAByte) {
    start(4);
    const std::vector<int> peers = connect_many(8);
    const int control = connect();
    std::vector<std::string> got(peers.size());
    std::string wanted;
    int number = 1000;
    for (const char* threads : {"1", "3", "2", "5", "1", "4"}) {
        for (int i = 0; i < 40; ++i, ++number) {
            const std::string echo = numbered_echo(number);
            for (const int peer : peers)
                EXPECT_EQ(::send(peer, echo.data(), echo.size(), 0),
                          static_cast<ssize_t>(echo.size()));
            wanted += "$4\r\n" + std::to_string(number) + "\r\n";
            if (i != 20) continue;
            EXPECT_EQ(ask(control, "CONFIG SET io-threads " + std::string(threads)), "+OK\r\n");
        }
    }
    for (size_t i = 0; i < peers.size(); ++i)
        EXPECT_TRUE(until([&] { return (got[i] += take(peers[i])).size() >= wanted.size(); }));
    for (const std::string& one : got) EXPECT_EQ(one, wanted);
    EXPECT_EQ(info("connected_clients"), peers.size() + 1);
    EXPECT_TRUE(until([&] { return info("active_io_threads_num") == 4; }));
}

TEST_F(OwnerMode, MessagesForClientsOfOtherThreadsKeepTheirOrder) {
    start(4);
    const std::vector<int> listeners = connect_many(5);
    const int speaker = connect();
    std::string wanted;
    for (const int peer : listeners)
        EXPECT_EQ(ask(peer, "SUBSCRIBE c"), "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    for (int i = 100; i < 400; ++i) {
        EXPECT_EQ(ask(speaker, "PUBLISH c " + std::to_string(i)), ":5\r\n");
        wanted += "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\n" + std::to_string(i) + "\r\n";
    }
    for (const int peer : listeners) EXPECT_EQ(await(peer, wanted.size()), wanted);
}

TEST_F(OwnerMode, AClientThatIsKilledLeavesItsThread) {
    start(4);
    const int victim = connect();
    const int other = connect();
    const std::string id = ask(victim, "CLIENT ID").substr(1);
    EXPECT_EQ(ask(other, "CLIENT KILL ID " + id.substr(0, id.size() - 2)), ":1\r\n");
    EXPECT_TRUE(until([&] { return take(victim).ends_with("end"); }));
    EXPECT_TRUE(until([&] { return info("connected_clients") == 1; }));
}

TEST_F(OwnerMode, WhatClientsHoldIsSummedOverAllThreads) {
    start(4);
    const std::vector<int> peers = connect_many(6);
    const int control = connect();
    EXPECT_EQ(ask(control, "CLIENT NO-EVICT ON"), "+OK\r\n");
    const std::string half = "*2\r\n$4\r\nECHO\r\n$200000\r\n" + std::string(100'000, 'x');
    for (const int peer : peers)
        EXPECT_EQ(::send(peer, half.data(), half.size(), 0), static_cast<ssize_t>(half.size()));
    EXPECT_TRUE(until([&] { return info("mem_clients_normal") >= 600'000; }));
    EXPECT_EQ(info("evicted_clients"), 0u);
    EXPECT_EQ(ask(control, "CONFIG SET maxmemory-clients 300kb"), "+OK\r\n");
    EXPECT_TRUE(until([&] { return info("mem_clients_normal") < 300 << 10; }));
    const uint64_t evicted = info("evicted_clients");
    EXPECT_GE(evicted, 3u);
    EXPECT_LE(evicted, 5u) << "those that ended count as gone at once";
    EXPECT_TRUE(until([&] { return info("connected_clients") == 7 - evicted; }));
}

}  // namespace
}  // namespace rota
