// SPDX-License-Identifier: BSD-3-Clause
// What the owner calls between polls.
#include "transports/rdma/rdma_transport.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/assert.h"
#include "platform/log.h"
#include "transports/rdma/request_id.h"

namespace rota {

Result<std::unique_ptr<Guest>> make_rdma_transport(const TransportOptions& options) {
    return rdma::RdmaTransport::create(options.rdma);
}

bool rdma_is_here() {
    int count = 0;
    ibv_device** devices = ::ibv_get_device_list(&count);
    if (devices == nullptr) return false;
    ::ibv_free_device_list(devices);
    return count != 0;
}

namespace rdma {

Result<std::unique_ptr<Guest>> RdmaTransport::create(const RdmaOptions& options) {
    EventChannel channel(::rdma_create_event_channel());
    if (channel == nullptr) return fail_errno("rdma_create_event_channel", errno);
    ::fcntl(channel->fd, F_SETFL, ::fcntl(channel->fd, F_GETFL) | O_NONBLOCK);
    UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return fail_errno("epoll_create1", errno);
    UniqueFd wake_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_fd) return fail_errno("eventfd", errno);
    std::unique_ptr<RdmaTransport> made(
        new RdmaTransport(options, std::move(epoll), std::move(wake_fd), std::move(channel)));
    if (!made->watch(made->channel_->fd) || !made->watch(made->wake_fd_.get()))
        return fail_errno("epoll_ctl", errno);
    return made;
}

RdmaTransport::RdmaTransport(const RdmaOptions& options, UniqueFd epoll, UniqueFd wake_fd,
                             EventChannel channel)
    : options_(options),
      epoll_(std::move(epoll)),
      wake_fd_(std::move(wake_fd)),
      channel_(std::move(channel)) {}

RdmaTransport::~RdmaTransport() {
    for (uint32_t slot = 0; slot < connections_.size(); ++slot) release(connections_.at(slot));
    listeners_.clear();
    inboxes_.clear();
}

bool RdmaTransport::watch(int descriptor) {
    epoll_event wanted{.events = EPOLLIN, .data = {.fd = descriptor}};
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &wanted) == 0;
}

Connection* RdmaTransport::find(ConnId id) {
    const uint32_t slot = ConnectionTable::slot_of(id);
    if (slot >= connections_.size()) return nullptr;
    Connection& connection = connections_.at(slot);
    if (connection.generation != ConnectionTable::generation_of(id)) return nullptr;
    const bool gone =
        connection.phase == Connection::Phase::free || connection.phase == Connection::Phase::ended;
    return gone ? nullptr : &connection;
}

const Connection* RdmaTransport::find(ConnId id) const {
    return const_cast<RdmaTransport*>(this)->find(id);
}

uint32_t RdmaTransport::admit(rdma_cm_id* id, Connection::Phase phase) {
    const uint32_t slot = connections_.take();
    ASSERT(slot < kSlotsMost);
    Connection& connection = connections_.at(slot);
    connection.phase = phase;
    connection.id = id;
    // Where the manager's later events find it.
    id->context = reinterpret_cast<void*>(static_cast<uintptr_t>(id_of(slot, connection)));
    ++in_use_;
    return slot;
}

void RdmaTransport::enqueue(uint32_t slot, Connection& connection) {
    work_left_ = true;
    if (connection.queued) return;
    connection.queued = true;
    ready_.push(slot);
}

// ---- Where to listen and to connect to

