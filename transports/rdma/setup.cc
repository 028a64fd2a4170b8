// SPDX-License-Identifier: BSD-3-Clause
// How connections begin and end: the connection manager's events, queue pairs, receive buffers.
#include <algorithm>
#include <cerrno>

#include "platform/assert.h"
#include "platform/log.h"
#include "transports/rdma/rdma_transport.h"
#include "transports/timer_clock.h"

namespace rota::rdma {
namespace {

constexpr int kRouteMs = 2000;
constexpr uint32_t kInlineSizes[] = {220, 96, kControlBytes};  // the first that the device grants
constexpr uint8_t kRetries = 7;                                // of a lost packet
constexpr uint8_t kRetriesForever = 7;                         // of a peer without a posted receive
constexpr uint8_t kReceiverWait = 7;                           // before such a retry: 0.12 ms
constexpr int64_t kBeatNs = 3'000'000'000;
constexpr int64_t kGrowBelowNs = 50'000'000;        // a buffer that fills faster becomes larger
constexpr int64_t kShrinkAboveNs = 10'000'000'000;  // and one that fills slower smaller
constexpr size_t kGrowth = 4;

rdma_conn_param connection_parameters() {
    rdma_conn_param parameters{};
    parameters.responder_resources = parameters.initiator_depth = 1;  // no reads, no atomics
    parameters.retry_count = kRetries;
    parameters.rnr_retry_count = kRetriesForever;
    return parameters;
}

int errno_of(rdma_cm_event_type type) {
    switch (type) {
        case RDMA_CM_EVENT_REJECTED:
            return ECONNREFUSED;
        case RDMA_CM_EVENT_DEVICE_REMOVAL:
            return ENODEV;
        case RDMA_CM_EVENT_CONNECT_ERROR:
            return ETIMEDOUT;
        default:
            return EHOSTUNREACH;
    }
}

}  // namespace

// An id must not be destroyed before its event is acknowledged: events are copied first.
void RdmaTransport::take_manager_events() {
    rdma_cm_event* event = nullptr;
    while (::rdma_get_cm_event(channel_.get(), &event) == 0) {
        const rdma_cm_event_type type = event->event;
        const int status = event->status;
        rdma_cm_id* id = event->id;
        rdma_cm_id* at = event->listen_id;
        ::rdma_ack_cm_event(event);
        on_manager_event(type, status, id, at);
    }
}

void RdmaTransport::on_manager_event(rdma_cm_event_type type, int /*status*/, rdma_cm_id* id,
                                     rdma_cm_id* at) {
    if (type == RDMA_CM_EVENT_CONNECT_REQUEST) return on_request(id, at);
    const ConnId name{reinterpret_cast<uintptr_t>(id->context)};
    Connection* connection = find(name);
    if (connection == nullptr || connection->id != id) return;
    const uint32_t slot = ConnectionTable::slot_of(name);
    switch (type) {
        case RDMA_CM_EVENT_ADDR_RESOLVED:
            if (::rdma_resolve_route(id, kRouteMs) != 0) end(slot, *connection, errno);
            return;
        case RDMA_CM_EVENT_ROUTE_RESOLVED: {
            const Result<> made = make_endpoints(slot, *connection);
            rdma_conn_param parameters = connection_parameters();
            if (!made || ::rdma_connect(id, &parameters) != 0)
                return end(slot, *connection, made ? errno : made.error().code);
            connection->phase = Connection::Phase::connecting;
            return;
        }
        case RDMA_CM_EVENT_ESTABLISHED:
            return opened(slot, *connection);
        case RDMA_CM_EVENT_DISCONNECTED:
            reap();  // what the peer wrote before it left
            connection->peer_left = true;
            return enqueue(slot, *connection);
        case RDMA_CM_EVENT_TIMEWAIT_EXIT:
        case RDMA_CM_EVENT_ADDR_CHANGE:
        case RDMA_CM_EVENT_CONNECT_RESPONSE:
            return;
        default:
            return end(slot, *connection, errno_of(type));
    }
}

void RdmaTransport::on_request(rdma_cm_id* request, rdma_cm_id* at) {
    const auto index = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(at->context));
    const uint32_t slot = admit(request, Connection::Phase::requested);
    Connection& connection = connections_.at(slot);
    connection.listener = ListenerId{index};
    newcomers_.push_back(id_of(slot, connection));
}

