// SPDX-License-Identifier: BSD-3-Clause
// Shared mode: clients on loan to other threads, and the same work done here where no thread takes
// it.
#include "server/io_loop.h"

namespace rota {

void IoLoop::deliver_own() {
    ASSERT(batch().requests.empty());
    if (batch().has_output()) deliver(batch());
}

bool IoLoop::lend(Client& client) {
    ASSERT(!client.io.lent);
    client.io.loan = transport_.lend(client.io.conn);
    client.io.lent = client.io.loan.descriptor >= 0;
    return client.io.lent;
}

void IoLoop::take_back(Client& client) {
    ClientIo& io = client.io;
    io.lent = false;
    if (io.held_up && !io.paused) held(client);
    transport_.take_back(io.conn, io.loan);
    if (io.fault != ClientFault::none) return gave_up(client);
    if (!io.in_flight.empty() && !io.send_pending) {
        if (over_output_limit(client, 0)) return;
        send_in_flight(client);
    }
    if (io.held_up || io.eof || io.terms.closing || !io.queued.empty()) mark_dirty(client);
}

void IoLoop::receive_here(Client& client) {
    if (batch().requests.empty()) batch().drop_input();
    if (!batch().has_input_room()) active_->submit();
    const std::span<char> room = batch().input_room(client.io.loan.big);
    const size_t got = transport_.receive_lent(client.io.loan, room);
    upstream_.returned(client);
    if (got == 0) return;
    ++counters_.reads;
    counters_.net_in += got;
    read(client, Slice(room.data(), got));
    batch().keep_input(room, got);
    submit_rest();
}

size_t IoLoop::lend_output(Batch& batch) {
    for (const Outgoing& segment : batch.outgoing) take_terms(segment);
    end_requests(batch);
    size_t kept = 0, lent = 0;
    for (const Outgoing segment : batch.outgoing) {
        if (segment.begin == segment.end) continue;
        Client& client = *segment.client;
        const Slice bytes = batch.out.view().substr(segment.begin, segment.end - segment.begin);
        if (client.io.lent) {  // by an earlier segment
            counters_.net_out += bytes.size();
        } else {
            if (!may_send(client, bytes) || !lend(client)) continue;
            ++lent;
        }
        batch.outgoing[kept++] = segment;
    }
    batch.outgoing.resize(kept);
    return lent;
}

size_t IoLoop::send_here(Batch& batch) {
    size_t clients = 0;
    for (const Outgoing& segment : batch.outgoing) {
        Client& client = *segment.client;
        if (client.io.lent) {
            upstream_.returned(client);
            ++clients;
        }
        const Slice bytes = batch.out.view().substr(segment.begin, segment.end - segment.begin);
        if (client.io.finished) continue;
        if (client.io.send_pending || !client.io.queued.empty()) {
            client.io.queued.append(bytes);
            mark_dirty(client);
            counters_.show_sizes(client.io);
        } else {
            send_bytes(client, bytes);
        }
    }
    return clients;
}

}  // namespace rota
