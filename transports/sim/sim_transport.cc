// SPDX-License-Identifier: BSD-3-Clause
#include "transports/sim/sim_transport.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "platform/assert.h"

namespace rota {
namespace {

constexpr size_t kReceiveMost = size_t{16} << 10;
constexpr int kReceivesPerVisit = 16;

}  // namespace

SimTransport::~SimTransport() {
    for (Connection& connection : connections_)
        if (connection.link != nullptr) connection.link->close(connection.end);
    for (uint32_t index = 0; index < listeners_.size(); ++index) unlisten(ListenerId{index});
}

Result<ListenerId> SimTransport::listen(const Endpoint& where, const ListenOptions& options) {
    Listener listener{where, options.accepts_per_poll, options.hand_over, true};
    if (!net_.open_port(listener.where)) return fail_errno("bind", EADDRINUSE);
    listeners_.push_back(std::move(listener));
    return ListenerId{static_cast<uint32_t>(listeners_.size() - 1)};
}

void SimTransport::update_listener(ListenerId id, const ListenOptions& options) {
    const auto index = static_cast<uint32_t>(id);
    if (index < listeners_.size()) listeners_[index].accepts_per_poll = options.accepts_per_poll;
}

void SimTransport::unlisten(ListenerId id) {
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].open) return;
    listeners_[index].open = false;
    net_.close_port(listeners_[index].where);
}

Endpoint SimTransport::local_endpoint(ListenerId id) const {
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].open) return {};
    return listeners_[index].where;
}

Result<ConnId> SimTransport::connect(const Endpoint& where, const ConnectOptions& options) {
    std::shared_ptr<SimLink> link = net_.connect(where, options.bind_source);
    const bool refused = link == nullptr;
    if (refused) {
        link = std::make_shared<SimLink>(net_, "", where.to_string(), where.kind);
        link->refuse();
    }
    const uint32_t slot = take_slot(std::move(link), 0);
    connections_[slot].connected_due = !refused;
    return id_of(slot);
}

SimTransport::Connection* SimTransport::find(ConnId id) const {
    const auto slot = static_cast<uint32_t>(id);
    if (slot >= connections_.size()) return nullptr;
    const Connection& connection = connections_[slot];
    const bool named = connection.generation == static_cast<uint64_t>(id) >> 32;
    return named && connection.open ? const_cast<Connection*>(&connection) : nullptr;
}

uint32_t SimTransport::take_slot(std::shared_ptr<SimLink> link, int end) {
    const auto unused = std::ranges::find(connections_, false, &Connection::used);
    const auto slot = static_cast<uint32_t>(unused - connections_.begin());
    if (unused == connections_.end()) connections_.emplace_back();
    Connection& connection = connections_[slot];
    const uint32_t generation = connection.generation;
    connection = Connection{};
    connection.generation = generation;
    connection.link = std::move(link);
    connection.end = end;
    connection.used = connection.open = true;
    return slot;
}

ConnId SimTransport::id_of(uint32_t slot) const {
    return ConnId{uint64_t{connections_[slot].generation} << 32 | slot};
}

Result<ConnId> SimTransport::adopt(int descriptor) {
    SimNet::Parked parked = net_.unpark(descriptor);
    if (parked.link == nullptr) return fail_errno("adopt", EBADF);
    return id_of(take_slot(std::move(parked.link), parked.end));
}

bool SimTransport::detach(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->connected_due || connection->draining ||
        !connection->unsent.empty())
        return false;
    return connection->detaching = true;
}

void SimTransport::set_user(ConnId id, void* user) {
    if (Connection* connection = find(id)) connection->user = user;
}

SendStatus SimTransport::send(ConnId id, std::span<const Slice> chunks) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->draining) return SendStatus::done;
    const bool was_idle = connection->unsent.empty() && !connection->connected_due;
    for (const Slice& chunk : chunks)
        if (!chunk.empty()) connection->unsent.push_back(chunk);
    if (was_idle) write_out(*connection);
    return connection->unsent.empty() ? SendStatus::done : SendStatus::pending;
}

// Hands over what the net takes. False if the connection broke.
bool SimTransport::write_out(Connection& connection) {
    while (!connection.unsent.empty()) {
        Slice& first = connection.unsent.front();
        const size_t taken = connection.link->write(connection.end, first);
        ++stats_.writes;
        stats_.bytes_out += taken;
        if (const int code = connection.link->error(connection.end); code != 0) {
            sever(connection, code);
            return false;
        }
        first.remove_prefix(taken);
        if (!first.empty()) return true;
        connection.unsent.pop_front();
    }
    return true;
}

void SimTransport::pause_receive(ConnId id) {
    if (Connection* connection = find(id)) connection->paused = true;
}

void SimTransport::resume_receive(ConnId id) {
    if (Connection* connection = find(id)) connection->paused = false;
}

void SimTransport::recycle(BufferId buffer) {
    const auto index = static_cast<uint32_t>(buffer);
    ASSERT(index < buffers_.size());
    ASSERT(buffers_[index] != nullptr);
    buffers_[index].reset();
    free_buffers_.push_back(index);
}

void SimTransport::close(ConnId id) {
    if (Connection* connection = find(id)) sever(*connection, 0);
}

void SimTransport::close_after_send(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr) return;
    if (connection->connected_due) return close(id);
    connection->draining = true;
}

std::string SimTransport::peer_name(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? connection->link->name(1 - connection->end) : std::string();
}

