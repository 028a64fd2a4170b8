// SPDX-License-Identifier: BSD-3-Clause
#include <vector>

#include "server_fixture.h"

namespace rota {
namespace {

class Limits : public ServerFixture {};

TEST_F(Limits, BeyondMaxclientsAConnectionIsRefusedWithAReason) {
    options_.client.maxclients = 2;
    SimPeer first = connect(), second = connect(), third = connect();
    EXPECT_EQ(run(first, "PING"), "+PONG\r\n");
    EXPECT_TRUE(third.eof() || third.error() != 0);
    first.close();
    settle();
    SimPeer fourth = connect();
    EXPECT_EQ(run(fourth, "PING"), "+PONG\r\n");
}

TEST_F(Limits, ChangedAcceptPacingHoldsForListenersThatAreOpen) {
    run("CONFIG SET max-new-connections-per-cycle 1");
    std::vector<SimPeer> peers;
    for (int i = 0; i < 3; ++i) peers.push_back(net_.dial(Endpoint::tcp("10.0.0.1", 6379)));
    net_.step();
    const size_t before = server_->parts().clients.size();
    server_->turn(0);
    EXPECT_EQ(server_->parts().clients.size(), before + 1);
    server_->turn(0);
    EXPECT_EQ(server_->parts().clients.size(), before + 2);
}

TEST_F(Limits, IdleClientsAreClosedAfterTimeout) {
    options_.client.timeout = 10;
    SimPeer idle = connect();
    SimPeer busy = connect();
    for (int i = 0; i < 4; ++i) {
        advance_ms(4000);
        EXPECT_EQ(run(busy, "PING"), "+PONG\r\n");
    }
    EXPECT_TRUE(idle.eof() || idle.error() != 0);
}

TEST_F(Limits, AClientThatDoesNotReadIsClosedAtTheHardLimit) {
    options_.client.client_output_buffer_limit[0] = {.hard_bytes = 200'000};
    run("SET big " + std::string(50'000, 'x'));
    SimPeer deaf = connect();
    for (int i = 0; i < 20; ++i) {
        deaf.send(request("GET big"));
        settle();
    }
    EXPECT_NE(run("INFO stats").find("client_output_buffer_limit_disconnections:1"),
              std::string::npos);
}

TEST_F(Limits, TheSoftLimitGivesTime) {
    options_.client.client_output_buffer_limit[0] = {.soft_bytes = 100'000, .soft_seconds = 5};
    run("SET big " + std::string(50'000, 'x'));
    SimPeer deaf = connect();
    for (int i = 0; i < 10; ++i) {
        deaf.send(request("GET big"));
        settle();
    }
    EXPECT_NE(run("INFO stats").find("client_output_buffer_limit_disconnections:0"),
              std::string::npos);
    for (int i = 0; i < 8; ++i) advance_ms(1000);
    EXPECT_NE(run("INFO stats").find("client_output_buffer_limit_disconnections:1"),
              std::string::npos);
}

TEST_F(Limits, AnEndlessRequestIsCutAtTheQueryBufferLimit) {
    options_.client.client_query_buffer_limit = 1 << 20;
    SimPeer peer = connect();
    peer.send("*2\r\n$3\r\nGET\r\n$100000000\r\n");
    for (int i = 0; i < 40; ++i) {
        peer.send(std::string(60'000, 'x'));
        settle();
    }
    EXPECT_TRUE(peer.eof() || peer.error() != 0);
    EXPECT_NE(run("INFO stats").find("client_query_buffer_limit_disconnections:1"),
              std::string::npos);
}

TEST_F(Limits, AboveMaxmemoryOnlyWritesThatNeedMemoryAreRefused) {
    run("SET k v");
    run("CONFIG SET maxmemory 1");
    EXPECT_EQ(run("SET k w"), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    EXPECT_EQ(run("GET k"), "$1\r\nv\r\n");
    EXPECT_EQ(run("DEL k"), ":1\r\n");
    run("CONFIG SET maxmemory 0");
    EXPECT_EQ(run("SET k w"), "+OK\r\n");
}

}  // namespace
}  // namespace rota
