// SPDX-License-Identifier: BSD-3-Clause
// What every transport over kernel sockets must do besides.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "harness.h"
#include "transports/transports.h"

namespace rota {
namespace {

std::vector<std::string> kernel_transports() {
    std::vector<std::string> all;
    for (const TransportRow& row : built_transports())
        if (Slice(row.name) == "epoll" || Slice(row.name) == "io_uring") all.emplace_back(row.name);
    return all;
}

class Kernel : public testing::TestWithParam<std::string> {
protected:
    int option(int fd, int level, int name) {
        int value = -1;
        socklen_t length = sizeof value;
        EXPECT_EQ(::getsockopt(fd, level, name, &value, &length), 0);
        return value;
    }

    std::unique_ptr<World> world_ = World::create(GetParam());
};

TEST_P(Kernel, AcceptedSocketsAreQuickAndKeptAlive) {
    Host host(*world_);
    ListenOptions options;
    options.keepalive_s = 30;
    const auto peer = world_->dial(host.listen(Endpoint::tcp("127.0.0.1", 0), options));
    const Host::Conn* conn = host.accepted();
    ASSERT_NE(conn, nullptr);
    const int fd = host->descriptor(conn->id);
    EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
    EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 10);
    EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

TEST_P(Kernel, KeepaliveOffIsOff) {
    Host host(*world_);
    ListenOptions options;
    options.keepalive_s = 0;
    const auto peer = world_->dial(host.listen(Endpoint::tcp("127.0.0.1", 0), options));
    const Host::Conn* conn = host.accepted();
    ASSERT_NE(conn, nullptr);
    EXPECT_EQ(option(host->descriptor(conn->id), SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST_P(Kernel, ChangedKeepaliveHoldsForLaterConnections) {
    Host host(*world_);
    ListenOptions options;
    options.keepalive_s = 30;
    const auto listener = host->listen(Endpoint::tcp("127.0.0.1", 0), options);
    ASSERT_TRUE(listener);
    const Endpoint where = host->local_endpoint(*listener);
    for (const int keepalive_s : {600, 0, 60}) {
        options.keepalive_s = keepalive_s;
        host->update_listener(*listener, options);
        const auto peer = world_->dial(where);
        const Host::Conn* conn = host.accepted();
        ASSERT_NE(conn, nullptr);
        const int fd = host->descriptor(conn->id);
        EXPECT_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), keepalive_s != 0);
        if (keepalive_s != 0) {
            EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), keepalive_s);
        }
        EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    }
}

TEST_P(Kernel, ListensOnAnyAddress) {
    Host host(*world_);
    const Endpoint where = host.listen(Endpoint::tcp("*", 0));
    EXPECT_EQ(where.host, "0.0.0.0");
    const auto peer = world_->dial(Endpoint::tcp("127.0.0.1", where.port));
    EXPECT_NE(host.accepted(), nullptr);
    const Result<ListenerId> six = host->listen(Endpoint::tcp("::*", where.port), {});
    if (!six) GTEST_SKIP() << "no IPv6 here: " << six.error().message;
    EXPECT_EQ(host->local_endpoint(*six), Endpoint::tcp("::", where.port));
}

TEST_P(Kernel, AnAddressThatIsNotHereSaysSo) {
    Host host(*world_);
    Endpoint missing = Endpoint::tcp("192.0.2.1", 0);
    missing.optional = true;
    const Result<ListenerId> listener = host->listen(missing, {});
    ASSERT_FALSE(listener);
    EXPECT_EQ(listener.error().code, EADDRNOTAVAIL);
    EXPECT_EQ(listener.error().message, "bind: Cannot assign requested address");
}

TEST_P(Kernel, ServesMptcpWhereTheKernelKnowsIt) {
    Host host(*world_);
    host.echo_all = true;
    ListenOptions options;
    options.mptcp = true;
    const Result<ListenerId> listener = host->listen(Endpoint::tcp("127.0.0.1", 0), options);
    if (!listener) GTEST_SKIP() << "no MPTCP here: " << listener.error().message;
    const auto peer = world_->dial(host->local_endpoint(*listener));
    ASSERT_NE(host.accepted(), nullptr);
    const std::string bytes = pattern(300'000);
    EXPECT_EQ(converse(host, *peer, bytes, 5000, bytes.size()), bytes);
}

TEST_P(Kernel, AUnixSocketReplacesAStaleOneAndHasItsModeAndGroup) {
    TemporaryFolder folder;
    const std::string path = folder.file("s.sock");
    ListenOptions options;
    options.unix_permissions = 0640;
    options.unix_group = ::getgrgid(::getgid())->gr_name;
    {
        Host first(*world_);
        first.listen(Endpoint::unix_path(path), options);
        Host second(*world_);
        second.listen(Endpoint::unix_path(path), options);
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0640u);
        EXPECT_EQ(status.st_gid, ::getgid());
    }
    EXPECT_NE(::access(path.c_str(), F_OK), 0) << "the file goes with the listener";
}

TEST_P(Kernel, AFileThatIsNoSocketIsNotReplaced) {
    TemporaryFolder folder;
    const std::string path = folder.file("precious");
    std::ofstream(path) << "data";
    Host host(*world_);
    const Result<ListenerId> listener = host->listen(Endpoint::unix_path(path), {});
    ASSERT_FALSE(listener);
    EXPECT_EQ(listener.error().code, EADDRINUSE);
    EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST_P(Kernel, AnUnknownUnixGroupFailsAndLeavesNoFile) {
    TemporaryFolder folder;
    const std::string path = folder.file("s.sock");
    Host host(*world_);
    ListenOptions options;
    options.unix_group = "no-such-group-here";
    EXPECT_FALSE(host->listen(Endpoint::unix_path(path), options));
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

// Lets the process open `count` more descriptors, until it goes away.
class DescriptorLimit {
public:
    explicit DescriptorLimit(int count) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::dup(0);  // the lowest that is free
        ::close(next);
        const rlimit tight{static_cast<rlim_t>(next + count), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &tight);
    }
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST_P(Kernel, WithoutDescriptorsItRefusesAndLaterAcceptsAgain) {
    Host host(*world_);
    const Endpoint where = host.listen();
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 6; ++i) peers.push_back(world_->dial(where));
    {
        const DescriptorLimit limit(2);
        EXPECT_TRUE(host.until([&] {
            return std::ranges::count_if(
                       peers, [](auto& peer) { return peer->at_end() || peer->broken(); }) == 4;
        }));
        EXPECT_EQ(host.conns().size(), 2u);
        // Nothing is left to do: a poll sleeps its time and finds nothing.
        EXPECT_EQ(host.poll(1'000'000), 0u);
    }
    for (auto& conn : host.conns()) conn->echo = true;
    peers.push_back(world_->dial(where));
    EXPECT_TRUE(host.until([&] { return host.conns().size() == 3; }));
}

TEST_P(Kernel, OneRequestIsOneReceiveAndOneSend) {
    constexpr int kRequests = 200;
    Host host(*world_);
    host.echo_all = true;
    const auto peer = world_->dial(host.listen());
    ASSERT_NE(host.accepted(), nullptr);
    for (int i = 0; i < kRequests; ++i)
        ASSERT_EQ(converse(host, *peer, "PING\r\n", 6, 6), "PING\r\n");
    EXPECT_LE(host->stats().reads, kRequests);
    EXPECT_LE(host->stats().writes, kRequests);
}

TEST_P(Kernel, OneThreadAcceptsAndAnotherServes) {
    Host acceptor(*world_);
    ListenOptions options;
    options.hand_over = true;
    options.keepalive_s = 30;
    const Endpoint where = acceptor.listen(Endpoint::tcp("127.0.0.1", 0), options);
    const auto peer = world_->dial(where);
    ASSERT_TRUE(acceptor.until([&] { return acceptor.handed_over.size() == 1; }));
    const int fd = acceptor.handed_over[0];
    EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
    std::thread server([&] {
        Host owner(*world_);
        owner.echo_all = true;
        Host::Conn* conn = owner.adopt(fd);
        ASSERT_NE(conn, nullptr);
        conn->echo = true;
        EXPECT_TRUE(owner.until([&] { return conn->eof == 1; }));
    });
    const std::string bytes = pattern(2'000'000);
    EXPECT_TRUE(converse(acceptor, *peer, bytes, 10'000, bytes.size()) == bytes);
    peer->half_close();
    server.join();
}

TEST_P(Kernel, AnAdoptedSocketNeedNotBeNonBlocking) {
    Host host(*world_);
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    Host::Conn* conn = host.adopt(ends[0]);
    ASSERT_NE(conn, nullptr);
    ASSERT_EQ(::send(ends[1], "x", 1, 0), 1);
    EXPECT_TRUE(host.until([&] { return conn->received == "x"; }));
    EXPECT_EQ(host->peer_name(conn->id), ":0");
    ::close(ends[1]);
    EXPECT_TRUE(host.until([&] { return conn->eof == 1; }));
}

INSTANTIATE_TEST_SUITE_P(All, Kernel, testing::ValuesIn(kernel_transports()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace rota
