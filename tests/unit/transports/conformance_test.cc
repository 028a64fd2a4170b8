// SPDX-License-Identifier: BSD-3-Clause
// What every transport must do, simulated ones too. A new transport is in here by being built.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "harness.h"
#include "transports/transports.h"

namespace rota {
namespace {

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const TransportRow& row : built_transports()) {
        all.emplace_back(row.name);
#ifdef ROTA_TLS
        all.push_back(row.name + std::string("_tls"));
#endif
    }
    all.emplace_back("sim");
    if (rdma_address() != nullptr) all.emplace_back("rdma");
    return all;
}

class Conformance : public testing::TestWithParam<std::string> {
protected:
    // A peer connected to `host`, and the host's side of it.
    struct Pair {
        std::unique_ptr<Peer> peer;
        Host::Conn* conn = nullptr;
    };
    Pair join(Host& host, const Endpoint& where) {
        Pair pair;
        pair.peer = world_->dial(where);
        if (pair.peer != nullptr) pair.conn = host.accepted();
        if (pair.conn == nullptr) ADD_FAILURE() << "no connection to " << where.to_string();
        return pair;
    }
    SendStatus send(Host& host, Host::Conn& conn, Slice bytes) {
        return host->send(conn.id, {&bytes, 1});
    }
    void say_no_more(Peer& peer) {
        if (world_->has_half_close())
            peer.half_close();
        else
            peer.close();
    }
    // Reads until the end or an error.
    std::string read_to_end(Host& host, Peer& peer) {
        std::string all;
        EXPECT_TRUE(host.until([&] {
            while (peer.receive(all, SIZE_MAX) != 0) {
            }
            return peer.at_end() || peer.broken();
        }));
        return all;
    }

    std::unique_ptr<World> world_ = World::create(GetParam());
};

TEST_P(Conformance, NamesItself) {
    const char* name = world_->transport_name();
    EXPECT_STREQ(world_->make()->name(), name != nullptr ? name : GetParam().c_str());
}

TEST_P(Conformance, AcceptsAndNamesBothEnds) {
    Host host(*world_);
    const Endpoint where = host.listen();
    ASSERT_NE(where.port, 0);
    const Pair pair = join(host, where);
    EXPECT_EQ(host->peer_name(pair.conn->id), pair.peer->name());
    EXPECT_EQ(host->local_name(pair.conn->id), where.to_string());
    EXPECT_TRUE(host->peer_is_local(pair.conn->id));
    EXPECT_EQ(host->descriptor(pair.conn->id) >= 0, world_->is_kernel());
}

// The owner names itself when it hears of a connection: nothing may be told of it before.
TEST_P(Conformance, WhatArrivedBeforeTheAcceptIsToldAfterIt) {
    if (!world_->has_half_close()) GTEST_SKIP() << "no half-close here";
    Host host(*world_);
    ListenOptions options;
    options.accepts_per_poll = 3;
    const Endpoint where = host.listen(world_->any_port(), options);
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 50; ++i) {
        peers.push_back(world_->dial(where));
        peers.back()->send("early");
        peers.back()->half_close();
    }
    ASSERT_TRUE(host.until([&] {
        return host.conns().size() == peers.size() &&
               std::ranges::all_of(host.conns(), [](auto& conn) { return conn->eof == 1; });
    }));
    for (const auto& conn : host.conns()) EXPECT_EQ(conn->received, "early");
}

TEST_P(Conformance, EchoesEverySizeInEverySplit) {
    Host host(*world_);
    host.echo_all = true;
    const Endpoint where = host.listen();
    const Pair pair = join(host, where);
    const size_t sizes[] = {1,     2,     63,    64,    65,     127,    1000,           16383,
                            16384, 16385, 65535, 65536, 262143, 262145, size_t{1} << 20};
    for (const size_t size : sizes) {
        const std::string bytes = pattern(size, static_cast<uint32_t>(size));
        for (const size_t piece : {size_t{1}, size_t{7}, size_t{1000}, size_t{16384}, size}) {
            if (size / piece > 1500) continue;
            ASSERT_EQ(converse(host, *pair.peer, bytes, piece, size), bytes)
                << size << " in pieces of " << piece;
        }
    }
}

