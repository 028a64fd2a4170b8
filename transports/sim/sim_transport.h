// SPDX-License-Identifier: BSD-3-Clause
// SimTransport: one host on a SimNet, behind the same interface as a real one. poll() never sleeps:
// time is the net's. Every received buffer is its own allocation and is freed by recycle(), so that
// a memory checker sees a late use.
// Threading: the net's thread; wake() too.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "transports/sim/sim_net.h"
#include "transports/transport.h"

namespace rota {

class SimTransport final : public Transport {
public:
    explicit SimTransport(SimNet& net) : net_(net) {}
    ~SimTransport() override;

    const char* name() const override { return "sim"; }
    Result<ListenerId> listen(const Endpoint& where, const ListenOptions& options) override;
    void update_listener(ListenerId id, const ListenOptions& options) override;
    void unlisten(ListenerId id) override;
    Endpoint local_endpoint(ListenerId id) const override;
    Result<ConnId> connect(const Endpoint& where, const ConnectOptions& options) override;
    Result<ConnId> adopt(int descriptor) override;
    bool detach(ConnId id) override;
    void set_user(ConnId id, void* user) override;
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
    void wake() noexcept override { ++stats_.wakeups; }
    const TransportStats& stats() const override { return stats_; }

    size_t buffers_out() const { return buffers_.size() - free_buffers_.size(); }

private:
    struct Connection {
        uint32_t generation = 1;
        std::shared_ptr<SimLink> link;  // null: the slot is free, or its Event::closed is due
        int end = 0;
        void* user = nullptr;
        std::deque<Slice> unsent;
        int error = 0;
        bool used = false;
        bool open = false;
        bool connected_due = false;
        bool eof_told = false;
        bool paused = false;
        bool draining = false;
        bool lingering = false;
        bool detaching = false;
    };
    struct Listener {
        Endpoint where;
        uint32_t accepts_per_poll = 0;
        bool hand_over = false;
        bool open = false;
    };
    struct Sink {
        std::span<Event> out;
        size_t count = 0;
        bool full() const { return count == out.size(); }
    };

    Connection* find(ConnId id) const;
    uint32_t take_slot(std::shared_ptr<SimLink> link, int end);
    ConnId id_of(uint32_t slot) const;
    Event& tell(Sink& sink, Event::Kind kind, uint32_t slot);
    void accept_some(uint32_t index, Sink& sink);
    void visit(uint32_t slot, Sink& sink);
    static void free(Connection& connection);
    void serve(uint32_t slot, Connection& connection, Sink& sink);
    bool write_out(Connection& connection);
    void receive(uint32_t slot, Connection& connection, Sink& sink);
    void discard(Connection& connection);
    void sever(Connection& connection, int error);

    SimNet& net_;
    std::deque<Connection> connections_;  // a deque: addresses stay
    std::vector<Listener> listeners_;
    std::vector<std::unique_ptr<char[]>> buffers_;
    std::vector<uint32_t> free_buffers_;
    uint32_t first_visit_ = 0;  // rotates, so that a small `out` is fair
    TransportStats stats_;
};

}  // namespace rota
