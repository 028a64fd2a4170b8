// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cerrno>

#include "transports/sim/sim_transport.h"

namespace rota {
namespace {

const Endpoint kServer = Endpoint::tcp("10.0.0.1", 6379);

// Echoes until nothing happens any more; returns a line per event.
std::string pump(SimNet& net, SimTransport& server, int steps) {
    std::string trace;
    std::vector<std::unique_ptr<std::string>> kept;
    Event events[16];
    for (int i = 0; i < steps; ++i, net.step()) {
        const size_t count = server.poll(events, 0);
        for (const Event& event : std::span(events, count)) {
            trace += std::to_string(static_cast<int>(event.kind)) + ":" +
                     std::to_string(event.data.size()) + ":" + std::to_string(event.error) + " ";
            if (event.kind != Event::Kind::received) continue;
            const Slice bytes = *kept.emplace_back(std::make_unique<std::string>(event.data));
            server.send(event.conn, {&bytes, 1});
            server.recycle(event.buffer);
        }
    }
    return trace;
}

std::string run(uint64_t seed, const SimOptions& options) {
    SimNet net(seed, options);
    SimTransport server(net);
    EXPECT_TRUE(server.listen(kServer, {}));
    SimPeer peer = net.dial(kServer);
    for (int i = 0; i < 20; ++i) peer.send("a request of some length\r\n");
    std::string trace = pump(net, server, 300);
    EXPECT_EQ(server.buffers_out(), 0u);
    return trace + "|" + peer.received();
}

TEST(SimNet, AnswersWithoutDelayInOneStep) {
    SimNet net(1);
    SimTransport server(net);
    ASSERT_TRUE(server.listen(kServer, {}));
    SimPeer peer = net.dial(kServer);
    peer.send("PING\r\n");
    pump(net, server, 2);
    EXPECT_EQ(peer.take(), "PING\r\n");
    EXPECT_EQ(peer.received(), "");
}

TEST(SimNet, OneSeedIsOneHistory) {
    SimOptions options;
    options.delay_max_ns = 5'000'000;
    options.piece_max = 9;
    options.partial_sends = true;
    EXPECT_EQ(run(7, options), run(7, options));
    EXPECT_NE(run(7, options), run(8, options));
    std::string expected;
    for (int i = 0; i < 20; ++i) expected += "a request of some length\r\n";
    const std::string history = run(9, options);
    EXPECT_EQ(history.substr(history.find('|') + 1), expected);
}

TEST(SimNet, BytesArriveWhenTheirTimeHasCome) {
    SimOptions options;
    options.delay_max_ns = 1'000'000'000;
    SimNet net(3, options);
    SimTransport server(net);
    ASSERT_TRUE(server.listen(kServer, {}));
    SimPeer peer = net.dial(kServer);
    peer.send("x");
    Event events[4];
    EXPECT_EQ(server.poll(events, -1), 1u);  // accepted
    EXPECT_EQ(server.poll(events, -1), 0u);
    net.advance(1'000'000'000);
    ASSERT_EQ(server.poll(events, -1), 1u);
    EXPECT_EQ(events[0].data, "x");
    server.recycle(events[0].buffer);
}

TEST(SimNet, BreaksConnectionsAsOftenAsToldTo) {
    SimOptions options;
    options.reset_one_in = 10;
    int broken = 0;
    for (uint64_t seed = 0; seed < 50; ++seed) {
        SimNet net(seed, options);
        SimTransport server(net);
        ASSERT_TRUE(server.listen(kServer, {}));
        SimPeer peer = net.dial(kServer);
        for (int i = 0; i < 5; ++i) peer.send("x");
        const std::string trace = pump(net, server, 5);
        if (peer.error() == 0) continue;
        ++broken;
        const std::string closed = std::to_string(static_cast<int>(Event::Kind::closed));
        EXPECT_NE(trace.find(closed + ":0:" + std::to_string(ECONNRESET)), std::string::npos)
            << trace;
    }
    EXPECT_GT(broken, 10);
    EXPECT_LT(broken, 45);
}

TEST(SimNet, RefusesWhereNobodyListens) {
    SimNet net(1);
    SimPeer peer = net.dial(kServer);
    EXPECT_EQ(peer.error(), ECONNREFUSED);
    EXPECT_EQ(peer.received(), "");
    EXPECT_FALSE(peer.eof());
}

TEST(SimNet, AClosingHostThatDidNotReadResetsItsPeer) {
    SimNet net(1);
    SimTransport server(net);
    ASSERT_TRUE(server.listen(kServer, {}));
    SimPeer peer = net.dial(kServer);
    Event event[1];
    ASSERT_EQ(server.poll(event, 0), 1u);
    peer.send("never read");
    server.close(event[0].conn);
    EXPECT_EQ(peer.error(), ECONNRESET);
}

}  // namespace
}  // namespace rota