TEST_P(Conformance, EchoesManyMegabytes) {
    Host host(*world_);
    host.echo_all = true;
    const Pair pair = join(host, host.listen());
    const std::string bytes = pattern(world_->bulk());
    const std::string answer = converse(host, *pair.peer, bytes, size_t{1} << 20, bytes.size());
    EXPECT_TRUE(answer == bytes);
    EXPECT_GE(host->stats().bytes_in, bytes.size());
    EXPECT_EQ(host->stats().bytes_in, host->stats().bytes_out);
}

TEST_P(Conformance, SendsManyChunksInOrder) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    const std::string bytes = pattern(300'000);
    std::vector<Slice> chunks;
    for (size_t at = 0, length = 0; at < bytes.size(); at += length, length = (length + 1) % 100)
        chunks.push_back(Slice(bytes).substr(at, length));  // some are empty
    ASSERT_GT(chunks.size(), 5000u);
    const SendStatus status = host->send(pair.conn->id, chunks);
    std::string answer;
    EXPECT_TRUE(host.until([&] {
        while (pair.peer->receive(answer, SIZE_MAX) != 0) {
        }
        return answer.size() >= bytes.size();
    }));
    EXPECT_EQ(answer, bytes);
    const int told = status == SendStatus::pending ? 1 : 0;
    EXPECT_TRUE(host.until([&] { return pair.conn->sent == told; }));
}

TEST_P(Conformance, SendNowTakesWhatCanLeaveAndSendTheRest) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    const std::string bytes = pattern(size_t{8} << 20);
    const size_t taken = host->send_now(pair.conn->id, bytes);
    ASSERT_LT(taken, bytes.size());
    ASSERT_EQ(send(host, *pair.conn, Slice(bytes).substr(taken)), SendStatus::pending);
    EXPECT_EQ(host->send_now(pair.conn->id, "must not overtake"), 0u);
    std::string answer;
    EXPECT_TRUE(host.until([&] {
        while (pair.peer->receive(answer, SIZE_MAX) != 0) {
        }
        return answer.size() >= bytes.size();
    }));
    EXPECT_TRUE(answer == bytes);
    EXPECT_TRUE(host.until([&] { return pair.conn->sent == 1; }));
}

TEST_P(Conformance, SendingNothingIsDone) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    EXPECT_EQ(host->send(pair.conn->id, {}), SendStatus::done);
    EXPECT_EQ(send(host, *pair.conn, ""), SendStatus::done);
    host.poll();
    EXPECT_EQ(pair.conn->sent + pair.conn->closed, 0);
}

TEST_P(Conformance, LosesNothingWithRoomForOneEvent) {
    Host host(*world_, 1);
    host.echo_all = true;
    const Endpoint where = host.listen();
    std::vector<Pair> pairs;
    for (int i = 0; i < 5; ++i) pairs.push_back(join(host, where));
    const std::string bytes = pattern(200'000);
    for (Pair& pair : pairs)
        EXPECT_EQ(converse(host, *pair.peer, bytes, 9000, bytes.size()), bytes);
    for (Pair& pair : pairs) say_no_more(*pair.peer);
    EXPECT_TRUE(host.until([&] {
        return std::ranges::all_of(pairs, [](const Pair& pair) { return pair.conn->eof == 1; });
    }));
}

TEST_P(Conformance, AnswersAfterTheHalfCloseOfThePeer) {
    if (!world_->has_half_close()) GTEST_SKIP() << "no half-close here";
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    pair.peer->send("question");
    pair.peer->half_close();
    ASSERT_TRUE(host.until([&] { return pair.conn->eof == 1; }));
    EXPECT_EQ(pair.conn->received, "question");
    EXPECT_EQ(send(host, *pair.conn, "answer"), SendStatus::done);
    host->close(pair.conn->id);
    EXPECT_EQ(read_to_end(host, *pair.peer), "answer");
    EXPECT_TRUE(host.until([&] { return pair.conn->closed == 1; }));
    EXPECT_EQ(pair.conn->eof, 1);
    EXPECT_EQ(pair.conn->error, 0);
}

TEST_P(Conformance, SaysWhyWhenThePeerResets) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    pair.peer->reset();
    ASSERT_TRUE(host.until([&] { return pair.conn->closed == 1; }));
    EXPECT_EQ(pair.conn->error, ECONNRESET);
}

