// SPDX-License-Identifier: BSD-3-Clause
// An IO loop of its own: its events come from a script, and its upstream keeps what it is given.
#include "server/io_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "client/client.h"
#include "commands/command_table.h"
#include "server_fixture.h"
#include "store/db.h"

namespace rota {
namespace {

// Tells the events it was given; connections are numbers without anything behind them.
class ScriptedTransport final : public Transport {
public:
    std::vector<Event> script;  // for the next poll()
    std::vector<ConnId> closing;

    const char* name() const override { return "scripted"; }
    Result<ListenerId> listen(const Endpoint&, const ListenOptions&) override { UNREACHABLE(); }
    void update_listener(ListenerId, const ListenOptions&) override {}
    void unlisten(ListenerId) override {}
    Endpoint local_endpoint(ListenerId) const override { return {}; }
    Result<ConnId> connect(const Endpoint&, const ConnectOptions&) override { UNREACHABLE(); }
    Result<ConnId> adopt(int) override { UNREACHABLE(); }
    bool detach(ConnId) override { return false; }
    void set_user(ConnId, void*) override {}
    SendStatus send(ConnId, std::span<const Slice>) override { return SendStatus::done; }
    void pause_receive(ConnId) override {}
    void resume_receive(ConnId) override {}
    void recycle(BufferId) override {}
    void close(ConnId conn) override { closing.push_back(conn); }
    void close_after_send(ConnId conn) override { closing.push_back(conn); }
    std::string peer_name(ConnId) const override { return {}; }
    std::string local_name(ConnId) const override { return {}; }
    bool peer_is_local(ConnId) const override { return true; }
    int descriptor(ConnId) const override { return -1; }
    void wake() noexcept override {}
    const TransportStats& stats() const override { return stats_; }
    size_t poll(std::span<Event> out, int64_t) override {
        const size_t count = std::min(out.size(), script.size());
        std::copy_n(script.begin(), count, out.begin());
        script.clear();
        return count;
    }

private:
    TransportStats stats_;
};

// Writes down, in order, who was named: the clients of a batch, then "gone".
class Scribe final : public IoLoop::Upstream {
public:
    std::string said;

    explicit Scribe(std::vector<std::unique_ptr<Batch>>& batches) : batches_(batches) {}
    Batch& submit(Batch& batch) override {
        said += "batch(";
        for (const Request& request : batch.requests) said += std::to_string(request.client->id);
        said += ") ";
        batches_.push_back(std::make_unique<Batch>());
        return *batches_.back();
    }
    void accepted(const Event&) override {}
    void gone(Client& client) override { said += "gone(" + std::to_string(client.id) + ") "; }
    void failed(Client&) override {}
    void left(Client&) override {}

private:
    std::vector<std::unique_ptr<Batch>>& batches_;
};

class IoLoopTest : public ::testing::Test {
protected:
    IoLoopTest() {
        batches_.push_back(std::make_unique<Batch>());
        loop_ = std::make_unique<IoLoop>(1, transport_, commands_, keyspace_, scribe_,
                                         *batches_.front(), IoOptions{});
    }

    Client& connect(uint64_t number) {
        Client& client = clients_.create();
        loop_->begin(client, ConnId{number});
        return client;
    }
    static Event event(Event::Kind kind, Client& client, Slice data = {}) {
        return {.kind = kind, .conn = client.io.conn, .user = &client, .data = data};
    }
    void turn(std::vector<Event> events) {
        transport_.script = std::move(events);
        loop_->wait(0);
        loop_->gather({});
        loop_->finish_turn();
    }

    ScriptedTransport transport_;
    CommandTable commands_;
    StoreOptions store_options_;
    Effects effects_;
    Keyspace keyspace_{1, store_options_, effects_};
    std::vector<std::unique_ptr<Batch>> batches_;
    Scribe scribe_{batches_};
    std::unique_ptr<IoLoop> loop_;
    ClientRegistry clients_;
};

TEST_F(IoLoopTest, RequestsOfOneTurnMakeOneBatch) {
    Client& first = connect(1);
    Client& second = connect(2);
    const std::string ping = request("PING");
    turn({event(Event::Kind::received, first, ping), event(Event::Kind::received, second, ping)});
    EXPECT_EQ(scribe_.said, "batch(12) ");
}

// The executor frees a client that is gone: a batch that named it afterwards would be read late.
TEST_F(IoLoopTest, WhatAClientHasAskedGoesBeforeTheWordThatItIsGone) {
    Client& first = connect(1);
    Client& second = connect(2);
    const std::string ping = request("PING");
    turn({event(Event::Kind::received, first, ping), event(Event::Kind::received, second, ping),
          event(Event::Kind::closed, first), event(Event::Kind::received, second, ping)});
    EXPECT_EQ(scribe_.said, "batch(12) gone(1) batch(2) ");
}

TEST_F(IoLoopTest, AClientThatAskedNothingEndsNoBatch) {
    Client& first = connect(1);
    Client& second = connect(2);
    const std::string ping = request("PING");
    turn({event(Event::Kind::received, first, ping), event(Event::Kind::closed, second)});
    EXPECT_EQ(scribe_.said, "gone(2) batch(1) ");
}

}  // namespace
}  // namespace rota
