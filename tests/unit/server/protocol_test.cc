// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

namespace rota {
namespace {

class Protocol : public ServerFixture {};

TEST_F(Protocol, APipelineIsAnsweredInOrder) {
    SimPeer peer = connect();
    std::string requests, replies;
    for (int i = 0; i < 300; ++i) {  // more than one batch
        requests += request("INCR n");
        replies += ":" + std::to_string(i + 1) + "\r\n";
    }
    EXPECT_EQ(send(peer, requests), replies);
}

TEST_F(Protocol, EverySplitOfAPipelineGivesTheSameReplies) {
    const std::string requests = request("SET k 'some value'") + "GET k\r\n" + request("MGET k x") +
                                 "\r\n*0\r\n" + request("PING");
    const std::string replies =
        "+OK\r\n$10\r\nsome value\r\n*2\r\n$10\r\nsome value\r\n$-1\r\n+PONG\r\n";
    for (size_t cut = 1; cut < requests.size(); ++cut) {
        SimPeer peer = connect();
        std::string got = send(peer, Slice(requests).substr(0, cut));
        got += send(peer, Slice(requests).substr(cut));
        EXPECT_EQ(got, replies) << "cut at " << cut;
        peer.close();
    }
}

TEST_F(Protocol, BytesOneByOneAreARequestInTheEnd) {
    SimPeer peer = connect();
    std::string got;
    for (const char byte : request("SET k v") + request("GET k"))
        got += send(peer, Slice(&byte, 1));
    EXPECT_EQ(got, "+OK\r\n$1\r\nv\r\n");
}

TEST_F(Protocol, QuotedInlineRequestsKeepTheirArguments) {
    SimPeer peer = connect();
    EXPECT_EQ(send(peer, "SET k \"two words\"\r\nGET k\r\nSET k 'x y'\r\nGET k\r\n"),
              "+OK\r\n$9\r\ntwo words\r\n+OK\r\n$3\r\nx y\r\n");
}

TEST_F(Protocol, AProtocolErrorAnswersWhatCameBefore) {
    SimPeer peer = connect();
    EXPECT_EQ(send(peer, request("PING") + "*1\r\n!oops\r\n" + request("PING")),
              "+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n");
    EXPECT_TRUE(peer.eof());
}

TEST_F(Protocol, AHalfClosedClientGetsItsReplies) {
    SimPeer peer = connect();
    peer.send(request("SET k v") + request("GET k"));
    peer.half_close();
    settle();
    EXPECT_EQ(peer.take(), "+OK\r\n$1\r\nv\r\n");
    EXPECT_TRUE(peer.eof());
}

TEST_F(Protocol, UnknownCommandsAreNamedWithTheirArguments) {
    EXPECT_EQ(run("NOSUCH a b"),
              "-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' \r\n");
    EXPECT_EQ(run("CLIENT NOSUCH"), "-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.\r\n");
    EXPECT_EQ(run("GET"), "-ERR wrong number of arguments for 'get' command\r\n");
    EXPECT_EQ(run("CONFIG GET"), "-ERR wrong number of arguments for 'config|get' command\r\n");
}

TEST_F(Protocol, LineBreaksInACommandNameForgeNoReply) {
    SimPeer peer = connect();
    const std::string reply = send(peer, "*1\r\n$9\r\nX\r\n+OK\r\nY\r\n");
    EXPECT_EQ(reply.find("\r\n"), reply.size() - 2);
    EXPECT_EQ(reply[0], '-');
}

TEST_F(Protocol, AWebRequestIsCutOff) {
    SimPeer peer = connect();
    EXPECT_EQ(send(peer, "POST / HTTP/1.1\r\nHost: x\r\n\r\n"), "");
    EXPECT_TRUE(peer.eof() || peer.error() != 0);
}

TEST_F(Protocol, BeforeAuthRequestsAreSmall) {
    options_.server.requirepass = "secret";
    SimPeer many = connect();
    EXPECT_EQ(send(many, "*11\r\n"), "-ERR Protocol error: unauthenticated multibulk length\r\n");
    SimPeer large = connect();
    EXPECT_EQ(send(large, "*2\r\n$4\r\nAUTH\r\n$16385\r\n"),
              "-ERR Protocol error: unauthenticated bulk length\r\n");
}

TEST_F(Protocol, RenamedCommandsAnswerToTheirNewNameOnly) {
    start();
    server_->parts().commands.rename("get", "fetch");
    server_->parts().commands.rename("set", "");
    EXPECT_EQ(run("FETCH k"), "$-1\r\n");
    EXPECT_EQ(run("GET k").substr(0, 20), "-ERR unknown command");
    EXPECT_EQ(run("SET k v").substr(0, 20), "-ERR unknown command");
}

TEST_F(Protocol, TheSameRepliesOnABadNetwork) {
    net_.options() = {
        .delay_max_ns = 3'000'000, .piece_max = 7, .partial_sends = true, .window = 50};
    SimPeer peer = connect();
    std::string requests, replies, got;
    for (int i = 0; i < 40; ++i) {
        requests += request("APPEND k 0123456789") + request("GET k");
        const size_t size = static_cast<size_t>(i + 1) * 10;
        replies += ":" + std::to_string(size) + "\r\n$" + std::to_string(size) + "\r\n";
        for (int j = 0; j <= i; ++j) replies += "0123456789";
        replies += "\r\n";
    }
    peer.send(requests);
    for (int i = 0; i < 5000 && got.size() < replies.size(); ++i) {
        settle();
        got += peer.take();
    }
    EXPECT_EQ(got, replies);
}

}  // namespace
}  // namespace rota