TEST_P(Conformance, NoticesTheResetOfAPausedPeer) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    host->pause_receive(pair.conn->id);
    pair.peer->reset();
    ASSERT_TRUE(host.until([&] { return pair.conn->closed == 1; }));
    EXPECT_NE(pair.conn->error, 0);
}

TEST_P(Conformance, ReportsAResetAfterTheHalfClose) {
    if (!world_->has_half_close()) GTEST_SKIP() << "no half-close here";
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    pair.peer->half_close();
    ASSERT_TRUE(host.until([&] { return pair.conn->eof == 1; }));
    pair.peer->reset();
    ASSERT_TRUE(host.until([&] {
        // Over TCP a half-closed peer only resets when it is sent something.
        if (pair.conn->closed == 0) send(host, *pair.conn, "anybody there?");
        return pair.conn->closed == 1;
    }));
    EXPECT_NE(pair.conn->error, 0);
}

TEST_P(Conformance, APeerThatNeverReadsCostsNoMemory) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    const std::string bytes = pattern(size_t{16} << 20);
    const size_t heap_before = heap_in_use();
    ASSERT_EQ(send(host, *pair.conn, bytes), SendStatus::pending);
    for (int i = 0; i < 100; ++i) host.poll();
    EXPECT_LT(heap_in_use(), heap_before + (size_t{1} << 20));
    EXPECT_LT(host->stats().bytes_out, bytes.size());
    EXPECT_EQ(pair.conn->sent, 0);
    ASSERT_EQ(send(host, *pair.conn, "and this"), SendStatus::pending);
    std::string answer;
    EXPECT_TRUE(host.until([&] {
        while (pair.peer->receive(answer, SIZE_MAX) != 0) {
        }
        return answer.size() >= bytes.size() + 8;
    }));
    EXPECT_TRUE(answer == bytes + "and this");
    EXPECT_TRUE(host.until([&] { return pair.conn->sent != 0; }));
    EXPECT_EQ(pair.conn->sent, 1);
}

TEST_P(Conformance, PauseStopsTheReadingAndResumeLosesNothing) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    host->pause_receive(pair.conn->id);
    std::string bytes = pattern(100'000);
    size_t gone = 0;
    ASSERT_TRUE(host.until([&] {
        const size_t count = pair.peer->send(Slice(bytes).substr(gone));
        gone += count;
        return count == 0 || gone == bytes.size();
    }));
    for (int i = 0; i < 20; ++i) host.poll();
    EXPECT_EQ(pair.conn->received, "");
    EXPECT_EQ(host->stats().bytes_in, 0u);
    host->resume_receive(pair.conn->id);
    EXPECT_TRUE(host.until([&] { return pair.conn->received.size() == gone; }));
    EXPECT_EQ(pair.conn->received, bytes.substr(0, gone));
}

TEST_P(Conformance, PauseWithinABatchMayStillDeliverWhatWasRead) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    host.on_event = [&](Host::Conn& conn, const Event& event) {
        if (event.kind == Event::Kind::received) host->pause_receive(conn.id);
    };
    const std::string bytes = pattern(400'000);
    Slice left = bytes;
    ASSERT_TRUE(host.until([&] {
        left.remove_prefix(pair.peer->send(left));
        host->resume_receive(pair.conn->id);
        return pair.conn->received.size() == bytes.size();
    }));
    EXPECT_EQ(pair.conn->received, bytes);
}

