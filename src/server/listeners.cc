// SPDX-License-Identifier: BSD-3-Clause
// Opening listeners for TCP, TLS, RDMA and Unix sockets, at start and when CONFIG SET changes them.
#include <algorithm>
#include <cerrno>

#include "platform/log.h"
#include "server/server.h"

namespace rota {
namespace {

const char* name_of(Endpoint::Kind kind) {
    switch (kind) {
        case Endpoint::Kind::rdma:
            return "RDMA";
        case Endpoint::Kind::tls:
            return "TLS";
        case Endpoint::Kind::unix_socket:
            return "Unix";
        case Endpoint::Kind::tcp:
            break;
    }
    return "TCP";
}

TlsVerify verify_of(TlsAuthClients wanted) {
    switch (wanted) {
        case TlsAuthClients::no:
            return TlsVerify::no;
        case TlsAuthClients::optional:
            return TlsVerify::optional;
        case TlsAuthClients::yes:
            break;
    }
    return TlsVerify::yes;
}

}  // namespace

ListenOptions Server::listen_options() const {
    const ServerOptions& options = options_.server;
    return {.backlog = options.tcp_backlog,
            .keepalive_s = options.tcp_keepalive,
            .mptcp = options.mptcp,
            .socket_mark = options.socket_mark_id,
            .unix_permissions = options.unixsocketperm,
            .unix_group = options.unixsocketgroup,
            .accepts_per_poll = options.max_new_connections_per_cycle};
}

// Opens every address or none. One that may be missing ('-') and is not there is passed over.
Result<> Server::listen_on(const std::vector<std::string>& addresses, uint16_t port,
                           std::vector<Listening>& out, Endpoint::Kind kind) {
    std::vector<Listening> opened;
    for (const std::string& address : addresses) {
        const bool optional = address.starts_with('-');
        Endpoint endpoint = Endpoint::tcp(optional ? address.substr(1) : address, port);
        endpoint.optional = optional;
        endpoint.kind = kind;
        ListenOptions wanted = listen_options();
        if (kind == Endpoint::Kind::tls)
            wanted.accepts_per_poll = options_.inert.tls.max_new_tls_connections_per_cycle;
        const auto id = transport_->listen(endpoint, wanted);
        if (id) {
            opened.push_back({*id, endpoint});
            continue;
        }
        const int code = id.error().code;
        if (optional && (code == EADDRNOTAVAIL || code == EAFNOSUPPORT || code == EPROTONOSUPPORT))
            continue;
        log(LogLevel::warning, "Warning: Could not create server %s listening socket %s: %s",
            name_of(kind), endpoint.to_string().c_str(),
            id.error().message.c_str());
        for (const Listening& listening : opened) transport_->unlisten(listening.id);
        return std::unexpected(id.error());
    }
    out.insert(out.end(), opened.begin(), opened.end());
    return {};
}

Result<> Server::listen() {
    const ServerOptions& options = options_.server;
    for (const auto open : {&Server::listen_tcp, &Server::listen_tls, &Server::listen_rdma})
        if (const auto opened = (this->*open)(); !opened) return opened;
    if (!options.unixsocket.empty()) {
        const Endpoint endpoint = Endpoint::unix_path(options.unixsocket);
        const auto id = transport_->listen(endpoint, listen_options());
        if (!id) {
            log(LogLevel::warning, "Failed opening Unix socket: bind: %s",
                id.error().message.c_str());
            return fail("Failed listening on " + options.unixsocket + " (unix), aborting.");
        }
        unix_listeners_.push_back({*id, endpoint});
    }
    if (tcp_listeners_.empty() && unix_listeners_.empty() && rdma_listeners_.empty() &&
        tls_listeners_.empty())
        return fail("Configured to not listen anywhere, exiting.");
    return {};
}

// CONFIG SET of what may change under a listener: later connections follow.
void Server::update_listeners() {
    for (const auto* listeners :
         {&tcp_listeners_, &unix_listeners_, &rdma_listeners_, &tls_listeners_})
        for (const Listening& listening : *listeners)
            transport_->update_listener(listening.id, listen_options());
}

// CONFIG SET of where to listen. Addresses that stay cannot be opened twice: the old listeners are
// closed first, and opened again on failure. Connections that were accepted live on.
Result<> Server::listen_again(std::vector<Listening>& listeners, Result<> (Server::*open)()) {
    std::vector<Listening> before;
    before.swap(listeners);
    for (const Listening& listening : before) transport_->unlisten(listening.id);
    if ((this->*open)()) return {};
    for (Listening& listening : before) {
        const auto id = transport_->listen(listening.endpoint, listen_options());
        if (id) listeners.push_back({*id, listening.endpoint});
    }
    return fail("Unable to listen on this port. Check server logs.");
}

// ---- What is asked for; nothing where the port is 0

Result<> Server::listen_tcp() {
    const ServerOptions& options = options_.server;
    if (options.port == 0) return {};
    const auto port = static_cast<uint16_t>(options.port);
    if (listen_on(options.bind, port, tcp_listeners_)) return {};
    return fail("Failed listening on port " + std::to_string(port) + " (tcp), aborting.");
}

Result<> Server::listen_rdma() {
    const ServerOptions& options = options_.server;
    if (options.rdma_port == 0) return {};
    const auto addresses =
        options.rdma_bind.empty() ? std::vector<std::string>{"*"} : options.rdma_bind;
    const auto port = static_cast<uint16_t>(options.rdma_port);
    if (listen_on(addresses, port, rdma_listeners_, Endpoint::Kind::rdma)) return {};
    return fail("Failed listening on port " + std::to_string(port) + " (rdma), aborting.");
}

Result<> Server::listen_tls() {
    const TlsOptions& options = options_.inert.tls;
    if (options.tls_port == 0) return {};
    if (const auto used = use_tls(); !used) return used;
    const auto port = static_cast<uint16_t>(options.tls_port);
    if (listen_on(options_.server.bind, port, tls_listeners_, Endpoint::Kind::tls)) return {};
    return fail("Failed listening on port " + std::to_string(port) + " (tls), aborting.");
}

// Reads the certificates and the rest anew, for connections from now on.
Result<> Server::use_tls() {
    const TlsOptions& options = options_.inert.tls;
    if (options.tls_port == 0) return {};
    const auto used =
        transport_->use_tls(TlsRole::server,
                            {.cert_file = options.tls_cert_file,
                             .key_file = options.tls_key_file,
                             .key_password = options.tls_key_file_pass,
                             .ca_cert_file = options.tls_ca_cert_file,
                             .ca_cert_dir = options.tls_ca_cert_dir,
                             .dh_params_file = options.tls_dh_params_file,
                             .protocols = options.tls_protocols,
                             .ciphers = options.tls_ciphers,
                             .ciphersuites = options.tls_ciphersuites,
                             .prefer_server_ciphers = options.tls_prefer_server_ciphers,
                             .verify = verify_of(options.tls_auth_clients),
                             .session_caching = options.tls_session_caching,
                             .session_cache_size = options.tls_session_cache_size,
                             .session_cache_timeout_s = options.tls_session_cache_timeout});
    if (used) return {};
    log(LogLevel::warning, "%s", used.error().message.c_str());
    return fail("Unable to update TLS configuration. Check server logs.");
}

}  // namespace rota
