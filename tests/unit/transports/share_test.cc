// SPDX-License-Identifier: BSD-3-Clause
// Connections and polls on loan, on the transports that lend.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "harness.h"

namespace rota {
namespace {

class Sharing : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(host_->share_input(true));
        peer_ = world_->dial(host_.listen());
        conn_ = host_.accepted();
        ASSERT_NE(conn_, nullptr);
    }

    // What another thread receives by one loan.
    std::string receive_elsewhere(size_t room = 1024) {
        Loan loan = host_->lend(conn_->id);
        std::string space(room, 0);
        size_t got = 0;
        std::thread([&] { got = host_->receive_lent(loan, space); }).join();
        host_->take_back(conn_->id, loan);
        return space.substr(0, got);
    }

    std::unique_ptr<World> world_ = World::create("epoll");
    Host host_{*world_};
    std::unique_ptr<Peer> peer_;
    Host::Conn* conn_ = nullptr;
};

TEST_F(Sharing, AnnouncesInputAndLeavesReceivingToTheHolder) {
    peer_->send("hello");
    ASSERT_TRUE(host_.until([&] { return conn_->readable == 1; }));
    EXPECT_EQ(conn_->received_events, 0u);
    EXPECT_EQ(receive_elsewhere(), "hello");
    host_.poll();
    EXPECT_EQ(conn_->readable, 1) << "the socket is empty";
    EXPECT_EQ(host_->stats().bytes_in, 5u);
}

TEST_F(Sharing, AnnouncesAgainWhatAReceiveHasLeft) {
    peer_->send("hello");
    ASSERT_TRUE(host_.until([&] { return conn_->readable == 1; }));
    EXPECT_EQ(receive_elsewhere(3), "hel");
    ASSERT_TRUE(host_.until([&] { return conn_->readable == 2; }));
    EXPECT_EQ(receive_elsewhere(), "lo");
}

TEST_F(Sharing, AnnouncesAgainWhenTheLoanWasNotUsed) {
    peer_->send("hello");
    ASSERT_TRUE(host_.until([&] { return conn_->readable == 1; }));
    Loan loan = host_->lend(conn_->id);
    loan.more = true;
    host_->take_back(conn_->id, loan);
    ASSERT_TRUE(host_.until([&] { return conn_->readable == 2; }));
    EXPECT_EQ(receive_elsewhere(), "hello");
}

TEST_F(Sharing, SaysNothingOfAConnectionOnLoan) {
    Loan loan = host_->lend(conn_->id);
    peer_->send("hello");
    peer_->close();
    for (int i = 0; i < 100; ++i) host_.poll(100'000);
    EXPECT_EQ(conn_->readable + conn_->eof + conn_->closed, 0);
    host_->take_back(conn_->id, loan);
    ASSERT_TRUE(host_.until([&] { return conn_->readable == 1; }));
    EXPECT_EQ(receive_elsewhere(), "hello");
    ASSERT_TRUE(host_.until([&] { return conn_->readable == 2; })) << "behind the bytes is the end";
    EXPECT_EQ(receive_elsewhere(), "");
    ASSERT_TRUE(host_.until([&] { return conn_->eof == 1; }));
}

TEST_F(Sharing, ALoanThatBreaksEndsAsClosed) {
    peer_->reset();
    Loan loan = host_->lend(conn_->id);
    ASSERT_TRUE(host_.until([&] {
        host_->send_lent(loan, "x");
        return loan.error != 0;
    }));
    EXPECT_EQ(conn_->closed, 0);
    host_->take_back(conn_->id, loan);
    ASSERT_TRUE(host_.until([&] { return conn_->closed == 1; }));
    EXPECT_NE(conn_->error, 0);
}

TEST_F(Sharing, SendsAsMuchAsTheSocketTakes) {
    const std::string bytes = pattern(size_t{16} << 20);
    Loan loan = host_->lend(conn_->id);
    size_t taken = 0;
    std::thread([&] { taken = host_->send_lent(loan, bytes); }).join();
    host_->take_back(conn_->id, loan);
    EXPECT_GT(taken, 0u);
    EXPECT_LT(taken, bytes.size());
    EXPECT_EQ(host_->stats().bytes_out, taken);
    const Slice rest = Slice(bytes).substr(taken);
    EXPECT_EQ(host_->send(conn_->id, {&rest, 1}), SendStatus::pending);
    std::string got;
    ASSERT_TRUE(host_.until([&] {
        peer_->receive(got, size_t{1} << 20);
        return got.size() == bytes.size() && conn_->sent == 1;
    }));
    EXPECT_EQ(got, bytes);
}

TEST_F(Sharing, ReceivesItselfAgainWhenToldSo) {
    peer_->send("hel");
    ASSERT_TRUE(host_.until([&] { return conn_->readable == 1; }));
    Loan loan = host_->lend(conn_->id);
    loan.more = true;
    host_->take_back(conn_->id, loan);
    host_->share_input(false);
    peer_->send("lo");
    ASSERT_TRUE(host_.until([&] { return conn_->received == "hello"; }));
}

TEST_F(Sharing, AnotherThreadPollsForTheOwner) {
    const auto report = host_->make_report();
    host_->lend_poll();
    peer_->send("hello");
    for (int i = 0; i < 100; ++i) host_.poll();
    EXPECT_EQ(conn_->readable, 0) << "the poll is lent: the owner does not ask";
    std::thread([&] { host_->poll_lent(*report); }).join();
    host_->take_report(*report);
    host_.poll();
    EXPECT_EQ(conn_->readable, 1);
    EXPECT_EQ(receive_elsewhere(), "hello");
}

TEST_F(Sharing, AWakeUpThatAnotherPollHasMetStillWakes) {
    const auto report = host_->make_report();
    std::atomic<bool> over{false};
    host_->lend_poll();
    std::thread poller([&] {
        while (!over) host_->poll_lent(*report);
    });
    for (int i = 0; i < 200; ++i) {
        std::thread waker([&] { host_->wake(); });
        std::array<Event, 4> events;
        EXPECT_EQ(host_->poll(events, int64_t{10'000'000'000}), 0u);
        waker.join();
    }
    over = true;
    poller.join();
    host_->take_report(*report);
}

TEST(SharingOfOthers, IsRefused) {
    const std::unique_ptr<World> world = World::create("sim");
    Host host(*world);
    EXPECT_FALSE(host->share_input(true));
    EXPECT_TRUE(host->share_input(false));
    EXPECT_EQ(host->make_report(), nullptr);
}

}  // namespace
}  // namespace rota
