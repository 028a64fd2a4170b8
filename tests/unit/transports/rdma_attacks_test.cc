// SPDX-License-Identifier: BSD-3-Clause
// Peers that break the rules, with verbs of their own: each is cut off, and the next one is served.
// Needs real verbs: where ROTA_RDMA_ADDRESS says.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <rdma/rdma_cma.h>
#include <rdma/rdma_verbs.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include "harness.h"
#include "transports/rdma/protocol.h"

namespace rota {
namespace {

using rdma::Control;
using rdma::Opcode;

// Blocking, and without any opinion on what may be sent.
class RawPeer {
public:
    explicit RawPeer(const Endpoint& where) {
        rdma_addrinfo hints{}, *found = nullptr;
        hints.ai_port_space = RDMA_PS_TCP;
        ibv_qp_init_attr wanted{};
        wanted.cap = {.max_send_wr = 8,
                      .max_recv_wr = 8,
                      .max_send_sge = 1,
                      .max_recv_sge = 1,
                      .max_inline_data = 64};
        wanted.sq_sig_all = 1;
        if (::rdma_getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints,
                               &found) != 0)
            return;
        if (::rdma_create_ep(&id_, found, nullptr, &wanted) == 0) {
            region_ = ::rdma_reg_msgs(id_, heard_, sizeof heard_);
            ::rdma_post_recv(id_, nullptr, heard_, rdma::kControlBytes, region_);
            ::rdma_post_recv(id_, nullptr, heard_ + 32, rdma::kControlBytes, region_);
            connected_ = ::rdma_connect(id_, nullptr) == 0;
        }
        ::rdma_freeaddrinfo(found);
    }
    ~RawPeer() {
        if (id_ == nullptr) return;
        if (connected_) ::rdma_disconnect(id_);
        if (region_ != nullptr) ::rdma_dereg_mr(region_);
        ::rdma_destroy_ep(id_);
    }
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;

    // The next control message of the other side.
    Control hear() {
        ibv_wc done{};
        if (::rdma_get_recv_comp(id_, &done) != 1 || done.status != IBV_WC_SUCCESS) return {};
        const auto message = rdma::decode({heard_ + 32 * count_++, done.byte_len});
        return message.value_or(Control{});
    }
    void say(Slice bytes) {
        ibv_wc done{};
        ::rdma_post_send(id_, nullptr, const_cast<char*>(bytes.data()), bytes.size(), nullptr,
                         IBV_SEND_INLINE);
        ::rdma_get_send_comp(id_, &done);
    }
    void say(const Control& message) {
        const rdma::ControlBytes bytes = rdma::encode(message);
        say(Slice(bytes.data(), bytes.size()));
    }
    // One byte into the other side's buffer, said to be `count` of them.
    void write(const rdma::PeerMemory& to, uint32_t count) {
        char byte = 'x';
        ibv_sge piece{.addr = reinterpret_cast<uintptr_t>(&byte), .length = 1, .lkey = 0};
        ibv_send_wr request{}, *refused = nullptr;
        request.sg_list = &piece;
        request.num_sge = 1;
        request.opcode = IBV_WR_RDMA_WRITE_WITH_IMM;
        request.send_flags = IBV_SEND_INLINE | IBV_SEND_SIGNALED;
        request.imm_data = htonl(count);
        request.wr.rdma = {.remote_addr = to.address, .rkey = to.key};
        ibv_wc done{};
        ::ibv_post_send(id_->qp, &request, &refused);
        ::rdma_get_send_comp(id_, &done);
    }

private:
    rdma_cm_id* id_ = nullptr;
    ibv_mr* region_ = nullptr;
    bool connected_ = false;
    int count_ = 0;
    alignas(64) char heard_[64] = {};
};

class RdmaAttacks : public testing::Test {
protected:
    void SetUp() override {
        if (rdma_address() == nullptr) GTEST_SKIP() << "no RDMA here";
        world_ = World::create("rdma");
        host_ = std::make_unique<Host>(*world_);
        where_ = host_->listen();
    }

