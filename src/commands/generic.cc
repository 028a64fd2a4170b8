// SPDX-License-Identifier: BSD-3-Clause
// Commands on keys whatever they hold: existence, deletion, renaming, copies, other databases.
#include <limits>

#include "commands/ctx.h"
#include "commands/shared_reads.h"
#include "platform/text.h"
#include "types/object.h"

namespace rota {
namespace {

void delete_keys(Ctx& ctx, bool lazy) {
    int64_t deleted = 0;
    for (size_t i = 1; i < ctx.argc(); ++i) {
        if (!ctx.db().erase(ctx.key(i), lazy)) continue;
        ctx.changed(EventClass::generic, "del", ctx.arg(i));
        ++deleted;
    }
    ctx.reply.integer(deleted);
}

void cmd_del(Ctx& ctx) { delete_keys(ctx, ctx.parts.store_options.lazyfree_lazy_user_del); }
void cmd_unlink(Ctx& ctx) { delete_keys(ctx, true); }

void cmd_exists(Ctx& ctx) {
    int64_t count = 0;
    for (size_t i = 1; i < ctx.argc(); ++i)
        count += ctx.db().find_read(ctx.key(i), true) != nullptr;
    ctx.reply.integer(count);
}

void cmd_touch(Ctx& ctx) {
    int64_t count = 0;
    for (size_t i = 1; i < ctx.argc(); ++i) {
        Entry* entry = ctx.db().find_read(ctx.key(i), true);
        if (entry == nullptr) continue;
        ctx.db().touch(entry);
        ++count;
    }
    ctx.reply.integer(count);
}

void cmd_type(Ctx& ctx) {
    const Entry* entry = ctx.db().find_read(ctx.key(1), true);
    ctx.reply.simple(entry == nullptr ? Slice("none") : type_name(entry->type()));
}

void cmd_randomkey(Ctx& ctx) {
    const Entry* entry = ctx.db().random();
    entry == nullptr ? ctx.reply.null() : ctx.reply.bulk(entry->key());
}

// ---- One key becomes another
// -------------------------------------------------------------------------

// A copy of the entry under another key, expiry included.
Entry* copy_entry(const Entry& from, Slice key) {
    const int64_t expire_at_ms = from.expire_at_ms();
    Entry* copy;
    if (from.type() != Type::string) {
        void* object = copy_object(from.type(), from.encoding(), from.object());
        copy = Entry::make_object(key, from.type(), from.encoding(), object, expire_at_ms);
    } else if (from.encoding() == Encoding::integer) {
        copy = Entry::make_integer(key, from.integer(), expire_at_ms);
    } else {
        copy = Entry::make_string(key, from.value(), from.encoding(), expire_at_ms);
    }
    return copy;
}

// Puts the entry under a key; where one makes room for it, the key is new all the same.
void put_as_new(Ctx& ctx, Db& db, Key key, Entry* entry) {
    db.renew(entry);
    if (db.peek(key) != nullptr)
        ctx.parts.effects.notify(EventClass::created, "new", key.name, db.index());
    db.put(key, entry);
}

// Two keys have changed, and yet there was one change.
void count_once(Ctx& ctx) { ctx.parts.effects.add_dirty(-uint64_t{1}); }

void rename_key(Ctx& ctx, bool only_if_free) {
    const Key from = ctx.key(1), to = ctx.key(2);
    if (ctx.db().find_write(from) == nullptr) return ctx.no_such_key();
    const bool same = from.name == to.name;
    if (only_if_free && (same || ctx.db().find_write(to) != nullptr)) return ctx.reply.integer(0);
    if (!same) {
        put_as_new(ctx, ctx.db(), to, ctx.db().take(from));
        ctx.changed(EventClass::generic, "rename_from", from.name);
        ctx.changed(EventClass::generic, "rename_to", to.name);
        count_once(ctx);
    }
    only_if_free ? ctx.reply.integer(1) : ctx.reply.ok();
}

void cmd_rename(Ctx& ctx) { rename_key(ctx, false); }
void cmd_renamenx(Ctx& ctx) { rename_key(ctx, true); }

// A database index among the arguments; nullopt after having replied with an error.
std::optional<int> db_arg(Ctx& ctx, size_t index) {
    const auto value = ctx.int32_arg(index);
    if (!value) return std::nullopt;
    if (*value >= 0 && *value < ctx.parts.keyspace.count()) return *value;
    ctx.reply.error("ERR DB index is out of range");
    return std::nullopt;
}

void cmd_copy(Ctx& ctx) {
    int target = ctx.client.db;
    bool replace = false;
    for (size_t i = 3; i < ctx.argc(); ++i) {
        if (ctx.arg_is(i, "replace")) {
            replace = true;
        } else if (ctx.arg_is(i, "db") && i + 1 < ctx.argc()) {
            const auto index = db_arg(ctx, ++i);
            if (!index) return;
            target = *index;
        } else {
            return ctx.syntax_error();
        }
    }
    const Key from = ctx.key(1), to = ctx.key(2);
    if (target == ctx.client.db && from.name == to.name)
        return ctx.reply.error("ERR source and destination objects are the same");
    const Entry* entry = ctx.db().find_read(from);
    Db& db = ctx.parts.keyspace.db(target);
    if (entry == nullptr || (!replace && db.find_write(to) != nullptr)) return ctx.reply.integer(0);
    put_as_new(ctx, db, to, copy_entry(*entry, to.name));
    ctx.parts.effects.changed(target, to.name);
    ctx.parts.effects.notify(EventClass::generic, "copy_to", to.name, target);
    ctx.reply.integer(1);
}

void cmd_move(Ctx& ctx) {
    const bool replace = ctx.argc() == 4 && ctx.arg_is(3, "replace");
    if (ctx.argc() > 4 || (ctx.argc() == 4 && !replace)) return ctx.syntax_error();
    const auto target = db_arg(ctx, 2);
    if (!target) return;
    if (*target == ctx.client.db)
        return ctx.reply.error("ERR source and destination objects are the same");
    const Key key = ctx.key(1);
    Db& db = ctx.parts.keyspace.db(*target);
    if (ctx.db().find_write(key) == nullptr || (!replace && db.find_write(key) != nullptr))
        return ctx.reply.integer(0);
    put_as_new(ctx, db, key, ctx.db().take(key));
    ctx.changed(EventClass::generic, "move_from", key.name);
    ctx.parts.effects.changed(*target, key.name);
    ctx.parts.effects.notify(EventClass::generic, "move_to", key.name, *target);
    count_once(ctx);
    ctx.reply.integer(1);
}

// ---- Whole databases
// -----------------------------------------------------------------------------------

void cmd_dbsize(Ctx& ctx) { ctx.reply.integer(static_cast<int64_t>(ctx.db().size())); }

// ASYNC or SYNC, else what lazyfree-lazy-user-flush says; nullopt after having replied with an
// error.
std::optional<bool> flush_is_lazy(Ctx& ctx) {
    if (ctx.argc() == 1) return ctx.parts.store_options.lazyfree_lazy_user_flush;
    if (ctx.argc() == 2 && ctx.arg_is(1, "async")) return true;
    if (ctx.argc() == 2 && ctx.arg_is(1, "sync")) return false;
    ctx.syntax_error();
    return std::nullopt;
}

void cmd_flushdb(Ctx& ctx) {
    const auto lazy = flush_is_lazy(ctx);
    if (!lazy) return;
    ctx.parts.effects.add_dirty(ctx.db().size());
    ctx.db().clear(*lazy);
    ctx.reply.ok();
}

void cmd_flushall(Ctx& ctx) {
    const auto lazy = flush_is_lazy(ctx);
    if (!lazy) return;
    for (int i = 0; i < ctx.parts.keyspace.count(); ++i) {
        ctx.parts.effects.add_dirty(ctx.parts.keyspace.db(i).size());
        ctx.parts.keyspace.db(i).clear(*lazy);
    }
    ctx.parts.effects.add_dirty(1);
    ctx.reply.ok();
}

void cmd_swapdb(Ctx& ctx) {
    int index[2];
    for (size_t i = 0; i < 2; ++i) {
        const auto value = parse_int64(ctx.arg(i + 1));
        if (!value || *value < std::numeric_limits<int>::min() ||
            *value > std::numeric_limits<int>::max())
            return ctx.reply.error(i == 0 ? "ERR invalid first DB index"
                                          : "ERR invalid second DB index");
        index[i] = static_cast<int>(*value);
    }
    for (const int i : index) {
        if (i < 0 || i >= ctx.parts.keyspace.count())
            return ctx.reply.error("ERR DB index is out of range");
    }
    ctx.parts.keyspace.swap(index[0], index[1]);
    ctx.parts.effects.add_dirty(1);
    ctx.reply.ok();
}

void cmd_time(Ctx& ctx) {
    const int64_t now_us = ctx.parts.clock.wall_us();
    ctx.reply.array(2);
    ctx.reply.bulk_integer(now_us / 1000000);
    ctx.reply.bulk_integer(now_us % 1000000);
}

constexpr Slice kSumOverShards = "REQUEST_POLICY:MULTI_SHARD; RESPONSE_POLICY:AGG_SUM";
constexpr Slice kAllShards = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:ALL_SUCCEEDED";
constexpr HistoryItem kSeveralKeys[] = {{"3.0.3", "Several keys at once."}};
constexpr HistoryItem kRenamenxHistory[] = {{"3.2.0", "A key renamed to itself is no error."}};
constexpr HistoryItem kFlushHistory[] = {{"4.0.0", "`ASYNC`."}, {"6.2.0", "`SYNC`."}};

constexpr Command kGenericCommands[] = {
    {.name = "copy",
     .run = cmd_copy,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRO | kAccess, 1), key_at(kOW | kUpdate, 2)},
     .acl = kAclKeyspace | kAclSlow | kAclWrite,
     .since = "6.2.0",
     .complexity = "O(N) worst case for collections, where N is the number of nested items. O(1) "
                   "for string values.",
     .syntax = "source destination [DB destination-db] [REPLACE]",
     .summary = "Copies the value of a key to another key.",
     .databases = DatabaseArgs::behind_word},
    {.name = "del",
     .run = cmd_del,
     .arity = -2,
     .flags = kWrite,
     .keys = {keys_range(kRM | kDelete, 1, -1)},
     .acl = kAclKeyspace | kAclSlow | kAclWrite,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys, and for a key that is no string O(M) where "
                   "M is the number of its elements.",
     .syntax = "key [key ...]",
     .summary = "Deletes keys.",
     .tips = kSumOverShards},
    {.name = "exists",
     .run = cmd_exists,
     .arity = -2,
     .flags = kReadonly | kFast,
     .keys = {keys_range(kRO, 1, -1)},
     .acl = kAclFast | kAclKeyspace | kAclRead,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys.",
     .syntax = "key [key ...]",
     .summary = "Counts how many of the given keys exist.",
     .tips = kSumOverShards,
     .history = kSeveralKeys,
     .read = read_exists},
    {.name = "move",
     .run = cmd_move,
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclKeyspace | kAclWrite,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key db [REPLACE]",
     .summary = "Moves a key to another database.",
     .databases = DatabaseArgs::second_arg},
    {.name = "randomkey",
     .run = cmd_randomkey,
     .arity = 1,
     .flags = kReadonly | kTouchesArbitraryKeys,
     .acl = kAclKeyspace | kAclRead | kAclSlow,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns a random key of the database.",
     .tips = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:SPECIAL; NONDETERMINISTIC_OUTPUT"},
    {.name = "rename",
     .run = cmd_rename,
     .arity = 3,
     .flags = kWrite,
     .keys = {key_at(kRW | kAccess | kDelete, 1), key_at(kOW | kUpdate, 2)},
     .acl = kAclKeyspace | kAclSlow | kAclWrite,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key newkey",
     .summary = "Renames a key, overwriting what has the new name."},
    {.name = "renamenx",
     .run = cmd_renamenx,
     .arity = 3,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kDelete, 1), key_at(kOW | kInsert, 2)},
     .acl = kAclFast | kAclKeyspace | kAclWrite,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key newkey",
     .summary = "Renames a key, but only if nothing has the new name.",
     .history = kRenamenxHistory},
    {.name = "touch",
     .run = cmd_touch,
     .arity = -2,
     .flags = kReadonly | kFast,
     .keys = {keys_range(kRO, 1, -1)},
     .acl = kAclFast | kAclKeyspace | kAclRead,
     .since = "3.2.1",
     .complexity = "O(N) where N is the number of keys.",
     .syntax = "key [key ...]",
     .summary = "Refreshes when keys were last used and counts those that exist.",
     .tips = kSumOverShards},
    {.name = "type",
     .run = cmd_type,
     .arity = 2,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclKeyspace | kAclRead,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Returns the type of what a key holds.",
     .read = read_type},
    {.name = "unlink",
     .run = cmd_unlink,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {keys_range(kRM | kDelete, 1, -1)},
     .acl = kAclFast | kAclKeyspace | kAclWrite,
     .since = "4.0.0",
     .complexity = "O(1) for each key; the memory is freed later, elsewhere.",
     .syntax = "key [key ...]",
     .summary = "Deletes keys and frees their memory in the background.",
     .tips = kSumOverShards},
    {.name = "dbsize",
     .run = cmd_dbsize,
     .arity = 1,
     .flags = kReadonly | kFast,
     .acl = kAclFast | kAclKeyspace | kAclRead,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Counts the keys of the database.",
     .tips = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:AGG_SUM"},
    {.name = "flushall",
     .run = cmd_flushall,
     .arity = -1,
     .flags = kWrite | kAllDbs,
     .acl = kAclDangerous | kAclKeyspace | kAclSlow | kAclWrite,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys in all databases",
     .syntax = "flush-type=[ASYNC@4.0.0|SYNC@6.2.0]",
     .summary = "Deletes all keys of all databases.",
     .tips = kAllShards,
     .history = kFlushHistory},
    {.name = "flushdb",
     .run = cmd_flushdb,
     .arity = -1,
     .flags = kWrite,
     .acl = kAclDangerous | kAclKeyspace | kAclSlow | kAclWrite,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys in the database",
     .syntax = "flush-type=[ASYNC@4.0.0|SYNC@6.2.0]",
     .summary = "Deletes all keys of the database.",
     .tips = kAllShards,
     .history = kFlushHistory},
    {.name = "swapdb",
     .run = cmd_swapdb,
     .arity = 3,
     .flags = kWrite | kFast,
     .acl = kAclDangerous | kAclFast | kAclKeyspace | kAclWrite,
     .group = Group::server,
     .since = "4.0.0",
     .complexity =
         "O(N) where N is the number of clients that watch or wait for keys of the two databases.",
     .syntax = "index1 index2",
     .summary = "Exchanges two databases.",
     .databases = DatabaseArgs::first_two_args},
    {.name = "time",
     .run = cmd_time,
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .acl = kAclFast,
     .group = Group::server,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Returns the server's time.",
     .tips = "NONDETERMINISTIC_OUTPUT"},
};

}  // namespace

std::span<const Command> generic_commands() { return kGenericCommands; }

}  // namespace rota
