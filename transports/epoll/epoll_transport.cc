// SPDX-License-Identifier: BSD-3-Clause
// What the owner calls between polls.
#include "transports/epoll/epoll_transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "platform/assert.h"
#include "transports/epoll/tags.h"
#include "transports/options.h"

namespace rota {

Result<std::unique_ptr<Transport>> make_epoll_transport(const TransportOptions&) {
    return EpollTransport::create();
}

Result<std::unique_ptr<Transport>> EpollTransport::create() {
    UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return fail_errno("epoll_create1", errno);
    Result<UniqueFd> wake_fd = Bell::open();
    if (!wake_fd) return std::unexpected(wake_fd.error());
    // Edge-triggered: every write is an event and nobody ever has to read it.
    epoll_event wanted{.events = EPOLLIN | EPOLLET, .data = {.u64 = kWakeTag}};
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake_fd->get(), &wanted) != 0)
        return fail_errno("epoll_ctl", errno);
    return std::unique_ptr<Transport>(new EpollTransport(std::move(epoll), std::move(*wake_fd)));
}

EpollTransport::EpollTransport(UniqueFd epoll, UniqueFd wake_fd)
    : epoll_(std::move(epoll)), bell_(std::move(wake_fd)) {}

EpollTransport::~EpollTransport() {
    for (uint32_t index = 0; index < listeners_.size(); ++index) unlisten(ListenerId{index});
    for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
        const int fd = connections_.at(slot).fd;
        if (fd >= 0) ::close(fd);
    }
}

Connection* EpollTransport::find(ConnId id) {
    const uint32_t slot = ConnectionTable::slot_of(id);
    if (slot >= connections_.size()) return nullptr;
    Connection& connection = connections_.at(slot);
    if (connection.generation != ConnectionTable::generation_of(id) || !connection.open)
        return nullptr;
    return &connection;
}

const Connection* EpollTransport::find(ConnId id) const {
    return const_cast<EpollTransport*>(this)->find(id);
}

// Makes a connection of a descriptor and has epoll watch it.
Result<ConnId> EpollTransport::admit(UniqueFd fd, const PeerAddress& peer, bool partial_reads) {
    const uint32_t slot = connections_.take();
    Connection& connection = connections_.at(slot);
    const ConnId id = ConnectionTable::make_id(slot, connection.generation);
    // A Unix socket reports room for output whenever its peer reads anything, which would wake us
    // twice for each request: it is asked about output only when output is blocked.
    connection.output_armed = peer.family != AF_UNIX;
    epoll_event wanted{.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                       .data = {.u64 = static_cast<uint64_t>(id)}};
    if (connection.output_armed) wanted.events |= EPOLLOUT;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &wanted) != 0) {
        const int code = errno;
        connections_.give_back(slot);
        return fail_errno("epoll_ctl", code);
    }
    connection.fd = fd.release();
    connection.peer = peer;
    connection.partial_reads = partial_reads;
    connection.open = true;
    return id;
}

Result<ConnId> EpollTransport::connect(const Endpoint& where, const ConnectOptions& options) {
    Result<OutgoingSocket> begun = open_connection(where, options);
    if (!begun) return std::unexpected(begun.error());
    const Result<ConnId> id = admit(std::move(begun->fd), begun->peer, options.mptcp);
    if (!id) return id;
    const uint32_t slot = ConnectionTable::slot_of(*id);
    Connection& connection = connections_.at(slot);
    connection.connecting = true;
    if (!begun->in_progress) {
        connection.writable = true;
        enqueue(slot, connection);
    }
    return id;
}

Result<ConnId> EpollTransport::adopt(int descriptor) {
    UniqueFd fd(descriptor);
    const Result<ConnectedStream> stream = take_over_stream(descriptor);
    if (!stream) return std::unexpected(stream.error());
    return admit(std::move(fd), stream->peer, stream->mptcp);
}

bool EpollTransport::detach(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->connecting || connection->draining ||
        !connection->unsent.empty() || connection->lent)
        return false;
    connection->detaching = true;
    enqueue(ConnectionTable::slot_of(id), *connection);
    return true;
}