    // Does it on a thread, as the calls block; the host is polled meanwhile.
    Host::Conn* with_peer(const std::function<void(RawPeer&, const rdma::PeerMemory&)>& act,
                          const std::function<bool(Host::Conn&)>& holds) {
        std::atomic<bool> may_go{false};
        std::thread thread([&] {
            RawPeer peer(where_);
            const rdma::PeerMemory memory = peer.hear().memory;
            act(peer, memory);
            while (!may_go) std::this_thread::yield();
        });
        Host::Conn* conn = host_->accepted();
        EXPECT_TRUE(conn != nullptr && host_->until([&] { return holds(*conn); }));
        may_go = true;
        std::atomic<bool> over{false};
        std::thread joiner([&] {
            thread.join();
            over = true;
        });
        EXPECT_TRUE(host_->until([&] { return over.load(); }));
        joiner.join();
        return conn;
    }
    // The NIC itself may refuse, and then says less.
    void cut_off(const std::function<void(RawPeer&, const rdma::PeerMemory&)>& act,
                 bool by_us = true) {
        const Host::Conn* conn = with_peer(act, [](Host::Conn& c) { return c.closed == 1; });
        ASSERT_NE(conn, nullptr);
        EXPECT_NE(conn->error, 0);
        EXPECT_TRUE(!by_us || conn->error == EPROTO) << conn->error;
        EXPECT_EQ(conn->received, "");
        const std::unique_ptr<Peer> good = world_->dial(where_);
        Host::Conn* next = host_->accepted();
        ASSERT_NE(next, nullptr);
        next->echo = true;
        EXPECT_EQ(converse(*host_, *good, "still here", 10, 10), "still here");
    }

    std::unique_ptr<World> world_;
    std::unique_ptr<Host> host_;
    Endpoint where_;
};

TEST_F(RdmaAttacks, AnUnknownOpcode) {
    cut_off([](RawPeer& peer, auto&) { peer.say({.opcode = Opcode{9}}); });
}

TEST_F(RdmaAttacks, AShortMessage) {
    cut_off([](RawPeer& peer, auto&) { peer.say(Slice("\0\2", 2)); });
}

TEST_F(RdmaAttacks, ALongMessage) {
    cut_off([](RawPeer& peer, auto&) { peer.say(std::string(33, '\2')); }, false);
}

TEST_F(RdmaAttacks, MoreBytesThanTheBufferHolds) {
    cut_off([](RawPeer& peer, auto& memory) { peer.write(memory, memory.length + 1); });
    cut_off([](RawPeer& peer, auto& memory) { peer.write(memory, ~uint32_t{0}); });
}

TEST_F(RdmaAttacks, ABufferWithoutALength) {
    cut_off([](RawPeer& peer, auto&) {
        peer.say({.opcode = Opcode::register_memory, .memory = {4096, 0, 1}});
    });
}

TEST_F(RdmaAttacks, AnotherBufferWhileTheFirstHasRoom) {
    cut_off([](RawPeer& peer, auto&) {
        peer.say({.opcode = Opcode::register_memory, .memory = {4096, 4096, 1}});
        peer.say({.opcode = Opcode::register_memory, .memory = {4096, 0xf0000000, 1}});
    });
}

TEST_F(RdmaAttacks, AFeatureThatWasNotOffered) {
    cut_off([](RawPeer& peer, auto&) {
        peer.say({.opcode = Opcode::set_client_feature, .features = 1});
    });
}

TEST_F(RdmaAttacks, AnAddressThatIsNotThePeers) {
    host_->echo_all = true;
    cut_off([](RawPeer& peer, auto& memory) {
        peer.say({.opcode = Opcode::register_memory, .memory = {4096, 1 << 20, 77}});
        peer.write(memory, 1);  // the echo has nowhere to go
    });
}

TEST_F(RdmaAttacks, TheBufferOfAnotherConnectionCannotBeReached) {
    rdma::PeerMemory first_memory;
    std::atomic<bool> may_go{false}, ready{false};
    std::thread first([&] {
        RawPeer peer(where_);
        first_memory = peer.hear().memory;
        ready = true;
        while (!may_go) std::this_thread::yield();
    });
    Host::Conn* victim = host_->accepted();
    ASSERT_TRUE(host_->until([&] { return ready.load(); }));
    with_peer([&](RawPeer& peer, auto&) { peer.write(first_memory, 1); },
              [](Host::Conn& c) { return c.closed == 1; });
    EXPECT_EQ(victim->closed, 0);
    EXPECT_EQ(victim->received, "");
    may_go = true;
    EXPECT_TRUE(host_->until([&] { return victim->closed == 1; }));
    first.join();
}

TEST_F(RdmaAttacks, QuestionsAboutFeaturesAreAnswered) {
    Control answer;
    std::atomic<bool> heard{false};
    with_peer(
        [&](RawPeer& peer, auto&) {
            peer.say({.opcode = Opcode::get_server_feature, .select = 5});
            answer = peer.hear();
            heard = true;
        },
        [&](Host::Conn&) { return heard.load(); });
    EXPECT_EQ(answer, (Control{.opcode = Opcode::get_server_feature, .select = 5}));
}

}  // namespace
}  // namespace rota
