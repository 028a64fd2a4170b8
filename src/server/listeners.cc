// SPDX-License-Identifier: BSD-3-Clause
// Opening listeners: bind, port and unixsocket, at start and when CONFIG SET changes them.
#include <algorithm>
#include <cerrno>

#include "platform/log.h"
#include "server/server.h"

namespace rota {

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
        const auto id = transport_->listen(endpoint, listen_options());
        if (id) {
            opened.push_back({*id, endpoint});
            continue;
        }
        const int code = id.error().code;
        if (optional && (code == EADDRNOTAVAIL || code == EAFNOSUPPORT || code == EPROTONOSUPPORT))
            continue;
        log(LogLevel::warning, "Warning: Could not create server %s listening socket %s: %s",
            kind == Endpoint::Kind::rdma ? "RDMA" : "TCP", endpoint.to_string().c_str(),
            id.error().message.c_str());
        for (const Listening& listening : opened) transport_->unlisten(listening.id);
        return std::unexpected(id.error());
    }
    out.insert(out.end(), opened.begin(), opened.end());
    return {};
}

Result<> Server::listen() {
    const ServerOptions& options = options_.server;
    if (options.port != 0) {
        const auto port = static_cast<uint16_t>(options.port);
        if (auto opened = listen_on(options.bind, port, tcp_listeners_); !opened)
            return fail("Failed listening on port " + std::to_string(port) + " (tcp), aborting.");
    }
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
    if (auto opened = listen_rdma(); !opened) return opened;
    if (tcp_listeners_.empty() && unix_listeners_.empty() && rdma_listeners_.empty())
        return fail("Configured to not listen anywhere, exiting.");
    return {};
}

// CONFIG SET of what may change under a listener: later connections follow.
void Server::update_listeners() {
    for (const auto* listeners : {&tcp_listeners_, &unix_listeners_, &rdma_listeners_})
        for (const Listening& listening : *listeners)
            transport_->update_listener(listening.id, listen_options());
}

// CONFIG SET port or bind: the new listeners first, so that a failure leaves the old ones as they
// were.
Result<> Server::listen_again() {
    std::vector<Listening> before;
    before.swap(tcp_listeners_);
    const ServerOptions& options = options_.server;
    // Addresses that stay cannot be opened twice: they are closed first and opened again on
    // failure.
    for (const Listening& listening : before) transport_->unlisten(listening.id);
    if (options.port == 0) return {};
    if (listen_on(options.bind, static_cast<uint16_t>(options.port), tcp_listeners_)) return {};
    for (Listening& listening : before) {
        const auto id = transport_->listen(listening.endpoint, listen_options());
        if (id) tcp_listeners_.push_back({*id, listening.endpoint});
    }
    return fail("Unable to listen on this port. Check server logs.");
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

// As listen_again(). Connections that were accepted live on.
Result<> Server::listen_rdma_again() {
    std::vector<Listening> before;
    before.swap(rdma_listeners_);
    for (const Listening& listening : before) transport_->unlisten(listening.id);
    if (listen_rdma()) return {};
    for (Listening& listening : before) {
        const auto id = transport_->listen(listening.endpoint, listen_options());
        if (id) rdma_listeners_.push_back({*id, listening.endpoint});
    }
    return fail("Unable to listen on this port. Check server logs.");
}

}  // namespace rota
