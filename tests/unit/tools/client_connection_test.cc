// SPDX-License-Identifier: BSD-3-Clause
// Against a listener of our own that answers from a script: one connection, one string of bytes.
#include "tools/net/client_connection.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <thread>

namespace rota {
namespace {

// Accepts one client, waits for `expect` bytes, sends `answer` and hangs up.
class ScriptedServer {
public:
    ScriptedServer(size_t expect, std::string answer) {
        listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t len = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), len), 0);
        EXPECT_EQ(::listen(listener_, 1), 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &len);
        target_.port = ntohs(address.sin_port);
        thread_ = std::thread([this, expect, answer = std::move(answer)] {
            const int fd = ::accept(listener_, nullptr, nullptr);
            char chunk[1024];
            while (received_.size() < expect) {
                const ssize_t got = ::recv(fd, chunk, sizeof chunk, 0);
                if (got <= 0) break;
                received_.append(chunk, static_cast<size_t>(got));
            }
            ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
            ::close(fd);
        });
    }
    ~ScriptedServer() {
        if (thread_.joinable()) thread_.join();
        ::close(listener_);
    }
    const ConnectTarget& target() const { return target_; }
    std::string received() {
        thread_.join();
        return received_;
    }

private:
    int listener_ = -1;
    ConnectTarget target_;
    std::string received_;
    std::thread thread_;
};

constexpr Slice kPing = "*1\r\n$4\r\nPING\r\n";

TEST(ClientConnection, SendsRequestsAndReadsReplies) {
    ScriptedServer server(kPing.size(), "+PONG\r\n");
    auto connection = ClientConnection::open(server.target());
    ASSERT_TRUE(connection) << connection.error().message;
    const auto reply = connection->call({"PING"});
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->text, "PONG");
    EXPECT_EQ(server.received(), kPing);
}

TEST(ClientConnection, PushesGoToTheHandler) {
    ScriptedServer server(kPing.size(), ">1\r\n+news\r\n+PONG\r\n");
    auto connection = ClientConnection::open(server.target());
    ASSERT_TRUE(connection);
    std::string seen;
    connection->on_push([&](const ReplyValue& push) { seen = push.elements[0].text; });
    EXPECT_EQ(connection->call({"PING"})->text, "PONG");
    EXPECT_EQ(seen, "news");
}

TEST(ClientConnection, PipelinedRepliesComeInOrder) {
    ScriptedServer server(2 * kPing.size(), ":1\r\n:2\r\n");
    auto connection = ClientConnection::open(server.target());
    ASSERT_TRUE(connection);
    connection->queue({"PING"});
    connection->queue({"PING"});
    ASSERT_TRUE(connection->flush());
    EXPECT_EQ(connection->read_reply()->integer, 1);
    EXPECT_EQ(connection->read_reply()->integer, 2);
}

TEST(ClientConnection, AHangUpIsAnError) {
    ScriptedServer server(kPing.size(), "$10\r\nhalf");
    auto connection = ClientConnection::open(server.target());
    ASSERT_TRUE(connection);
    const auto reply = connection->call({"PING"});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ECONNRESET);
}

TEST(ClientConnection, GarbageIsAProtocolError) {
    ScriptedServer server(kPing.size(), "HTTP/1.1 400 Bad Request\r\n\r\n");
    auto connection = ClientConnection::open(server.target());
    ASSERT_TRUE(connection);
    const auto reply = connection->call({"PING"});
    ASSERT_FALSE(reply);
    EXPECT_TRUE(reply.error().message.starts_with("Protocol error")) << reply.error().message;
}

TEST(ClientConnection, ARefusedLoginIsAnError) {
    ScriptedServer server(1, "-WRONGPASS no\r\n");
    auto connection = ClientConnection::open(server.target());
    ASSERT_TRUE(connection);
    const Result<> done = connection->login({.user = "u", .password = "p"});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "AUTH failed: WRONGPASS no");
}

TEST(ClientConnection, LoginSaysOnlyWhatIsNeeded) {
    const std::string wanted = "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n9\r\n";
    // Both answers at once: they are read one by one.
    ScriptedServer server(1, "%0\r\n+OK\r\n");
    auto connection = ClientConnection::open(server.target());
    ASSERT_TRUE(connection);
    EXPECT_TRUE(connection->login({.resp = 3, .db = 9}));
    EXPECT_TRUE(wanted.starts_with(server.received()));
}

TEST(ClientConnection, NobodyThereIsAnErrorWithTheReason) {
    ConnectTarget target;
    {
        ScriptedServer server(0, "");
        target = server.target();
        ASSERT_TRUE(ClientConnection::open(target));
    }
    const auto connection = ClientConnection::open(target);
    ASSERT_FALSE(connection);
    EXPECT_EQ(connection.error().code, ECONNREFUSED);
    ConnectTarget unix_target;
    unix_target.unix_path = "/nonexistent/rota.sock";
    EXPECT_EQ(ClientConnection::open(unix_target).error().code, ENOENT);
}

}  // namespace
}  // namespace rota
