// SPDX-License-Identifier: BSD-3-Clause
#include "transports/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace rota {
namespace {

constexpr int kProtocolMptcp = 262;  // IPPROTO_MPTCP, which older headers lack

struct AddressListDeleter {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

bool set_option(int fd, int level, int name, int value) {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// How EAI_* ends as an errno value: an address that cannot be resolved is one that is not there.
Result<AddressList> resolve(const std::string& host, uint16_t port, bool to_listen) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    std::string name = host;
    if (to_listen) {
        hints.ai_flags |= AI_PASSIVE;
        if (host == "*" || host.empty()) name = "0.0.0.0";
        if (host == "::*") name = "::";
    }
    addrinfo* list = nullptr;
    const int problem = ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &list);
    if (problem != 0) return fail(::gai_strerror(problem), EADDRNOTAVAIL);
    return AddressList(list);
}

UniqueFd open_stream(int family, bool mptcp) {
    const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return UniqueFd(::socket(family, type, mptcp ? kProtocolMptcp : 0));
}

bool set_keepalive(int fd, int keepalive_s) {
    if (keepalive_s <= 0) return set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
    return set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) &&
           set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_s) &&
           set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, keepalive_s / 3)) &&
           set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

Result<UniqueFd> listen_at(const addrinfo& address, const ListenOptions& options) {
    UniqueFd fd = open_stream(address.ai_family, options.mptcp);
    if (!fd) return fail_errno("socket", errno);
    if (address.ai_family == AF_INET6 && !set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1))
        return fail_errno("IPV6_V6ONLY", errno);
    if (!set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1))
        return fail_errno("SO_REUSEADDR", errno);
    if (options.socket_mark != 0 &&
        !set_option(fd.get(), SOL_SOCKET, SO_MARK, static_cast<int>(options.socket_mark)))
        return fail_errno("SO_MARK", errno);
    set_stream_options(fd.get(), options.keepalive_s);
    if (::bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0)
        return fail_errno("bind", errno);
    if (::listen(fd.get(), options.backlog) != 0) return fail_errno("listen", errno);
    return fd;
}

bool means_missing(int code) {
    return code == EADDRNOTAVAIL || code == EAFNOSUPPORT || code == ENOPROTOOPT ||
           code == EPROTONOSUPPORT || code == ESOCKTNOSUPPORT || code == EPFNOSUPPORT;
}

Result<UniqueFd> listen_tcp(const Endpoint& where, const ListenOptions& options) {
    Result<AddressList> list = resolve(where.host, where.port, true);
    if (!list) return std::unexpected(list.error());
    Result<UniqueFd> listener = fail("no address", EADDRNOTAVAIL);
    for (const addrinfo* address = list->get(); address != nullptr; address = address->ai_next) {
        listener = listen_at(*address, options);
        if (listener) break;
    }
    if (!listener && where.optional && means_missing(listener.error().code))
        listener.error().code = EADDRNOTAVAIL;
    return listener;
}

Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return fail_errno("Unix socket path '" + path + "'", ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

// Mode and group are in place before listen(), so nobody connects under the wrong ones.
Result<> set_unix_owner(const std::string& path, const ListenOptions& options) {
    if (options.unix_permissions != 0 && ::chmod(path.c_str(), options.unix_permissions) != 0)
        return fail_errno("chmod " + path, errno);
    if (options.unix_group.empty()) return {};
    errno = 0;
    const group* found = ::getgrnam(options.unix_group.c_str());
    if (found == nullptr)
        return fail("no group '" + options.unix_group + "' for " + path, errno ? errno : ENOENT);
    if (::chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0)
        return fail_errno("chown " + path, errno);
    return {};
}

Result<UniqueFd> listen_unix(const Endpoint& where, const ListenOptions& options) {
    const Result<sockaddr_un> address = unix_address(where.host);
    if (!address) return std::unexpected(address.error());
    UniqueFd fd = open_stream(AF_UNIX, false);
    if (!fd) return fail_errno("socket", errno);
    // A socket file that a crash left behind. Anything but a socket is somebody's data.
    struct stat old {};
    if (::stat(where.host.c_str(), &old) == 0 && S_ISSOCK(old.st_mode))
        ::unlink(where.host.c_str());
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
        return fail_errno("bind", errno);
    if (Result<> owner = set_unix_owner(where.host, options); !owner) {
        ::unlink(where.host.c_str());
        return std::unexpected(owner.error());
    }
    if (::listen(fd.get(), options.backlog) != 0) return fail_errno("listen", errno);
    return fd;
}

Result<> bind_source(int fd, const std::string& source, int family) {
    const Result<AddressList> list = resolve(source, 0, false);
    if (!list) return std::unexpected(list.error());
    for (const addrinfo* address = list->get(); address != nullptr; address = address->ai_next) {
        if (address->ai_family != family) continue;
        if (::bind(fd, address->ai_addr, address->ai_addrlen) == 0) return {};
        return fail_errno("bind " + source, errno);
    }
    return fail("no address of that family in '" + source + "'", EADDRNOTAVAIL);
}

Result<OutgoingSocket> begin_connect(UniqueFd fd, const sockaddr* address, socklen_t length) {
    OutgoingSocket result;
    sockaddr_storage copy{};
    std::memcpy(&copy, address, std::min<size_t>(length, sizeof copy));
    result.peer = to_peer_address(copy);
    if (::connect(fd.get(), address, length) != 0) {
        if (errno != EINPROGRESS) return fail_errno("connect", errno);
        result.in_progress = true;
    }
    result.fd = std::move(fd);
    return result;
}

Result<OutgoingSocket> connect_at(const addrinfo& address, const ConnectOptions& options) {
    UniqueFd fd = open_stream(address.ai_family, options.mptcp);
    if (!fd) return fail_errno("socket", errno);
    if (!options.bind_source.empty()) {
        set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
        const Result<> bound = bind_source(fd.get(), options.bind_source, address.ai_family);
        if (!bound) return std::unexpected(bound.error());
    }
    if (options.no_delay) set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    return begin_connect(std::move(fd), address.ai_addr, address.ai_addrlen);
}

struct LocalAddress {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
};

bool read_local(int fd, LocalAddress& local) {
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&local.storage), &local.length) == 0;
}