// Newcomers leave at least half of the events to those who are in. Nothing is made for one before
// the next poll: until then its owner may give it away or refuse it for nothing.
void RdmaTransport::greet(Sink& sink) {
    const size_t most = std::max<size_t>(sink.out.size() / 2, 1);
    while (!newcomers_.empty() && sink.count < most) {
        const ConnId id = newcomers_.front();
        newcomers_.pop_front();
        Connection* connection = find(id);
        if (connection == nullptr) continue;
        const uint32_t slot = ConnectionTable::slot_of(id);
        Event& event = tell(sink, Event::Kind::accepted, slot, *connection);
        event.listener = connection->listener;
        connection->told = true;
        const Listener& listener = listeners_[static_cast<uint32_t>(connection->listener)];
        if (!listener.options.hand_over) {
            requested_.push_back(id);
            continue;
        }
        event.conn = {};
        event.descriptor = hand_over(std::exchange(connection->id, nullptr));
        if (event.descriptor < 0) --sink.count;
        connections_.give_back(slot);
        --in_use_;
    }
}

void RdmaTransport::answer_requests() {
    for (size_t left = requested_.size(); left != 0; --left) {
        const ConnId id = requested_.front();
        requested_.pop_front();
        Connection* connection = find(id);
        if (connection == nullptr || connection->detaching ||
            connection->phase != Connection::Phase::requested)
            continue;
        accept(ConnectionTable::slot_of(id), *connection);
    }
}

void RdmaTransport::accept(uint32_t slot, Connection& connection) {
    Result<> made = make_endpoints(slot, connection);
    rdma_conn_param parameters = connection_parameters();
    if (made && ::rdma_accept(connection.id, &parameters) != 0)
        made = fail_errno("rdma_accept", errno);
    connection.phase = Connection::Phase::connecting;
    if (made) return;
    ::rdma_reject(connection.id, nullptr, 0);
    // That a peer has gone meanwhile is told so.
    const int code = made.error().code;
    if (code == EINVAL || code == ENOTCONN) return end(slot, connection, ECONNRESET);
    log(LogLevel::warning, "RDMA: cannot accept a connection: %s", made.error().message.c_str());
    end(slot, connection, code);
}

Device* RdmaTransport::device_for(ibv_context* context) {
    for (const auto& device : devices_)
        if (device->context() == context) return device.get();
    Result<std::unique_ptr<Device>> made = Device::make(context, options_.completion_vector);
    if (!made) {
        log(LogLevel::warning, "RDMA: %s", made.error().message.c_str());
        return nullptr;
    }
    if (!watch((*made)->descriptor())) return nullptr;
    devices_.push_back(std::move(*made));
    return devices_.back().get();
}

Result<> RdmaTransport::make_endpoints(uint32_t slot, Connection& connection) {
    auto ends = std::make_unique<Endpoints>();
    ends->device = device_for(connection.id->verbs);
    if (ends->device == nullptr) return fail("the RDMA device cannot be used", ENODEV);
    ends->domain.reset(::ibv_alloc_pd(connection.id->verbs));
    if (ends->domain == nullptr) return fail_errno("ibv_alloc_pd", errno);
    Result<Region> control = Region::make(ends->device->pages(), ends->domain.get(),
                                          kReceiveDepth * kControlBytes, IBV_ACCESS_LOCAL_WRITE);
    if (!control) return std::unexpected(control.error());
    ends->control = std::move(*control);
    ends->queue = ends->device->reserve(kEntries);
    if (ends->queue == nullptr) return fail("no room in a completion queue", ENOMEM);
    connection.ends = std::move(ends);
    if (Result<> made = make_queue_pair(connection, *connection.ends); !made) return made;
    if (!post_receives(slot, connection, 0, kReceiveDepth))
        return fail("cannot post receives", ENOMEM);
    // A server's buffer grows with use; that of a client stays: not every server bears a change.
    return offer_buffer(
        slot, connection,
        connection.is_client ? options_.rx_size : std::min(options_.rx_first, options_.rx_size));
}

Result<> RdmaTransport::make_queue_pair(Connection& connection, Endpoints& ends) {
    for (const uint32_t inline_most : kInlineSizes) {
        ibv_qp_init_attr wanted{};
        wanted.send_cq = wanted.recv_cq = ends.queue->cq.get();
        wanted.cap = {.max_send_wr = kSendDepth,
                      .max_recv_wr = kReceiveDepth,
                      .max_send_sge = 1,
                      .max_recv_sge = 1,
                      .max_inline_data = inline_most};
        wanted.qp_type = IBV_QPT_RC;
        if (::rdma_create_qp(connection.id, ends.domain.get(), &wanted) != 0) continue;
        ends.inline_most = inline_most;
        return {};
    }
    return fail_errno("rdma_create_qp", errno);
}

