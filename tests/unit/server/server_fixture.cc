// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

#include <vector>

#include "platform/text.h"
#include "proto/command_writer.h"

namespace rota {

std::string request(Slice words) {
    const auto args = split_args(words);
    EXPECT_TRUE(args.has_value()) << words;
    std::vector<Slice> slices(args->begin(), args->end());
    Buffer out;
    append_command(out, slices);
    return std::string(out.view());
}

ServerFixture::ServerFixture() {
    add_all_rows(config_, options_);
    options_.server.bind = {"10.0.0.1"};
    options_.server.protected_mode = false;
    options_.inert.rdb.save = {};
}

void ServerFixture::start() {
    if (server_) return;
    server_ =
        std::make_unique<Server>(options_, config_, clock_, std::make_unique<SimTransport>(net_));
    ASSERT_TRUE(server_->listen());
}

SimPeer ServerFixture::connect() {
    start();
    SimPeer peer = net_.dial(Endpoint::tcp("10.0.0.1", 6379));
    settle();
    return peer;
}

std::string ServerFixture::run(Slice words) {
    if (!connected_) client_ = connect();
    connected_ = true;
    return run(client_, words);
}

std::string ServerFixture::run(SimPeer& peer, Slice words) { return send(peer, request(words)); }

std::string ServerFixture::send(SimPeer& peer, Slice bytes) {
    peer.send(bytes);
    settle();
    return peer.take();
}

void ServerFixture::settle() {
    constexpr int kTurns = 6;  // there, run, back, and what follows from it
    for (int i = 0; i < kTurns; ++i) {
        net_.step();
        server_->turn(0);
    }
    net_.step();
}

void ServerFixture::advance_ms(int64_t ms) {
    time_.advance_ms(ms);
    settle();
}

}  // namespace rota
