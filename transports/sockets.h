// SPDX-License-Identifier: BSD-3-Clause
// Kernel sockets, as every transport on top of them opens and names them. Nothing here waits,
// except for the resolver when a host is not a numeric address. Any thread may call any of it.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "platform/result.h"
#include "transports/endpoint.h"

namespace rota {

// Owns one descriptor.
class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~UniqueFd() { reset(); }

    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    void reset();
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

// Who is at the other end, as accept() said: it stays known when the connection is broken.
struct PeerAddress {
    std::array<uint8_t, 16> bytes{};  // IPv4 in the first four
    uint16_t family = AF_UNSPEC;
    uint16_t port = 0;
};

PeerAddress to_peer_address(const sockaddr_storage& address);
// Loopback or a Unix socket.
bool is_local(const PeerAddress& peer);

// Bound and listening, non-blocking. What accepted sockets inherit (TCP_NODELAY, keepalive, mark)
// is set here once and costs nothing per connection.
Result<UniqueFd> open_listener(const Endpoint& where, const ListenOptions& options);

struct OutgoingSocket {
    UniqueFd fd;
    PeerAddress peer;
    bool in_progress = false;
};
// A connect() that has begun.
Result<OutgoingSocket> open_connection(const Endpoint& where, const ConnectOptions& options);

// TCP_NODELAY and keepalive: for a listener, whose accepted sockets inherit them, or for one
// accepted socket of a protocol that inherits nothing.
void set_stream_options(int fd, int keepalive_s);

struct ConnectedStream {
    PeerAddress peer;
    bool mptcp = false;
};
// What a descriptor is that somebody else accepted; makes it non-blocking. Fails for anything but a
// connected stream socket.
Result<ConnectedStream> take_over_stream(int fd);

// The error that waits on a socket; taking it clears it.
int take_socket_error(int fd);

// Where a bound socket is; host is empty if the kernel does not say.
Endpoint bound_endpoint(int fd);

// As CLIENT LIST writes them, see Transport::peer_name.
std::string format_peer_name(int fd, const PeerAddress& peer);
std::string format_local_name(int fd);

}  // namespace rota
