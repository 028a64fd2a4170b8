// SPDX-License-Identifier: BSD-3-Clause
// ClientConnection: one blocking connection from a program of ours to a server: requests out,
// replies back as values. For tools; the server itself never blocks on a socket.
// Threading: one owner at a time. shutdown_fd() alone may be called from a signal handler.
// Failure: every call that touches the network returns Result; after an error the connection is of
// no more use (open a new one). An error reply of the server is a value, not a failure.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>

#include "platform/buffer.h"
#include "platform/result.h"
#include "platform/slice.h"
#include "proto/reply_parser.h"

namespace rota {

struct ConnectTarget {
    std::string host = "127.0.0.1";
    uint16_t port = 6379;
    std::string unix_path;   // if set, used instead of host and port
    int family = AF_UNSPEC;  // AF_INET or AF_INET6 narrow what a host name may become
    bool rdma = false;       // instead of TCP, to the same host and port
    bool mptcp = false;      // Multipath TCP; falls back to TCP where the kernel has none
    int64_t timeout_ms = 0;  // to connect within; 0: as long as the kernel tries

    // "127.0.0.1:6379", "[::1]:6379" or the path: for prompts and messages.
    std::string name() const;
};

// What is said right after connecting. An empty password means: do not authenticate.
struct Login {
    std::string user;
    std::string password;
    int resp = 2;
    int db = 0;
};

class ClientConnection {
public:
    using PushHandler = std::function<void(const ReplyValue&)>;

    ClientConnection() = default;  // closed
    ClientConnection(ClientConnection&& other) noexcept;
    ClientConnection& operator=(ClientConnection&& other) noexcept;
    ~ClientConnection();

    static Result<ClientConnection> open(const ConnectTarget& target);

    // AUTH, HELLO 3, SELECT, as far as `login` asks for them. A refusal of the server is the Error.
    Result<> login(const Login& login);

    // One request and its reply. Pushes that arrive before the reply go to the push handler.
    Result<ReplyValue> call(std::span<const Slice> args);
    Result<ReplyValue> call(std::initializer_list<Slice> args);

    // Pipelining: queue any number of requests, flush once, read as many replies.
    void queue(std::span<const Slice> args);
    void queue(std::initializer_list<Slice> args);
    void queue_raw(Slice wire) { out_.append(wire); }
    Result<> flush();
    Result<ReplyValue> read_reply();  // skips pushes (they go to the handler)
    Result<ReplyValue> read_any();    // whatever comes next, a push included
    bool has_buffered_input() const { return !in_.empty(); }

    void on_push(PushHandler handler) { on_push_ = std::move(handler); }

    // Whether the server has hung up, as far as is known without waiting.
    bool peer_closed() const;

    bool is_open() const { return fd_ >= 0; }
    int fd() const { return fd_; }
    void close();

    // Async-signal-safe: a call that waits on this socket ends with an error.
    static void shutdown_fd(int fd);

private:
    explicit ClientConnection(int fd) : fd_(fd) {}
    Result<> fill();

    int fd_ = -1;
    Buffer out_;
    Buffer in_;
    ReplyParser parser_;
    PushHandler on_push_;
};

}  // namespace rota
