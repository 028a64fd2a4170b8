// SPDX-License-Identifier: BSD-3-Clause
// What the owner calls between polls.
#include "transports/io_uring/uring_transport.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "platform/assert.h"
#include "transports/io_uring/abi.h"
#include "transports/io_uring/seal.h"
#include "transports/io_uring/self_test.h"

namespace rota {

Result<std::unique_ptr<Transport>> make_io_uring_transport(const TransportOptions& options) {
    return uring::UringTransport::create(options.io_uring);
}

namespace uring {
namespace {

constexpr int64_t kLastWordsNs = 1'000'000'000;  // what is in flight at the end has so long

Result<> set_napi(Ring& ring, uint32_t busy_poll_us) {
    if (busy_poll_us == 0) return {};
    NapiArgument argument{.busy_poll_us = busy_poll_us, .prefer_busy_poll = 1};
    return ring.register_op(kRegisterNapi, &argument, 1, "IORING_REGISTER_NAPI");
}

}  // namespace

Result<std::unique_ptr<Transport>> UringTransport::create(const UringOptions& options) {
    if (new_rings_forbidden())
        return fail("io-uring-restrict is on: no ring can be made after the start", EPERM);
    Result<Ring> ring = Ring::create(options);
    if (!ring) return std::unexpected(ring.error());
    Result<BufferRing> buffers = BufferRing::create(*ring, options);
    if (!buffers) return std::unexpected(buffers.error());
    if (const Result<> napi = set_napi(*ring, options.napi_us); !napi)
        return std::unexpected(napi.error());
    if (const Result<> enabled = ring->enable(options.restrict); !enabled)
        return std::unexpected(enabled.error());
    if (const Result<> works = self_test(*ring, *buffers); !works)
        return std::unexpected(works.error());
    Result<Mapping> arena = Mapping::map(kArenaBytes, -1, 0);
    if (!arena) return std::unexpected(arena.error());
    Result<UniqueFd> wake_fd = Bell::open();
    if (!wake_fd) return std::unexpected(wake_fd.error());
    return std::unique_ptr<Transport>(new UringTransport(
        std::move(*ring), std::move(*buffers), std::move(*arena), std::move(*wake_fd), options));
}

UringTransport::UringTransport(Ring ring, BufferRing buffers, Mapping arena, UniqueFd wake_fd,
                               const UringOptions& options)
    : options_(options),
      buffers_(std::move(buffers)),
      arena_(std::move(arena)),
      ring_(std::move(ring)),
      bell_(std::move(wake_fd)),
      searched_(ring_.completion_tail()) {
    if ((ring_.features() & kFeatureMinWait) == 0) options_.min_wait_us = 0;
    arm_wake();
}

// The kernel writes into our memory as long as anything is in flight.
UringTransport::~UringTransport() {
    for (uint32_t index = 0; index < listeners_.size(); ++index) unlisten(ListenerId{index});
    for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
        Connection& connection = connections_.at(slot);
        if (connection.fd < 0) continue;
        ring_.enter(0, 0, false);  // replies under way go first
        ::shutdown(connection.fd, SHUT_RDWR);
        end(slot, connection, 0);
    }
    cancel(tag(Op::wake, 0));
    if (watched_armed_) cancel(tag(Op::wake, kWatchedTag));
    while (in_flight_ != 0) {
        ring_.enter(1, kLastWordsNs, true);
        if (ring_.front() == nullptr) break;
        for (; const io_uring_cqe* entry = ring_.front(); ring_.pop()) {
            const Op op = op_of(entry->user_data);
            if (op == Op::accept && entry->res >= 0) ::close(entry->res);
            if (op == Op::none || op == Op::quick_send) continue;
            if ((entry->flags & IORING_CQE_F_MORE) == 0) --in_flight_;
        }
    }
    for (uint32_t slot = 0; slot < connections_.size(); ++slot)
        if (const int fd = connections_.at(slot).fd; fd >= 0) ::close(fd);
}

Connection* UringTransport::find(ConnId id) {
    const uint32_t slot = ConnectionTable::slot_of(id);
    if (slot >= connections_.size()) return nullptr;
    Connection& connection = connections_.at(slot);
    if (connection.generation != ConnectionTable::generation_of(id) || !connection.open)
        return nullptr;
    return &connection;
}

const Connection* UringTransport::find(ConnId id) const {
    return const_cast<UringTransport*>(this)->find(id);
}

// Makes a connection of a descriptor; a request is likely to be the next that comes.
uint32_t UringTransport::admit(UniqueFd fd, const PeerAddress& peer) {
    const uint32_t slot = connections_.take();
    ASSERT(slot < kSlotsMax);
    Connection& connection = connections_.at(slot);
    connection.fd = fd.release();
    connection.peer = peer;
    connection.open = true;
    arm_receive(slot, connection, true);
    return slot;
}

Result<ConnId> UringTransport::connect(const Endpoint& where, const ConnectOptions& options) {
    Result<OutgoingSocket> begun = open_connection(where, options);
    if (!begun) return std::unexpected(begun.error());
    const uint32_t slot = connections_.take();
    Connection& connection = connections_.at(slot);
    connection.fd = begun->fd.release();
    connection.peer = begun->peer;
    connection.open = connection.connecting = true;
    arm_watch(slot, connection, POLLOUT);
    return id_of(slot, connection);
}

Result<ConnId> UringTransport::adopt(int descriptor) {
    UniqueFd fd(descriptor);
    const Result<ConnectedStream> stream = take_over_stream(descriptor);
    if (!stream) return std::unexpected(stream.error());
    const uint32_t slot = admit(std::move(fd), stream->peer);
    return id_of(slot, connections_.at(slot));
}

bool UringTransport::detach(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->connecting || connection->draining ||
        connection->out != nullptr)
        return false;
    if (connection->detaching) return true;
    connection->detaching = true;
    cancel_all(ConnectionTable::slot_of(id), *connection);
    if (connection->in_flight == 0) enqueue(ConnectionTable::slot_of(id), *connection);
    return true;
}

