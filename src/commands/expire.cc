// SPDX-License-Identifier: BSD-3-Clause
// Expiry: EXPIRE and its kin set it, TTL and its kin tell it, PERSIST takes it away.
#include "commands/expire_option.h"
#include "commands/shared_reads.h"
#include "platform/text.h"

namespace rota {
namespace {

struct ExpireCondition {
    bool nx = false, xx = false, gt = false, lt = false;

    // No expiry counts as one infinitely far away.
    bool holds(int64_t old_ms, int64_t new_ms) const {
        if (nx && old_ms >= 0) return false;
        if (xx && old_ms < 0) return false;
        if (gt && (old_ms < 0 || new_ms <= old_ms)) return false;
        return !(lt && old_ms >= 0 && new_ms >= old_ms);
    }
};

std::optional<ExpireCondition> parse_condition(Ctx& ctx) {
    ExpireCondition condition;
    for (size_t i = 3; i < ctx.argc(); ++i) {
        if (ctx.arg_is(i, "nx")) {
            condition.nx = true;
        } else if (ctx.arg_is(i, "xx")) {
            condition.xx = true;
        } else if (ctx.arg_is(i, "gt")) {
            condition.gt = true;
        } else if (ctx.arg_is(i, "lt")) {
            condition.lt = true;
        } else {
            ctx.reply.error("ERR Unsupported option " + std::string(ctx.arg(i)));
            return std::nullopt;
        }
    }
    if (condition.nx && (condition.xx || condition.gt || condition.lt)) {
        ctx.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    } else if (condition.gt && condition.lt) {
        ctx.reply.error("ERR GT and LT options at the same time are not compatible");
    } else {
        return condition;
    }
    return std::nullopt;
}

void expire(Ctx& ctx, TimeUnit unit, TimeBase base) {
    const auto condition = parse_condition(ctx);
    if (!condition) return;
    const auto at_ms = expire_at_arg(ctx, 2, unit, base, true);
    if (!at_ms) return;
    const Key key = ctx.key(1);
    Entry* entry = ctx.db().find_write(key);
    if (entry == nullptr || !condition->holds(entry->expire_at_ms(), *at_ms))
        return ctx.reply.integer(0);
    if (ctx.is_past(*at_ms)) {
        const bool lazy = ctx.parts.store_options.lazyfree_lazy_expire;
        ctx.db().erase(key, lazy);
        propagate_removal(ctx, key.name, lazy);
        ++ctx.parts.keyspace.stats().expired_keys;
        ctx.changed(EventClass::expired, "expired", key.name);
    } else {
        ctx.db().set_expiry(key, entry, *at_ms);
        propagate_expiry(ctx, key.name, *at_ms);
        ctx.changed(EventClass::generic, "expire", key.name);
    }
    ctx.reply.integer(1);
}

void cmd_expire(Ctx& ctx) { expire(ctx, TimeUnit::seconds, TimeBase::relative); }
void cmd_pexpire(Ctx& ctx) { expire(ctx, TimeUnit::milliseconds, TimeBase::relative); }
void cmd_expireat(Ctx& ctx) { expire(ctx, TimeUnit::seconds, TimeBase::absolute); }
void cmd_pexpireat(Ctx& ctx) { expire(ctx, TimeUnit::milliseconds, TimeBase::absolute); }

void tell_expiry(Ctx& ctx, TimeUnit unit, TimeBase base) {
    const Entry* entry = ctx.db().find_read(ctx.key(1), true);
    if (entry == nullptr) return ctx.reply.integer(-2);
    const int64_t at_ms = entry->expire_at_ms();
    if (at_ms < 0) return ctx.reply.integer(-1);
    int64_t value = base == TimeBase::absolute ? at_ms : std::max<int64_t>(at_ms - ctx.now_ms(), 0);
    if (unit == TimeUnit::seconds)
        value = base == TimeBase::absolute ? value / 1000 : (value + 500) / 1000;
    ctx.reply.integer(value);
}

void cmd_ttl(Ctx& ctx) { tell_expiry(ctx, TimeUnit::seconds, TimeBase::relative); }
void cmd_pttl(Ctx& ctx) { tell_expiry(ctx, TimeUnit::milliseconds, TimeBase::relative); }
void cmd_expiretime(Ctx& ctx) { tell_expiry(ctx, TimeUnit::seconds, TimeBase::absolute); }
void cmd_pexpiretime(Ctx& ctx) { tell_expiry(ctx, TimeUnit::milliseconds, TimeBase::absolute); }

void cmd_persist(Ctx& ctx) {
    const Key key = ctx.key(1);
    Entry* entry = ctx.db().find_write(key);
    if (entry == nullptr || !entry->has_expiry()) return ctx.reply.integer(0);
    ctx.db().set_expiry(key, entry, -1);
    ctx.changed(EventClass::generic, "persist", key.name);
    ctx.reply.integer(1);
}

constexpr HistoryItem kConditions[] = {{"7.0.0", "`NX`, `XX`, `GT` and `LT`."}};
constexpr HistoryItem kTtlHistory[] = {{"2.8.0", "-2 for a key that does not exist."}};

// The four setters and the four tellers differ in name, handler and words alone.
constexpr Command setter(Slice name, Handler run, Slice since, Slice syntax, Slice summary) {
    return {.name = name,
            .run = run,
            .arity = -3,
            .flags = kWrite | kFast,
            .keys = {key_at(kRW | kUpdate, 1)},
            .acl = kAclFast | kAclKeyspace | kAclWrite,
            .since = since,
            .complexity = "O(1)",
            .syntax = syntax,
            .summary = summary,
            .history = kConditions};
}
constexpr Command teller(Slice name, Handler run, ReadHandler read, Slice since, Slice summary,
                         Slice tips, std::span<const HistoryItem> history) {
    return {.name = name,
            .run = run,
            .arity = 2,
            .flags = kReadonly | kFast,
            .keys = {key_at(kRO | kAccess, 1)},
            .acl = kAclFast | kAclKeyspace | kAclRead,
            .since = since,
            .complexity = "O(1)",
            .syntax = "key",
            .summary = summary,
            .tips = tips,
            .history = history,
            .read = read};
}

#define ROTA_CONDITION "condition=[NX|XX|GT|LT]@7.0.0"
constexpr Command kExpireCommands[] = {
    setter("expire", cmd_expire, "1.0.0", "key seconds " ROTA_CONDITION,
           "Lets a key expire after some seconds."),
    setter("expireat", cmd_expireat, "1.2.0", "key unix-time-seconds " ROTA_CONDITION,
           "Lets a key expire at a Unix time in seconds."),
    setter("pexpire", cmd_pexpire, "2.6.0", "key milliseconds " ROTA_CONDITION,
           "Lets a key expire after some milliseconds."),
    setter("pexpireat", cmd_pexpireat, "2.6.0", "key unix-time-milliseconds " ROTA_CONDITION,
           "Lets a key expire at a Unix time in milliseconds."),
    teller("ttl", cmd_ttl, read_ttl, "1.0.0", "Returns the seconds until a key expires.",
           "NONDETERMINISTIC_OUTPUT", kTtlHistory),
    teller("pttl", cmd_pttl, read_pttl, "2.6.0", "Returns the milliseconds until a key expires.",
           "NONDETERMINISTIC_OUTPUT", kTtlHistory),
    teller("expiretime", cmd_expiretime, read_expiretime, "7.0.0",
           "Returns when a key expires, as a Unix time in seconds.", "", {}),
    teller("pexpiretime", cmd_pexpiretime, read_pexpiretime, "7.0.0",
           "Returns when a key expires, as a Unix time in milliseconds.", "", {}),
    {.name = "persist",
     .run = cmd_persist,
     .arity = 2,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclKeyspace | kAclWrite,
     .since = "2.2.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Takes the expiry of a key away."},
};
#undef ROTA_CONDITION

}  // namespace

std::span<const Command> expire_commands() { return kExpireCommands; }

}  // namespace rota