TEST_P(Conformance, TenThousandConnectionsLeaveNothingBehind) {
    constexpr int kWaves = 10;
    const int per_wave = world_->crowd();
    Host host(*world_);
    ListenOptions options;
    options.backlog = per_wave;
    options.accepts_per_poll = static_cast<uint32_t>(per_wave);
    const Endpoint where = host.listen(world_->any_port(), options);
    const size_t descriptors_before = open_descriptors();
    size_t heap_after_first = 0;
    for (int wave = 0; wave < kWaves; ++wave) {
        std::vector<std::unique_ptr<Peer>> peers;
        for (int i = 0; i < per_wave; ++i) {
            peers.push_back(world_->dial(where));
            ASSERT_NE(peers.back(), nullptr);
            if ((i + 1) % (per_wave / 5) != 0) continue;
            ASSERT_TRUE(host.until([&] { return host.conns().size() == size_t(i) + 1; }));
        }
        for (int i = 0; i < per_wave; ++i) {
            if (i % 2 == 0)
                peers[i]->reset();
            else
                host->close(host.conns()[i]->id);
        }
        ASSERT_TRUE(host.until([&] {
            return std::ranges::all_of(host.conns(), [](auto& conn) { return conn->closed == 1; });
        }));
        host.forget_closed();
        peers.clear();
        world_->step();
        if (wave == 0) heap_after_first = heap_in_use();
    }
    // A close that had bytes under way waits for its peer, which has gone by now.
    EXPECT_TRUE(host.until([&] { return open_descriptors() == descriptors_before; }));
    EXPECT_LT(heap_in_use(), heap_after_first + (size_t{128} << 10));
}

TEST_P(Conformance, CloseWhileBytesAreUnderWayEndsOnce) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    const std::string bytes = pattern(size_t{8} << 20);
    ASSERT_EQ(send(host, *pair.conn, bytes), SendStatus::pending);
    pair.peer->send("more");
    host->close(pair.conn->id);
    host->close(pair.conn->id);
    const std::string answer = read_to_end(host, *pair.peer);
    EXPECT_TRUE(host.until([&] { return pair.conn->closed == 1; }));
    for (int i = 0; i < 5; ++i) host.poll();
    EXPECT_EQ(pair.conn->closed, 1);
    EXPECT_EQ(pair.conn->sent, 0);
    EXPECT_EQ(pair.conn->error, 0);
    EXPECT_LT(answer.size(), bytes.size());
    EXPECT_EQ(answer, bytes.substr(0, answer.size()));
}

TEST_P(Conformance, CloseInsideAnEventOfTheSameBatchEndsOnce) {
    Host host(*world_);
    const Endpoint where = host.listen();
    std::vector<Pair> pairs;
    for (int i = 0; i < 4; ++i) pairs.push_back(join(host, where));
    host.on_event = [&](Host::Conn&, const Event& event) {
        if (event.kind != Event::Kind::received) return;
        for (Pair& pair : pairs) host->close(pair.conn->id);
    };
    for (Pair& pair : pairs) pair.peer->send("x");
    EXPECT_TRUE(host.until([&] {
        return std::ranges::all_of(pairs, [](Pair& pair) { return pair.conn->closed == 1; });
    }));
    for (int i = 0; i < 5; ++i) host.poll();
    for (Pair& pair : pairs) EXPECT_EQ(pair.conn->closed, 1);
}