void EpollTransport::set_user(ConnId id, void* user) {
    if (Connection* connection = find(id)) connection->user = user;
}

size_t EpollTransport::send_now(ConnId id, Slice bytes) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->draining) return bytes.size();  // nobody to miss them
    ASSERT(!connection->detaching && !connection->lent);
    if (!connection->unsent.empty() || connection->connecting) return 0;
    const Transmitted result = transmit(connection->fd, {&bytes, 1});
    stats_.writes += result.calls;
    stats_.syscalls += result.calls;
    stats_.bytes_out += result.bytes;
    if (result.status != TransmitStatus::broken) [[likely]]
        return result.bytes;
    cut(ConnectionTable::slot_of(id), *connection, result.error);
    return bytes.size();
}

SendStatus EpollTransport::send(ConnId id, std::span<const Slice> chunks) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->draining) return SendStatus::done;
    ASSERT(!connection->detaching && !connection->lent);
    size_t taken = 0;
    if (connection->unsent.empty() && !connection->connecting) {
        const Transmitted result = transmit(connection->fd, chunks);
        stats_.writes += result.calls;
        stats_.syscalls += result.calls;
        stats_.bytes_out += result.bytes;
        if (result.status == TransmitStatus::all) [[likely]]
            return SendStatus::done;
        const uint32_t slot = ConnectionTable::slot_of(id);
        if (result.status == TransmitStatus::broken) {
            cut(slot, *connection, result.error);
            return SendStatus::done;
        }
        connection->writable = result.status == TransmitStatus::quota;
        if (connection->writable) enqueue(slot, *connection);
        watch_output(slot, *connection, true);
        taken = result.bytes;
    }
    keep_unsent(*connection, chunks, taken);
    return connection->unsent.empty() ? SendStatus::done : SendStatus::pending;
}

void EpollTransport::keep_unsent(Connection& connection, std::span<const Slice> chunks,
                                 size_t taken) {
    // A peer that is always behind: chunks that have left must not pile up before the others.
    std::vector<Slice>& unsent = connection.unsent;
    if (connection.unsent_first >= kUnsentKept && connection.unsent_first * 2 >= unsent.size()) {
        unsent.erase(unsent.begin(), unsent.begin() + connection.unsent_first);
        connection.unsent_first = 0;
    }
    for (const Slice& chunk : chunks) {
        if (taken >= chunk.size()) {
            taken -= chunk.size();
            continue;
        }
        unsent.push_back(chunk.substr(taken));
        taken = 0;
    }
}

void EpollTransport::pause_receive(ConnId id) {
    if (Connection* connection = find(id)) connection->paused = true;
}

void EpollTransport::resume_receive(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || !connection->paused) return;
    connection->paused = false;
    if (connection->readable) enqueue(ConnectionTable::slot_of(id), *connection);
}

void EpollTransport::recycle(BufferId buffer) {
    arenas_.take_back(buffer);
    if (!starved_) return;
    starved_ = false;
    work_left_ = true;
}

void EpollTransport::close(ConnId id) {
    if (Connection* connection = find(id)) cut(ConnectionTable::slot_of(id), *connection, 0);
}

void EpollTransport::close_after_send(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr) return;
    ASSERT(!connection->lent);
    if (connection->connecting) return close(id);
    connection->draining = true;
    connection->readable = true;  // what it sends is thrown away, paused or not
    enqueue(ConnectionTable::slot_of(id), *connection);
}

void EpollTransport::cut(uint32_t slot, Connection& connection, int error) {
    ASSERT(!connection.lent);
    sever(connection, error);
    enqueue(slot, connection);
}

std::string EpollTransport::peer_name(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? format_peer_name(connection->fd, connection->peer) : std::string();
}

std::string EpollTransport::local_name(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? format_local_name(connection->fd) : std::string();
}

bool EpollTransport::peer_is_local(ConnId id) const {
    const Connection* connection = find(id);
    return connection != nullptr && is_local(connection->peer);
}

int EpollTransport::descriptor(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? connection->fd : -1;
}

bool EpollTransport::watch(int descriptor) {
    epoll_event wanted{.events = EPOLLIN, .data = {.u64 = kWakeTag}};
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &wanted) == 0;
}

}  // namespace rota
