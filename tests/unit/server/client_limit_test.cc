// SPDX-License-Identifier: BSD-3-Clause
#include "server/client_limit.h"

#include <algorithm>

#include "server_fixture.h"

namespace rota {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

class ClientLimits : public testing::Test {
protected:
    Client& add(uint64_t io_bytes) {
        Client& client = clients_.create();
        client.io.query_capacity = io_bytes;
        io_bytes_ += io_bytes;
        limit_.count(client);
        return client;
    }
    std::vector<Client*> choose() { return limit_.choose(io_bytes_); }

    ClientOptions options_;
    StoreOptions store_;
    ClientRegistry clients_;
    ClientLimit limit_{options_, store_, clients_};
    uint64_t io_bytes_ = 0;
};

TEST_F(ClientLimits, ThereIsNoneUnlessAskedFor) {
    add(uint64_t{1} << 40);
    EXPECT_FALSE(limit_.is_on());
    EXPECT_TRUE(choose().empty());
}

TEST_F(ClientLimits, IsAShareOfMaxmemoryAndNeverTooLittleToWorkWith) {
    options_.maxmemory_clients = -5;
    EXPECT_EQ(limit_.bytes(), 0u);
    store_.maxmemory = 100 * kMegabyte;
    EXPECT_EQ(limit_.bytes(), 5u * kMegabyte);
    store_.maxmemory = 1000;
    EXPECT_EQ(limit_.bytes(), 128u << 10);
    options_.maxmemory_clients = 1;
    EXPECT_EQ(limit_.bytes(), 128u << 10);
}

TEST_F(ClientLimits, TheLargestGoUntilTheRestIsWithinIt) {
    options_.maxmemory_clients = 10 * kMegabyte;
    add(1 * kMegabyte);
    Client& large = add(6 * kMegabyte);
    add(2 * kMegabyte);
    Client& larger = add(7 * kMegabyte);
    add(3 * kMegabyte);
    EXPECT_EQ(choose(), (std::vector<Client*>{&larger, &large}));
}

TEST_F(ClientLimits, WhoIsExemptStaysAndCounts) {
    options_.maxmemory_clients = 10 * kMegabyte;
    add(9 * kMegabyte).no_evict = true;
    Client& small = add(2 * kMegabyte);
    add(kMegabyte / 2);
    EXPECT_EQ(choose(), std::vector<Client*>{&small});
}

TEST_F(ClientLimits, ReplicasAreNotMeant) {
    options_.maxmemory_clients = 10 * kMegabyte;
    add(90 * kMegabyte).type = ClientType::replica;
    add(90 * kMegabyte).type = ClientType::primary;
    add(9 * kMegabyte).type = ClientType::pubsub;
    EXPECT_TRUE(choose().empty());
}

TEST_F(ClientLimits, WhatEndingClientsStillHoldEndsNobodyElse) {
    options_.maxmemory_clients = 10 * kMegabyte;
    Client& ending = add(9 * kMegabyte);
    add(4 * kMegabyte);
    ASSERT_EQ(choose(), std::vector<Client*>{&ending});
    ending.closing = true;
    limit_.forget(ending);
    ending.io.query_capacity = 90 * kMegabyte;  // its IO thread has not heard yet
    io_bytes_ += 81 * kMegabyte;
    EXPECT_TRUE(choose().empty());
}

TEST_F(ClientLimits, ExecutorHalvesCountToo) {
    options_.maxmemory_clients = 10 * kMegabyte;
    add(0);
    Client& waiting = add(0);
    waiting.held.extend(11 * kMegabyte);
    EXPECT_TRUE(choose().empty());  // nobody has said that it changed
    limit_.count(waiting);
    EXPECT_EQ(choose(), std::vector<Client*>{&waiting});
    waiting.held.release();
    limit_.count(waiting);
    EXPECT_TRUE(choose().empty());
}

TEST_F(ClientLimits, WithNobodyLeftToEndItLooksAgainOnlyFromCron) {
    options_.maxmemory_clients = 10 * kMegabyte;
    add(20 * kMegabyte).no_evict = true;
    EXPECT_TRUE(choose().empty());
    Client& late = add(kMegabyte);
    EXPECT_TRUE(choose().empty());
    limit_.tend();
    EXPECT_EQ(choose(), std::vector<Client*>{&late});
}

// ---- The whole server

class ClientEviction : public ServerFixture {
protected:
    // Sends the beginning of a request that it never ends.
    void hold(SimPeer& peer, size_t bytes) {
        peer.send("*2\r\n$4\r\nECHO\r\n$100000000\r\n");
        for (constexpr size_t kChunk = 100'000; bytes > 0; bytes -= std::min(bytes, kChunk)) {
            peer.send(std::string(std::min(bytes, kChunk), 'x'));
            settle();
        }
    }
    static bool has_ended(SimPeer& peer) { return peer.eof() || peer.error() != 0; }
    bool info_says(const std::string& line) {
        return run("INFO").find(line + "\r\n") != std::string::npos;
    }
};

TEST_F(ClientEviction, EndsWhoHoldsMostAndCountsIt) {
    run("CONFIG SET maxmemory-clients 3mb");
    SimPeer small = connect(), large = connect();
    hold(small, 600'000);
    hold(large, 900'000);
    EXPECT_FALSE(has_ended(large));
    hold(large, 3 * kMegabyte);
    EXPECT_TRUE(has_ended(large));
    EXPECT_FALSE(has_ended(small));
    EXPECT_TRUE(info_says("evicted_clients:1"));
}

TEST_F(ClientEviction, EndsWhoDoesNotReadItsReplies) {
    run("CONFIG SET maxmemory-clients 2mb");
    run("SET big " + std::string(100'000, 'x'));
    SimPeer deaf = connect();
    for (int i = 0; i < 60; ++i) {
        deaf.send(request("GET big"));
        settle();
    }
    EXPECT_TRUE(info_says("evicted_clients:1"));
}

TEST_F(ClientEviction, EndsWhoQueuesTooMuch) {
    run("CONFIG SET maxmemory-clients 2mb");
    SimPeer hoarder = connect();
    run(hoarder, "MULTI");
    for (int i = 0; i < 40 && !has_ended(hoarder); ++i)
        run(hoarder, "SET key " + std::string(100'000, 'x'));
    EXPECT_TRUE(has_ended(hoarder));
    EXPECT_TRUE(info_says("evicted_clients:1"));
}

TEST_F(ClientEviction, LeavesAloneWhoAskedForIt) {
    SimPeer exempt = connect();
    EXPECT_EQ(run(exempt, "CLIENT NO-EVICT ON"), "+OK\r\n");
    hold(exempt, 4 * kMegabyte);
    run("CLIENT NO-EVICT ON");
    run("CONFIG SET maxmemory-clients 2mb");
    settle();
    EXPECT_FALSE(has_ended(exempt));
    EXPECT_TRUE(info_says("evicted_clients:0"));
}

TEST_F(ClientEviction, ALimitSetLaterFindsWhatWasThereBefore) {
    SimPeer holder = connect();
    hold(holder, 4 * kMegabyte);
    run("CONFIG SET maxmemory-clients 2mb");
    settle();
    EXPECT_TRUE(has_ended(holder));
}

TEST_F(ClientEviction, FollowsMaxmemoryWhereItIsAShare) {
    SimPeer holder = connect();
    hold(holder, 4 * kMegabyte);
    run("CONFIG SET maxmemory-clients 10%");
    settle();
    EXPECT_FALSE(has_ended(holder));
    run("CONFIG SET maxmemory 20mb");
    settle();
    EXPECT_TRUE(has_ended(holder));
}

}  // namespace
}  // namespace rota