namespace {

struct Address {
    sockaddr_storage storage{};
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Result<Address> resolve(const Endpoint& where, bool passive) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
    hints.ai_socktype = SOCK_STREAM;
    const bool any4 = where.host == "*" || where.host.empty();
    const bool any6 = where.host == "::*";
    if (any4) hints.ai_family = AF_INET;
    if (any6) hints.ai_family = AF_INET6;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(any4 || any6 ? nullptr : where.host.c_str(),
                                   std::to_string(where.port).c_str(), &hints, &found);
    if (code != 0) return fail(where.host + ": " + ::gai_strerror(code), EADDRNOTAVAIL);
    Address address;
    std::copy_n(reinterpret_cast<char*>(found->ai_addr), found->ai_addrlen,
                reinterpret_cast<char*>(&address.storage));
    ::freeaddrinfo(found);
    return address;
}

std::string name_of(const sockaddr* address) {
    char host[NI_MAXHOST], port[NI_MAXSERV];
    const socklen_t size =
        address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (::getnameinfo(address, size, host, sizeof host, port, sizeof port,
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return "";
    return std::string(host).find(':') == std::string::npos ? std::string(host) + ":" + port
                                                            : "[" + std::string(host) + "]:" + port;
}

std::string host_of(const std::string& name) { return name.substr(0, name.rfind(':')); }

}  // namespace

Result<ListenerId> RdmaTransport::listen(const Endpoint& where, const ListenOptions& options) {
    if (where.kind == Endpoint::Kind::unix_socket) return fail("RDMA has no Unix sockets", EINVAL);
    Result<Address> address = resolve(where, true);
    if (!address) return std::unexpected(address.error());
    const auto index = static_cast<uint32_t>(listeners_.size());
    rdma_cm_id* raw = nullptr;
    if (::rdma_create_id(channel_.get(), &raw, nullptr, RDMA_PS_TCP) != 0)
        return fail_errno("rdma_create_id", errno);
    ListeningId id(raw);
    raw->context = reinterpret_cast<void*>(uintptr_t{index});
    int only6 = 1;
    if (address->storage.ss_family == AF_INET6)
        ::rdma_set_option(raw, RDMA_OPTION_ID, RDMA_OPTION_ID_AFONLY, &only6, sizeof only6);
    if (::rdma_bind_addr(raw, address->get()) != 0) return fail_errno("rdma_bind_addr", errno);
    if (::rdma_listen(raw, options.backlog) != 0) return fail_errno("rdma_listen", errno);
    // Bound to an address, it knows its device.
    if (raw->verbs != nullptr && device_for(raw->verbs) == nullptr)
        return fail("the RDMA device cannot be used", ENODEV);
    listeners_.push_back({std::move(id), options});
    ++listening_;
    return ListenerId{index};
}

void RdmaTransport::update_listener(ListenerId id, const ListenOptions& options) {
    const auto index = static_cast<uint32_t>(id);
    if (index < listeners_.size()) listeners_[index].options = options;
}

void RdmaTransport::unlisten(ListenerId id) {
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].id) return;
    // Requests that wait in the channel would be lost with it, and their peers would wait.
    take_manager_events();
    listeners_[index].id.reset();
    --listening_;
}

Endpoint RdmaTransport::local_endpoint(ListenerId id) const {
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].id) return {};
    rdma_cm_id* listener = listeners_[index].id.get();
    std::string host = host_of(name_of(::rdma_get_local_addr(listener)));
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return Endpoint::tcp(std::move(host), ntohs(::rdma_get_src_port(listener)));
}

Result<ConnId> RdmaTransport::connect(const Endpoint& where, const ConnectOptions& options) {
    constexpr int kResolveMs = 2000;
    if (where.kind == Endpoint::Kind::unix_socket) return fail("RDMA has no Unix sockets", EINVAL);
    Result<Address> to = resolve(where, false);
    if (!to) return std::unexpected(to.error());
    Address from;
    if (!options.bind_source.empty()) {
        const Result<Address> source = resolve(Endpoint::tcp(options.bind_source, 0), true);
        if (!source) return std::unexpected(source.error());
        from = *source;
    }
    rdma_cm_id* id = nullptr;
    if (::rdma_create_id(channel_.get(), &id, nullptr, RDMA_PS_TCP) != 0)
        return fail_errno("rdma_create_id", errno);
    sockaddr* source = options.bind_source.empty() ? nullptr : from.get();
    if (::rdma_resolve_addr(id, source, to->get(), kResolveMs) != 0) {
        const int code = errno;
        ::rdma_destroy_id(id);
        return fail_errno("rdma_resolve_addr", code);
    }
    const uint32_t slot = admit(id, Connection::Phase::resolving);
    Connection& connection = connections_.at(slot);
    connection.is_client = connection.told = true;
    connection.stream = Stream(Stream::Role::client);
    return id_of(slot, connection);
}

// ---- Moving