std::string SimTransport::local_name(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? connection->link->name(connection->end) : std::string();
}

bool SimTransport::peer_is_local(ConnId id) const {
    const Connection* connection = find(id);
    if (connection == nullptr) return false;
    const std::string& peer = connection->link->name(1 - connection->end);
    return connection->link->kind() == Endpoint::Kind::unix_socket || peer.starts_with("127.") ||
           peer.starts_with("[::1]:");
}

size_t SimTransport::poll(std::span<Event> out, int64_t) {
    ASSERT(!out.empty());
    ++stats_.polls;
    Sink sink{out};
    const auto count = static_cast<uint32_t>(connections_.size());
    for (uint32_t i = 0; i < count && !sink.full(); ++i)
        if (const uint32_t slot = (first_visit_ + i) % count; connections_[slot].used)
            visit(slot, sink);
    if (count != 0) first_visit_ = (first_visit_ + 1) % count;
    for (uint32_t index = 0; index < listeners_.size(); ++index)
        if (listeners_[index].open) accept_some(index, sink);
    return sink.count;
}

// The new connection is visited in the same poll, as bytes often arrive with it.
void SimTransport::accept_some(uint32_t index, Sink& sink) {
    for (uint32_t i = 0; i < listeners_[index].accepts_per_poll && !sink.full(); ++i) {
        std::shared_ptr<SimLink> link = net_.next_pending(listeners_[index].where);
        if (link == nullptr) return;
        if (listeners_[index].hand_over) {
            sink.out[sink.count++] = Event{.kind = Event::Kind::accepted,
                                           .listener = ListenerId{index},
                                           .descriptor = net_.park({std::move(link), 1})};
            continue;
        }
        const uint32_t slot = take_slot(std::move(link), 1);
        tell(sink, Event::Kind::accepted, slot).listener = ListenerId{index};
    }
}

Event& SimTransport::tell(Sink& sink, Event::Kind kind, uint32_t slot) {
    Event& event = sink.out[sink.count++];
    event = Event{};
    event.kind = kind;
    event.conn = id_of(slot);
    event.user = connections_[slot].user;
    return event;
}

// Comes with room for one event.
void SimTransport::visit(uint32_t slot, Sink& sink) {
    Connection& connection = connections_[slot];
    if (connection.detaching && connection.link != nullptr) {
        Event& event = tell(sink, Event::Kind::detached, slot);
        event.descriptor = net_.park({std::move(connection.link), connection.end});
        return free(connection);
    }
    if (connection.link != nullptr) serve(slot, connection, sink);
    if (connection.link != nullptr) return;
    if (!connection.lingering) {
        if (sink.full()) return;
        tell(sink, Event::Kind::closed, slot).error = connection.error;
    }
    free(connection);
}

void SimTransport::free(Connection& connection) {
    connection.used = connection.open = false;
    ++connection.generation;
}

void SimTransport::serve(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.connected_due) {
        connection.connected_due = false;
        tell(sink, Event::Kind::connected, slot);
    }
    if (!connection.unsent.empty()) {
        if (sink.full() || !write_out(connection)) return;
        if (connection.unsent.empty() && !connection.draining) tell(sink, Event::Kind::sent, slot);
    }
    if (connection.draining) {
        if (connection.unsent.empty() && !connection.lingering) {
            if (sink.full()) return;
            connection.link->end_output(connection.end);
            tell(sink, Event::Kind::closed, slot);
            connection.open = false;
            connection.lingering = true;
        }
        return discard(connection);
    }
    if (!connection.paused) return receive(slot, connection, sink);
    const int code = connection.link->error(connection.end);
    if (code != 0) sever(connection, code);
}

void SimTransport::receive(uint32_t slot, Connection& connection, Sink& sink) {
    SimLink& link = *connection.link;
    for (int i = 0; i < kReceivesPerVisit && !sink.full(); ++i) {
        const std::string bytes = link.read(connection.end, kReceiveMost);
        ++stats_.reads;
        if (bytes.empty()) break;
        stats_.bytes_in += bytes.size();
        if (free_buffers_.empty()) {
            free_buffers_.push_back(static_cast<uint32_t>(buffers_.size()));
            buffers_.emplace_back();
        }
        const uint32_t index = free_buffers_.back();
        free_buffers_.pop_back();
        buffers_[index] = std::make_unique_for_overwrite<char[]>(bytes.size());
        std::memcpy(buffers_[index].get(), bytes.data(), bytes.size());
        Event& event = tell(sink, Event::Kind::received, slot);
        event.data = {buffers_[index].get(), bytes.size()};
        event.buffer = BufferId{index};
    }
    if (const int code = link.error(connection.end); code != 0) return sever(connection, code);
    if (sink.full() || connection.eof_told || !link.at_end(connection.end)) return;
    connection.eof_told = true;
    tell(sink, Event::Kind::eof, slot);
}

// What a peer says after we are done with it.
void SimTransport::discard(Connection& connection) {
    SimLink& link = *connection.link;
    while (!link.read(connection.end, kReceiveMost).empty()) ++stats_.reads;
    if (const int code = link.error(connection.end); code != 0) return sever(connection, code);
    if (connection.lingering && link.at_end(connection.end)) sever(connection, 0);
}

void SimTransport::sever(Connection& connection, int error) {
    connection.link->close(connection.end);
    connection.link.reset();
    connection.open = false;
    connection.error = error;
    connection.unsent.clear();
}

}  // namespace rota
