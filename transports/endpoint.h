// SPDX-License-Identifier: BSD-3-Clause
// Endpoint: where a listener or a peer is. Plain data; parsing and printing live in endpoint.cc.
#pragma once

#include <cstdint>
#include <string>

#include "platform/result.h"
#include "platform/slice.h"

namespace rota {

struct Endpoint {
    enum class Kind : uint8_t { tcp, unix_socket, rdma, tls };
    Kind kind = Kind::tcp;
    // A numeric IPv4 or IPv6 address or a name, "*" and "::*" mean any; a path for unix_socket.
    std::string host;
    uint16_t port = 0;  // 0: the kernel chooses
    // An address that may be missing on this machine (a leading '-' in `bind`): whatever the kernel
    // says about a missing address or protocol, listen() then fails with EADDRNOTAVAIL and the
    // caller goes on without it.
    bool optional = false;

    static Endpoint tcp(std::string host, uint16_t port) {
        return {Kind::tcp, std::move(host), port, false};
    }
    static Endpoint unix_path(std::string path) {
        return {Kind::unix_socket, std::move(path), 0, false};
    }
    static Endpoint rdma(std::string host, uint16_t port) {
        return {Kind::rdma, std::move(host), port, false};
    }
    static Endpoint tls(std::string host, uint16_t port) {
        return {Kind::tls, std::move(host), port, false};
    }
    std::string to_string() const;  // "127.0.0.1:6379", "[::1]:6379", "unix:/run/x.sock"

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// The reverse of to_string(). A last ':' without brackets also ends an IPv6 host ("::1:6379").
Result<Endpoint> parse_endpoint(Slice text);
// "<host>:<port>", with brackets round a host that contains ':'.
std::string format_host_port(Slice host, uint16_t port);

struct ListenOptions {
    int backlog = 511;
    int keepalive_s = 300;  // 0: off; applied to every accepted connection
    bool mptcp = false;
    uint32_t socket_mark = 0;       // SO_MARK; 0: none
    uint32_t unix_permissions = 0;  // octal mode set before listen(); 0: as umask says
    std::string unix_group;         // empty: unchanged
    uint32_t accepts_per_poll = 10;
    bool hand_over = false;  // Event::accepted brings a descriptor for some transport's adopt()
};

// Whether the other side must show a certificate.
enum class TlsVerify : uint8_t { no, optional, yes };

enum class TlsRole : uint8_t { server, client };

// Empty where nothing is asked for.
struct TlsSettings {
    std::string cert_file, key_file, key_password;
    std::string ca_cert_file, ca_cert_dir, dh_params_file;
    std::string protocols, ciphers, ciphersuites;
    bool prefer_server_ciphers = false;
    TlsVerify verify = TlsVerify::yes;
    bool session_caching = true;
    int32_t session_cache_size = 20480, session_cache_timeout_s = 300;
};

struct ConnectOptions {
    std::string bind_source;      // empty: the kernel chooses
    std::string tls_server_name;  // empty: whatever certificate is trusted, whoever it names
    bool mptcp = false;
    bool no_delay = true;
};

}  // namespace rota
