// SPDX-License-Identifier: BSD-3-Clause
// ThreadsFixture: the real server with IO threads over epoll. The test is the executor: it turns
// the server, and talks to it over Unix sockets.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/clock.h"
#include "server/server.h"

namespace rota {

class ThreadsFixture : public testing::Test {
protected:
    ThreadsFixture();
    ~ThreadsFixture() override;

    // With another transport for the executor, if one is given.
    void start(int io_threads, std::unique_ptr<Transport> = nullptr);
    int connect();
    static void say(int peer, Slice words);
    // What has come so far; "end" behind it if the connection has ended.
    static std::string take(int peer);
    // Turns the server until it holds; false after ten seconds.
    bool until(const std::function<bool()>& holds);
    // So many bytes.
    std::string await(int peer, size_t size);
    // A reply of one line.
    std::string ask(int peer, Slice words);
    uint64_t info(const std::string& field);

    Clock clock_;
    AllOptions options_;
    ConfigTable config_;
    std::unique_ptr<Server> server_;

private:
    std::string path_;
    std::vector<int> peers_;
};

}  // namespace rota
