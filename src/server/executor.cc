// SPDX-License-Identifier: BSD-3-Clause
// The loop: from events to batches, and what becomes of replies. Running one command is in
// dispatch.cc.
#include "server/executor.h"

#include <algorithm>
#include <utility>

#include "client/options.h"
#include "metrics/server_stats.h"
#include "platform/log.h"
#include "platform/text.h"
#include "server/options.h"

namespace rota {
namespace {

// Before AUTH a client may cost this much and no more.
constexpr size_t kQueryMaxBeforeAuth = 1 << 20;
constexpr size_t kUnsentMaxBeforeAuth = 64 << 10;

constexpr Slice kMaxClientsError = "-ERR max number of clients reached\r\n";
constexpr Slice kProtectedModeError =
    "-DENIED Rota is running in protected mode: no password is set for the default user, so only "
    "connections from this machine are accepted. To connect from elsewhere, set a password for the "
    "default user (requirepass in the configuration file), or turn protected mode off by "
    "'CONFIG SET protected-mode no' from this machine or '--protected-mode no' at start; do the "
    "latter only where the port cannot be reached from the internet.\r\n";

}  // namespace

Executor::Executor(Parts& parts, Transport& transport, const ServerOptions& options)
    : parts_(parts), transport_(transport), options_(options) {
    batch_.reserve(kBatchMax);
    args_.reserve(kBatchMax * 4);
    turn_end_us_ = parts_.clock.monotonic_us();
    refresh_clock();
}

void Executor::refresh_clock() { parts_.keyspace.clock().now_ms = parts_.clock.wall_ms(); }

void Executor::turn(int64_t wait_max_ns) {
    const size_t count = transport_.poll(events_, wait_max_ns);
    const Clock::Moment begin = parts_.clock.now();
    const uint64_t commands_before = parts_.stats.commands_processed;
    parts_.keyspace.clock().now_ms = begin.wall_ms;
    for (const Event& event : std::span(events_.data(), count)) handle(event);
    run_batch();
    flush();
    resume_waiting();
    for (const Event& event : std::span(events_.data(), count)) {
        if (event.kind == Event::Kind::received) transport_.recycle(event.buffer);
    }
    reap();
    parts_.stats.loop_commands_us += std::exchange(turn_commands_ns_, 0) / 1000;
    turn_end_us_ = parts_.clock.monotonic_us();
    parts_.stats.add_loop_cycle(static_cast<uint64_t>(turn_end_us_ - begin.monotonic_us),
                                parts_.stats.commands_processed - commands_before);
}

void Executor::handle(const Event& event) {
    auto* client = static_cast<Client*>(event.user);
    switch (event.kind) {
        case Event::Kind::accepted:
            return accept(event);
        case Event::Kind::connected:
            return;
        case Event::Kind::received:
            if (client != nullptr) receive(*client, event.data);
            return;
        case Event::Kind::eof:
            if (client == nullptr) return;
            run_batch();  // what was asked before is still answered
            client->io.eof = client->close_after_reply = true;
            return mark_dirty(*client);
        case Event::Kind::sent:
            if (client == nullptr) return;
            client->io.send_pending = false;
            client->io.in_flight.release();
            return mark_dirty(*client);
        case Event::Kind::detached:  // nobody asks for it here
            return;
        case Event::Kind::closed:
            if (client != nullptr) connection_closed(*client, event.error);
            return;
    }
}

void Executor::accept(const Event& event) {
    ++parts_.stats.connections_received;
    const bool full = parts_.clients.size() >= parts_.client_options.maxclients;
    const bool denied = !full && options_.protected_mode && !parts_.control.password_required() &&
                        !transport_.peer_is_local(event.conn);
    if (full || denied) {
        // Best effort: the text fits an empty socket buffer, or nobody is reading.
        transport_.send_now(event.conn, full ? kMaxClientsError : kProtectedModeError);
        transport_.close_after_send(event.conn);
        ++parts_.stats.rejected_connections;
        return;
    }
    Client& client = parts_.clients.create();
    client.io.conn = event.conn;
    client.io.transport = &transport_;
    client.listener = event.listener;
    client.peer = transport_.peer_name(event.conn);
    client.local = transport_.local_name(event.conn);
    client.created_ms = client.last_interaction_ms = parts_.keyspace.clock().now_ms;
    client.authenticated = !parts_.control.password_required();
    transport_.set_user(event.conn, &client);
}

void Executor::receive(Client& client, Slice data) {
    ++parts_.stats.reads_processed;
    parts_.stats.net_input_bytes += data.size();
    client.net_in += data.size();
    client.last_interaction_ms = parts_.keyspace.clock().now_ms;
    if (client.closing || client.close_after_reply) return;
    if (client.postponed || !client.io.query.empty()) {
        client.io.query.append(data);
        if (!over_query_limit(client) && !client.postponed) parse_query(client);
        return;
    }
    const size_t used = gather(client, data, parser_);
    if (client.closing || client.close_after_reply) return parser_.reset();
    client.io.query.append(data.substr(used));
    if (parser_.in_request() && used < data.size()) {
        client.io.partial = std::make_unique<RequestParser>(std::move(parser_));
        parser_ = RequestParser();
    }
    over_query_limit(client);
}

bool Executor::over_query_limit(Client& client) {
    const size_t limit = client.authenticated
                             ? static_cast<size_t>(parts_.client_options.client_query_buffer_limit)
                             : kQueryMaxBeforeAuth;
    if (client.io.query.size() <= limit) return false;
    ++parts_.stats.query_buffer_limit_disconnections;
    log(LogLevel::warning, "Closing client that reached max query buffer length: %s",
        describe(client, parts_.keyspace.clock().now_ms).c_str());
    close(client);
    return true;
}

void Executor::parse_query(Client& client) {
    // Requests of the batch will point into these bytes, so they leave the client until it has run.
    Buffer bytes;
    bytes.swap(client.io.query);
    RequestParser parser;
    if (client.io.partial) {
        parser = std::move(*client.io.partial);
        client.io.partial.reset();
    }
    const size_t used = gather(client, bytes.view(), parser);
    if (client.closing || client.close_after_reply) {
        borrowed_.push_back(std::move(bytes));
        return;
    }
    if (parser.in_request() && !client.postponed)
        client.io.partial = std::make_unique<RequestParser>(std::move(parser));
    if (used == 0) {
        bytes.swap(client.io.query);  // a long request still on its way: nothing is copied
    } else {
        client.io.query.append(bytes.view().substr(used));
        borrowed_.push_back(std::move(bytes));
    }
}

size_t Executor::gather(Client& client, Slice bytes, RequestParser& parser) {
    size_t used = 0;
    while (used < bytes.size()) {
        const RequestLimits limits =
            client.authenticated
                ? RequestLimits{.bulk_len_max = parts_.client_options.proto_max_bulk_len}
                : RequestLimits::before_auth();
        const ParseStatus status = parser.parse(bytes.substr(used), limits);
        if (status == ParseStatus::need_more) break;
        if (status == ParseStatus::invalid) {
            run_batch();  // what came before is answered first
            protocol_error(client, parser.error());
            parser.reset();
            return bytes.size();
        }
        const Slice raw = bytes.substr(used, parser.consumed());
        used += parser.consumed();
        const auto args = parser.args();
        if (args.empty()) continue;
        batch_.push_back({&client, nullptr, raw, static_cast<uint32_t>(args_.size()),
                          static_cast<uint32_t>(args.size()), 0, false});
        args_.insert(args_.end(), args.begin(), args.end());
        // Until it has authenticated, what a client may send can change with every command; and the
        // unquoted arguments of an inline request live in the parser until it parses the next one.
        const bool inline_request = raw.front() != '*';
        if (batch_.size() == kBatchMax || !client.authenticated || inline_request) run_batch();
        if (client.closing || client.close_after_reply || client.postponed) break;
    }
    return used;
}

void Executor::protocol_error(Client& client, Slice text) {
    if (client.closing) return;
    log(LogLevel::verbose, "Protocol error (%.*s) from client: %s", static_cast<int>(text.size()),
        text.data(), describe(client, parts_.keyspace.clock().now_ms).c_str());
    std::string line = "-ERR " + std::string(text);
    for (char& byte : line)
        if (byte == '\r' || byte == '\n') byte = ' ';  // an error is one line
    push(client, line + "\r\n");
    ++parts_.stats.error_replies;
    client.close_after_reply = true;
    mark_dirty(client);
}

// ---- Replies
// ---------------------------------------------------------------------------------------

void Executor::open_segment(Client& client) {
    if (segment_client_ == &client) return;
    close_segment();
    segment_client_ = &client;
    segment_begin_ = out_.size();
}

void Executor::close_segment() {
    Client* client = segment_client_;
    segment_client_ = nullptr;
    const size_t length = client == nullptr ? 0 : out_.size() - segment_begin_;
    if (length == 0) return;
    client->net_out += length;
    parts_.stats.net_output_bytes += length;
    if (over_output_limit(*client, length)) return out_.truncate(segment_begin_);
    // Order: behind what is queued (then it is dirty or has a send pending); and a turn sends at
    // most one segment of a client from here.
    if (client->io.send_pending || client->in_outbox || client->dirty) {
        client->io.queued.append(out_.view().substr(segment_begin_));
        out_.truncate(segment_begin_);
        return mark_dirty(*client);
    }
    client->in_outbox = true;
    outbox_.push_back({client, segment_begin_, out_.size()});
}

void Executor::push(Client& client, Slice wire) {
    if (client.closing || client.closed) return;
    if (segment_client_ == &client) close_segment();
    client.net_out += wire.size();
    parts_.stats.net_output_bytes += wire.size();
    if (over_output_limit(client, wire.size())) return;
    client.io.queued.append(wire);
    mark_dirty(client);
}

void Executor::flush() {
    close_segment();
    for (const Outgoing& segment : outbox_)
        send_segment(*segment.client,
                     out_.view().substr(segment.begin, segment.end - segment.begin));
    outbox_.clear();
    out_.clear();
    if (out_.capacity() > kOutKeep) out_.release();
    for (size_t i = 0; i < dirty_.size(); ++i) {
        Client& client = *dirty_[i];
        client.dirty = false;
        if (client.closing || client.closed) continue;
        send_queued(client);
        finish_if_done(client);
    }
    dirty_.clear();
}

void Executor::send_segment(Client& client, Slice bytes) {
    client.in_outbox = false;
    if (client.closing || client.closed) return;
    ++parts_.stats.writes_processed;
    const size_t taken = transport_.send_now(client.io.conn, bytes);
    if (taken == bytes.size()) return;
    client.io.in_flight.append(bytes.substr(taken));
    if (!client.authenticated && over_output_limit(client, 0)) return;
    send_in_flight(client);
}

void Executor::send_in_flight(Client& client) {
    const Slice chunk = client.io.in_flight.view();
    client.io.send_pending = transport_.send(client.io.conn, {&chunk, 1}) == SendStatus::pending;
    if (!client.io.send_pending) client.io.in_flight.release();
}

void Executor::send_queued(Client& client) {
    if (client.io.send_pending || client.io.queued.empty()) return;
    ++parts_.stats.writes_processed;
    client.io.in_flight.swap(client.io.queued);
    send_in_flight(client);
}

void Executor::mark_dirty(Client& client) {
    if (client.dirty) return;
    client.dirty = true;
    dirty_.push_back(&client);
}

void Executor::finish_if_done(Client& client) {
    if (!client.close_after_reply || client.io.send_pending || !client.io.queued.empty()) return;
    client.closing = true;
    transport_.close_after_send(client.io.conn);
}

bool Executor::over_output_limit(Client& client, size_t more) {
    const OutputLimit& limit = parts_.client_options.output_limit(client.type);
    if (limit.hard_bytes == 0 && limit.soft_bytes == 0 && client.authenticated) [[likely]]
        return false;
    const size_t held = client.output_size() + more;
    bool over = limit.hard_bytes != 0 && held > limit.hard_bytes;
    // What a socket with room will take at once costs nothing: refusals may come in thousands.
    const size_t unsent = client.output_size() > 0 ? held : 0;
    over |= !client.authenticated && unsent > kUnsentMaxBeforeAuth;
    if (limit.soft_bytes != 0 && held > limit.soft_bytes) {
        const int64_t now_ms = parts_.keyspace.clock().now_ms;
        if (client.limits.soft_limit_since_ms < 0) client.limits.soft_limit_since_ms = now_ms;
        over |= now_ms - client.limits.soft_limit_since_ms > limit.soft_seconds * 1000;
    } else {
        client.limits.soft_limit_since_ms = -1;
    }
    if (!over) return false;
    ++parts_.stats.output_buffer_limit_disconnections;
    log(LogLevel::warning,
        "Client %s scheduled to be closed ASAP for overcoming of output buffer limits.",
        describe(client, parts_.keyspace.clock().now_ms).c_str());
    close(client);
    return true;
}

// ---- Ends
// ------------------------------------------------------------------------------------------

void Executor::close(Client& client) {
    if (client.closing) return;
    client.closing = true;
    client.postponed = false;
    transport_.close(client.io.conn);
}

void Executor::connection_closed(Client& client, int error) {
    if (error != 0 && log_enabled(LogLevel::verbose))
        log(LogLevel::verbose, "Client closed connection: %s",
            describe(client, parts_.keyspace.clock().now_ms).c_str());
    client.closing = client.closed = true;
    graveyard_.push_back(&client);
}

void Executor::reap() {
    for (Client* client : graveyard_) {
        if (client->monitor) --monitors_;
        parts_.clients.remove(*client);
    }
    graveyard_.clear();
}

void Executor::set_monitor(Client& client, bool on) {
    if (client.monitor == on) return;
    client.monitor = on;
    monitors_ += on ? 1 : -1;
}

// ---- Pauses and limits
// ---------------------------------------------------------------------------------

void Executor::pause(PauseMode mode, int64_t until_ms) {
    // A stricter pause under way is kept, and the later end of the two.
    if (pause_until_ms_ == 0 || mode == PauseMode::all) pause_mode_ = mode;
    pause_until_ms_ = std::max(pause_until_ms_, until_ms);
}

void Executor::unpause() {
    pause_until_ms_ = 0;
    waiting_over_ = true;  // resumed by the loop: the caller may be a command
}

void Executor::resume_waiting() {
    if (!waiting_over_) return;
    waiting_over_ = false;
    parts_.clients.for_each([this](Client& client) {
        if (!client.postponed || client.closing) return;
        client.postponed = false;
        parse_query(client);
    });
    run_batch();
    flush();
}

void Executor::tend_clients() {
    const int64_t now_ms = parts_.keyspace.clock().now_ms;
    if (pause_until_ms_ != 0 && now_ms >= pause_until_ms_) unpause();
    resume_waiting();
    const int64_t timeout_ms = int64_t{parts_.client_options.timeout} * 1000;
    parts_.clients.for_each([&](Client& client) {
        if (client.closing) return;
        const bool may_idle =
            client.type != ClientType::normal || client.postponed || client.monitor;
        if (timeout_ms > 0 && !may_idle && now_ms - client.last_interaction_ms > timeout_ms) {
            log(LogLevel::verbose, "Closing idle client");
            close(client);
            return;
        }
        if (client.limits.soft_limit_since_ms >= 0) over_output_limit(client, 0);
        if (client.io.query.empty() && client.io.query.capacity() > 0) client.io.query.release();
    });
}

}  // namespace rota