std::string unix_path_of(const LocalAddress& address) {
    const auto* named = reinterpret_cast<const sockaddr_un*>(&address.storage);
    constexpr size_t kPathAt = offsetof(sockaddr_un, sun_path);
    if (address.length <= kPathAt) return {};
    return std::string(named->sun_path, ::strnlen(named->sun_path, address.length - kPathAt));
}

std::string host_of(const PeerAddress& peer) {
    char text[INET6_ADDRSTRLEN] = "?";
    ::inet_ntop(peer.family, peer.bytes.data(), text, sizeof text);
    return text;
}

// The end that has a path names both: only the listening side of a Unix connection is bound.
std::string unix_name(int fd) {
    LocalAddress address;
    std::string path = read_local(fd, address) ? unix_path_of(address) : std::string();
    if (path.empty()) {
        address = {};
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length) == 0)
            path = unix_path_of(address);
    }
    return path + ":0";
}

}  // namespace

void UniqueFd::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

PeerAddress to_peer_address(const sockaddr_storage& address) {
    PeerAddress peer;
    peer.family = address.ss_family;
    if (peer.family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        std::memcpy(peer.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
        peer.port = ntohs(v4.sin_port);
    } else if (peer.family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        std::memcpy(peer.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
        peer.port = ntohs(v6.sin6_port);
    }
    return peer;
}

bool is_local(const PeerAddress& peer) {
    if (peer.family == AF_UNIX) return true;
    if (peer.family == AF_INET) return peer.bytes[0] == 127;
    if (peer.family != AF_INET6) return false;
    return std::memcmp(peer.bytes.data(), &in6addr_loopback, peer.bytes.size()) == 0;
}

Result<UniqueFd> open_listener(const Endpoint& where, const ListenOptions& options) {
    return where.kind == Endpoint::Kind::unix_socket ? listen_unix(where, options)
                                                     : listen_tcp(where, options);
}

Result<OutgoingSocket> open_connection(const Endpoint& where, const ConnectOptions& options) {
    if (where.kind == Endpoint::Kind::unix_socket) {
        const Result<sockaddr_un> address = unix_address(where.host);
        if (!address) return std::unexpected(address.error());
        UniqueFd fd = open_stream(AF_UNIX, false);
        if (!fd) return fail_errno("socket", errno);
        return begin_connect(std::move(fd), reinterpret_cast<const sockaddr*>(&*address),
                             sizeof *address);
    }
    const Result<AddressList> list = resolve(where.host, where.port, false);
    if (!list) return std::unexpected(list.error());
    Result<OutgoingSocket> begun = fail("no address", EADDRNOTAVAIL);
    for (const addrinfo* address = list->get(); address != nullptr; address = address->ai_next) {
        begun = connect_at(*address, options);
        if (begun) break;
    }
    return begun;
}

void set_stream_options(int fd, int keepalive_s) {
    // Neither is worth losing a connection over; a Unix socket knows none of them.
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_keepalive(fd, keepalive_s);
}

Result<ConnectedStream> take_over_stream(int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        return fail_errno("getpeername", errno);
    int type = 0, protocol = 0;
    length = sizeof type;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0)
        return fail_errno("SO_TYPE", errno);
    if (type != SOCK_STREAM) return fail_errno("adopt", EPROTOTYPE);
    length = sizeof protocol;
    if (::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) != 0)
        return fail_errno("SO_PROTOCOL", errno);
    const int flags = ::fcntl(fd, F_GETFL);
    if ((flags & O_NONBLOCK) == 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return fail_errno("O_NONBLOCK", errno);
    return ConnectedStream{to_peer_address(address), protocol == kProtocolMptcp};
}

int take_socket_error(int fd) {
    int code = 0;
    socklen_t length = sizeof code;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0) return errno;
    return code;
}

Endpoint bound_endpoint(int fd) {
    LocalAddress local;
    if (!read_local(fd, local)) return {};
    if (local.storage.ss_family == AF_UNIX) return Endpoint::unix_path(unix_path_of(local));
    const PeerAddress address = to_peer_address(local.storage);
    return Endpoint::tcp(host_of(address), address.port);
}

std::string format_peer_name(int fd, const PeerAddress& peer) {
    if (peer.family == AF_UNIX) return unix_name(fd);
    return format_host_port(host_of(peer), peer.port);
}

std::string format_local_name(int fd) {
    const Endpoint local = bound_endpoint(fd);
    if (local.kind == Endpoint::Kind::unix_socket) return unix_name(fd);
    return format_host_port(local.host, local.port);
}

}  // namespace rota