TEST_P(Conformance, CloseAfterSendDeliversTheLastReply) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    // The peer talks on without reading: a plain close() would answer that with a reset.
    const std::string chatter = pattern(200'000);
    ASSERT_GT(pair.peer->send(chatter), 0u);
    ASSERT_TRUE(host.until([&] { return pair.conn->received_events != 0; }));
    const std::string reply = pattern(size_t{8} << 20, 7);
    ASSERT_EQ(send(host, *pair.conn, reply), SendStatus::pending);
    host->close_after_send(pair.conn->id);
    EXPECT_EQ(send(host, *pair.conn, "too late"), SendStatus::done);
    for (int i = 0; i < 5; ++i) host.poll();
    EXPECT_EQ(pair.conn->closed, 0);
    pair.peer->send(chatter);
    const std::string answer = read_to_end(host, *pair.peer);
    EXPECT_TRUE(answer == reply);
    EXPECT_TRUE(pair.peer->at_end());
    EXPECT_TRUE(host.until([&] { return pair.conn->closed == 1; }));
    EXPECT_EQ(pair.conn->error, 0);
    EXPECT_EQ(pair.conn->sent, 0);
}

TEST_P(Conformance, CloseAfterSendWithNothingToSendCloses) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    host->close_after_send(pair.conn->id);
    EXPECT_EQ(read_to_end(host, *pair.peer), "");
    EXPECT_TRUE(pair.peer->at_end());
    EXPECT_TRUE(host.until([&] { return pair.conn->closed == 1; }));
}

TEST_P(Conformance, CloseCutsACloseAfterSendShort) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    const std::string reply = pattern(size_t{8} << 20);
    ASSERT_EQ(send(host, *pair.conn, reply), SendStatus::pending);
    host->close_after_send(pair.conn->id);
    host.poll();
    host->close(pair.conn->id);
    EXPECT_TRUE(host.until([&] { return pair.conn->closed == 1; }));
    EXPECT_LT(read_to_end(host, *pair.peer).size(), reply.size());
}

TEST_P(Conformance, LateCallsOnAClosedConnectionAreHarmless) {
    Host host(*world_);
    const Endpoint where = host.listen();
    const Pair gone = join(host, where);
    host->close(gone.conn->id);
    ASSERT_TRUE(host.until([&] { return gone.conn->closed == 1; }));
    const Pair next = join(host, where);  // sits in the same slot
    EXPECT_NE(next.conn->id, gone.conn->id);
    const ConnId late = gone.conn->id;
    EXPECT_EQ(send(host, *gone.conn, "late"), SendStatus::done);
    host->set_user(late, &host);
    host->pause_receive(late);
    host->resume_receive(late);
    host->close_after_send(late);
    host->close(late);
    EXPECT_EQ(host->peer_name(late), "");
    EXPECT_EQ(host->local_name(late), "");
    EXPECT_FALSE(host->peer_is_local(late));
    EXPECT_EQ(host->descriptor(late), -1);
    next.conn->echo = true;
    EXPECT_EQ(converse(host, *next.peer, "still here", 10, 10), "still here");
    EXPECT_EQ(next.conn->closed, 0);
}

TEST_P(Conformance, TellsListenersApartAndEndsOneAlone) {
    Host host(*world_);
    const Result<ListenerId> first = host->listen(world_->any_port(), {});
    const Result<ListenerId> second = host->listen(world_->any_port(), {});
    ASSERT_TRUE(first && second);
    const Endpoint first_at = host->local_endpoint(*first);
    const Endpoint second_at = host->local_endpoint(*second);
    EXPECT_NE(first_at, second_at);
    const Pair a = join(host, first_at), b = join(host, second_at);
    EXPECT_EQ(a.conn->listener, *first);
    EXPECT_EQ(b.conn->listener, *second);
    host->unlisten(*first);
    EXPECT_EQ(host->local_endpoint(*first).port, 0);
    a.conn->echo = true;
    EXPECT_EQ(converse(host, *a.peer, "lives on", 8, 8), "lives on");
    const std::unique_ptr<Peer> refused = world_->dial(first_at);
    EXPECT_TRUE(host.until([&] { return refused == nullptr || refused->broken(); }));
    EXPECT_EQ(join(host, second_at).conn->listener, *second);
}

TEST_P(Conformance, RefusesAPortThatIsTaken) {
    Host host(*world_);
    const Result<ListenerId> again = host->listen(host.listen(), {});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, EADDRINUSE);
}

