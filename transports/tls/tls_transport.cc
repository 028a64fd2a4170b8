// SPDX-License-Identifier: BSD-3-Clause
#include "transports/tls/tls_transport.h"

#include <algorithm>
#include <cerrno>

#include "platform/log.h"
#include "transports/tls/tls_handover.h"

namespace rota {
namespace {

constexpr uint32_t kDecrypted = uint32_t{1} << 29;  // marks our buffers: the host's are below
constexpr uintptr_t kOurs = 1;                      // marks what the host keeps as user for us
constexpr size_t kEncryptedMax = 64 << 10;          // that wait for the host, of a connection

bool is_ours(const void* user) { return (reinterpret_cast<uintptr_t>(user) & kOurs) != 0; }

}  // namespace

// ---- Listeners

Result<> TlsTransport::use_tls(TlsRole role, const TlsSettings& settings) {
    const bool server = role == TlsRole::server;
    Result<TlsContext> made = make_tls_context(settings, server);
    if (!made) return std::unexpected(made.error());
    (server ? server_ : client_) = std::move(*made);
    return {};
}

Result<ListenerId> TlsTransport::listen(const Endpoint& where, const ListenOptions& options) {
    if (where.kind != Endpoint::Kind::tls) return host_->listen(where, options);
    if (shared_) return fail("TLS connections cannot be shared by threads");
    if (!server_) return fail("no certificate is configured");
    Endpoint plain = where;
    plain.kind = Endpoint::Kind::tcp;
    const Result<ListenerId> id = host_->listen(plain, options);
    if (id) listeners_.insert(*id);
    return id;
}

void TlsTransport::unlisten(ListenerId id) {
    listeners_.erase(id);
    host_->unlisten(id);
}

Endpoint TlsTransport::local_endpoint(ListenerId id) const {
    Endpoint where = host_->local_endpoint(id);
    if (listeners_.contains(id)) where.kind = Endpoint::Kind::tls;
    return where;
}

bool TlsTransport::share_input(bool on) {
    if (on && !idle()) return false;
    if (!host_->share_input(on)) return false;
    shared_ = on;
    return true;
}

// ---- Connections come

// On the way of every send, encrypted or not.
TlsTransport::Connection* TlsTransport::find(ConnId id) {
    if (connections_.empty()) [[likely]]
        return nullptr;
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second.get();
}

TlsTransport::Connection& TlsTransport::add(ConnId id, std::unique_ptr<TlsSession> session) {
    auto made = std::make_unique<Connection>();
    made->id = id;
    made->session = std::move(session);
    host_->set_user(id, reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(made.get()) | kOurs));
    return *(connections_[id] = std::move(made));
}

Result<ConnId> TlsTransport::connect(const Endpoint& where, const ConnectOptions& options) {
    if (where.kind != Endpoint::Kind::tls) return host_->connect(where, options);
    if (!client_) return fail("no TLS is configured for connections to others");
    std::unique_ptr<TlsSession> session = TlsSession::connect(client_, options.tls_server_name);
    if (!session) return fail_errno("TLS", ENOMEM);
    Endpoint plain = where;
    plain.kind = Endpoint::Kind::tcp;
    const Result<ConnId> id = host_->connect(plain, options);
    if (!id) return id;
    Connection& connection = add(*id, std::move(session));
    connection.dialled = connection.connecting = true;
    return id;
}

void TlsTransport::accepted(const Event& event) {
    std::unique_ptr<TlsSession> session = TlsSession::accept(server_);
    if (event.descriptor >= 0) {
        if (session) tls_handover::put(event.descriptor, std::move(session));
    } else if (session) {
        add(event.conn, std::move(session));
    } else {
        host_->close(event.conn);  // no memory: its owner will hear of the end
    }
    told_.push_back(event);
}

Result<ConnId> TlsTransport::adopt(int descriptor) {
    std::unique_ptr<TlsSession> session = tls_handover::take(descriptor);
    const Result<ConnId> id = host_->adopt(descriptor);
    if (!id || !session) return id;
    Connection& connection = add(*id, std::move(session));
    if (connection.session->peer_finished()) tell_eof(connection);
    push_out(connection);  // the handshake may have gone on while it was under way
    if (connection.session->failed()) fail_connection(connection);
    return id;
}

bool TlsTransport::detach(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr) return host_->detach(id);
    if (!connection->unsent.empty() || connection->flight_pending || connection->connecting ||
        connection->closing)
        return false;
    return connection->detaching = host_->detach(id);
}

void TlsTransport::set_user(ConnId id, void* user) {
    if (Connection* connection = find(id))
        connection->user = user;
    else
        host_->set_user(id, user);
}

// ---- Down

