// SPDX-License-Identifier: BSD-3-Clause
// One visit of a connection: everything that can be done for it now, as far as the events have
// room.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "transports/epoll/epoll_transport.h"
#include "transports/timer_clock.h"

namespace rota {
namespace {

constexpr size_t kScrapBytes = size_t{16} << 10;

bool is_empty_socket(int code) { return code == EAGAIN || code == EWOULDBLOCK; }

void forget_sent(Connection& connection) {
    if (connection.unsent.capacity() > kUnsentKept) connection.unsent = {};
    connection.unsent.clear();
    connection.unsent_first = connection.unsent_skip = 0;
}

}  // namespace

// Comes with room for one event.
void EpollTransport::visit(uint32_t slot, Sink& sink) {
    Connection& connection = connections_.at(slot);
    if (connection.lent) return;
    if (connection.fd >= 0 && connection.detaching) return let_go(slot, connection, sink);
    if (connection.fd >= 0) serve(slot, connection, sink);
    if (connection.fd >= 0 || connection.queued) return;
    if (!connection.lingering) {  // else its Event::closed was told long ago
        if (sink.full()) return enqueue(slot, connection);
        tell(sink, Event::Kind::closed, slot, connection).error = connection.error;
    }
    connections_.give_back(slot);
}

// What the kernel still holds for it is for the next owner to read.
void EpollTransport::let_go(uint32_t slot, Connection& connection, Sink& sink) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.fd, nullptr);
    tell(sink, Event::Kind::detached, slot, connection).descriptor = connection.fd;
    connections_.give_back(slot);
}

void EpollTransport::serve(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.connecting && !finish_connect(slot, connection, sink)) return;
    if (!connection.unsent.empty() && connection.writable && !flush(slot, connection, sink)) return;
    if (connection.draining) {
        const bool all_sent = connection.unsent.empty() && !connection.lingering;
        if (all_sent && !begin_linger(slot, connection, sink)) return;
        return discard(slot, connection);
    }
    if (connection.readable && !connection.paused) {
        if (sharing_input_ && !connection.eof_told) return announce(slot, connection, sink);
        return receive(slot, connection, sink);
    }
    // Nobody reads on, so nobody would meet the error.
    if (connection.broken && connection.paused) sever(connection, take_socket_error(connection.fd));
}

// False while there is no answer, or a bad one.
bool EpollTransport::finish_connect(uint32_t slot, Connection& connection, Sink& sink) {
    if (!connection.writable && !connection.broken) return false;
    if (const int code = take_socket_error(connection.fd); code != 0) {
        sever(connection, code);
        return false;
    }
    connection.connecting = false;
    tell(sink, Event::Kind::connected, slot, connection);
    return true;
}

// Goes on with what send() could not hand over. False if the visit is over.
bool EpollTransport::flush(uint32_t slot, Connection& connection, Sink& sink) {
    if (sink.full()) {
        enqueue(slot, connection);
        return false;
    }
    const auto rest = std::span<const Slice>(connection.unsent).subspan(connection.unsent_first);
    const Transmitted result = transmit(connection.fd, rest, connection.unsent_skip);
    stats_.writes += result.calls;
    stats_.syscalls += result.calls;
    stats_.bytes_out += result.bytes;
    if (result.status == TransmitStatus::all) {
        forget_sent(connection);
        watch_output(slot, connection, false);
        if (!connection.draining) tell(sink, Event::Kind::sent, slot, connection);
        return true;
    }
    if (result.status == TransmitStatus::broken) {
        sever(connection, result.error);
        return false;
    }
    size_t skip = connection.unsent_skip + result.bytes;
    while (skip >= connection.unsent[connection.unsent_first].size())
        skip -= connection.unsent[connection.unsent_first++].size();
    connection.unsent_skip = skip;
    connection.writable = result.status == TransmitStatus::quota;
    if (connection.writable) enqueue(slot, connection);
    return true;
}

