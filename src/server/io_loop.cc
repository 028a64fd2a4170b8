// SPDX-License-Identifier: BSD-3-Clause
// From events to batches. What becomes of replies is in io_deliver.cc.
#include "server/io_loop.h"

namespace rota {

IoLoop::IoLoop(int index, Transport& transport, const CommandTable& commands,
               const Keyspace& keyspace, Upstream& upstream, Batch& first, const IoOptions& options,
               LocalReads* reads)
    : index_(index),
      transport_(transport),
      upstream_(upstream),
      reader_(commands, keyspace, *this, counters_, first, reads) {
    apply(options);
}

void IoLoop::apply(const IoOptions& options) {
    options_ = options.client;
    moderation_.set_max_us(options.gather_max_us);
    reader_.apply(options);
}

void IoLoop::gather(const Clock::Moment& now) {
    now_ms_ = now.wall_ms;
    reader_.set_now(now_ms_);
    const uint64_t reads_before = counters_.reads;
    for (const Event& event : std::exchange(deferred_, {})) take_event(event);
    take_events();
    moderate(now.monotonic_us, counters_.reads - reads_before);
    reader_.run_reads();
    submit_rest();
}

// A script may be busy below: then the rest is taken there.
void IoLoop::take_events() {
    while (next_event_ < events_waiting_) take_event(events_[next_event_++]);
}

void IoLoop::take_event(const Event& event) {
    if (event.user != nullptr && event.user == being_read_) return deferred_.push_back(event);
    handle(event);
    // Requests may lie in it, none of them in a later batch than this one.
    if (event.kind == Event::Kind::received) batch().buffers.push_back(event.buffer);
}

void IoLoop::moderate(int64_t now_us, uint64_t receives) {
    moderation_.turn(now_us, receives);
    if (moderation_.gather_us() == gather_us_) [[likely]]
        return;
    gather_us_ = moderation_.gather_us();
    transport_.gather_for(gather_us_ * 1000);
}

void IoLoop::handle(const Event& event) {
    auto* client = static_cast<Client*>(event.user);
    if (event.kind == Event::Kind::accepted) return upstream_.accepted(event);
    if (client == nullptr) return;
    switch (event.kind) {
        case Event::Kind::received:
            ++counters_.reads;
            counters_.net_in += event.data.size();
            if (client->io.look != moderation_.look()) {
                client->io.look = moderation_.look();
                moderation_.client_is_active();
            }
            return read(*client, event.data);
        case Event::Kind::eof:
            client->io.eof = true;
            return mark_dirty(*client);
        case Event::Kind::sent:
            client->io.send_pending = false;
            client->io.in_flight.release();
            return mark_dirty(*client);
        case Event::Kind::closed:
            return connection_closed(*client);
        case Event::Kind::readable:
            return upstream_.readable(*client);
        case Event::Kind::detached:
            return detached(*client, event.descriptor);
        case Event::Kind::accepted:
        case Event::Kind::connected:
            return;
    }
}

void IoLoop::read(Client& client, Slice received) {
    if (active_ != &reader_) return active_->receive(client, received);
    being_read_ = &client;
    reader_.receive(client, received);
    being_read_ = nullptr;
}

void IoLoop::parse_query(Client& client) {
    if (active_ != &reader_) return active_->parse_query(client);
    being_read_ = &client;
    reader_.parse_query(client);
    being_read_ = nullptr;
}

// ---- While a script is busy

std::unique_ptr<RequestReader> IoLoop::make_reader(const CommandTable& commands,
                                                   const Keyspace& keyspace, Batch& first) {
    RequestReader::Host& host = *this;
    return std::make_unique<RequestReader>(commands, keyspace, host, counters_, first, nullptr);
}

void IoLoop::begin_busy(RequestReader& reader) {
    active_ = &reader;
    reader.apply({.client = options_, .reads = {}});
    reader.set_now(now_ms_);
}

void IoLoop::serve_while_busy() {
    take_events();
    std::array<Event, kEventsMax> events;
    const size_t count = transport_.poll(events, 0);
    for (const Event& event : std::span(events.data(), count)) take_event(event);
    submit_rest();
    if (batch().has_output() || !batch().buffers.empty()) deliver(batch());
    look_after_dirty();
    if (!batch().requests.empty()) active_->submit();
    if (batch().has_output() || !batch().buffers.empty()) deliver(batch());
}

void IoLoop::end_busy() { active_ = &reader_; }

// ---- Batches

Batch& IoLoop::take(Batch& filled) {
    ++counters_.batches;
    Batch& next = upstream_.submit(filled);
    if (&next == &filled)
        absorb(filled);  // it has run already
    else
        active_->set_behind(++batches_out_ >= kBatchesOutMax);
    return next;
}

void IoLoop::held(Client& client) {
    if (active_->behind() && !client.io.starved) {
        client.io.starved = true;
        starved_.push_back(&client);
    }
    if (client.io.terms.waiting || client.io.paused) return;
    client.io.paused = true;
    transport_.pause_receive(client.io.conn);
}

void IoLoop::resumed(Client& client) {
    if (!client.io.paused) return;
    client.io.paused = false;
    transport_.resume_receive(client.io.conn);
}

void IoLoop::gave_up(Client& client) {
    close(client);
    upstream_.failed(client);
}

void IoLoop::feed_starved() {
    for (Client* client : starved_) {
        client->io.starved = false;
        mark_dirty(*client);
    }
    starved_.clear();
}

// A batch may go without a request: it then carries received buffers whose requests went before it.
void IoLoop::submit_rest() {
    if (!batch().requests.empty() || (!batch().buffers.empty() && batches_out_ > 0))
        active_->submit();
}

// The requests have run: what they held is free, and their clients go on.
void IoLoop::absorb(Batch& batch) {
    for (; batch.terms_taken < batch.outgoing.size(); ++batch.terms_taken)
        take_terms(batch.outgoing[batch.terms_taken]);
    end_requests(batch);
    counters_.freed += batch.requests.size();
    batch.clear_requests();
}

void IoLoop::take_terms(const Outgoing& segment) {
    ClientIo& io = segment.client->io;
    if (io.terms == segment.terms) [[likely]]
        return;
    io.terms = segment.terms;
    if (io.terms.closing) io.input_over = true;
    mark_dirty(*segment.client);
}

void IoLoop::end_requests(const Batch& batch) {
    for (const Request& request : batch.requests) {
        ClientIo& io = request.client->io;
        if (--io.requests_out == 0 && (io.held_up || io.leaving || io.eof || io.input_over))
            mark_dirty(*request.client);
    }
}

// ---- Clients

void IoLoop::begin(Client& client, ConnId conn) {
    client.io.conn = conn;
    client.io.closed = false;
    client.io.position = static_cast<uint32_t>(clients_.size());
    clients_.push_back(&client);
    transport_.set_user(conn, &client);
}

void IoLoop::forget(Client& client) {
    Client* last = clients_.back();
    clients_[client.io.position] = last;
    last->io.position = client.io.position;
    clients_.pop_back();
    if (client.io.starved) std::erase(starved_, &client);
    client.io.starved = false;
}

void IoLoop::close(Client& client) {
    if (client.io.closed) return;
    client.io.input_over = client.io.finished = true;
    transport_.close(client.io.conn);
}

void IoLoop::give_up(Client& client, ClientFault fault) {
    client.io.fault = fault;
    gave_up(client);
}

void IoLoop::connection_closed(Client& client) {
    forget(client);
    bury(client);
}

// ---- Moving between loops

bool IoLoop::adopt(Client& client, int descriptor) {
    const Result<ConnId> conn = transport_.adopt(descriptor);
    if (!conn) return false;
    begin(client, *conn);
    return true;
}

void IoLoop::leave(Client& client) {
    if (client.io.finished) return;  // it ends as gone
    client.io.leaving = true;
    mark_dirty(client);
}

// Only when nothing is under way; until then every event of the client tries again.
void IoLoop::try_to_leave(Client& client) {
    ClientIo& io = client.io;
    if (!io.query.empty() || io.partial || io.held_up) return;
    if (transport_.detach(io.conn)) {
        io.detaching = true;
        return;
    }
    io.leaving = false;
    io.descriptor = -1;
    upstream_.left(client);  // it stays
}

void IoLoop::detached(Client& client, int descriptor) {
    ClientIo& io = client.io;
    forget(client);
    io.detaching = false;
    const bool busy = io.requests_out > 0 || !io.query.empty() || io.partial || !io.queued.empty();
    if (!busy || io.finished) {
        io.leaving = false;
        io.closed = true;  // here: late jobs find nothing to do
        io.descriptor = descriptor;
        return upstream_.left(client);
    }
    // It has spoken again while it left: what it asked is answered from here first.
    if (adopt(client, descriptor)) return mark_dirty(client);
    bury(client);
}

void IoLoop::let_go(const Client& client) { counters_.client_bytes -= client.io.memory(); }

void IoLoop::bury(Client& client) {
    client.io.closed = client.io.finished = client.io.input_over = true;
    // What it has asked goes first: once it is gone, no later batch may name it.
    if (client.io.requests_out > 0 || client.io.reading) {
        reader_.run_reads();
        submit_rest();
    }
    upstream_.gone(client);
}

void IoLoop::tend() {
    for (Client* client : clients_) {
        ClientIo& io = client->io;
        if (io.lent) continue;
        if (io.query.empty() && io.query.capacity() > 0) io.query.release();
        if (io.soft_limit_since_ms >= 0) mark_dirty(*client);
        counters_.show_sizes(io);
    }
}

}  // namespace rota
