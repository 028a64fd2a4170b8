// SPDX-License-Identifier: BSD-3-Clause
#include "tools/net/client_connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "proto/command_writer.h"
#include "tools/net/rdma_bridge.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

namespace rota {
namespace {

constexpr size_t kReadChunk = 16 * 1024;

// Finishes a connect() that is under way on a non-blocking socket. 0 or an errno.
int await_connected(int fd, int64_t timeout_ms) {
    pollfd waiting{fd, POLLOUT, 0};
    int ready = 0;
    do {
        ready = ::poll(&waiting, 1, timeout_ms > 0 ? static_cast<int>(timeout_ms) : -1);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0) return errno;
    if (ready == 0) return ETIMEDOUT;
    int code = 0;
    socklen_t len = sizeof code;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0) return errno;
    return code;
}

// A connected, blocking socket, or -1 with `code` set.
int connect_socket(int family, int protocol, const sockaddr* address, socklen_t address_len,
                   int64_t timeout_ms, int& code) {
    const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (fd < 0) {
        code = errno;
        return -1;
    }
    code = ::connect(fd, address, address_len) == 0 ? 0 : errno;
    if (code == EINPROGRESS) code = await_connected(fd, timeout_ms);
    if (code == 0 && ::fcntl(fd, F_SETFL, 0) != 0) code = errno;
    if (code == 0) return fd;
    ::close(fd);
    return -1;
}

Result<int> connect_unix(const ConnectTarget& target) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (target.unix_path.size() >= sizeof address.sun_path)
        return fail_errno(target.unix_path, ENAMETOOLONG);
    target.unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    int code = 0;
    const int fd = connect_socket(AF_UNIX, 0, reinterpret_cast<const sockaddr*>(&address),
                                  sizeof address, target.timeout_ms, code);
    if (fd < 0) return fail(std::strerror(code), code);
    return fd;
}

Result<int> connect_tcp(const ConnectTarget& target) {
    addrinfo hints{};
    hints.ai_family = target.family;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const std::string port = std::to_string(target.port);
    const int found = ::getaddrinfo(target.host.c_str(), port.c_str(), &hints, &list);
    if (found != 0) return fail(::gai_strerror(found));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
    int code = EADDRNOTAVAIL;
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
        int fd = -1;
        if (target.mptcp)
            fd = connect_socket(one->ai_family, IPPROTO_MPTCP, one->ai_addr, one->ai_addrlen,
                                target.timeout_ms, code);
        const bool no_mptcp = code == EPROTONOSUPPORT || code == ENOPROTOOPT || code == EINVAL;
        if (!target.mptcp || (fd < 0 && no_mptcp))
            fd = connect_socket(one->ai_family, IPPROTO_TCP, one->ai_addr, one->ai_addrlen,
                                target.timeout_ms, code);
        if (fd < 0) continue;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        return fd;
    }
    return fail(std::strerror(code), code);
}

Result<> refused(Result<ReplyValue> reply, const char* what) {
    if (!reply) return std::unexpected(reply.error());
    if (reply->is_error()) return fail(std::string(what) + " failed: " + reply->text);
    return {};
}

}  // namespace

std::string ConnectTarget::name() const {
    if (!unix_path.empty()) return unix_path;
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

ClientConnection::ClientConnection(ClientConnection&& other) noexcept { *this = std::move(other); }

ClientConnection& ClientConnection::operator=(ClientConnection&& other) noexcept {
    if (this == &other) return *this;
    close();
    fd_ = std::exchange(other.fd_, -1);
    out_ = std::move(other.out_);
    in_ = std::move(other.in_);
    parser_ = std::move(other.parser_);
    on_push_ = std::move(other.on_push_);
    return *this;
}

ClientConnection::~ClientConnection() { close(); }

void ClientConnection::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    out_.clear();
    in_.clear();
    parser_.reset();
}

void ClientConnection::shutdown_fd(int fd) {
    const int saved = errno;  // this runs inside a signal handler
    ::shutdown(fd, SHUT_RDWR);
    errno = saved;
}

Result<ClientConnection> ClientConnection::open(const ConnectTarget& target) {
    Result<int> fd = target.rdma ? bridge_to_rdma(target.host, target.port, target.timeout_ms)
                     : target.unix_path.empty() ? connect_tcp(target)
                                                : connect_unix(target);
    if (!fd) return std::unexpected(fd.error());
    return ClientConnection(*fd);
}

Result<> ClientConnection::login(const Login& login) {
    if (!login.password.empty()) {
        Result<ReplyValue> reply = login.user.empty() ? call({"AUTH", login.password})
                                                      : call({"AUTH", login.user, login.password});
        if (Result<> done = refused(std::move(reply), "AUTH"); !done) return done;
    }
    if (login.resp == 3) {
        if (Result<> done = refused(call({"HELLO", "3"}), "HELLO 3"); !done) return done;
    }
    if (login.db != 0) return refused(call({"SELECT", std::to_string(login.db)}), "SELECT");
    return {};
}

void ClientConnection::queue(std::span<const Slice> args) { append_command(out_, args); }
void ClientConnection::queue(std::initializer_list<Slice> args) {
    queue(std::span<const Slice>(args.begin(), args.size()));
}

Result<ReplyValue> ClientConnection::call(std::span<const Slice> args) {
    queue(args);
    if (Result<> sent = flush(); !sent) return std::unexpected(sent.error());
    return read_reply();
}
Result<ReplyValue> ClientConnection::call(std::initializer_list<Slice> args) {
    return call(std::span<const Slice>(args.begin(), args.size()));
}

Result<> ClientConnection::flush() {
    while (!out_.empty()) {
        const ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return fail(std::strerror(errno), errno);
        out_.drop_front(static_cast<size_t>(sent));
    }
    return {};
}

bool ClientConnection::peer_closed() const {
    char byte;
    const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

Result<> ClientConnection::fill() {
    for (;;) {
        const ssize_t got = ::recv(fd_, in_.extend(kReadChunk), kReadChunk, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(std::strerror(errno), errno);
        if (got == 0) return fail("Server closed the connection", ECONNRESET);
        in_.commit(static_cast<size_t>(got));
        return {};
    }
}

Result<ReplyValue> ClientConnection::read_any() {
    for (;;) {
        switch (parser_.parse(in_.view())) {
            case ParseStatus::complete:
                in_.drop_front(parser_.consumed());
                return parser_.take();
            case ParseStatus::invalid:
                return fail("Protocol error: " + std::string(parser_.error()));
            case ParseStatus::need_more:
                if (Result<> got = fill(); !got) return std::unexpected(got.error());
        }
    }
}

Result<ReplyValue> ClientConnection::read_reply() {
    for (;;) {
        Result<ReplyValue> reply = read_any();
        if (!reply || reply->type != ReplyType::push) return reply;
        if (on_push_) on_push_(*reply);
    }
}

}  // namespace rota
