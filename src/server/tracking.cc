// SPDX-License-Identifier: BSD-3-Clause
// Client tracking: what clients have read is remembered, and who keeps copies hears of changes,
// behind the reply of the command that made them; who wants whole prefixes, at the end of the turn.
#include "client/tracking.h"

#include <algorithm>

#include "client/options.h"
#include "client/pubsub.h"
#include "commands/command_table.h"
#include "server/executor.h"

namespace rota {
namespace {

constexpr Slice kChannel = "__redis__:invalidate";  // of RESP2
constexpr size_t kEvictedPerTick = 1000;

}  // namespace

// The keys of a command that has run and only reads.
void Executor::remember_reads(const Ctx& ctx) {
    const ClientTracking& tracking = *ctx.client.tracking;
    if (tracking.broadcast || (tracking.opt_in && !tracking.caching_given) ||
        (tracking.opt_out && tracking.caching_given))
        return;
    std::vector<KeyPosition> keys;
    key_positions(ctx.command, ctx.args, keys);
    std::vector<Tracking::Evicted> evicted;
    const uint64_t most = parts_.client_options.tracking_table_max_keys;
    for (const KeyPosition& key : keys)
        parts_.tracking.read(ctx.client, ctx.args[key.index], most, evicted);
    tell_readers(evicted);
}

void Executor::tell_readers(const std::vector<Tracking::Evicted>& evicted) {
    for (const Tracking::Evicted& each : evicted) invalidate(each.key, each.readers);
}

// After each command of a client that tracks keys.
void Executor::track(const Ctx& ctx) {
    if (ctx.command.is(kReadonly)) remember_reads(ctx);
    // CLIENT CACHING is about the next command, or about the next transaction.
    const RegisteredCommand& top = ctx.command.parent ? *ctx.command.parent : ctx.command;
    if (!ctx.client.in_multi && top.row->name != "client")
        ctx.client.tracking->caching_given = false;
}

void Executor::tracked_key_changed(Slice key) {
    Tracking& tracking = parts_.tracking;
    const uint64_t by = current_ != nullptr ? current_->id : 0;
    if (tracking.prefixes() > 0) tracking.broadcast(key, by);
    invalidate(key, tracking.take_readers(key));
    if (!tracking.any()) parts_.effects.heed_changes(Effects::Heed::tracking, false);
}

void Executor::invalidate(Slice key, const std::vector<uint64_t>& readers) {
    for (const uint64_t id : readers) {
        Client* client = parts_.clients.find(id);
        if (client == nullptr || !client->tracking || client->tracking->broadcast) continue;
        if (client->tracking->no_loop && client == current_) continue;
        push_invalidation(*client, [key](Reply& reply) {
            reply.array(1);
            reply.bulk(key);
        });
    }
}

// To the client or to whom it has named.
template <class Keys>
void Executor::push_invalidation(Client& owner, Keys write_keys) {
    ClientTracking& tracking = *owner.tracking;
    Client* to = &owner;
    if (tracking.redirect != 0) {
        to = parts_.clients.find(tracking.redirect);
        if (to == nullptr || to->closing) return push_redirect_broken(owner);
    }
    const size_t begin = pushed_.size();
    Reply reply(pushed_, to->resp);
    if (to->resp > 2) {
        reply.push(2);
        reply.bulk("invalidate");
    } else if (to != &owner && to->subscriptions) {
        reply.array(3);
        reply.bulk("message");
        reply.bulk(kChannel);
    } else {
        return;  // it has no way to be told
    }
    write_keys(reply);
    pushes_.push_back({to, begin, pushed_.size()});
}

void Executor::push_redirect_broken(Client& owner) {
    owner.tracking->redirect_broken = true;
    if (owner.resp == 2) return;
    const size_t begin = pushed_.size();
    Reply reply(pushed_, owner.resp);
    reply.push(2);
    reply.bulk("tracking-redir-broken");
    reply.integer(static_cast<int64_t>(owner.tracking->redirect));
    pushes_.push_back({&owner, begin, pushed_.size()});
}

// All keys have gone at once.
void Executor::invalidate_all() {
    parts_.clients.for_each([this](Client& client) {
        if (!client.tracking || client.closing) return;
        push_invalidation(client, [](Reply& reply) { reply.null(); });
    });
    parts_.tracking.forget_all();
    all_keys_went_ = false;
}

// To those who want all keys with a prefix.
void Executor::broadcast_changes(const Tracking::Changes& changes) {
    for (const uint64_t id : changes.listeners) {
        Client* client = parts_.clients.find(id);
        if (client == nullptr || client->closing || !client->tracking) continue;
        const bool no_loop = client->tracking->no_loop;
        const auto own = static_cast<size_t>(std::ranges::count_if(
            changes.keys, [&](const auto& key) { return no_loop && key.second == id; }));
        if (own == changes.keys.size()) continue;
        push_invalidation(*client, [&](Reply& reply) {
            reply.array(changes.keys.size() - own);
            for (const auto& [key, by] : changes.keys) {
                if (!no_loop || by != id) reply.bulk(key);
            }
        });
    }
}

bool Executor::flush_pushes() {
    const bool events = !parts_.effects.events().empty();
    publish_events();
    if (parts_.tracking.has_broadcasts()) [[unlikely]] {
        for (const Tracking::Changes& changes : parts_.tracking.take_broadcasts())
            broadcast_changes(changes);
    }
    if (pushes_.empty()) [[likely]]
        return events;
    deliver_pushes();
    return true;
}

// From cron: the table may have become too large by CONFIG SET.
void Executor::limit_tracking() {
    std::vector<Tracking::Evicted> evicted;
    parts_.tracking.evict(parts_.client_options.tracking_table_max_keys, kEvictedPerTick, evicted);
    tell_readers(evicted);
}

}  // namespace rota
