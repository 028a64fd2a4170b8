// SPDX-License-Identifier: BSD-3-Clause
// The executor's turn, and the life of clients. Running one command is in dispatch.cc.
#include "server/executor.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "acl/users.h"
#include "client/options.h"
#include "client/pubsub.h"
#include "commands/tracking.h"
#include "commands/transactions.h"
#include "metrics/server_stats.h"
#include "platform/log.h"
#include "server/options.h"

namespace rota {
namespace {

constexpr Slice kMaxClientsError = "-ERR max number of clients reached\r\n";
constexpr Slice kProtectedModeError =
    "-DENIED Rota is running in protected mode: no password is set for the default user, so only "
    "connections from this machine are accepted. To connect from elsewhere, set a password for the "
    "default user (requirepass in the configuration file), or turn protected mode off by "
    "'CONFIG SET protected-mode no' from this machine or '--protected-mode no' at start; do the "
    "latter only where the port cannot be reached from the internet.\r\n";

}  // namespace

Executor::Executor(Parts& parts, Transport& transport, const ServerOptions& options)
    : parts_(parts),
      transport_(transport),
      options_(options),
      memory_limit_(parts),
      client_limit_(parts.client_options, parts.store_options, parts.clients),
      loop_(0, transport, parts.commands, parts.keyspace, *this, batch_,
            {.client = parts.client_options,
             .reads = {},
             .gather_max_us = options.io_gather_max_us}) {
    turn_end_us_ = parts_.clock.monotonic_us();
    refresh_clock();
    parts_.effects.observe(this);
}

Executor::~Executor() { parts_.effects.observe(nullptr); }

// For a script time stands still.
void Executor::refresh_clock() {
    if (script_caller_ == nullptr) parts_.keyspace.clock().now_ms = parts_.clock.wall_ms();
}

void Executor::begin_turn(int64_t wait_max_ns) {
    loop_.wait(wait_max_ns);
    const Clock::Moment begin = parts_.clock.now();
    turn_begin_us_ = begin.monotonic_us;
    turn_commands_before_ = parts_.stats.commands_processed;
    parts_.keyspace.clock().now_ms = begin.wall_ms;
    loop_.gather(begin);
}

void Executor::end_turn() {
    time_out_blocked();
    if (!wait_for_sync_.empty()) serve_synced();
    flush_pushes();  // about what expired or was evicted between commands
    loop_.finish_turn();
    do {
        serve_ready();  // keys of which no command was the cause
    } while (resume_waiting());
    if (flush_pushes()) loop_.finish_turn();
    if (client_limit_.is_on()) [[unlikely]]
        evict_clients();
    reap();
    parts_.stats.loop_commands_us += std::exchange(turn_commands_ns_, 0) / 1000;
    turn_end_us_ = parts_.clock.monotonic_us();
    parts_.stats.add_loop_cycle(static_cast<uint64_t>(turn_end_us_ - turn_begin_us_),
                                parts_.stats.commands_processed - turn_commands_before_);
}

// ---- Clients come

void Executor::accepted(const Event& event) {
    ++parts_.stats.connections_received;
    if (parts_.clients.size() >= parts_.client_options.maxclients)
        return refuse(event, kMaxClientsError);
    if (options_.protected_mode && parts_.users.default_user()->needs_no_password() &&
        !transport_.peer_is_local(event.conn))
        return refuse(event, kProtectedModeError);
    Client& client = parts_.clients.create();
    client.listener = event.listener;
    client.peer = transport_.peer_name(event.conn);
    client.local = transport_.local_name(event.conn);
    client.peer_is_local = transport_.peer_is_local(event.conn);
    client.fd = transport_.descriptor(event.conn);
    client.created_ms = parts_.keyspace.clock().now_ms;
    client.io.last_interaction_ms = static_cast<uint64_t>(client.created_ms);
    client.user = parts_.users.default_user();
    client.authenticated = client.user->is_open();
    client.rules = gate_.rules();
    client.told = client.io.terms = client.terms();
    loop_.begin(client, event.conn);
    if (client_limit_.is_on()) client_limit_.count(client);
    if (remote_ != nullptr) remote_->accepted(client);
}

void Executor::refuse(const Event& event, Slice reason) {
    // Best effort: the text fits an empty socket buffer, or nobody is reading.
    transport_.send_now(event.conn, reason);
    transport_.close_after_send(event.conn);
    ++parts_.stats.rejected_connections;
}

// ---- Output

// Where output for a client goes: the batch that runs, if it is of the same loop, is the next that
// the loop will see.
Batch& Executor::output_for(const Client& client) {
    if (running_ != nullptr && running_->loop == client.loop) return *running_;
    return client.loop == 0 ? *own_batch_ : remote_->pushes(client.loop);
}

// What was written to batch.out from `begin` on is for this client.
void Executor::add_output(Batch& batch, Client& client, size_t begin) {
    const size_t end = batch.out.size();
    const ClientTerms terms = client.terms();
    const bool news = terms != client.told;
    if (begin == end && !news) return;
    client.told = terms;
    auto& outgoing = batch.outgoing;
    if (!news && !outgoing.empty() && outgoing.back().client == &client &&
        outgoing.back().end == begin) {
        outgoing.back().end = end;
        return;
    }
    outgoing.push_back({&client, begin, end, terms});
}

void Executor::write_to(Client& client, Slice wire) {
    if (client.closing || client.closed) return;
    if (client.moving || client.io.lent) return client.held_output.append(wire);
    Batch& batch = output_for(client);
    const size_t begin = batch.out.size();
    batch.out.append(wire);
    add_output(batch, client, begin);
}

void Executor::settle(Client& client) {
    client.moving = false;
    Buffer held;
    held.swap(client.held_output);
    if (!held.empty()) write_to(client, held.view());
    tell_terms(client);
}

void Executor::returned(Client& client) {
    loop_.take_back(client);
    if (client.closing) return loop_.close(client);
    if (!client.held_output.empty() || client.terms() != client.told) settle(client);
}

void Executor::run_read(Batch& batch) {
    running_ = &batch;
    for (Client* client : batch.readers) returned(*client);
    batch.readers.clear();
    running_ = nullptr;
    run(batch);
}

void Executor::push(Client& client, Slice wire) {
    if (!in_command_) return write_to(client, wire);
    pushes_.push_back({&client, pushed_.size(), pushed_.size() + wire.size()});
    pushed_.append(wire);
}

// A client that is not told yet asks the executor, since its number is not the gate's.
void Executor::permissions_changed() {
    gate_.raise_rules();
    parts_.clients.for_each([this](Client& client) {
        client.rules = gate_.rules();
        tell_terms(client);
    });
}

// For what changed a client from outside of its own request.
void Executor::tell_terms(Client& client) {
    if (client.closing || client.closed || client.moving || client.io.lent) return;
    Batch& batch = output_for(client);
    add_output(batch, client, batch.out.size());
}

// ---- Clients go

void Executor::close(Client& client) {
    if (client.closing) return;
    client.closing = true;
    client_limit_.forget(client);
    client.postponed = client.resuming = false;
    release_blocked(client);
    if (&client != in_exec_) discard_transaction(parts_, client);
    parts_.pubsub.unsubscribe_all(client);
    stop_tracking(parts_, client);
    client.held_error.clear();
    client.held.release();
    client.held_output.release();
    if (client.io.lent) return;  // when it is back
    if (client.loop == 0)
        loop_.close(client);
    else
        remote_->close(client);
}

void Executor::failed(Client& client) {
    if (client.closing) return;
    const std::string who = describe(client, parts_.keyspace.clock().now_ms);
    if (client.io.fault == ClientFault::query_limit) {
        ++parts_.stats.query_buffer_limit_disconnections;
        log(LogLevel::warning, "Closing client that reached max query buffer length: %s",
            who.c_str());
    } else {
        ++parts_.stats.output_buffer_limit_disconnections;
        log(LogLevel::warning,
            "Client %s scheduled to be closed ASAP for overcoming of output buffer limits.",
            who.c_str());
    }
    close(client);
}

void Executor::gone(Client& client) {
    if (!client.closing && log_enabled(LogLevel::verbose))
        log(LogLevel::verbose, "Client closed connection: %s",
            describe(client, parts_.keyspace.clock().now_ms).c_str());
    client.closing = client.closed = true;
    client_limit_.forget(client);
    loop_.let_go(client);
    set_monitor(client, false);
    release_blocked(client);
    if (&client != in_exec_) discard_transaction(parts_, client);
    parts_.pubsub.unsubscribe_all(client);
    stop_tracking(parts_, client);
    parts_.clients.forget(client);
    if (client.loop == 0) graveyard_.push_back(&client);
    if (remote_ != nullptr) remote_->forgotten(client);
}

void Executor::reap() {
    for (Client* client : graveyard_) delete client;
    graveyard_.clear();
}

void Executor::set_monitor(Client& client, bool on) {
    if (client.monitor == on) return;
    client.monitor = on;
    monitors_ += on ? 1 : -1;
    on ? gate_.close() : gate_.open();  // a monitor sees every command
}

// ---- Pauses and limits

void Executor::pause(PauseMode mode, int64_t until_ms) {
    // A stricter pause under way is kept, and the later end of the two.
    const bool stopped_reads = paused() && pause_mode_ == PauseMode::all;
    if (pause_until_ms_ == 0 || mode == PauseMode::all) pause_mode_ = mode;
    if (pause_mode_ == PauseMode::all && !stopped_reads) gate_.close();
    pause_until_ms_ = std::max(pause_until_ms_, until_ms);
}

void Executor::unpause() {
    if (paused() && pause_mode_ == PauseMode::all) gate_.open();
    pause_until_ms_ = 0;
    waiting_over_ = true;  // resumed by the loop: the caller may be a command
}

bool Executor::resume_waiting() {
    if (std::exchange(waiting_over_, false)) {
        parts_.clients.for_each([this](Client& client) {
            if (!client.postponed || client.closing) return;
            client.postponed = false;
            client.resuming = true;
            resumed_.push_back(client.id);
        });
    }
    if (resumed_.empty()) return false;
    bool any = false;
    for (const uint64_t id : std::exchange(resumed_, {})) {
        Client* client = parts_.clients.find(id);
        if (client == nullptr || client->closing || !client->resuming) continue;
        if (client->io.lent || client->moving) {
            resumed_.push_back(id);  // when it is back
            continue;
        }
        any = true;
        client->resuming = false;
        replay_held(*client);
        tell_terms(*client);
    }
    if (any) loop_.finish_turn();
    return any;
}

void Executor::hold_back(const Request& request, std::span<const Slice> args) {
    Client& client = *request.client;
    if (request.kind == Request::Kind::protocol_error)
        client.held_error = args[0];
    else
        client.held.append(request.raw);
}

// Runs what a client sent while it had to wait; its loop has parsed nothing since.
void Executor::replay_held(Client& client) {
    Buffer held;
    held.swap(client.held);
    Batch& batch = output_for(client);
    ASSERT(batch.requests.empty());
    size_t used = 0;
    while (used < held.size() && !client.closing && !client.close_after_reply) {
        const RequestLimits limits{.bulk_len_max = INT64_MAX};  // passed them when it was received
        const ParseStatus status = replay_parser_.parse(held.view().substr(used), limits);
        ASSERT(status == ParseStatus::complete);
        const auto args = replay_parser_.args();
        batch.args.assign(args.begin(), args.end());
        Request request{.client = &client,
                        .command = parts_.commands.resolve(args),
                        .raw = held.view().substr(used, replay_parser_.consumed()),
                        .first_arg = 0,
                        .arg_count = static_cast<uint32_t>(args.size()),
                        .key_hash = 0};
        used += replay_parser_.consumed();
        last_ticks_ = parts_.clock.ticks();
        run(request, batch.args, batch);
    }
    if (!client.held_error.empty() && !client.waits() && !client.closing) {
        const std::string text = std::exchange(client.held_error, {});
        protocol_error(client, text, batch);
    }
    batch.args.clear();
}

void Executor::evict_clients() {
    uint64_t io_bytes = loop_.counters().client_bytes;
    if (remote_ != nullptr) io_bytes += remote_->counters().client_bytes;
    for (Client* client : client_limit_.choose(io_bytes)) {
        log(LogLevel::notice, "Evicting client: %s",
            describe(*client, parts_.keyspace.clock().now_ms).c_str());
        ++parts_.stats.evicted_clients;
        close(*client);
    }
}

void Executor::tend_clients() {
    const int64_t now_ms = parts_.keyspace.clock().now_ms;
    if (pause_until_ms_ != 0 && now_ms >= pause_until_ms_) unpause();
    resume_waiting();
    client_limit_.tend();
    const int64_t timeout_ms = int64_t{parts_.client_options.timeout} * 1000;
    if (timeout_ms > 0) {
        parts_.clients.for_each([&](Client& client) {
            const bool may_idle = client.closing || client.type != ClientType::normal ||
                                  client.waits() || client.monitor;
            const auto last_ms = static_cast<int64_t>(client.io.last_interaction_ms.get());
            if (may_idle || now_ms - last_ms <= timeout_ms) return;
            log(LogLevel::verbose, "Closing idle client");
            close(client);
        });
    }
    loop_.tend();
    loop_.finish_turn();
}

}  // namespace rota
