// SPDX-License-Identifier: BSD-3-Clause
// ServerFixture: the real server on a simulated network with a clock that only the test moves. Raw
// RESP comes out, so what is pinned is what clients see.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "platform/clock.h"
#include "server/server.h"
#include "transports/sim/sim_net.h"
#include "transports/sim/sim_transport.h"

namespace rota {

// A name and its arguments, blanks apart, as the RESP request that a client library sends.
std::string request(Slice words);

class ServerFixture : public testing::Test {
protected:
    ServerFixture();

    // Starts with what options_ says; run() and connect() do it when needed.
    void start();
    SimPeer connect();
    // Sends a request on the first client and returns the reply.
    std::string run(Slice words);
    std::string run(SimPeer& peer, Slice words);
    // Sends bytes as they are.
    std::string send(SimPeer& peer, Slice bytes);
    // Turns the server and the network until nothing is left to do.
    void settle();
    // Lets time pass, cron included.
    void advance_ms(int64_t ms);

    SimNet net_{1};
    FakeClockSource time_;
    Clock clock_{time_};
    AllOptions options_;
    ConfigTable config_;
    std::unique_ptr<Server> server_;
    SimPeer client_;

private:
    bool connected_ = false;
};

}  // namespace rota