TEST_P(Conformance, ConnectsToAnotherTransport) {
    Host server(*world_), client(*world_);
    server.echo_all = true;
    const Result<ConnId> id = client->connect(server.listen(), {});
    ASSERT_TRUE(id);
    Host::Conn& conn = client.remember(*id);
    EXPECT_EQ(send(client, conn, "sent before it is connected"), SendStatus::pending);
    EXPECT_TRUE(client.until([&] {
        server.poll();
        return conn.received.size() == 27;
    }));
    EXPECT_EQ(conn.received, "sent before it is connected");
    EXPECT_EQ(conn.connected, 1);
    EXPECT_EQ(conn.sent, 1);
    client->close(*id);
    EXPECT_TRUE(client.until([&] { return conn.closed == 1; }));
    EXPECT_TRUE(server.until([&] { return server.conns()[0]->eof == 1; }));
}

TEST_P(Conformance, AConnectThatIsRefusedEndsAsClosed) {
    Host host(*world_);
    const Result<ListenerId> listener = host->listen(world_->any_port(), {});
    ASSERT_TRUE(listener);
    const Endpoint nobody = host->local_endpoint(*listener);
    host->unlisten(*listener);
    const Result<ConnId> id = host->connect(nobody, {});
    ASSERT_TRUE(id);
    Host::Conn& conn = host.remember(*id);
    ASSERT_TRUE(host.until([&] { return conn.closed == 1; }));
    EXPECT_EQ(conn.error, ECONNREFUSED);
    EXPECT_EQ(conn.connected, 0);
}

