// SPDX-License-Identifier: BSD-3-Clause
#include "threads_fixture.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server_fixture.h"
#include "transports/transports.h"

namespace rota {

ThreadsFixture::ThreadsFixture() {
    add_all_rows(config_, options_);
    path_ = testing::TempDir() + "/rota-threads-" + std::to_string(::getpid()) + "-" +
            testing::UnitTest::GetInstance()->current_test_info()->name();
    options_.server.port = 0;
    options_.server.unixsocket = path_;
    options_.server.io_threads_always_active = true;
    options_.client.maxclients = 2000;
    options_.inert.rdb.save = {};
}

ThreadsFixture::~ThreadsFixture() {
    for (const int peer : peers_) ::close(peer);
}

void ThreadsFixture::start(int io_threads, std::unique_ptr<Transport> transport) {
    options_.server.io_threads = io_threads;
    if (!transport) transport = std::move(*make_transport("epoll"));
    server_ = std::make_unique<Server>(options_, config_, clock_, std::move(transport),
                                       [] { return make_transport("epoll"); });
    ASSERT_TRUE(server_->start_threads());
    ASSERT_TRUE(server_->listen());
}

int ThreadsFixture::connect() {
    const int peer = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::fcntl(peer, F_SETFL, O_NONBLOCK);
    peers_.push_back(peer);
    EXPECT_EQ(ask(peer, "PING"), "+PONG\r\n");
    return peer;
}

void ThreadsFixture::say(int peer, Slice words) {
    const std::string bytes = request(words);
    EXPECT_EQ(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
}

std::string ThreadsFixture::take(int peer) {
    std::string got;
    char piece[1 << 16];
    while (true) {
        const ssize_t count = ::recv(peer, piece, sizeof piece, 0);
        if (count == 0) return got + "end";
        if (count < 0) return got;
        got.append(piece, static_cast<size_t>(count));
    }
}

bool ThreadsFixture::until(const std::function<bool()>& holds) {
    const int64_t end_us = clock_.monotonic_us() + 10'000'000;
    while (!holds()) {
        if (clock_.monotonic_us() > end_us) return false;
        server_->turn(1'000'000);
    }
    return true;
}

std::string ThreadsFixture::await(int peer, size_t size) {
    std::string got;
    EXPECT_TRUE(until([&] { return (got += take(peer)).size() >= size; })) << got;
    return got;
}

std::string ThreadsFixture::ask(int peer, Slice words) {
    say(peer, words);
    std::string got;
    EXPECT_TRUE(until([&] { return (got += take(peer)).ends_with("\r\n"); })) << got;
    return got;
}

uint64_t ThreadsFixture::info(const std::string& field) {
    const Slice everything[] = {"everything"};
    const std::string text = server_->parts().info.render(everything);
    const size_t at = text.find("\n" + field + ":");
    EXPECT_NE(at, std::string::npos) << field;
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + field.size() + 2));
}

}  // namespace rota
