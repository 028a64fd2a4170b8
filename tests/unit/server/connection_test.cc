// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

namespace rota {
namespace {

class Connections : public ServerFixture {};

TEST_F(Connections, PingAndEcho) {
    EXPECT_EQ(run("PING"), "+PONG\r\n");
    EXPECT_EQ(run("PING 'hello there'"), "$11\r\nhello there\r\n");
    EXPECT_EQ(run("ECHO hi"), "$2\r\nhi\r\n");
}

TEST_F(Connections, HelloChangesTheProtocol) {
    EXPECT_EQ(run("HELLO 3").substr(0, 4), "%7\r\n");
    EXPECT_EQ(run("CONFIG GET nosuch"), "%0\r\n");
    EXPECT_EQ(run("HELLO 2").substr(0, 5), "*14\r\n");
    EXPECT_EQ(run("HELLO 4"), "-NOPROTO unsupported protocol version\r\n");
}

TEST_F(Connections, WithAPasswordNothingRunsBeforeAuth) {
    options_.server.requirepass = "secret";
    EXPECT_EQ(run("GET k"), "-NOAUTH Authentication required.\r\n");
    EXPECT_EQ(run("AUTH wrong"),
              "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    EXPECT_EQ(run("AUTH secret"), "+OK\r\n");
    EXPECT_EQ(run("GET k"), "$-1\r\n");
    EXPECT_EQ(run("RESET"), "+RESET\r\n");
    EXPECT_EQ(run("GET k"), "-NOAUTH Authentication required.\r\n");
    EXPECT_EQ(run("HELLO 3 AUTH default secret").substr(0, 2), "%7");
}

TEST_F(Connections, QuitAnswersAndThenCloses) {
    SimPeer peer = connect();
    EXPECT_EQ(send(peer, request("QUIT") + request("PING")), "+OK\r\n");
    EXPECT_TRUE(peer.eof());
}

TEST_F(Connections, ReplyOffIsSilentUntilOn) {
    SimPeer peer = connect();
    EXPECT_EQ(run(peer, "CLIENT REPLY OFF"), "");
    EXPECT_EQ(run(peer, "SET k v"), "");
    EXPECT_EQ(run(peer, "NOSUCH"), "");
    EXPECT_EQ(run(peer, "CLIENT REPLY ON"), "+OK\r\n");
    EXPECT_EQ(run(peer, "GET k"), "$1\r\nv\r\n");
}

TEST_F(Connections, ReplySkipSwallowsOneReply) {
    SimPeer peer = connect();
    EXPECT_EQ(run(peer, "CLIENT REPLY SKIP"), "");
    EXPECT_EQ(run(peer, "PING"), "");
    EXPECT_EQ(run(peer, "PING"), "+PONG\r\n");
}

TEST_F(Connections, APauseHoldsPipelinedRequestsInOrder) {
    SimPeer peer = connect();
    EXPECT_EQ(run("CLIENT PAUSE 500 WRITE"), "+OK\r\n");
    const std::string pipeline =
        request("GET k") + request("SET k 1") + request("INCR k") + request("GET k");
    EXPECT_EQ(send(peer, pipeline), "$-1\r\n");  // reads go on until the first write
    EXPECT_EQ(send(peer, request("INCR k")), "");
    EXPECT_EQ(run("GET k"), "$-1\r\n");
    for (int i = 0; i < 7; ++i) advance_ms(100);
    EXPECT_EQ(peer.take(), "+OK\r\n:2\r\n$1\r\n2\r\n:3\r\n");
}

TEST_F(Connections, UnpauseLetsEverybodyGoOn) {
    SimPeer peer = connect();
    run("CLIENT PAUSE 100000 WRITE");
    EXPECT_EQ(run(peer, "SET k v"), "");
    EXPECT_NE(run("INFO clients").find("blocked_clients:1"), std::string::npos);
    EXPECT_EQ(run("CLIENT UNPAUSE"), "+OK\r\n");
    settle();
    EXPECT_EQ(peer.take(), "+OK\r\n");
}

TEST_F(Connections, KillEndsAnotherClientByItsId) {
    SimPeer victim = connect();
    const std::string id = run(victim, "CLIENT ID").substr(1);
    EXPECT_EQ(run("CLIENT KILL ID " + id.substr(0, id.size() - 2)), ":1\r\n");
    settle();
    EXPECT_TRUE(victim.eof() || victim.error() != 0);
    EXPECT_EQ(run("CLIENT KILL ID 123456"), ":0\r\n");
}

TEST_F(Connections, AClientThatKillsItselfGetsItsReplyFirst) {
    SimPeer peer = connect();
    EXPECT_EQ(run(peer, "CLIENT KILL SKIPME NO TYPE normal"), ":1\r\n");
    EXPECT_TRUE(peer.eof());
}

TEST_F(Connections, KillingTheNextClientOfTheSameTurnIsSafe) {
    SimPeer first = connect();
    SimPeer second = connect();
    first.send(request("CLIENT KILL TYPE normal"));
    second.send(request("SET k v") + request("GET k"));
    settle();
    EXPECT_EQ(first.take(), ":1\r\n");
    EXPECT_EQ(run(first, "PING"), "+PONG\r\n");
}

TEST_F(Connections, ListShowsAndFilters) {
    SimPeer peer = connect();
    run(peer, "CLIENT SETNAME worker");
    run(peer, "CLIENT SETINFO LIB-NAME mylib");
    const std::string all = run("CLIENT LIST");
    EXPECT_NE(all.find("name=worker"), std::string::npos);
    EXPECT_NE(all.find("cmd=client|list"), std::string::npos);
    const std::string some = run("CLIENT LIST NAME worker");
    EXPECT_NE(some.find("lib-name=mylib"), std::string::npos);
    EXPECT_EQ(some.find("cmd=client|list"), std::string::npos);
    EXPECT_EQ(run("CLIENT SETNAME 'two words'"),
              "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
}

TEST_F(Connections, NoTouchLeavesTheIdleTimeAlone) {
    run("SET k v");
    advance_ms(5000);
    run("CLIENT NO-TOUCH ON");
    run("GET k");
    EXPECT_EQ(run("OBJECT IDLETIME k"), ":5\r\n");
    run("CLIENT NO-TOUCH OFF");
    run("GET k");
    EXPECT_EQ(run("OBJECT IDLETIME k"), ":0\r\n");
}

TEST_F(Connections, SelectStaysWithinTheDatabases) {
    EXPECT_EQ(run("SELECT 15"), "+OK\r\n");
    EXPECT_EQ(run("SELECT 16"), "-ERR DB index is out of range\r\n");
    EXPECT_EQ(run("SELECT -1"), "-ERR DB index is out of range\r\n");
}

TEST_F(Connections, MonitorSeesWhatOthersRun) {
    SimPeer watcher = connect();
    EXPECT_EQ(run(watcher, "MONITOR"), "+OK\r\n");
    run("SET k 'a b'");
    const std::string fed = watcher.take();
    EXPECT_NE(fed.find("\"SET\" \"k\" \"a b\"\r\n"), std::string::npos);
    run("AUTH default secret");
    EXPECT_EQ(watcher.take().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace rota
