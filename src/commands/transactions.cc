// SPDX-License-Identifier: BSD-3-Clause
// MULTI and its kin. Commands are queued by the dispatcher; EXEC has the server run them, and what
// is here decides whether it may.
#include "commands/transactions.h"

#include "client/multi.h"

namespace rota {

void discard_transaction(Parts& parts, Client& client) {
    parts.watched.discard(client);
    parts.effects.heed_changes(Effects::Heed::watch, parts.watched.any());
}

namespace {

void cmd_multi(Ctx& ctx) {
    multi_of(ctx.client).db = ctx.client.db;
    ctx.client.in_multi = true;
    ctx.reply.ok();
}

void cmd_discard(Ctx& ctx) {
    if (!ctx.client.in_multi) return ctx.reply.error("ERR DISCARD without MULTI");
    discard_transaction(ctx.parts, ctx.client);
    ctx.reply.ok();
}

// What has expired since is removed by looking it up, which is a change like any other.
void look_at_watched(Ctx& ctx) {
    std::vector<std::pair<int, std::string>> keys;
    for (const WatchedKey& watched : ctx.client.multi->watched)
        keys.emplace_back(watched.db, watched.node->first);
    for (const auto& [db, name] : keys)
        ctx.parts.keyspace.db(db).peek(ctx.parts.keyspace.key(name));
}

void cmd_exec(Ctx& ctx) {
    Client& client = ctx.client;
    if (!client.in_multi) return ctx.reply.error("ERR EXEC without MULTI");
    look_at_watched(ctx);
    if (client.multi->refused) {
        ctx.reply.error("EXECABORT Transaction discarded because of previous errors.");
    } else if (client.dirty) {
        ctx.reply.null_array();
    } else {
        ctx.parts.watched.unwatch_all(client);
        ctx.parts.control.run_queued(ctx);
    }
    discard_transaction(ctx.parts, client);
}

void cmd_watch(Ctx& ctx) {
    for (size_t i = 1; i < ctx.argc() && !ctx.client.dirty; ++i) {
        ctx.db().peek(
            ctx.key(i));  // what has expired already is watched as a key that is not there
        ctx.parts.watched.watch(ctx.client, ctx.client.db, ctx.arg(i));
    }
    ctx.parts.effects.heed_changes(Effects::Heed::watch, ctx.parts.watched.any());
    ctx.reply.ok();
}

void cmd_unwatch(Ctx& ctx) {
    ctx.parts.watched.unwatch_all(ctx.client);
    ctx.parts.effects.heed_changes(Effects::Heed::watch, ctx.parts.watched.any());
    ctx.client.dirty = false;
    ctx.reply.ok();
}

constexpr uint64_t kAlways = kNoScript | kLoading | kStale;
constexpr uint32_t kFastAcl = kAclFast | kAclTransaction;

constexpr Command kTransactionCommands[] = {
    {.name = "discard",
     .run = cmd_discard,
     .arity = 1,
     .flags = kAlways | kFast | kAllowBusy,
     .acl = kFastAcl,
     .group = Group::transactions,
     .since = "2.0.0",
     .complexity = "O(N), when N is the number of queued commands",
     .summary = "Ends a transaction without running it."},
    {.name = "exec",
     .run = cmd_exec,
     .arity = 1,
     .flags = kAlways | kSkipCommandlog,
     .acl = kAclSlow | kAclTransaction,
     .group = Group::transactions,
     .since = "1.2.0",
     .complexity = "Depends on commands in the transaction",
     .summary = "Runs the queued commands of a transaction as one."},
    {.name = "multi",
     .run = cmd_multi,
     .arity = 1,
     .flags = kAlways | kFast | kNoMulti | kAllowBusy,
     .acl = kFastAcl,
     .group = Group::transactions,
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Begins a transaction: what follows is queued."},
    {.name = "unwatch",
     .run = cmd_unwatch,
     .arity = 1,
     .flags = kAlways | kFast | kAllowBusy,
     .acl = kFastAcl,
     .group = Group::transactions,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Forgets all keys that the connection watches."},
    {.name = "watch",
     .run = cmd_watch,
     .arity = -2,
     .flags = kAlways | kFast | kNoMulti | kAllowBusy,
     .keys = {keys_range(kRO, 1, -1)},
     .acl = kFastAcl,
     .group = Group::transactions,
     .since = "2.2.0",
     .complexity = "O(1) for every key.",
     .syntax = "key [key ...]",
     .summary = "Watches keys: the next transaction runs only if none of them has changed."},
};

}  // namespace

std::span<const Command> transaction_commands() { return kTransactionCommands; }

}  // namespace rota
