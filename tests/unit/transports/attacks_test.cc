// SPDX-License-Identifier: BSD-3-Clause
// Attacks on listeners. accept4() and listen() of this program are the ones below, so that a test
// decides what the kernel answers and sees the moment at which a socket opens for the world.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <string>

#include "harness.h"

namespace {

std::deque<int> accept_errors;  // what the next calls of accept4() fail with
mode_t mode_at_listen = 0;      // of the last Unix socket
unsigned listens_on_unix_sockets = 0;

}  // namespace

extern "C" int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
    if (!accept_errors.empty()) {
        errno = accept_errors.front();
        accept_errors.pop_front();
        return -1;
    }
    return static_cast<int>(syscall(SYS_accept4, fd, address, length, flags));
}

extern "C" int listen(int fd, int backlog) noexcept {
    sockaddr_un address{};
    socklen_t length = sizeof address;
    struct stat status {};
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0 &&
        address.sun_family == AF_UNIX && stat(address.sun_path, &status) == 0) {
        mode_at_listen = status.st_mode & 0777;
        ++listens_on_unix_sockets;
    }
    return static_cast<int>(syscall(SYS_listen, fd, backlog));
}

namespace rota {
namespace {

TEST(Attack, Cve2025_48367_NoErrorOfAcceptEndsAccepting) {
    for (const int code : {EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET,
                           EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, EPERM, ETIMEDOUT, ECONNRESET,
                           EMFILE, ENFILE, ENOBUFS, ENOMEM, EINVAL}) {
        const std::unique_ptr<World> world = World::create("epoll");
        Host host(*world);
        host.echo_all = true;
        const Endpoint where = host.listen();
        const auto early = world->dial(where);
        accept_errors = {code, code, code};
        EXPECT_TRUE(host.until([] { return accept_errors.empty(); })) << strerror(code);
        // Without descriptors the early one may have been refused; everybody later is served.
        const auto late = world->dial(where);
        EXPECT_EQ(converse(host, *late, "hello", 5, 5), "hello") << strerror(code);
        accept_errors.clear();
    }
}

TEST(Attack, Cve2023_45145_AUnixSocketHasItsModeBeforeAnybodyCanConnect) {
    const std::string path = testing::TempDir() + "attack-" + std::to_string(getpid()) + ".sock";
    const mode_t old_mask = umask(0);
    const std::unique_ptr<World> world = World::create("epoll");
    for (unsigned round = 0; round < 1000; ++round) {
        Host host(*world);
        const unsigned before = listens_on_unix_sockets;
        mode_at_listen = 0777;
        const auto id = host->listen(Endpoint::unix_path(path), {.unix_permissions = 0700});
        ASSERT_TRUE(id.has_value()) << id.error().message;
        ASSERT_EQ(listens_on_unix_sockets, before + 1);
        ASSERT_EQ(mode_at_listen, 0700u);
        host->unlisten(*id);
    }
    umask(old_mask);
}

}  // namespace
}  // namespace rota
