// SPDX-License-Identifier: BSD-3-Clause
// From events to batches. What becomes of replies is in io_deliver.cc.
#include "server/io_loop.h"

#include <utility>

#include "store/db.h"

namespace rota {
namespace {

// Before AUTH a client may cost this much and no more.
constexpr size_t kQueryMaxBeforeAuth = 1 << 20;

}  // namespace

IoLoop::IoLoop(int index, Transport& transport, const CommandTable& commands,
               const Keyspace& keyspace, Upstream& upstream, Batch& first, const IoOptions& options,
               LocalReads* reads)
    : index_(index),
      transport_(transport),
      commands_(commands),
      keyspace_(keyspace),
      upstream_(upstream),
      reads_(reads),
      batch_(&first) {
    apply(options);
}

void IoLoop::apply(const IoOptions& options) {
    options_ = options.client;
    if (reads_ != nullptr) reads_->apply(options.reads);
}

void IoLoop::gather(int64_t now_ms) {
    now_ms_ = now_ms;
    for (const Event& event : std::span(events_.data(), events_waiting_)) {
        handle(event);
        // Requests may lie in it, none of them in a later batch than this one.
        if (event.kind == Event::Kind::received) batch_->buffers.push_back(event.buffer);
    }
    events_waiting_ = 0;
    run_reads();
    submit_rest();
}

void IoLoop::handle(const Event& event) {
    auto* client = static_cast<Client*>(event.user);
    if (event.kind == Event::Kind::accepted) return upstream_.accepted(event);
    if (client == nullptr) return;
    switch (event.kind) {
        case Event::Kind::received:
            return receive(*client, event.data);
        case Event::Kind::eof:
            client->io.eof = true;
            return mark_dirty(*client);
        case Event::Kind::sent:
            client->io.send_pending = false;
            client->io.in_flight.release();
            return mark_dirty(*client);
        case Event::Kind::closed:
            return connection_closed(*client);
        case Event::Kind::detached:
            return detached(*client, event.descriptor);
        case Event::Kind::accepted:
        case Event::Kind::connected:
            return;
    }
}

// ---- Requests

void IoLoop::receive(Client& client, Slice data) {
    ClientIo& io = client.io;
    ++counters_.reads;
    counters_.net_in += data.size();
    io.net_in += data.size();
    io.last_interaction_ms = static_cast<uint64_t>(now_ms_);
    if (io.input_over) return;
    if (!io.query.empty() || io.held_up) {
        io.query.append(data);
        if (!over_query_limit(client) && !io.held_up) parse_query(client);
        return show_sizes(client);
    }
    const size_t used = gather(client, data, parser_);
    if (io.input_over) return parser_.reset();
    if (used == data.size()) [[likely]]
        return;
    io.query.append(data.substr(used));
    if (parser_.in_request()) {
        io.partial = std::make_unique<RequestParser>(std::move(parser_));
        parser_ = RequestParser();
    }
    over_query_limit(client);
    show_sizes(client);
}

bool IoLoop::over_query_limit(Client& client) {
    const size_t limit = client.io.terms.authenticated
                             ? static_cast<size_t>(options_.client_query_buffer_limit)
                             : kQueryMaxBeforeAuth;
    if (client.io.query.size() <= limit) return false;
    show_sizes(client);
    give_up(client, ClientFault::query_limit);
    return true;
}

void IoLoop::parse_query(Client& client) {
    ClientIo& io = client.io;
    // Requests of the batch will point into these bytes, so they leave the client until it is back.
    Buffer bytes;
    bytes.swap(io.query);
    RequestParser parser;
    if (io.partial) {
        parser = std::move(*io.partial);
        io.partial.reset();
    }
    io.held_up = false;
    if (io.paused) {
        io.paused = false;
        transport_.resume_receive(io.conn);
    }
    const size_t used = gather(client, bytes.view(), parser);
    const bool over = io.input_over;
    if (!over && parser.in_request())
        io.partial = std::make_unique<RequestParser>(std::move(parser));
    if (!over && used == 0) {
        bytes.swap(io.query);  // a long request still on its way: nothing is copied
    } else {
        if (!over) io.query.append(bytes.view().substr(used));
        batch_->borrowed.push_back(std::move(bytes));
    }
    show_sizes(client);
}

// Before it has authenticated, a client may send less, and a request that may change that decides
// about the next.
bool IoLoop::must_hold(const Client& client) const {
    const ClientIo& io = client.io;
    return io.terms.waiting || (io.asks_auth && io.requests_out > 0) ||
           batches_out_ >= kBatchesOutMax;
}

// Who waits for AUTH to be answered, or for the executor, waits with the bytes in his own socket.
void IoLoop::hold(Client& client) {
    client.io.held_up = true;
    if (batches_out_ >= kBatchesOutMax && !client.io.starved) {
        client.io.starved = true;
        starved_.push_back(&client);
    }
    if (client.io.terms.waiting || client.io.paused) return;
    client.io.paused = true;
    transport_.pause_receive(client.io.conn);
}

// Adds the whole requests at the front of `bytes` to the batch; returns how many bytes they took.
size_t IoLoop::gather(Client& client, Slice bytes, RequestParser& parser) {
    ClientIo& io = client.io;
    size_t used = 0;
    while (used < bytes.size() && !io.input_over) {
        if (must_hold(client)) {
            hold(client);
            break;
        }
        const RequestLimits limits =
            io.terms.authenticated ? RequestLimits{.bulk_len_max = options_.proto_max_bulk_len}
                                   : RequestLimits::before_auth();
        const ParseStatus status = parser.parse(bytes.substr(used), limits);
        if (status == ParseStatus::need_more) break;
        if (status == ParseStatus::invalid) {
            add_protocol_error(client, parser.error());
            parser.reset();
            return bytes.size();
        }
        const Slice raw = bytes.substr(used, parser.consumed());
        used += parser.consumed();
        if (!parser.args().empty()) add_request(client, raw, parser.args());
    }
    return used;
}

// The unquoted arguments of an inline request live in the parser until it parses the next one.
std::span<const Slice> IoLoop::keep(std::span<const Slice> args) {
    size_t bytes = 0;
    for (const Slice arg : args) bytes += arg.size();
    Buffer copy;
    copy.extend(bytes);
    kept_args_.clear();
    for (const Slice arg : args) {
        copy.append(arg);
        kept_args_.push_back(copy.view().substr(copy.size() - arg.size()));
    }
    batch_->borrowed.push_back(std::move(copy));
    return kept_args_;
}

void IoLoop::add_request(Client& client, Slice raw, std::span<const Slice> args) {
    if (raw.front() != '*') args = keep(args);
    RegisteredCommand* command = commands_.resolve(args);
    uint64_t hash = 0;
    if (command != nullptr && command->first_key != 0 && command->first_key < args.size())
        hash = keyspace_.key(args[command->first_key]).hash;
    if (reads_ != nullptr && reads_->wants(client, command, args.size())) {
        reads_->add(client, command, raw, args, hash);
        if (reads_->full()) run_reads();
        return;
    }
    if (client.io.reading) run_reads();  // they come first
    batch_->requests.push_back({.client = &client,
                                .command = command,
                                .raw = raw,
                                .first_arg = static_cast<uint32_t>(batch_->args.size()),
                                .arg_count = static_cast<uint32_t>(args.size()),
                                .key_hash = hash});
    if (reads_ != nullptr && command != nullptr && command->row->prepares_string &&
        args.size() == 3)
        batch_->requests.back().prepared = prepared_string(args[1], args[2]);
    batch_->args.insert(batch_->args.end(), args.begin(), args.end());
    ++client.io.requests_out;
    client.io.asks_auth =
        !client.io.terms.authenticated && command != nullptr && command->is(kNoAuth);
    if (batch_->requests.size() >= kBatchMax || client.io.asks_auth) submit();
}

void IoLoop::run_reads() {
    if (reads_ != nullptr && !reads_->empty()) reads_->run(now_ms_, *batch_);
}

void IoLoop::add_protocol_error(Client& client, Slice text) {
    if (client.io.reading) run_reads();
    const auto args = keep({&text, 1});
    batch_->requests.push_back({.client = &client,
                                .command = nullptr,
                                .raw = {},
                                .first_arg = static_cast<uint32_t>(batch_->args.size()),
                                .arg_count = 1,
                                .key_hash = 0,
                                .kind = Request::Kind::protocol_error});
    batch_->args.push_back(args[0]);
    ++client.io.requests_out;
    client.io.input_over = true;
    client.io.partial.reset();
}

// ---- Batches

void IoLoop::submit() {
    run_reads();  // what cannot be answered here goes along: its bytes may lie in this batch
    Batch& filled = *batch_;
    ++counters_.batches;
    batch_ = &upstream_.submit(filled);
    if (batch_ == &filled)
        absorb(filled);  // it has run already
    else
        ++batches_out_;
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
    if (!batch_->requests.empty() || (!batch_->buffers.empty() && batches_out_ > 0)) submit();
}

// The requests have run: what they held is free, and their clients go on.
void IoLoop::absorb(Batch& batch) {
    for (; batch.terms_taken < batch.outgoing.size(); ++batch.terms_taken) {
        const Outgoing& segment = batch.outgoing[batch.terms_taken];
        ClientIo& io = segment.client->io;
        if (io.terms == segment.terms) [[likely]]
            continue;
        io.terms = segment.terms;
        if (io.terms.closing) io.input_over = true;
        mark_dirty(*segment.client);
    }
    for (const Request& request : batch.requests) {
        ClientIo& io = request.client->io;
        if (--io.requests_out == 0 && (io.held_up || io.leaving || io.eof || io.input_over))
            mark_dirty(*request.client);
    }
    batch.clear_requests();
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
    close(client);
    upstream_.failed(client);
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

void IoLoop::bury(Client& client) {
    client.io.closed = client.io.finished = client.io.input_over = true;
    upstream_.gone(client);
}

void IoLoop::tend() {
    for (Client* client : clients_) {
        ClientIo& io = client->io;
        if (io.query.empty() && io.query.capacity() > 0) io.query.release();
        if (io.soft_limit_since_ms >= 0) mark_dirty(*client);
        show_sizes(*client);
    }
}

}  // namespace rota
