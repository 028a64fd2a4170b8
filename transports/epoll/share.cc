// SPDX-License-Identifier: BSD-3-Clause
// Connections and polls on loan. Edge-triggered epoll makes both simple: an edge is told to one
// epoll_wait() only, whoever calls it, and one that comes during a loan is noted and waits for
// take_back().
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "platform/assert.h"
#include "transports/epoll/epoll_transport.h"
#include "transports/epoll/tags.h"

namespace rota {
namespace {

struct EpollReport final : PollReport {
    std::array<epoll_event, kEpollEvents> events;
    int found = 0;
};

}  // namespace

bool EpollTransport::share_input(bool on) {
    sharing_input_ = on;
    return true;
}

// Whoever receives next says whether the socket is empty; until then a new edge counts.
void EpollTransport::announce(uint32_t slot, Connection& connection, Sink& sink) {
    if (sink.full()) return enqueue(slot, connection);
    connection.readable = false;
    if (connection.ended) return receive_end(slot, connection, 0, sink);
    tell(sink, Event::Kind::readable, slot, connection);
}

Loan EpollTransport::lend(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->draining || connection->detaching) return {};
    ASSERT(!connection->lent);
    connection->lent = true;
    return {.descriptor = connection->fd,
            .keep_on = connection->hung_up || connection->partial_reads,
            .big = connection->big_reads};
}

void EpollTransport::take_back(ConnId id, const Loan& loan) {
    Connection* connection = find(id);
    ASSERT(connection != nullptr);
    ASSERT(connection->lent);
    connection->lent = false;
    connection->big_reads = loan.big;
    stats_.reads += loan.reads;
    stats_.writes += loan.writes;
    stats_.syscalls += loan.reads + loan.writes;
    stats_.bytes_in += loan.bytes_in;
    stats_.bytes_out += loan.bytes_out;
    const uint32_t slot = ConnectionTable::slot_of(id);
    if (loan.error != 0) return cut(slot, *connection, loan.error);
    connection->ended |= loan.ended;
    connection->readable |= loan.more || loan.ended;
    const bool may_write = connection->writable && !connection->unsent.empty();
    if ((connection->readable && !connection->paused) || may_write || connection->broken)
        enqueue(slot, *connection);
}

size_t EpollTransport::receive_lent(Loan& loan, std::span<char> space) const {
    ++loan.reads;
    const ssize_t got = ::recv(loan.descriptor, space.data(), space.size(), 0);
    loan.more = loan.big = false;
    if (got > 0) {
        const auto count = static_cast<size_t>(got);
        loan.bytes_in += count;
        loan.big = count == space.size();
        loan.more = loan.big || loan.keep_on;
        return count;
    }
    if (got == 0) {
        loan.ended = true;
    } else if (errno == EINTR) {
        loan.more = true;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK) {
        loan.error = errno;
    }
    return 0;
}

size_t EpollTransport::send_lent(Loan& loan, Slice bytes) const {
    const Transmitted result = transmit(loan.descriptor, {&bytes, 1});
    loan.writes += static_cast<uint32_t>(result.calls);
    loan.bytes_out += result.bytes;
    if (result.status != TransmitStatus::broken) [[likely]]
        return result.bytes;
    loan.error = result.error;
    return bytes.size();
}

// ---- Polls

std::unique_ptr<PollReport> EpollTransport::make_report() {
    return std::make_unique<EpollReport>();
}

void EpollTransport::lend_poll() {
    ASSERT(!poll_is_lent_);
    poll_is_lent_ = true;
}

void EpollTransport::poll_lent(PollReport& report) const {
    auto& mine = static_cast<EpollReport&>(report);
    mine.found = ::epoll_wait(epoll_.get(), mine.events.data(), kEpollEvents, 0);
    for (int i = 0; i < mine.found; ++i) {
        if (mine.events[static_cast<size_t>(i)].data.u64 != kWakeTag) continue;
        // It was for the owner, who may be asleep and have missed it.
        if (bell_.is_rung()) bell_.strike();
    }
}

void EpollTransport::take_report(PollReport& report) {
    ASSERT(poll_is_lent_);
    auto& mine = static_cast<EpollReport&>(report);
    poll_is_lent_ = false;
    has_report_ = true;
    ++stats_.syscalls;
    for (int i = 0; i < mine.found; ++i) note(mine.events[static_cast<size_t>(i)]);
    mine.found = 0;
}

}  // namespace rota
