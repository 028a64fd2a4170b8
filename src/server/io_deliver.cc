// SPDX-License-Identifier: BSD-3-Clause
// The way back: from the replies of a batch to sockets, and what a client is due after a turn.
#include "server/io_loop.h"

namespace rota {
namespace {

constexpr size_t kUnsentMaxBeforeAuth = 64 << 10;

}  // namespace

void IoLoop::deliver(Batch& batch) {
    absorb(batch);
    if (batch.has_output()) upstream_.about_to_send();
    send_output(batch);
    for (const BufferId buffer : batch.buffers) transport_.recycle(buffer);
    batch.buffers.clear();
    if (&batch != &this->batch() && !batch.own)
        reader_.set_behind(--batches_out_ >= kBatchesOutMax);
    if (!starved_.empty() && batches_out_ <= kBatchesOutMax / 2) feed_starved();
}

void IoLoop::send_reads() {
    if (reader_.reads() != nullptr && reader_.reads()->output().has_output())
        send_output(reader_.reads()->output());
}

void IoLoop::send_output(Batch& batch) {
    for (const Outgoing& segment : batch.outgoing) {
        if (segment.begin != segment.end)
            send_segment(*segment.client,
                         batch.out.view().substr(segment.begin, segment.end - segment.begin));
    }
    batch.clear_output();
}

void IoLoop::send_segment(Client& client, Slice bytes) {
    if (may_send(client, bytes)) send_bytes(client, bytes);
}

// Whether the bytes may be offered to the socket now; if not, they wait or are dropped.
bool IoLoop::may_send(Client& client, Slice bytes) {
    ClientIo& io = client.io;
    ASSERT(!io.lent);
    if (io.finished) return false;
    counters_.net_out += bytes.size();
    io.net_out += bytes.size();
    if (over_output_limit(client, bytes.size())) return false;
    if (!io.send_pending && !io.detaching && io.queued.empty()) [[likely]]
        return true;
    io.queued.append(bytes);
    mark_dirty(client);
    counters_.show_sizes(io);
    return false;
}

void IoLoop::send_bytes(Client& client, Slice bytes) {
    ClientIo& io = client.io;
    ++counters_.writes;
    const size_t taken = transport_.send_now(io.conn, bytes);
    if (taken == bytes.size()) [[likely]]
        return;
    io.in_flight.append(bytes.substr(taken));
    counters_.show_sizes(io);
    if (!io.terms.authenticated && over_output_limit(client, 0)) return;
    send_in_flight(client);
}

void IoLoop::send_in_flight(Client& client) {
    ClientIo& io = client.io;
    const Slice chunk = io.in_flight.view();
    io.send_pending = transport_.send(io.conn, {&chunk, 1}) == SendStatus::pending;
    if (!io.send_pending) io.in_flight.release();
}

void IoLoop::send_queued(Client& client) {
    ClientIo& io = client.io;
    if (io.send_pending || io.detaching || io.queued.empty()) return;
    ++counters_.writes;
    io.in_flight.swap(io.queued);
    send_in_flight(client);
}

void IoLoop::mark_dirty(Client& client) {
    if (client.io.dirty) return;
    client.io.dirty = true;
    dirty_.push_back(&client);
}

// A client that may go on parsing can fill the batch again, and that one's replies make others
// dirty: until all is quiet.
void IoLoop::finish_turn() {
    while (true) {
        if (batch().has_output() || !batch().buffers.empty()) deliver(batch());
        look_after_dirty();
        reader_.run_reads();
        send_reads();
        if (batch().requests.empty()) return;
        reader_.submit();
    }
}

// While a script is busy the list may be somebody's further up, who then comes to the rest again,
// and those whose input is being read wait for that.
void IoLoop::look_after_dirty() {
    const bool outermost = !std::exchange(looking_after_, true);
    size_t waiting = 0;
    for (size_t i = 0; i < dirty_.size(); ++i) {
        Client* const client = dirty_[i];
        if (client != being_read_) {
            if (std::exchange(client->io.dirty, false)) look_after(*client);
        } else if (outermost) {
            dirty_[waiting++] = client;
        }
    }
    if (!outermost) return;
    dirty_.resize(waiting);
    looking_after_ = false;
}

void IoLoop::send_early(Batch& batch) {
    for (; batch.terms_taken < batch.outgoing.size(); ++batch.terms_taken)
        take_terms(batch.outgoing[batch.terms_taken]);
    for (const Outgoing& segment : batch.outgoing) {
        if (segment.begin != segment.end)
            send_segment(*segment.client,
                         batch.out.view().substr(segment.begin, segment.end - segment.begin));
    }
    batch.outgoing.clear();
    batch.terms_taken = 0;
}

void IoLoop::look_after(Client& client) {
    ClientIo& io = client.io;
    if (io.lent || io.closed || io.finished) return;
    if (io.held_up && !io.input_over)
        active_->must_hold(client) ? active_->hold(client) : parse_query(client);
    send_queued(client);
    if (io.soft_limit_since_ms >= 0 && over_output_limit(client, 0)) return;
    counters_.show_sizes(io);
    const bool quiet =
        io.requests_out == 0 && !io.send_pending && io.queued.empty() && !io.detaching;
    if (!quiet) return;
    if (io.eof || io.terms.closing) {
        io.input_over = io.finished = true;
        transport_.close_after_send(io.conn);
    } else if (io.leaving) {
        try_to_leave(client);
    }
}

bool IoLoop::over_output_limit(Client& client, size_t more) {
    ClientIo& io = client.io;
    const OutputLimit& limit = options_.output_limit(io.terms.type);
    if (limit.hard_bytes == 0 && limit.soft_bytes == 0 && io.terms.authenticated) [[likely]]
        return false;
    const size_t unsent = io.in_flight.size() + io.queued.size();
    const size_t held = unsent + more;
    bool over = limit.hard_bytes != 0 && held > limit.hard_bytes;
    // What a socket with room will take at once costs nothing: refusals may come in thousands.
    over |= !io.terms.authenticated && unsent > 0 && held > kUnsentMaxBeforeAuth;
    if (limit.soft_bytes != 0 && held > limit.soft_bytes) {
        if (io.soft_limit_since_ms < 0) io.soft_limit_since_ms = now_ms_;
        over |= now_ms_ - io.soft_limit_since_ms > limit.soft_seconds * 1000;
    } else {
        io.soft_limit_since_ms = -1;
    }
    if (!over) return false;
    counters_.show_sizes(io);
    give_up(client, ClientFault::output_limit);
    return true;
}

}  // namespace rota