TEST_P(Conformance, ServesAUnixSocket) {
    if (!world_->has_local_sockets()) GTEST_SKIP() << "no Unix sockets here";
    TemporaryFolder folder;
    Host host(*world_);
    host.echo_all = true;
    const std::string path = folder.file("s.sock");
    EXPECT_EQ(host.listen(Endpoint::unix_path(path)), Endpoint::unix_path(path));
    const Pair pair = join(host, Endpoint::unix_path(path));
    EXPECT_EQ(host->peer_name(pair.conn->id), path + ":0");
    EXPECT_EQ(host->local_name(pair.conn->id), path + ":0");
    EXPECT_TRUE(host->peer_is_local(pair.conn->id));
    const std::string bytes = pattern(3'000'000);
    EXPECT_TRUE(converse(host, *pair.peer, bytes, 50'000, bytes.size()) == bytes);
    pair.peer->half_close();
    EXPECT_TRUE(host.until([&] { return pair.conn->eof == 1; }));
}

TEST_P(Conformance, ServesIpv6) {
    if (!world_->has_local_sockets()) GTEST_SKIP() << "no ::1 here";
    Host host(*world_);
    host.echo_all = true;
    const Result<ListenerId> listener = host->listen(Endpoint::tcp("::1", 0), {});
    if (!listener) GTEST_SKIP() << "no IPv6 here: " << listener.error().message;
    const Endpoint where = host->local_endpoint(*listener);
    const Pair pair = join(host, where);
    EXPECT_EQ(host->local_name(pair.conn->id), "[::1]:" + std::to_string(where.port));
    EXPECT_EQ(host->peer_name(pair.conn->id), pair.peer->name());
    EXPECT_TRUE(host->peer_is_local(pair.conn->id));
    EXPECT_EQ(converse(host, *pair.peer, "six", 3, 3), "six");
}

TEST_P(Conformance, AHandedOverConnectionIsServedByWhoAdoptsIt) {
    Host acceptor(*world_), owner(*world_);
    ListenOptions options;
    options.hand_over = true;
    const Endpoint where = acceptor.listen(world_->any_port(), options);
    const std::unique_ptr<Peer> peer = world_->dial(where);
    peer->send("early");
    ASSERT_TRUE(acceptor.until([&] { return acceptor.handed_over.size() == 1; }));
    Host::Conn* conn = owner.adopt(acceptor.handed_over[0]);
    ASSERT_NE(conn, nullptr);
    EXPECT_EQ(owner->peer_name(conn->id), peer->name());
    EXPECT_EQ(owner->local_name(conn->id), where.to_string());
    EXPECT_TRUE(owner->peer_is_local(conn->id));
    ASSERT_TRUE(owner.until([&] { return conn->received == "early"; }));
    conn->echo = true;
    const std::string bytes = pattern(1'000'000);
    EXPECT_TRUE(converse(owner, *peer, bytes, 9000, bytes.size()) == bytes);
    EXPECT_EQ(acceptor.conns().size(), 0u);
    EXPECT_EQ(acceptor->stats().bytes_in, 0u);
}

TEST_P(Conformance, AdoptRefusesWhatIsNoConnection) {
    Host host(*world_);
    EXPECT_FALSE(host->adopt(-1));
    if (!world_->is_kernel()) return;
    const size_t before = open_descriptors();
    EXPECT_FALSE(host->adopt(::open("/dev/null", O_RDONLY)));
    EXPECT_FALSE(host->adopt(::socket(AF_INET, SOCK_STREAM, 0)));
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    EXPECT_FALSE(host->adopt(ends[0]));
    ::close(ends[1]);
    EXPECT_EQ(open_descriptors(), before) << "what was refused was closed";
}

// Back and forth between two hosts while the peer sends: each byte arrives once, in order.
TEST_P(Conformance, DetachingWhileBytesArriveLosesNone) {
    if (!world_->can_move()) GTEST_SKIP() << "connections stay where they are";
    Host hosts[2] = {Host(*world_), Host(*world_)};
    const Pair pair = join(hosts[0], hosts[0].listen());
    const std::string bytes = pattern(3'000'000);
    Slice left = bytes;
    std::string got;
    Host::Conn* conn = pair.conn;
    size_t moves = 0;
    for (; got.size() < bytes.size(); ++moves) {
        Host& from = hosts[moves % 2];
        Host& to = hosts[(moves + 1) % 2];
        const size_t enough = std::min<size_t>(conn->received.size() + 50'000, left.size());
        ASSERT_TRUE(from.until([&] {
            left.remove_prefix(pair.peer->send(left.substr(0, 30'000)));
            return conn->received.size() >= enough;
        }));
        ASSERT_TRUE(from->detach(conn->id));
        left.remove_prefix(pair.peer->send(left.substr(0, 30'000)));
        ASSERT_TRUE(from.until([&] { return conn->detached == 1; }));
        EXPECT_EQ(conn->closed, 0);
        got += conn->received;
        ASSERT_EQ(from.handed_over.size(), 1u);
        conn = to.adopt(from.handed_over[0]);
        ASSERT_NE(conn, nullptr);
        from.handed_over.clear();
        if (left.empty()) {
            ASSERT_TRUE(
                to.until([&] { return got.size() + conn->received.size() >= bytes.size(); }));
            got += conn->received;
        }
    }
    EXPECT_GT(moves, 10u);
    EXPECT_TRUE(got == bytes);
}

TEST_P(Conformance, AHalfClosedConnectionTellsItsEndToTheNextOwnerToo) {
    if (!world_->has_half_close()) GTEST_SKIP() << "no half-close here";
    Host first(*world_), second(*world_);
    const Pair pair = join(first, first.listen());
    pair.peer->send("question");
    pair.peer->half_close();
    ASSERT_TRUE(first.until([&] { return pair.conn->eof == 1; }));
    ASSERT_TRUE(first->detach(pair.conn->id));
    ASSERT_TRUE(first.until([&] { return pair.conn->detached == 1; }));
    Host::Conn* conn = second.adopt(first.handed_over.at(0));
    ASSERT_NE(conn, nullptr);
    ASSERT_TRUE(second.until([&] { return conn->eof == 1; }));
    EXPECT_EQ(send(second, *conn, "answer"), SendStatus::done);
    second->close_after_send(conn->id);
    EXPECT_EQ(read_to_end(second, *pair.peer), "answer");
}

TEST_P(Conformance, DetachRefusesWhatIsNotIdleOrNotThere) {
    if (!world_->can_move()) GTEST_SKIP() << "connections stay where they are";
    Host host(*world_);
    const Endpoint where = host.listen();
    const Pair busy = join(host, where), closing = join(host, where), gone = join(host, where);
    const std::string bytes = pattern(size_t{8} << 20);
    ASSERT_EQ(send(host, *busy.conn, bytes), SendStatus::pending);
    EXPECT_FALSE(host->detach(busy.conn->id));
    host->close_after_send(closing.conn->id);
    EXPECT_FALSE(host->detach(closing.conn->id));
    host->close(gone.conn->id);
    EXPECT_FALSE(host->detach(gone.conn->id));
    ASSERT_TRUE(host.until([&] { return gone.conn->closed == 1; }));
    EXPECT_FALSE(host->detach(gone.conn->id));
    std::string answer;
    EXPECT_TRUE(host.until([&] {
        while (busy.peer->receive(answer, SIZE_MAX) != 0) {
        }
        return busy.conn->sent == 1;
    })) << "the refusal changed nothing";
    EXPECT_TRUE(host->detach(busy.conn->id));
}

TEST_P(Conformance, ACloseWinsOverADetach) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    ASSERT_TRUE(host->detach(pair.conn->id));
    host->close(pair.conn->id);
    ASSERT_TRUE(host.until([&] { return pair.conn->closed + pair.conn->detached != 0; }));
    for (int i = 0; i < 5; ++i) host.poll();
    EXPECT_EQ(pair.conn->closed, 1);
    EXPECT_EQ(pair.conn->detached, 0);
    EXPECT_EQ(read_to_end(host, *pair.peer), "");
}

TEST_P(Conformance, APeerThatResetsDuringADetachEndsOnce) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    ASSERT_TRUE(host->detach(pair.conn->id));
    pair.peer->reset();
    ASSERT_TRUE(host.until([&] { return pair.conn->closed + pair.conn->detached != 0; }));
    for (int i = 0; i < 5; ++i) host.poll();
    EXPECT_EQ(pair.conn->closed + pair.conn->detached, 1);
    for (const int descriptor : host.handed_over) {
        Host::Conn* conn = host.adopt(descriptor);  // or it is refused
        EXPECT_TRUE(host.until([&] { return conn == nullptr || conn->closed == 1; }));
    }
}

TEST_P(Conformance, AWakeEndsAPollThatSleeps) {
    if (!world_->is_kernel()) GTEST_SKIP() << "a simulated poll never sleeps";
    Host host(*world_);
    host.listen();
    for (int i = 0; i < 100; ++i) {
        const uint64_t before = host->stats().wakeups;
        std::thread waker([&] { host->wake(); });
        while (host->stats().wakeups == before) host.poll(-1);  // would never end
        waker.join();
    }
    EXPECT_GE(host->stats().wakeups, 100u);
}

TEST_P(Conformance, WhatGathersIsToldAndAWakeIsNotLost) {
    Host host(*world_);
    const Pair pair = join(host, host.listen());
    host->gather_for(200'000);
    std::string sent;
    for (int i = 0; i < 20; ++i) {
        const std::string piece(100, static_cast<char>('a' + i));
        pair.peer->send(piece);
        sent += piece;
        ASSERT_TRUE(host.until([&] { return pair.conn->received == sent; })) << i;
    }
    host->wake();
    host.poll(-1);
    EXPECT_GE(host->stats().wakeups, 1u);
    host->gather_for(0);
}

TEST_P(Conformance, AWakeBeforeThePollIsNotLost) {
    Host host(*world_);
    host->wake();
    host->wake();
    host.poll(-1);
    EXPECT_GE(host->stats().wakeups, 1u);
}

INSTANTIATE_TEST_SUITE_P(All, Conformance, testing::ValuesIn(names()),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace rota