Result<ConnId> RdmaTransport::adopt(int descriptor) {
    rdma_cm_id* request = take_over(descriptor);
    if (request == nullptr) {
        if (descriptor >= 0) ::close(descriptor);
        return fail("not a connection request of RDMA", EINVAL);
    }
    if (::rdma_migrate_id(request, channel_.get()) != 0) {
        const int code = errno;
        ::rdma_reject(request, nullptr, 0);
        ::rdma_destroy_id(request);
        return fail_errno("rdma_migrate_id", code);
    }
    const uint32_t slot = admit(request, Connection::Phase::requested);
    Connection& connection = connections_.at(slot);
    connection.told = true;
    requested_.push_back(id_of(slot, connection));
    return id_of(slot, connection);
}

bool RdmaTransport::detach(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->phase != Connection::Phase::requested ||
        connection->draining || !connection->unsent.empty())
        return false;
    connection->detaching = true;
    enqueue(ConnectionTable::slot_of(id), *connection);
    return true;
}

// ---- A connection

void RdmaTransport::set_user(ConnId id, void* user) {
    if (Connection* connection = find(id)) connection->user = user;
}

void RdmaTransport::pause_receive(ConnId id) {
    if (Connection* connection = find(id)) connection->paused = true;
}

void RdmaTransport::resume_receive(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || !connection->paused) return;
    connection->paused = false;
    if (connection->stream.unread() != 0 || connection->peer_left)
        enqueue(ConnectionTable::slot_of(id), *connection);
}

void RdmaTransport::recycle(BufferId buffer) {
    const auto index = static_cast<uint32_t>(buffer);
    Inbox& inbox = inboxes_[index];
    ASSERT(inbox.slices_out != 0);
    if (--inbox.slices_out != 0) return;
    if (inbox.orphan) {
        inbox.region.reset();
        inbox.orphan = false;
        free_inboxes_.push_back(index);
        return;
    }
    if (!inbox.owner_waits) return;
    inbox.owner_waits = false;
    if (Connection* connection = find(inbox.owner))
        renew_buffer(ConnectionTable::slot_of(inbox.owner), *connection);
}

void RdmaTransport::close(ConnId id) {
    if (Connection* connection = find(id)) end(ConnectionTable::slot_of(id), *connection, 0);
}

void RdmaTransport::close_after_send(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->draining) return;
    if (connection->phase == Connection::Phase::resolving ||
        connection->phase == Connection::Phase::connecting) {
        if (connection->is_client) return close(id);
    }
    connection->draining = true;
    enqueue(ConnectionTable::slot_of(id), *connection);
}

// From here on nothing is done for it but Event::closed.
void RdmaTransport::end(uint32_t slot, Connection& connection, int error) {
    if (connection.phase == Connection::Phase::ended) return;
    connection.phase = Connection::Phase::ended;
    connection.error = error;
    enqueue(slot, connection);
}

void RdmaTransport::violation(uint32_t slot, Connection& connection, const char* what) {
    log(LogLevel::warning, "RDMA: closing %s, which sent %s",
        name_of(::rdma_get_peer_addr(connection.id)).c_str(), what);
    end(slot, connection, EPROTO);
}

std::string RdmaTransport::peer_name(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? name_of(::rdma_get_peer_addr(connection->id)) : std::string();
}

std::string RdmaTransport::local_name(ConnId id) const {
    const Connection* connection = find(id);
    return connection ? name_of(::rdma_get_local_addr(connection->id)) : std::string();
}

bool RdmaTransport::peer_is_local(ConnId id) const {
    const Connection* connection = find(id);
    return connection != nullptr && host_of(peer_name(id)) == host_of(local_name(id));
}

// Only writes to the descriptor if the owner sleeps and nobody has woken it yet. May run in a
// signal handler, whose errno is not ours to change.
void RdmaTransport::wake() noexcept {
    // Release pairs with the acquire in poll(): what was published before is seen after it.
    if (sleep_.exchange(kWoken, std::memory_order_acq_rel) != kAsleep) return;
    const int kept = errno;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_fd_.get(), &one, sizeof one);
    errno = kept;
}

}  // namespace rdma
}  // namespace rota
