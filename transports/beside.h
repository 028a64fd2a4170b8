// SPDX-License-Identifier: BSD-3-Clause
// BesideTransport: a host transport and a guest in one loop, seen as one. The host does what it
// always did, and sleeps for both; endpoints of kind rdma are the guest's. While the guest has
// neither listener nor connection, every call goes straight to the host.
//
// Names of the guest's connections, listeners and buffers carry a bit that the host never uses.
// Input is not shared: a guest's completions belong to its thread.
#pragma once

#include <memory>

#include "transports/guest.h"
#include "transports/transport.h"

namespace rota {

class BesideTransport final : public Transport {
public:
    // Puts the two of them in the host's place. Fails, and nothing changes, if the host cannot
    // watch a descriptor for somebody else.
    static Result<> join(std::unique_ptr<Transport>& host, std::unique_ptr<Guest> guest);

    const char* name() const override { return host_->name(); }
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
    int descriptor(ConnId id) const override;
    size_t poll(std::span<Event> out, int64_t wait_max_ns) override;
    void gather_for(int64_t ns) override { host_->gather_for(ns); }
    void wake() noexcept override { host_->wake(); }
    const TransportStats& stats() const override;

private:
    BesideTransport(std::unique_ptr<Transport> host, std::unique_ptr<Guest> guest)
        : host_(std::move(host)), guest_(std::move(guest)) {}
    Transport& of(uint64_t name) const;
    size_t poll_guest(std::span<Event> out);

    std::unique_ptr<Transport> host_;
    std::unique_ptr<Guest> guest_;
    bool host_first_ = false;  // with room for one event they take turns
    mutable TransportStats stats_;
};

}  // namespace rota
