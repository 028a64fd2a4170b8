// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "harness.h"
#include "transports/epoll/arena_pool.h"
#include "transports/epoll/epoll_transport.h"
#include "transports/epoll/transmit.h"

namespace rota {
namespace {

TEST(ArenaPool, PacksSmallBuffersSideBySide) {
    ArenaPool pool;
    const char* first = pool.space(100, 100).data();
    const BufferId a = pool.hand_out(40);
    EXPECT_EQ(pool.space(100, 100).data(), first + 64);
    const BufferId b = pool.hand_out(65);
    EXPECT_EQ(pool.space(100, 100).data(), first + 192);
    pool.take_back(a);
    EXPECT_EQ(pool.space(100, 100).data(), first + 192) << "one is still out";
    pool.take_back(b);
    EXPECT_EQ(pool.space(100, 100).data(), first) << "all are back: from the front again";
}

TEST(ArenaPool, IsEmptyWhenAllIsOutAndRecovers) {
    ArenaPool pool;
    std::vector<BufferId> out;
    while (!pool.space(kArenaBytes, kArenaBytes).empty()) out.push_back(pool.hand_out(kArenaBytes));
    EXPECT_EQ(out.size(), kArenasMax);
    EXPECT_EQ(pool.allocated(), kArenasMax);
    pool.take_back(out[3]);
    EXPECT_EQ(pool.space(1, kArenaBytes).size(), kArenaBytes);
    for (size_t i = 0; i < out.size(); ++i)
        if (i != 3) pool.take_back(out[i]);
    EXPECT_LE(pool.allocated(), kArenasKept + 1) << "the rest went back to the allocator";
}

TEST(Epoll, StopsReadingWhileTheConsumerHoldsEverything) {
    const std::unique_ptr<World> world = World::create("epoll");
    Host host(*world);
    host.recycle = false;
    const auto peer = world->dial(host.listen());
    Host::Conn* conn = host.accepted();
    ASSERT_NE(conn, nullptr);
    const std::string bytes = pattern(kArenaBytes * kArenasMax * 2);
    Slice left = bytes;
    ASSERT_TRUE(host.until([&] {
        const size_t gone = peer->send(left.substr(0, size_t{1} << 20));
        left.remove_prefix(gone);
        return gone == 0 && host.poll() == 0 && host->stats().bytes_in > kArenaBytes * 8;
    }));
    EXPECT_LE(host->stats().bytes_in, kArenaBytes * kArenasMax);
    const uint64_t polls_before = host->stats().polls;
    EXPECT_EQ(host.poll(2'000'000), 0u) << "and sleeps meanwhile";
    EXPECT_EQ(host->stats().polls, polls_before + 1);
    host.recycle = true;
    for (const BufferId buffer : host.held) host->recycle(buffer);
    ASSERT_TRUE(host.until([&] {
        left.remove_prefix(peer->send(left));
        return conn->received.size() == bytes.size();
    }));
    EXPECT_TRUE(conn->received == bytes);
}

TEST(Epoll, CutsOffAPeerThatTalksOnAfterTheClose) {
    const std::unique_ptr<World> world = World::create("epoll");
    Host host(*world);
    const auto peer = world->dial(host.listen());
    Host::Conn* conn = host.accepted();
    ASSERT_NE(conn, nullptr);
    host->close_after_send(conn->id);
    const std::string chatter = pattern(size_t{1} << 20);
    size_t gone = 0;
    EXPECT_TRUE(host.until([&] {
        gone += peer->send(chatter);
        return peer->broken();
    }));
    EXPECT_GE(gone, kLingerBytes);
    EXPECT_EQ(conn->closed, 1);
}

TEST(Epoll, ServesTheOthersWhileOneNeverStops) {
    const std::unique_ptr<World> world = World::create("epoll");
    Host host(*world, 8);
    const Endpoint where = host.listen();
    const auto loud = world->dial(where);
    Host::Conn* loud_conn = host.accepted();
    const auto quiet = world->dial(where);
    Host::Conn* quiet_conn = host.accepted();
    ASSERT_TRUE(loud_conn != nullptr && quiet_conn != nullptr);
    const std::string flood = pattern(size_t{1} << 20);
    for (int i = 0; i < 20; ++i) {
        while (loud->send(flood) != 0) {
        }
        quiet->send("x");
        const size_t before = quiet_conn->received.size();
        int polls = 0;
        while (quiet_conn->received.size() == before && polls < 8) {
            host.poll();
            ++polls;
        }
        EXPECT_LT(polls, 8);
    }
}

TEST(Transmit, GoesOnWhereASocketWasFull) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    const UniqueFd from(ends[0]), to(ends[1]);
    const std::string bytes = pattern(2'000'000);
    std::vector<Slice> chunks;
    for (size_t at = 0; at < bytes.size(); at += 700)
        chunks.push_back(Slice(bytes).substr(at, 700));
    std::string got(bytes.size(), '\0');
    size_t received = 0, first = 0, skip = 0;
    while (received < bytes.size()) {
        const Transmitted sent = transmit(from.get(), std::span(chunks).subspan(first), skip);
        ASSERT_NE(sent.status, TransmitStatus::broken);
        skip += sent.bytes;
        while (first < chunks.size() && skip >= chunks[first].size())
            skip -= chunks[first++].size();
        ASSERT_EQ(sent.status == TransmitStatus::all, first == chunks.size());
        const ssize_t count = ::recv(to.get(), got.data() + received, got.size() - received, 0);
        ASSERT_GT(count, 0);
        received += static_cast<size_t>(count);
    }
    EXPECT_TRUE(got == bytes);
}

}  // namespace
}  // namespace rota