void RdmaTransport::opened(uint32_t slot, Connection& connection) {
    if (connection.phase != Connection::Phase::connecting) return;
    connection.phase = Connection::Phase::open;
    ibv_qp_attr attributes{};
    attributes.min_rnr_timer = kReceiverWait;
    ::ibv_modify_qp(connection.id->qp, &attributes, IBV_QP_MIN_RNR_TIMER);
    connection.connected_due = connection.is_client;
    connection.buffer_since_ns = timer_now_ns();
    beats_.push_back({connection.buffer_since_ns + kBeatNs, id_of(slot, connection)});
    post_controls(slot, connection);
    enqueue(slot, connection);
}

// A fresh inbox for a connection that has none.
Result<> RdmaTransport::offer_buffer(uint32_t slot, Connection& connection, size_t bytes) {
    Endpoints& ends = *connection.ends;
    Result<Region> region = Region::make(ends.device->pages(), ends.domain.get(), bytes,
                                         IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
    if (!region) return std::unexpected(region.error());
    if (free_inboxes_.empty()) {
        free_inboxes_.push_back(static_cast<uint32_t>(inboxes_.size()));
        inboxes_.emplace_back();
    }
    connection.inbox = free_inboxes_.back();
    free_inboxes_.pop_back();
    Inbox& inbox = inboxes_[connection.inbox];
    inbox = Inbox{};
    inbox.region = std::move(*region);
    inbox.owner = id_of(slot, connection);
    connection.stream.offer({.address = reinterpret_cast<uintptr_t>(inbox.region.data()),
                             .length = static_cast<uint32_t>(bytes),
                             .key = inbox.region.remote_key()});
    return {};
}

// The buffer is used up and nobody holds a slice of it: it is offered again, or one of a size that
// suits the pace better.
void RdmaTransport::renew_buffer(uint32_t slot, Connection& connection) {
    if (connection.phase != Connection::Phase::open || connection.peer_left) return;
    Inbox& inbox = inboxes_[connection.inbox];
    if (inbox.slices_out != 0) {
        inbox.owner_waits = true;
        return;
    }
    const size_t size = inbox.region.size();
    const int64_t now_ns = timer_now_ns();
    const int64_t took_ns = now_ns - std::exchange(connection.buffer_since_ns, now_ns);
    size_t next = size;
    if (!connection.is_client && took_ns < kGrowBelowNs)
        next = std::min<size_t>(size * kGrowth, options_.rx_size);
    else if (!connection.is_client && took_ns > kShrinkAboveNs)
        next = std::max<size_t>(size / kGrowth, std::min(options_.rx_first, options_.rx_size));
    const uint32_t old = connection.inbox;
    if (next != size && offer_buffer(slot, connection, next)) {
        inboxes_[old].region.reset();
        free_inboxes_.push_back(old);
    } else {
        connection.stream.offer({.address = reinterpret_cast<uintptr_t>(inbox.region.data()),
                                 .length = static_cast<uint32_t>(size),
                                 .key = inbox.region.remote_key()});
    }
    post_controls(slot, connection);
}

// Gives everything back. The queue pair goes first: after it the NIC touches none of the memory.
void RdmaTransport::release(Connection& connection) {
    if (connection.id != nullptr) {
        const bool refused = connection.phase == Connection::Phase::requested || !connection.ends;
        if (refused && !connection.is_client) {
            ::rdma_reject(connection.id, nullptr, 0);
        } else if (connection.ends && connection.id->qp != nullptr) {
            ::rdma_disconnect(connection.id);
        }
        if (connection.id->qp != nullptr) ::rdma_destroy_qp(connection.id);
        ::rdma_destroy_id(std::exchange(connection.id, nullptr));
    }
    if (connection.inbox != UINT32_MAX) {
        const uint32_t index = std::exchange(connection.inbox, UINT32_MAX);
        Inbox& inbox = inboxes_[index];
        // The registration goes with the domain; the bytes stay while slices of them are out.
        inbox.region.forget_key();
        inbox.orphan = inbox.slices_out != 0;
        if (!inbox.orphan) {
            inbox.region.reset();
            free_inboxes_.push_back(index);
        }
    }
    if (!connection.ends) return;
    Device::release(*connection.ends->queue, kEntries);
    connection.ends.reset();
}

}  // namespace rota::rdma
