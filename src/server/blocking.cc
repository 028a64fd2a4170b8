// SPDX-License-Identifier: BSD-3-Clause
// Clients that wait in a blocking command: how they begin to, and the three ways out: their key is
// ready, their time is over, somebody unblocks or ends them.
#include "commands/blocking.h"

#include "metrics/error_stats.h"
#include "metrics/options.h"
#include "metrics/server_stats.h"
#include "server/executor.h"

namespace rota {

void Executor::block(Client& client, std::unique_ptr<BlockedState> state, int64_t timeout_ms) {
    constexpr int64_t kForEverMs = INT64_MAX / 4000;
    if (rerunning_ != nullptr)
        state->deadline_us = rerunning_->deadline_us;
    else if (timeout_ms > 0 && timeout_ms < kForEverMs)
        state->deadline_us = parts_.clock.monotonic_us() + timeout_ms * 1000;
    if (state->unit != 0) wait_for_sync_.push_back(client.id);
    parts_.blocked.add(client, std::move(state));
    parts_.effects.heed_ready(parts_.blocked.any_keys());
}

std::unique_ptr<BlockedState> Executor::release_blocked(Client& client) {
    auto state = parts_.blocked.release(client);
    if (state) parts_.effects.heed_ready(parts_.blocked.any_keys());
    return state;
}

// What those who are served do may make more keys ready.
void Executor::serve_ready() {
    if (serving_) return;
    serving_ = true;
    while (parts_.blocked.has_ready()) {
        for (const auto& [db, key] : parts_.blocked.take_ready()) serve_key(db, key);
    }
    serving_ = false;
}

void Executor::serve_key(int db, const std::string& name) {
    KeyQueue* queue = parts_.blocked.queue(db, name);
    if (queue == nullptr) return;
    auto next = queue->clients.begin();
    // Who blocks again does so at the end, and is not asked twice.
    for (size_t left = queue->clients.size(); left > 0; --left) {
        Client& client = **next++;
        const Entry* entry = parts_.keyspace.db(db).peek(parts_.keyspace.key(name));
        const bool gone = client.blocked->when_gone;
        if (entry == nullptr && queue->when_gone == 0) return;
        if (!gone && (entry == nullptr || entry->type() != client.blocked->type)) continue;
        rerun(client);
        if (left == 1) return;
        queue = parts_.blocked.queue(db, name);
        ASSERT(queue != nullptr);  // the others are still in it
    }
}

void Executor::rerun(Client& client) {
    const std::unique_ptr<BlockedState> state = release_blocked(client);
    std::vector<Slice> args(state->args.begin(), state->args.end());
    Buffer out;
    Reply reply(out, client.resp, client.reply_mode != ReplyMode::on);
    Request request{.client = &client,
                    .command = state->command,
                    .raw = {},
                    .first_arg = 0,
                    .arg_count = static_cast<uint32_t>(args.size()),
                    .key_hash = 0};
    rerunning_ = state.get();
    if (client.user->unlimited() || permitted(request, args, reply)) {
        call(request, args, reply);
    } else {
        state->command->stats.add_rejected();
        count_errors(reply);
    }
    rerunning_ = nullptr;
    if (!client.blocked) go_on(client);
    write_to(client, out.view());
    if (!pushes_.empty()) deliver_pushes();
}

// The client's command is about to be answered; what it has sent since runs at the end of the turn.
void Executor::go_on(Client& client) {
    client.resuming = !client.held.empty() || !client.held_error.empty();
    if (client.resuming) resumed_.push_back(client.id);
}

// Those whose writes have become durable.
void Executor::serve_synced() {
    const uint64_t synced = parts_.aof.synced_unit();
    for (const uint64_t id : std::exchange(wait_for_sync_, {})) {
        Client* client = parts_.clients.find(id);
        if (client == nullptr || !client->blocked || client->blocked->unit == 0) continue;
        if (client->blocked->unit > synced)
            wait_for_sync_.push_back(id);
        else
            rerun(*client);
    }
}

static void reply_durability(Reply& reply, const Aof& aof, const Client& client) {
    reply.array(2);
    reply.integer(aof.on() && aof.synced_unit() >= client.last_unit);
    reply.integer(0);  // replicas
}

// Answers instead of the command.
void Executor::unblock(Client& client, UnblockReason reason) {
    const std::unique_ptr<BlockedState> state = release_blocked(client);
    if (!state) return;
    Buffer out;
    Reply reply(out, client.resp, client.reply_mode != ReplyMode::on);
    if (reason == UnblockReason::error)
        reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    else if (state->on_timeout == BlockedState::OnTimeout::zero)
        reply.integer(0);
    else if (state->on_timeout == BlockedState::OnTimeout::durability)
        reply_durability(reply, parts_.aof, client);
    else
        reply.null_array();
    const bool failed = count_errors(reply);
    state->command->stats.add_call(state->spent_ns, failed,
                                   parts_.metrics_options.latency_tracking);
    ++parts_.stats.commands_processed;
    ++client.commands;
    go_on(client);
    push(client, out.view());
}

void Executor::time_out_blocked() {
    const int64_t now_us = turn_begin_us_;
    while (Client* client = parts_.blocked.overdue(now_us))
        unblock(*client, UnblockReason::timeout);
}

// ---- What the store says, in the middle of commands

void Executor::key_ready(int db, Slice key) { parts_.blocked.mark_ready(db, key); }

void Executor::db_clearing(int db) {
    touch_watched(db, -1);
    all_keys_went_ = parts_.tracking.any();
    parts_.blocked.mark_all_ready(db);
}

void Executor::dbs_swapping(int a, int b) {
    touch_watched(a, b);
    touch_watched(b, a);
    parts_.blocked.mark_all_ready(a);
    parts_.blocked.mark_all_ready(b);
}

}  // namespace rota