size_t TlsTransport::send_now(ConnId id, Slice bytes) {
    Connection* connection = find(id);
    if (connection == nullptr) return host_->send_now(id, bytes);
    if (connection->closing || !connection->unsent.empty()) return 0;
    size_t taken = 0;
    while (taken < bytes.size()) {
        const size_t count = encrypt(*connection, bytes.substr(taken));
        if (count == 0) break;
        taken += count;
        push_out(*connection);
    }
    return taken;
}

// How many of them: none while there is no key, and when as much as may wait does.
size_t TlsTransport::encrypt(Connection& connection, Slice bytes) {
    TlsSession& session = *connection.session;
    const size_t waiting = session.output().size();
    if (!session.established() || session.failed() || waiting >= kEncryptedMax) return 0;
    bytes = bytes.substr(0, kEncryptedMax - waiting);
    session.write(bytes);
    plain_out_ += bytes.size();
    return bytes.size();
}

SendStatus TlsTransport::send(ConnId id, std::span<const Slice> chunks) {
    Connection* connection = find(id);
    if (connection == nullptr) return host_->send(id, chunks);
    if (connection->closing || connection->session->failed()) return SendStatus::done;
    for (const Slice& chunk : chunks)
        if (!chunk.empty()) connection->unsent.push_back(chunk);
    if (flush(*connection) && !connection->owes_sent) return SendStatus::done;
    connection->owes_sent = true;
    return SendStatus::pending;
}

// Encrypts and offers what it can; true when all chunks are encrypted, and so free again.
bool TlsTransport::flush(Connection& connection) {
    push_out(connection);
    while (!connection.unsent.empty()) {
        Slice& first = connection.unsent.front();
        const size_t count = encrypt(connection, first);
        if (count == 0) return false;
        first.remove_prefix(count);
        if (first.empty()) connection.unsent.pop_front();
        push_out(connection);
    }
    return true;
}

// Offers the session's output to the host, if the host has nothing of it any more.
void TlsTransport::push_out(Connection& connection) {
    Buffer& output = connection.session->output();
    if (connection.flight_pending || connection.connecting || connection.detaching) return;
    if (output.empty()) return;
    cipher_out_ += output.size();
    output.drop_front(host_->send_now(connection.id, output.view()));
    if (output.empty()) return;
    connection.in_flight.swap(output);
    const Slice chunk = connection.in_flight.view();
    connection.flight_pending = host_->send(connection.id, {&chunk, 1}) == SendStatus::pending;
    if (!connection.flight_pending) connection.in_flight.release();
}

void TlsTransport::close(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr) return host_->close(id);
    const bool again = connection->closing;
    if (again && !connection->closing_after_send) return;
    connection->closing = true;
    drop_told(id);
    // What was encrypted was sent, as far as the caller knows.
    if (!again && connection->unsent.empty() && connection->session->established()) {
        connection->session->finish();
        push_out(*connection);
        if (!all_out(*connection)) return finish_close(*connection);
    }
    connection->closing_after_send = false;
    host_->close(id);
}

// Nothing is told of a connection after it was closed.
void TlsTransport::drop_told(ConnId id) {
    std::erase_if(told_, [&](const Event& event) {
        if (event.conn != id || event.kind == Event::Kind::accepted ||
            event.kind == Event::Kind::closed || event.descriptor >= 0)
            return false;
        if (event.kind == Event::Kind::received) recycle(event.buffer);
        return true;
    });
}

void TlsTransport::close_after_send(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr) return host_->close_after_send(id);
    if (connection->closing) return;
    if (!connection->session->established()) return close(id);
    connection->closing = true;
    connection->owes_sent = false;
    flush(*connection);
    finish_close(*connection);
}

// Says goodbye behind what is still to be sent, however long that takes.
void TlsTransport::finish_close(Connection& connection) {
    connection.closing_after_send = true;
    if (!connection.unsent.empty()) return;
    connection.session->finish();
    push_out(connection);
    if (!connection.session->output().empty()) return;  // the host has not even begun with it
    connection.closing_after_send = false;
    host_->close_after_send(connection.id);
}

// ---- Up

size_t TlsTransport::poll(std::span<Event> out, int64_t wait_max_ns) {
    if (idle()) [[likely]]
        return host_->poll(out, wait_max_ns);
    if (told_.size() < out.size()) {
        events_.resize(out.size() - told_.size());
        const size_t count = host_->poll(events_, told_.empty() ? wait_max_ns : 0);
        for (size_t i = 0; i < count; ++i) handle(events_[i]);
    }
    const size_t count = std::min(out.size(), told_.size());
    for (Event& event : out.first(count)) {
        event = told_.front();
        told_.pop_front();
        // Its owner may have named himself meanwhile.
        if (const Connection* connection = find(event.conn)) event.user = connection->user;
    }
    return count;
}

