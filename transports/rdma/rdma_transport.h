// SPDX-License-Identifier: BSD-3-Clause
// RdmaTransport: Valkey Over RDMA as a Transport. Connections are made by rdma_cm; each has a
// reliable queue pair and a protection domain of its own; all of a thread share its completion
// queues. Received bytes are told where the peer wrote them: nothing is copied on the way in. On
// the way out short pieces go inline, longer ones are copied once into registered memory.
//
// How it differs from a byte stream of the kernel: there is no half-close (eof is followed by
// closed), no descriptor, and a connection that has been set up cannot move: only one that was just
// accepted can be detached, before its queue pair is made.
//
// It is a Guest: it can share the thread with a transport that sleeps for both.
#pragma once

#include <rdma/rdma_cma.h>

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "transports/guest.h"
#include "transports/options.h"
#include "transports/rdma/connection.h"
#include "transports/rdma/handover.h"
#include "transports/ready_queue.h"
#include "transports/sockets.h"

namespace rota {
namespace rdma {

using EventChannel = std::unique_ptr<rdma_event_channel, Destroy<rdma_destroy_event_channel>>;
using ListeningId = std::unique_ptr<rdma_cm_id, Destroy<rdma_destroy_id>>;

class RdmaTransport final : public Guest {
public:
    static Result<std::unique_ptr<Guest>> create(const RdmaOptions& options);
    ~RdmaTransport() override;

    const char* name() const override { return "rdma"; }
    Result<ListenerId> listen(const Endpoint& where, const ListenOptions& options) override;
    void update_listener(ListenerId id, const ListenOptions& options) override;
    void unlisten(ListenerId id) override;
    Endpoint local_endpoint(ListenerId id) const override;
    Result<ConnId> connect(const Endpoint& where, const ConnectOptions& options) override;
    Result<ConnId> adopt(int descriptor) override;
    bool detach(ConnId id) override;
    void set_user(ConnId id, void* user) override;
    size_t send_now(ConnId id, Slice bytes) override;
    SendStatus send(ConnId id, std::span<const Slice> chunks) override;
    void pause_receive(ConnId id) override;
    void resume_receive(ConnId id) override;
    void recycle(BufferId buffer) override;
    void close(ConnId id) override;
    void close_after_send(ConnId id) override;
    std::string peer_name(ConnId id) const override;
    std::string local_name(ConnId id) const override;
    bool peer_is_local(ConnId id) const override;
    int descriptor(ConnId) const override { return -1; }
    size_t poll(std::span<Event> out, int64_t wait_max_ns) override;
    void wake() noexcept override;
    const TransportStats& stats() const override { return stats_; }

    bool idle() const override { return in_use_ == 0 && listening_ == 0; }
    bool adopts(int descriptor) const override { return is_request(descriptor); }
    int wait_descriptor() const override { return epoll_.get(); }
    int64_t prepare_wait(int64_t wait_max_ns) override;

private:
    struct Listener {
        ListeningId id;
        ListenOptions options;
    };
    struct Sink {
        std::span<Event> out;
        size_t count = 0;
        bool full() const { return count == out.size(); }
    };
    struct Beat {
        int64_t due_ns;
        ConnId id;
    };

    RdmaTransport(const RdmaOptions& options, UniqueFd epoll, UniqueFd wake_fd,
                  EventChannel channel);

    Connection* find(ConnId id);
    const Connection* find(ConnId id) const;
    static ConnId id_of(uint32_t slot, const Connection& connection) {
        return ConnectionTable::make_id(slot, connection.generation);
    }
    uint32_t admit(rdma_cm_id* id, Connection::Phase phase);
    void enqueue(uint32_t slot, Connection& connection);
    Event& tell(Sink& sink, Event::Kind kind, uint32_t slot, const Connection& connection);
    bool watch(int descriptor);
    void end(uint32_t slot, Connection& connection, int error);
    void violation(uint32_t slot, Connection& connection, const char* what);

    // setup.cc
    void take_manager_events();
    void on_manager_event(rdma_cm_event_type type, int status, rdma_cm_id* id, rdma_cm_id* at);
    void on_request(rdma_cm_id* request, rdma_cm_id* at);
    void greet(Sink& sink);
    void answer_requests();
    Device* device_for(ibv_context* context);
    Result<> make_endpoints(uint32_t slot, Connection& connection);
    static Result<> make_queue_pair(Connection& connection, Endpoints& ends);
    void accept(uint32_t slot, Connection& connection);
    void opened(uint32_t slot, Connection& connection);
    void release(Connection& connection);
    Result<> offer_buffer(uint32_t slot, Connection& connection, size_t bytes);
    void renew_buffer(uint32_t slot, Connection& connection);

    // transmit.cc
    bool may_post(const Connection& connection, uint32_t kept) const;
    void post(uint32_t slot, Connection& connection, ibv_send_wr& request, bool signal);
    void post_controls(uint32_t slot, Connection& connection);
    void post_bytes(uint32_t slot, Connection& connection, Slice bytes, bool in_ring);
    static std::span<char> ring_space(Connection& connection);
    void transmit(uint32_t slot, Connection& connection, Unsent& unsent);
    void flush(uint32_t slot, Connection& connection, Sink& sink);

    // completions.cc
    size_t reap();
    void complete(const ibv_wc& done);
    void on_sent(uint32_t slot, Connection& connection, uint32_t number);
    void on_receive(uint32_t slot, Connection& connection, const ibv_wc& done);
    static bool post_receives(uint32_t slot, Connection& connection, uint32_t first,
                              uint32_t count);

    // poll.cc
    void look(Sink& sink);
    bool spin();
    void sleep(int64_t wait_ns);
    void check_descriptors();
    int64_t until_next_beat(int64_t wait_max_ns) const;
    void beat(int64_t now_ns);
    void visit_ready(Sink& sink);
    void visit(uint32_t slot, Connection& connection, Sink& sink);
    void deliver(uint32_t slot, Connection& connection, Sink& sink);
    void drain(uint32_t slot, Connection& connection);
    void finish(uint32_t slot, Connection& connection, Sink& sink);
    void let_go(uint32_t slot, Connection& connection, Sink& sink);

    const RdmaOptions options_;
    UniqueFd epoll_, wake_fd_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::vector<Inbox> inboxes_;
    std::vector<uint32_t> free_inboxes_;
    EventChannel channel_;
    ConnectionTable connections_;
    ReadyQueue ready_;
    std::vector<Listener> listeners_;
    std::deque<ConnId> newcomers_;  // not told yet
    std::deque<ConnId> requested_;  // told, not answered yet
    std::deque<Beat> beats_;        // oldest first
    size_t in_use_ = 0, listening_ = 0;
    uint32_t polls_unchecked_ = 0;  // since the descriptors were looked at
    bool had_traffic_ = false;      // since the last sleep
    bool work_left_ = false;
    Unsent scratch_;  // its memory serves every send
    TransportStats stats_;

    enum : uint8_t { kAwake, kAsleep, kWoken };
    alignas(kCacheLine) std::atomic<uint8_t> sleep_{kAwake};  // shared with wake()'s callers
};

}  // namespace rdma
}  // namespace rota
