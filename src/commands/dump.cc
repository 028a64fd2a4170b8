// SPDX-License-Identifier: BSD-3-Clause
// DUMP and RESTORE: one value as bytes that any server of the same format understands.
#include "commands/expire_option.h"
#include "config/inert_options.h"
#include "persist/dump_payload.h"
#include "platform/text.h"
#include "store/access.h"

namespace rota {
namespace {

void cmd_dump(Ctx& ctx) {
    const Entry* entry = ctx.db().find_read(ctx.key(1));
    if (entry == nullptr) return ctx.reply.null();
    ctx.reply.bulk(dump_payload(*entry, ctx.parts.rdb_options.rdbcompression));
}

struct RestoreOptions {
    bool replace = false, absolute_ttl = false;
    std::optional<int64_t> idle_s, frequency;
};

// A number that must be in [0, max]; false after having replied with an error.
bool parse_number(Ctx& ctx, size_t index, int64_t max, Slice error, std::optional<int64_t>& into) {
    into = ctx.integer_arg(index);
    if (!into) return false;
    if (*into >= 0 && *into <= max) return true;
    ctx.reply.error(error);
    return false;
}

std::optional<RestoreOptions> parse_restore(Ctx& ctx) {
    RestoreOptions options;
    for (size_t i = 4; i < ctx.argc(); ++i) {
        const bool more = i + 1 < ctx.argc();
        if (ctx.arg_is(i, "replace")) {
            options.replace = true;
        } else if (ctx.arg_is(i, "absttl")) {
            options.absolute_ttl = true;
        } else if (more && ctx.arg_is(i, "idletime") && !options.frequency) {
            if (!parse_number(ctx, ++i, INT64_MAX, "ERR Invalid IDLETIME value, must be >= 0",
                              options.idle_s))
                return std::nullopt;
        } else if (more && ctx.arg_is(i, "freq") && !options.idle_s) {
            if (!parse_number(ctx, ++i, 255, "ERR Invalid FREQ value, must be >= 0 and <= 255",
                              options.frequency))
                return std::nullopt;
        } else {
            ctx.syntax_error();
            return std::nullopt;
        }
    }
    return options;
}

void set_access(Ctx& ctx, Entry* entry, const RestoreOptions& options) {
    const bool lfu = ctx.parts.store_options.lfu;
    if (lfu && options.frequency)
        entry->set_access(
            access::from_frequency(static_cast<uint32_t>(*options.frequency), ctx.now_ms()));
    else if (!lfu && options.idle_s)
        entry->set_access(access::from_idle(*options.idle_s, ctx.now_ms()));
}

// A value that has expired already is as good as deleted.
void drop_expired(Ctx& ctx, Key key, bool was_there) {
    if (was_there)
        propagate_removal(ctx, key.name, ctx.parts.store_options.lazyfree_lazy_server_del);
    if (was_there) ctx.changed(EventClass::generic, "del", key.name);
    ctx.reply.ok();
}

// Its time is one from now, which is not the same everywhere.
void propagate_restore(Ctx& ctx, const RestoreOptions& options, int64_t expire_at_ms) {
    if (expire_at_ms < 0 || options.absolute_ttl || !ctx.propagates()) return;
    const IntegerText at(expire_at_ms);
    std::vector<Slice> other(ctx.args.begin(), ctx.args.end());
    other[2] = at;
    other.emplace_back("ABSTTL");
    ctx.propagate(other);
}

void cmd_restore(Ctx& ctx) {
    const auto options = parse_restore(ctx);
    if (!options) return;
    const Key key = ctx.key(1);
    if (!options->replace && ctx.db().find_write(key) != nullptr)
        return ctx.reply.error("BUSYKEY Target key name already exists.");
    const auto ttl = ctx.integer_arg(2);
    if (!ttl) return;
    if (*ttl < 0) return ctx.reply.error("ERR Invalid TTL value, must be >= 0");
    const auto payload = checked_payload(ctx.arg(3));
    if (!payload) return ctx.reply.error("ERR DUMP payload version or checksum are wrong");
    const LoadLimits limits = load_limits(ctx.parts.store_options, ctx.parts.keyspace.seed());
    RdbReader reader(*payload);
    auto value = payload_value(reader, limits);
    if (!value) return ctx.reply.error("ERR Bad data format");

    const bool was_there =
        options->replace && ctx.db().erase(key, ctx.parts.store_options.lazyfree_lazy_server_del);
    int64_t expire_at_ms = -1;
    if (*ttl != 0) {
        const uint64_t base = options->absolute_ttl ? 0 : static_cast<uint64_t>(ctx.now_ms());
        expire_at_ms = static_cast<int64_t>(base + static_cast<uint64_t>(*ttl));
        if (ctx.is_past(expire_at_ms)) return drop_expired(ctx, key, was_there);
    }
    Entry* entry = ctx.db().put(key, make_entry(key.name, std::move(*value), expire_at_ms));
    set_access(ctx, entry, *options);
    propagate_restore(ctx, *options, expire_at_ms);
    ctx.changed(EventClass::generic, "restore", key.name);
    ctx.reply.ok();
}

constexpr HistoryItem kRestoreHistory[] = {
    {"3.0.0", "`REPLACE`."}, {"5.0.0", "`ABSTTL`."}, {"5.0.0", "`IDLETIME` and `FREQ`."}};

constexpr Command restore_row(Slice name, uint64_t flags, Group group, Slice since) {
    return {.name = name,
            .run = cmd_restore,
            .arity = -4,
            .flags = kWrite | kDenyOom | flags,
            .keys = {key_at(kOW | kUpdate, 1)},
            .acl = kAclDangerous | kAclKeyspace | kAclSlow | kAclWrite,
            .group = group,
            .since = since,
            .complexity = "O(N) where N is the size of the value.",
            .syntax =
                "key ttl:integer serialized-value [REPLACE]@3.0.0 [ABSTTL]@5.0.0 "
                "[IDLETIME seconds]@5.0.0 [FREQ frequency:integer]@5.0.0",
            .summary = "Makes a key from what DUMP has returned.",
            .history = kRestoreHistory};
}

constexpr Command kDumpCommands[] = {
    {.name = "dump",
     .run = cmd_dump,
     .arity = 2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclKeyspace | kAclRead | kAclSlow,
     .group = Group::generic,
     .since = "2.6.0",
     .complexity = "O(N) where N is the size of the value.",
     .syntax = "key",
     .summary = "Returns a value as bytes for RESTORE.",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    restore_row("restore", 0, Group::generic, "2.6.0"),
    restore_row("restore-asking", kAsking | kSystem, Group::server, "3.0.0"),
};

}  // namespace

std::span<const Command> dump_commands() { return kDumpCommands; }

}  // namespace rota