void TlsTransport::handle(Event event) {
    if (event.kind == Event::Kind::accepted && listeners_.contains(event.listener))
        return accepted(event);
    if (!is_ours(event.user)) return told_.push_back(event);
    auto& connection =
        *reinterpret_cast<Connection*>(reinterpret_cast<uintptr_t>(event.user) & ~kOurs);
    switch (event.kind) {
        case Event::Kind::connected:
            connection.connecting = false;
            push_out(connection);
            return;
        case Event::Kind::received:
            return received(connection, event);
        case Event::Kind::eof:
            return tell_eof(connection);
        case Event::Kind::sent:
            connection.flight_pending = false;
            connection.in_flight.release();
            go_on(connection);
            return;
        case Event::Kind::detached:
            return detached(connection, event);
        case Event::Kind::closed:
            return gone(connection, event);
        case Event::Kind::accepted:
        case Event::Kind::readable:
            return;
    }
}

void TlsTransport::received(Connection& connection, const Event& event) {
    TlsSession& session = *connection.session;
    cipher_in_ += event.data.size();
    if (connection.closing || session.failed()) return host_->recycle(event.buffer);
    const bool was_established = session.established();
    session.take(event.data);
    if (!was_established && session.established() && connection.dialled)
        tell(connection, Event::Kind::connected);
    go_on(connection);
    BufferId name = kNoBuffer;
    Decrypted& decrypted = take_decrypted(name);
    decrypted.bytes.clear();
    decrypted.source = event.buffer;
    session.read(decrypted.bytes);
    push_out(connection);
    if (decrypted.bytes.empty()) {
        recycle(name);
    } else {
        plain_in_ += decrypted.bytes.size();
        tell(connection, Event::Kind::received);
        told_.back().data = decrypted.bytes.view();
        told_.back().buffer = name;
    }
    if (session.failed()) return fail_connection(connection);
    if (session.peer_finished()) tell_eof(connection);
}

// There is a key now, or the host has room again.
void TlsTransport::go_on(Connection& connection) {
    if (!flush(connection)) return;
    if (connection.closing_after_send) return finish_close(connection);
    if (!connection.owes_sent || !all_out(connection)) return;
    connection.owes_sent = false;
    tell(connection, Event::Kind::sent);
}

// The alert that says why leaves before the end.
void TlsTransport::fail_connection(Connection& connection) {
    log(LogLevel::verbose, "TLS connection from %s ends: %s", peer_name(connection.id).c_str(),
        connection.session->failure().c_str());
    connection.closing = true;
    connection.unsent.clear();
    drop_told(connection.id);
    push_out(connection);
    host_->close_after_send(connection.id);
}

void TlsTransport::detached(Connection& connection, Event event) {
    event.user = connection.user;
    tls_handover::put(event.descriptor, std::move(connection.session));
    connections_.erase(connection.id);
    told_.push_back(event);
}

void TlsTransport::gone(Connection& connection, Event event) {
    event.user = connection.user;
    if (connection.session->failed()) event.error = EPROTO;
    connections_.erase(connection.id);
    told_.push_back(event);
}

void TlsTransport::tell(Connection& connection, Event::Kind kind) {
    told_.push_back({.kind = kind, .conn = connection.id, .user = connection.user});
}

void TlsTransport::tell_eof(Connection& connection) {
    if (connection.eof_told || connection.closing) return;
    connection.eof_told = true;
    tell(connection, Event::Kind::eof);
}

TlsTransport::Decrypted& TlsTransport::take_decrypted(BufferId& name) {
    if (free_decrypted_.empty()) {
        free_decrypted_.push_back(static_cast<uint32_t>(decrypted_.size()));
        decrypted_.emplace_back();
    }
    const uint32_t number = free_decrypted_.back();
    free_decrypted_.pop_back();
    name = BufferId{number | kDecrypted};
    return decrypted_[number];
}

void TlsTransport::recycle(BufferId buffer) {
    const auto number = static_cast<uint32_t>(buffer);
    if (buffer == kNoBuffer || (number & kDecrypted) == 0) return host_->recycle(buffer);
    Decrypted& decrypted = decrypted_[number & ~kDecrypted];
    if (decrypted.source != kNoBuffer) host_->recycle(decrypted.source);
    decrypted.source = kNoBuffer;
    free_decrypted_.push_back(number & ~kDecrypted);
}

// Bytes as the users of connections see them.
const TransportStats& TlsTransport::stats() const {
    stats_ = host_->stats();
    stats_.bytes_in += plain_in_ - std::min(cipher_in_, stats_.bytes_in);
    stats_.bytes_out += plain_out_ - std::min(cipher_out_, stats_.bytes_out);
    return stats_;
}

}  // namespace rota
