// SPDX-License-Identifier: BSD-3-Clause
#include "tools/net/rdma_bridge.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

#include "transports/transports.h"

namespace rota {
namespace {

using SteadyClock = std::chrono::steady_clock;

class Bridge {
public:
    Bridge(std::unique_ptr<Transport> transport, ConnId remote) : transport_(std::move(transport)) {
        remote_.id = remote;
        remote_.other = &local_;
        local_.other = &remote_;
        transport_->set_user(remote, &remote_);
    }

    Result<> await_connected(int64_t timeout_ms) {
        const auto until = SteadyClock::now() + std::chrono::milliseconds(timeout_ms);
        while (!connected_ && !remote_.closed) {
            turn(10'000'000);
            if (timeout_ms > 0 && SteadyClock::now() > until) return fail("timed out", ETIMEDOUT);
        }
        if (connected_) return {};
        return fail(std::strerror(remote_.error), remote_.error);
    }

    Result<> attach(int descriptor) {
        const Result<ConnId> id = transport_->adopt(descriptor);
        if (!id) return std::unexpected(id.error());
        local_.id = *id;
        transport_->set_user(*id, &local_);
        return {};
    }

    void run() {
        while (!local_.closed || !remote_.closed) turn(-1);
    }

private:
    struct Side {
        ConnId id{};
        Side* other = nullptr;
        std::string leaving, waiting;  // with the transport; to follow it
        bool closed = false;
        int error = 0;
    };

    void turn(int64_t wait_ns) {
        std::array<Event, 16> events;
        const size_t count = transport_->poll(events, wait_ns);
        for (size_t i = 0; i < count; ++i) handle(events[i]);
    }

    void handle(const Event& event) {
        Side& side = *static_cast<Side*>(event.user);
        switch (event.kind) {
            case Event::Kind::connected:
                connected_ = true;
                return;
            case Event::Kind::received:
                side.other->waiting += event.data;
                transport_->recycle(event.buffer);
                return push(*side.other);
            case Event::Kind::sent:
                side.leaving.clear();
                transport_->resume_receive(side.other->id);
                return push(side);
            case Event::Kind::eof:
                return end(*side.other);
            case Event::Kind::closed:
                side.closed = true;
                side.error = event.error;
                return end(*side.other);
            default:
                return;
        }
    }

    void push(Side& to) {
        if (to.closed || !to.leaving.empty()) {
            // Who sends faster than the other side takes it waits.
            if (!to.closed) transport_->pause_receive(to.other->id);
            return;
        }
        if (to.waiting.empty()) return;
        to.leaving.swap(to.waiting);
        to.waiting.clear();
        const Slice chunk = to.leaving;
        if (transport_->send(to.id, {&chunk, 1}) == SendStatus::done) to.leaving.clear();
    }

    void end(Side& side) {
        if (side.closed) return;
        if (!side.waiting.empty()) {
            const Slice chunk = side.waiting;
            transport_->send(side.id, {&chunk, 1});
        }
        transport_->close_after_send(side.id);
    }

    std::unique_ptr<Transport> transport_;
    Side remote_, local_;
    bool connected_ = false;
};

}  // namespace

Result<int> bridge_to_rdma(const std::string& host, uint16_t port, int64_t timeout_ms) {
    Result<std::unique_ptr<Transport>> transport = make_transport("epoll");
    if (!transport) return std::unexpected(transport.error());
    if (const Result<> added = add_rdma(*transport); !added) return std::unexpected(added.error());
    const Result<ConnId> remote = (*transport)->connect(Endpoint::rdma(host, port), {});
    if (!remote) return std::unexpected(remote.error());
    auto bridge = std::make_unique<Bridge>(std::move(*transport), *remote);
    if (const Result<> connected = bridge->await_connected(timeout_ms); !connected)
        return std::unexpected(connected.error());
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno("socketpair", errno);
    if (const Result<> attached = bridge->attach(ends[1]); !attached) {
        ::close(ends[0]);
        return std::unexpected(attached.error());
    }
    std::thread([bridge = std::move(bridge)] { bridge->run(); }).detach();
    return ends[0];
}

}  // namespace rota
