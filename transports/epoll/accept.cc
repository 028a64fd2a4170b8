// SPDX-License-Identifier: BSD-3-Clause
// Listeners. They are level-triggered: a backlog that this poll leaves is reported again by the
// next.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/assert.h"
#include "transports/epoll/epoll_transport.h"
#include "transports/epoll/tags.h"
#include "transports/timer_clock.h"

namespace rota {
Result<ListenerId> EpollTransport::listen(const Endpoint& where, const ListenOptions& options) {
    ASSERT(options.accepts_per_poll != 0);
    Result<UniqueFd> fd = open_listener(where, options);
    if (!fd) return std::unexpected(fd.error());
    const auto index = static_cast<uint32_t>(listeners_.size());
    Listener& listener = listeners_.emplace_back();
    listener.fd = std::move(*fd);
    listener.options = options;
    if (where.kind == Endpoint::Kind::unix_socket) listener.unix_path = where.host;
    if (!watch_listener(index, true, EPOLL_CTL_ADD)) {
        const int code = errno;
        unlisten(ListenerId{index});
        return fail_errno("epoll_ctl", code);
    }
    return ListenerId{index};
}

void EpollTransport::update_listener(ListenerId id, const ListenOptions& options) {
    ASSERT(options.accepts_per_poll != 0);
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].fd) return;
    Listener& listener = listeners_[index];
    listener.options.keepalive_s = options.keepalive_s;
    listener.options.accepts_per_poll = options.accepts_per_poll;
    set_stream_options(listener.fd.get(), options.keepalive_s);
}

void EpollTransport::unlisten(ListenerId id) {
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].fd) return;
    Listener& listener = listeners_[index];
    // A child process may hold a copy, which would keep the registration alive.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener.fd.get(), nullptr);
    listener.fd.reset();
    listener.due = listener.resting = false;
    if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
}

Endpoint EpollTransport::local_endpoint(ListenerId id) const {
    const auto index = static_cast<uint32_t>(id);
    if (index >= listeners_.size() || !listeners_[index].fd) return {};
    return bound_endpoint(listeners_[index].fd.get());
}

bool EpollTransport::watch_listener(uint32_t index, bool on, int operation) {
    epoll_event wanted{.events = on ? uint32_t{EPOLLIN} : 0u, .data = {.u64 = listener_tag(index)}};
    return ::epoll_ctl(epoll_.get(), operation, listeners_[index].fd.get(), &wanted) == 0;
}

void EpollTransport::accept_due(Sink& sink) {
    if (!listeners_due_) return;
    listeners_due_ = false;
    // Newcomers leave at least half of the events to those who are in.
    Sink some{sink.out.first(std::max<size_t>(sink.out.size() / 2, 1)), sink.count};
    for (uint32_t index = 0; index < listeners_.size(); ++index) {
        if (!listeners_[index].due) continue;
        listeners_[index].due = false;
        accept_some(index, some);
    }
    sink.count = some.count;
}

void EpollTransport::accept_some(uint32_t index, Sink& sink) {
    Listener& listener = listeners_[index];
    for (uint32_t tried = 0; tried < listener.options.accepts_per_poll && !sink.full(); ++tried) {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        ++stats_.syscalls;
        UniqueFd fd(::accept4(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), &length,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) {
            const int code = errno;
            if (is_about_one_peer(code)) continue;
            if (code == EAGAIN || code == EWOULDBLOCK) return;
            const bool no_descriptor = code == EMFILE || code == ENFILE;
            if (no_descriptor && reserve_.shed_one(listener.fd.get())) continue;
            return rest(index);
        }
        // A Unix peer that is not bound has no address at all.
        PeerAddress peer = to_peer_address(address);
        if (!listener.unix_path.empty()) peer.family = AF_UNIX;
        if (listener.options.mptcp) set_stream_options(fd.get(), listener.options.keepalive_s);
        if (listener.options.hand_over) {
            sink.out[sink.count++] = Event{.kind = Event::Kind::accepted,
                                           .listener = ListenerId{index},
                                           .descriptor = fd.release()};
            continue;
        }
        const Result<ConnId> id = admit(std::move(fd), peer, listener.options.mptcp);
        if (!id) continue;  // epoll has no memory for it: the peer sees its connection closed
        const uint32_t slot = ConnectionTable::slot_of(*id);
        tell(sink, Event::Kind::accepted, slot, connections_.at(slot)).listener = ListenerId{index};
    }
}

// Leaves the backlog alone for a while instead of spinning on it.
void EpollTransport::rest(uint32_t index) {
    watch_listener(index, false, EPOLL_CTL_MOD);
    listeners_[index].resting = true;
    accept_again_at_ns_ = timer_now_ns() + kAcceptRestNs;
}

}  // namespace rota
