// SPDX-License-Identifier: BSD-3-Clause
// Listeners. A multishot accept takes connections as they come; those that this poll has no room
// for wait as newcomers.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "platform/assert.h"
#include "transports/io_uring/uring_transport.h"
#include "transports/stream_limits.h"
#include "transports/timer_clock.h"

namespace rota::uring {

Result<ListenerId> UringTransport::listen(const Endpoint& where, const ListenOptions& options) {
    ASSERT(options.accepts_per_poll != 0);
    Result<UniqueFd> fd = open_listener(where, options);
    if (!fd) return std::unexpected(fd.error());
    const auto index = static_cast<uint32_t>(listeners_.size());
    Listener& listener = listeners_.emplace_back();
    listener.fd = std::move(*fd);
    listener.options = options;
    if (where.kind == Endpoint::Kind::unix_socket) listener.unix_path = where.host;
    arm_accept(index);
    return ListenerId{index};
}

void UringTransport::update_listener(ListenerId id, const ListenOptions& options) {
    ASSERT(options.accepts_per_poll != 0);
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].fd) return;
    Listener& listener = listeners_[index];
    listener.options.keepalive_s = options.keepalive_s;
    listener.options.accepts_per_poll = options.accepts_per_poll;
    set_stream_options(listener.fd.get(), options.keepalive_s);
}

void UringTransport::unlisten(ListenerId id) {
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].fd) return;
    Listener& listener = listeners_[index];
    // The accept holds the socket: it has to go first, now, for nobody may be let in any more.
    cancel(tag(Op::accept, index));
    ring_.enter(0, 0, true);
    settle();
    ::shutdown(listener.fd.get(), SHUT_RDWR);
    listener.fd.reset();
    listener.resting = false;
    if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
}

Endpoint UringTransport::local_endpoint(ListenerId id) const {
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].fd) return {};
    return bound_endpoint(listeners_[index].fd.get());
}

void UringTransport::on_accept(const Completion& done) {
    const uint32_t index = slot_of(done.tag);
    Listener& listener = listeners_[index];
    if (done.result >= 0) newcomers_.push_back({UniqueFd(done.result), index});
    if (!done.last() || !listener.fd) return;
    if (done.result >= 0 || is_about_one_peer(-done.result)) return arm_accept(index);
    const bool no_descriptor = done.result == -EMFILE || done.result == -ENFILE;
    if (no_descriptor && reserve_.shed_one(listener.fd.get())) return arm_accept(index);
    rest(index);
}

// Leaves the backlog alone for a while instead of spinning on it.
void UringTransport::rest(uint32_t index) {
    listeners_[index].resting = true;
    accept_again_at_ns_ = timer_now_ns() + kAcceptRestNs;
}

// Tells of newcomers while more than room_left events have room, up to the listener's share.
void UringTransport::greet(Sink& sink, size_t room_left) {
    for (uint32_t told = 0; !newcomers_.empty(); ++told) {
        const uint32_t index = newcomers_.front().listener;
        const Listener& listener = listeners_[index];
        if (sink.out.size() - sink.count <= room_left || told == listener.options.accepts_per_poll)
            return;
        UniqueFd fd = std::move(newcomers_.front().fd);
        newcomers_.pop_front();
        if (listener.options.mptcp) set_stream_options(fd.get(), listener.options.keepalive_s);
        if (listener.options.hand_over) {
            sink.out[sink.count++] = Event{.kind = Event::Kind::accepted,
                                           .listener = ListenerId{index},
                                           .descriptor = fd.release()};
            continue;
        }
        ++stats_.syscalls;
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        if (::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
            continue;  // gone already
        const uint32_t slot = admit(std::move(fd), to_peer_address(address));
        const Connection& connection = connections_.at(slot);
        tell(sink, Event::Kind::accepted, slot, connection).listener = ListenerId{index};
    }
}

}  // namespace rota::uring