void UringTransport::set_user(ConnId id, void* user) {
    if (Connection* connection = find(id)) connection->user = user;
}

size_t UringTransport::send_now(ConnId id, Slice bytes) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->draining) return bytes.size();  // nobody to miss them
    ASSERT(!connection->detaching);
    if (connection->out != nullptr || connection->connecting || unsettled(*connection) ||
        bytes.size() > kQuickMost || bytes.size() > kArenaBytes - arena_used_ || bytes.empty())
        return 0;
    quick_send(ConnectionTable::slot_of(id), *connection, {&bytes, 1}, bytes.size());
    return bytes.size();
}

SendStatus UringTransport::send(ConnId id, std::span<const Slice> chunks) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->draining) return SendStatus::done;
    ASSERT(!connection->detaching);
    size_t bytes = 0;
    for (const Slice& chunk : chunks) bytes += chunk.size();
    if (bytes == 0) return connection->out == nullptr ? SendStatus::done : SendStatus::pending;
    const uint32_t slot = ConnectionTable::slot_of(id);
    const bool idle = connection->out == nullptr && !connection->connecting;
    if (idle && !unsettled(*connection) && bytes <= kQuickMost &&
        bytes <= kArenaBytes - arena_used_) {
        quick_send(slot, *connection, chunks, bytes);
        return SendStatus::done;
    }
    if (connection->out == nullptr) connection->out = std::make_unique<Outgoing>();
    Outgoing& out = *connection->out;
    // A peer that is always behind: chunks that have left must not pile up before the others.
    if (out.first >= kVectorsMax && out.first * 2 >= out.chunks.size()) {
        out.chunks.erase(out.chunks.begin(), out.chunks.begin() + ptrdiff_t(out.first));
        out.first = 0;
    }
    for (const Slice& chunk : chunks)
        if (!chunk.empty()) out.chunks.push_back(chunk);
    out.owner_waits = true;
    if (connection->sending || connection->connecting) return SendStatus::pending;
    if (unsettled(*connection)) {
        enqueue(slot, *connection);
    } else {
        start_send(slot, *connection);
    }
    return SendStatus::pending;
}

void UringTransport::pause_receive(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->paused) return;
    connection->paused = true;
    if (connection->connecting) return;
    if (connection->receiving) cancel(tag(Op::receive, id));
    arm_watch(ConnectionTable::slot_of(id), *connection, 0);
}

void UringTransport::resume_receive(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || !connection->paused) return;
    connection->paused = false;
    const bool ready = !connection->connecting && !connection->receiving;
    if (ready) after_receive(ConnectionTable::slot_of(id), *connection);
}

void UringTransport::recycle(BufferId buffer) { buffers_.give_back(buffer); }

void UringTransport::close(ConnId id) {
    if (Connection* connection = find(id)) end(ConnectionTable::slot_of(id), *connection, 0);
}

void UringTransport::close_after_send(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr) return;
    if (connection->connecting) return close(id);
    if (connection->draining) return;
    connection->draining = true;
    const uint32_t slot = ConnectionTable::slot_of(id);
    // What it sends is thrown away, paused or not.
    if (!connection->receiving) after_receive(slot, *connection);
    enqueue(slot, *connection);
}

std::string UringTransport::peer_name(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? format_peer_name(connection->fd, connection->peer) : std::string();
}

std::string UringTransport::local_name(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? format_local_name(connection->fd) : std::string();
}

bool UringTransport::peer_is_local(ConnId id) const {
    const Connection* connection = find(id);
    return connection != nullptr && is_local(connection->peer);
}

int UringTransport::descriptor(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? connection->fd : -1;
}

const TransportStats& UringTransport::stats() const {
    stats_.syscalls += ring_.enters() - std::exchange(enters_told_, ring_.enters());
    return stats_;
}

}  // namespace uring
}  // namespace rota
