// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

namespace rota {
namespace {

class Blocking : public ServerFixture {
protected:
    std::string id_of(SimPeer& peer) {
        const std::string reply = run(peer, "CLIENT ID");
        return reply.substr(1, reply.size() - 3);
    }
    std::string clients_info(const std::string& field) {
        const std::string info = run("INFO clients");
        const size_t at = info.find(field + ":") + field.size() + 1;
        return info.substr(at, info.find('\r', at) - at);
    }
};

TEST_F(Blocking, WhoCameFirstIsServedFirst) {
    SimPeer first = connect(), second = connect();
    EXPECT_EQ(run(first, "BLPOP a b 0"), "");
    EXPECT_EQ(run(second, "BLPOP b 0"), "");
    EXPECT_EQ(clients_info("blocked_clients"), "2");
    EXPECT_EQ(clients_info("total_blocking_keys"), "2");
    EXPECT_EQ(run("RPUSH b x y z"), ":3\r\n");
    EXPECT_EQ(first.take(), "*2\r\n$1\r\nb\r\n$1\r\nx\r\n");
    EXPECT_EQ(second.take(), "*2\r\n$1\r\nb\r\n$1\r\ny\r\n");
    EXPECT_EQ(run("LRANGE b 0 -1"), "*1\r\n$1\r\nz\r\n");
    EXPECT_EQ(clients_info("blocked_clients"), "0");
    EXPECT_EQ(clients_info("total_blocking_keys"), "0");
}

TEST_F(Blocking, WhatFollowsInThePipelineWaitsToo) {
    SimPeer waiting = connect();
    EXPECT_EQ(send(waiting, request("BLPOP a 0") + request("ECHO later") + request("BLPOP a 0") +
                                request("ECHO last") + "*x\r\n"),
              "");
    run("RPUSH a 1");
    EXPECT_EQ(waiting.take(), "*2\r\n$1\r\na\r\n$1\r\n1\r\n$5\r\nlater\r\n");
    run("RPUSH a 2");
    EXPECT_EQ(waiting.take(),
              "*2\r\n$1\r\na\r\n$1\r\n2\r\n$4\r\nlast\r\n"
              "-ERR Protocol error: invalid multibulk length\r\n");
}

TEST_F(Blocking, ATimeoutMayBeAFractionOfASecond) {
    SimPeer waiting = connect();
    EXPECT_EQ(run(waiting, "BLPOP a 0.2"), "");
    advance_ms(150);
    EXPECT_EQ(waiting.take(), "");
    advance_ms(60);
    EXPECT_EQ(waiting.take(), "*-1\r\n");
    EXPECT_EQ(run(waiting, "BLPOP a -1"), "-ERR timeout is negative\r\n");
    EXPECT_EQ(run(waiting, "BLPOP a x"), "-ERR timeout is not a float or out of range\r\n");
    EXPECT_EQ(run(waiting, "BLPOP a 1e300"), "-ERR timeout is out of range\r\n");
    EXPECT_EQ(run(waiting, "BLPOP a 9223372036854775807"), "-ERR timeout is out of range\r\n");
    EXPECT_EQ(run(waiting, "HELLO 3").substr(0, 1), "%");
    EXPECT_EQ(run(waiting, "BLMOVE a b LEFT LEFT 0.001"), "");
    advance_ms(10);
    EXPECT_EQ(waiting.take(), "_\r\n");
}

TEST_F(Blocking, OnlyAValueOfItsTypeWakes) {
    SimPeer waiting = connect();
    run(waiting, "BLPOP a 0");
    run("SET a string");
    EXPECT_EQ(waiting.take(), "");
    run("DEL a");
    EXPECT_EQ(waiting.take(), "");
    run("RPUSH other 1");
    run("RENAME other a");
    EXPECT_EQ(waiting.take(), "*2\r\n$1\r\na\r\n$1\r\n1\r\n");
}

TEST_F(Blocking, KeysComeFromElsewhere) {
    SimPeer waiting = connect();
    run("RPUSH l 1");
    run(waiting, "BLPOP a 0");
    run("COPY l a");
    EXPECT_EQ(waiting.take(), "*2\r\n$1\r\na\r\n$1\r\n1\r\n");
    run(waiting, "SELECT 1");
    run(waiting, "BLPOP l 0");
    run("MOVE l 1");
    EXPECT_EQ(waiting.take(), "*2\r\n$1\r\nl\r\n$1\r\n1\r\n");
    run(waiting, "BLPOP l 0");
    run("RPUSH l 2");
    run("SWAPDB 0 1");
    EXPECT_EQ(waiting.take(), "*2\r\n$1\r\nl\r\n$1\r\n2\r\n");
}

TEST_F(Blocking, OneWhoIsServedMayServeAnother) {
    SimPeer mover = connect(), popper = connect();
    run(mover, "BLMOVE a b LEFT RIGHT 0");
    run(popper, "BLMPOP 0 2 none b RIGHT COUNT 5");
    run("RPUSH a 1 2");
    EXPECT_EQ(mover.take(), "$1\r\n1\r\n");
    EXPECT_EQ(popper.take(), "*2\r\n$1\r\nb\r\n*1\r\n$1\r\n1\r\n");
    EXPECT_EQ(run("LRANGE a 0 -1"), "*1\r\n$1\r\n2\r\n");
}

TEST_F(Blocking, AWrongDestinationTakesNothing) {
    SimPeer mover = connect();
    run("SET b string");
    run(mover, "BRPOPLPUSH a b 0");
    run("RPUSH a 1");
    EXPECT_EQ(mover.take(),
              "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    EXPECT_EQ(run("LLEN a"), ":1\r\n");
}

TEST_F(Blocking, OthersCanUnblockAndKill) {
    SimPeer waiting = connect();
    const std::string id = id_of(waiting);
    EXPECT_EQ(run("CLIENT UNBLOCK " + id), ":0\r\n");
    run(waiting, "BLPOP a 0");
    EXPECT_NE(run("CLIENT LIST ID " + id).find(" flags=b "), std::string::npos);
    EXPECT_EQ(run("CLIENT UNBLOCK " + id), ":1\r\n");
    EXPECT_EQ(waiting.take(), "*-1\r\n");
    run(waiting, "BLPOP a 0");
    EXPECT_EQ(run("CLIENT UNBLOCK " + id + " ERROR"), ":1\r\n");
    EXPECT_EQ(waiting.take(), "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    run(waiting, "BLPOP a 0");
    EXPECT_EQ(run("CLIENT KILL ID " + id), ":1\r\n");
    settle();
    EXPECT_EQ(clients_info("blocked_clients"), "0");
    EXPECT_EQ(run("RPUSH a 1"), ":1\r\n");
    EXPECT_EQ(run("LLEN a"), ":1\r\n");
}

TEST_F(Blocking, AClientThatLeavesTakesNothingWithIt) {
    SimPeer waiting = connect();
    run(waiting, "BLPOP a 0");
    waiting.close();
    settle();
    EXPECT_EQ(run("RPUSH a 1"), ":1\r\n");
    EXPECT_EQ(run("LLEN a"), ":1\r\n");
}

TEST_F(Blocking, WithoutReplicasWaitWaitsInVain) {
    SimPeer waiting = connect();
    EXPECT_EQ(run(waiting, "WAIT 0 0"), ":0\r\n");
    EXPECT_EQ(run(waiting, "WAIT 1 50"), "");
    advance_ms(60);
    EXPECT_EQ(waiting.take(), ":0\r\n");
}

}  // namespace
}  // namespace rota