// A short receive means that the socket is empty, and the next byte is a new edge: no second call
// only to hear EAGAIN. It does not mean that where the end is known to follow.
void EpollTransport::receive(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.eof_told) return receive_end(slot, connection, 0, sink);
    size_t quota = kReceiveQuota;
    while (true) {
        if (sink.full() || quota == 0) return enqueue(slot, connection);
        const size_t most = connection.big_reads ? kReceiveMost : kReceiveLeast;
        const std::span<char> space = arenas_.space(kReceiveLeast, most);
        if (space.empty()) return park(slot, connection);
        const ssize_t got = ::recv(connection.fd, space.data(), space.size(), 0);
        ++stats_.reads;
        ++stats_.syscalls;
        if (got <= 0) return receive_end(slot, connection, got == 0 ? 0 : errno, sink);
        const auto count = static_cast<size_t>(got);
        stats_.bytes_in += count;
        Event& event = tell(sink, Event::Kind::received, slot, connection);
        event.data = {space.data(), count};
        event.buffer = arenas_.hand_out(count);
        connection.big_reads = count == space.size();
        if (!connection.big_reads && !connection.hung_up && !connection.partial_reads) {
            connection.readable = false;
            return;
        }
        quota -= std::min(quota, count);
    }
}

// What a receive without bytes means; error 0 is the peer's end. Comes with room for one event.
void EpollTransport::receive_end(uint32_t slot, Connection& connection, int error, Sink& sink) {
    if (error == EINTR) return enqueue(slot, connection);
    connection.readable = false;
    connection.big_reads = false;
    if (is_empty_socket(error)) return;
    if (error != 0) return sever(connection, error);
    if (!connection.eof_told) {
        connection.eof_told = true;
        tell(sink, Event::Kind::eof, slot, connection);
        connection.readable = connection.broken;
        if (connection.broken) enqueue(slot, connection);
    } else if (connection.broken) {
        const int code = take_socket_error(connection.fd);
        sever(connection, code != 0 ? code : ECONNRESET);
    }
}

// All replies have left. A close() now would answer bytes still unread or under way with a reset,
// which may destroy those replies before the peer reads them. So: say that we are done, let the
// owner go, and throw away what comes until the peer is done too, within limits.
bool EpollTransport::begin_linger(uint32_t slot, Connection& connection, Sink& sink) {
    if (connection.eof_told || ::shutdown(connection.fd, SHUT_WR) != 0) {
        sever(connection, 0);
        return false;
    }
    if (sink.full()) {
        enqueue(slot, connection);
        return false;
    }
    tell(sink, Event::Kind::closed, slot, connection);
    connection.open = false;
    connection.lingering = true;
    connection.linger_bytes_left = kLingerBytes;
    const ConnId id = ConnectionTable::make_id(slot, connection.generation);
    lingering_.push_back({timer_now_ns() + kLingerNs, id});
    return true;
}

void EpollTransport::discard(uint32_t slot, Connection& connection) {
    if (connection.lingering && connection.linger_bytes_left == 0) return sever(connection, 0);
    char scrap[kScrapBytes];
    size_t quota = kReceiveQuota;
    while (connection.readable) {
        if (quota == 0) return enqueue(slot, connection);
        const ssize_t got = ::recv(connection.fd, scrap, sizeof scrap, 0);
        ++stats_.reads;
        ++stats_.syscalls;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && !is_empty_socket(errno)) return sever(connection, errno);
        if (got == 0) connection.eof_told = true;
        if (got == 0 && connection.lingering) return sever(connection, 0);
        if (got <= 0) {
            connection.readable = false;
            return;
        }
        const auto count = static_cast<size_t>(got);
        quota -= std::min(quota, count);
        if (connection.lingering && count >= connection.linger_bytes_left)
            return sever(connection, 0);
        if (connection.lingering) connection.linger_bytes_left -= static_cast<uint32_t>(count);
        if (count < sizeof scrap && !connection.hung_up && !connection.partial_reads)
            connection.readable = false;
    }
}

// The socket goes at once, Event::closed when the events have room. shutdown() first: a child
// process may hold a copy of the descriptor, and then close() alone would tell the peer nothing.
void EpollTransport::sever(Connection& connection, int error) {
    ::shutdown(connection.fd, SHUT_RDWR);
    ::close(connection.fd);
    connection.fd = -1;
    connection.open = false;
    connection.error = error;
    connection.unsent = {};
}

}  // namespace rota
