// SPDX-License-Identifier: BSD-3-Clause
// The hash family without the expiry of fields, which is in hash_expire.cc: handlers and, at the
// end, their rows.
#include "types/hash.h"

#include <cmath>

#include "commands/hash_common.h"
#include "commands/scan.h"
#include "platform/text.h"

namespace rota {
namespace {

// HRANDFIELD with a negative count makes as much reply as it is asked for.
constexpr int64_t kRepeatedMax = int64_t{1} << 24;

void reply_optional(Ctx& ctx, const std::optional<Hash::Value>& value) {
    value ? reply_value(ctx, *value) : ctx.reply.null();
}

// ---- Writing
// -------------------------------------------------------------------------------------------

// Sets fields and values by turns; returns how many fields are new.
std::optional<int64_t> set_pairs(Ctx& ctx) {
    if (ctx.argc() % 2 != 0) {
        ctx.reply.error("ERR wrong number of arguments for '" + ctx.command.full_name +
                        "' command");
        return std::nullopt;
    }
    const Key key = ctx.key(1);
    const auto found = write_value(ctx, key, Type::hash);
    if (!found) return std::nullopt;
    const HashLimits limits = hash_limits(ctx);
    Lent<Hash> hash(hash_entry(ctx, key, *found));
    hash->expect(ctx.args.subspan(2), limits);
    int64_t created = 0;
    for (size_t i = 2; i < ctx.argc(); i += 2)
        created += hash->set(ctx.arg(i), ctx.arg(i + 1), Hash::kNever, field_now_ms(ctx), limits);
    ctx.changed(EventClass::hash, "hset", key.name);
    ctx.parts.effects.add_dirty((ctx.argc() - 2) / 2 - 1);
    return created;
}

void cmd_hset(Ctx& ctx) {
    const auto created = set_pairs(ctx);
    if (created) ctx.reply.integer(*created);
}

void cmd_hmset(Ctx& ctx) {
    if (set_pairs(ctx)) ctx.reply.ok();
}

void cmd_hsetnx(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto found = write_value(ctx, key, Type::hash);
    if (!found) return;
    const HashLimits limits = hash_limits(ctx);
    Lent<Hash> hash(hash_entry(ctx, key, *found));
    if (hash->get(ctx.arg(2), field_now_ms(ctx))) return ctx.reply.integer(0);
    propagate_gone(ctx, key.name, *hash, ctx.arg(2));
    hash->expect(ctx.args.subspan(2), limits);
    hash->set(ctx.arg(2), ctx.arg(3), Hash::kNever, field_now_ms(ctx), limits);
    ctx.changed(EventClass::hash, "hset", key.name);
    ctx.reply.integer(1);
}

void cmd_hdel(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto entry = write_value(ctx, key, Type::hash);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    size_t removed = 0;
    {
        Lent<Hash> hash(*entry);
        for (size_t i = 2; i < ctx.argc() && hash->size() > 0; ++i) {
            propagate_gone(ctx, key.name, *hash, ctx.arg(i));
            removed += hash->remove(ctx.arg(i), field_now_ms(ctx));
        }
    }
    if (removed > 0) {
        ctx.changed(EventClass::hash, "hdel", key.name);
        ctx.parts.effects.add_dirty(removed - 1);
    }
    remove_if_empty(ctx, key, *entry);
    ctx.reply.integer(static_cast<int64_t>(removed));
}

void cmd_hincrby(Ctx& ctx) {
    const auto by = ctx.integer_arg(3);
    if (!by) return;
    const Key key = ctx.key(1);
    const auto found = write_value(ctx, key, Type::hash);
    if (!found) return;
    int64_t value = 0;
    if (*found != nullptr) {
        const auto old = Lent<Hash>(*found)->get(ctx.arg(2), field_now_ms(ctx));
        const auto number = !old              ? std::optional<int64_t>(0)
                            : old->is_integer ? old->integer
                                              : parse_int64(old->string);
        if (!number) return ctx.reply.error("ERR hash value is not an integer");
        value = *number;
    }
    if (__builtin_add_overflow(value, *by, &value))
        return ctx.reply.error("ERR increment or decrement would overflow");
    char digits[kIntegerTextMax];
    Lent<Hash> hash(hash_entry(ctx, key, *found));
    propagate_gone(ctx, key.name, *hash, ctx.arg(2));
    hash->set(ctx.arg(2), {digits, write_integer(digits, value)}, Hash::kKeep, field_now_ms(ctx),
              hash_limits(ctx));
    ctx.changed(EventClass::hash, "hincrby", key.name);
    ctx.reply.integer(value);
}

// Others may reckon with other floats. An expiry stays, which HSET would take away.
void propagate_sum(Ctx& ctx, Slice key, const Hash& hash, Slice sum) {
    const Slice field = ctx.arg(2);
    if (hash.expiry(field, field_now_ms(ctx)).value_or(Hash::kNever) == Hash::kNever)
        return ctx.propagate({"HSET", key, field, sum});
    ctx.propagate({"HSETEX", key, "KEEPTTL", "FIELDS", "1", field, sum});
}

void cmd_hincrbyfloat(Ctx& ctx) {
    const auto by = parse_long_double(ctx.arg(3));
    if (!by || std::isnan(*by)) return ctx.reply.error("ERR value is not a valid float");
    if (std::isinf(*by)) return ctx.reply.error("ERR value is NaN or Infinity");
    const Key key = ctx.key(1);
    const auto found = write_value(ctx, key, Type::hash);
    if (!found) return;
    long double value = 0;
    if (*found != nullptr) {
        char scratch[kIntegerTextMax];
        Lent<Hash> hash(*found);
        if (const auto old = hash->get(ctx.arg(2), field_now_ms(ctx))) {
            const auto number = parse_long_double(old->text(scratch));
            if (!number || std::isnan(*number))
                return ctx.reply.error("ERR hash value is not a float");
            value = *number;
        }
    }
    value += *by;
    if (std::isnan(value) || std::isinf(value))
        return ctx.reply.error("ERR increment would produce NaN or Infinity");
    const std::string text = format_human(value);
    Lent<Hash> hash(hash_entry(ctx, key, *found));
    propagate_gone(ctx, key.name, *hash, ctx.arg(2));
    propagate_sum(ctx, key.name, *hash, text);
    hash->set(ctx.arg(2), text, Hash::kKeep, field_now_ms(ctx), hash_limits(ctx));
    ctx.changed(EventClass::hash, "hincrbyfloat", key.name);
    ctx.reply.bulk(text);
}

// ---- Reading
// -------------------------------------------------------------------------------------------

void cmd_hget(Ctx& ctx) {
    const auto entry = read_value(ctx, 1, Type::hash);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.null();
    reply_optional(ctx, Lent<Hash>(*entry)->get(ctx.arg(2), field_now_ms(ctx)));
}

void cmd_hmget(Ctx& ctx) {
    const auto entry = read_value(ctx, 1, Type::hash);
    if (!entry) return;
    ctx.reply.array(ctx.argc() - 2);
    for (const Slice field : ctx.args.subspan(2)) {
        if (*entry == nullptr)
            ctx.reply.null();
        else
            reply_optional(ctx, Lent<Hash>(*entry)->get(field, field_now_ms(ctx)));
    }
}

void cmd_hexists(Ctx& ctx) {
    const auto entry = read_value(ctx, 1, Type::hash);
    if (!entry) return;
    ctx.reply.integer(*entry && Lent<Hash>(*entry)->get(ctx.arg(2), field_now_ms(ctx)));
}

void cmd_hstrlen(Ctx& ctx) {
    const auto entry = read_value(ctx, 1, Type::hash);
    if (!entry) return;
    size_t size = 0;
    char scratch[kIntegerTextMax];
    if (*entry != nullptr) {
        if (const auto value = Lent<Hash>(*entry)->get(ctx.arg(2), field_now_ms(ctx)))
            size = value->text(scratch).size();
    }
    ctx.reply.integer(static_cast<int64_t>(size));
}

void cmd_hlen(Ctx& ctx) {
    const auto entry = read_value(ctx, 1, Type::hash);
    if (entry) ctx.reply.integer(*entry ? static_cast<int64_t>(Lent<Hash>(*entry)->size()) : 0);
}

void cmd_hgetall(Ctx& ctx) {
    const auto entry = read_value(ctx, 1, Type::hash);
    if (!entry) return;
    const size_t begin = ctx.reply.begin();
    size_t count = 0;
    if (*entry != nullptr) {
        Lent<Hash>(*entry)->for_each(field_now_ms(ctx), [&](Slice field, Slice value) {
            ctx.reply.bulk(field);
            ctx.reply.bulk(value);
            ++count;
        });
    }
    ctx.reply.end_map(begin, count);
}

void reply_half(Ctx& ctx, bool fields) {
    const auto entry = read_value(ctx, 1, Type::hash);
    if (!entry) return;
    const size_t begin = ctx.reply.begin();
    size_t count = 0;
    if (*entry != nullptr) {
        Lent<Hash>(*entry)->for_each(field_now_ms(ctx), [&](Slice field, Slice value) {
            ctx.reply.bulk(fields ? field : value);
            ++count;
        });
    }
    ctx.reply.end_array(begin, count);
}

void cmd_hkeys(Ctx& ctx) { reply_half(ctx, true); }
void cmd_hvals(Ctx& ctx) { reply_half(ctx, false); }

void cmd_hscan(Ctx& ctx) {
    const auto begin_at = cursor_arg(ctx, 2);
    if (!begin_at) return;
    const auto entry = read_value(ctx, 1, Type::hash);
    if (!entry) return;
    const size_t begin = ctx.reply.begin();
    if (*entry == nullptr) return end_scan(ctx, begin, 0, 0);
    const auto options = parse_scan_options(ctx, 3, ScanOf::fields);
    if (!options) return;
    Lent<Hash> hash(*entry);
    uint64_t cursor = *begin_at, steps_left = options->steps_max();
    size_t seen = 0, replied = 0;
    do {
        cursor = hash->scan(cursor, field_now_ms(ctx), [&](Slice field, Slice value) {
            ++seen;
            if (!options->matches(field)) return;
            ctx.reply.bulk(field);
            if (options->values) ctx.reply.bulk(value);
            replied += options->values ? 2 : 1;
        });
    } while (cursor != 0 && seen < options->count && --steps_left > 0);
    end_scan(ctx, begin, cursor, replied);
}

// With values: pairs of their own in RESP3, one after the other in RESP2.
void reply_pair(Ctx& ctx, const Hash::Pair& pair, bool values) {
    if (values && ctx.reply.resp() > 2) ctx.reply.array(2);
    ctx.reply.bulk(pair.first);
    if (values) ctx.reply.bulk(pair.second);
}

void reply_random(Ctx& ctx, Hash& hash, int64_t count, bool values) {
    uint64_t random = ctx.db().random_bits();
    std::vector<Hash::Pair> chosen;
    if (count >= 0) {
        chosen = hash.sample(static_cast<size_t>(count), field_now_ms(ctx), random);
    } else if (hash.random(field_now_ms(ctx), random)) {
        for (int64_t left = -count; left > 0; --left)
            chosen.push_back(*hash.random(field_now_ms(ctx), random));
    }
    ctx.reply.array(chosen.size() * (values && ctx.reply.resp() == 2 ? 2 : 1));
    for (const Hash::Pair& pair : chosen) reply_pair(ctx, pair, values);
}

void cmd_hrandfield(Ctx& ctx) {
    std::optional<int64_t> count;
    bool values = false;
    if (ctx.argc() > 2) {
        count = symmetric_arg(ctx, 2);
        if (!count) return;
        if (ctx.argc() > 4 || (ctx.argc() == 4 && !ctx.arg_is(3, "withvalues")))
            return ctx.syntax_error();
        values = ctx.argc() == 4;
        if (values && (*count < -INT64_MAX / 2 || *count > INT64_MAX / 2))
            return ctx.reply.error("ERR value is out of range");
    }
    const auto entry = read_value(ctx, 1, Type::hash);
    if (!entry) return;
    if (*entry == nullptr) return count ? ctx.reply.array(0) : ctx.reply.null();
    if (count && *count < -kRepeatedMax) return ctx.reply.error("ERR value is out of range");
    Lent<Hash> hash(*entry);
    if (count) return reply_random(ctx, *hash, *count, values);
    uint64_t random = ctx.db().random_bits();
    const auto pair = hash->random(field_now_ms(ctx), random);
    pair ? ctx.reply.bulk(pair->first) : ctx.reply.null();
}

constexpr HistoryItem kSeveralFields[] = {{"2.4.0", "Several fields at once."}};
constexpr HistoryItem kSeveralPairs[] = {{"4.0.0", "Several fields at once."}};

constexpr Command kHashCommands[] = {
    {.name = "hdel",
     .run = cmd_hdel,
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key field [field ...]",
     .summary = "Removes fields of a hash.",
     .history = kSeveralFields},
    {.name = "hexists",
     .run = cmd_hexists,
     .arity = 3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclHash | kAclRead,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .syntax = "key field",
     .summary = "Tells whether a hash has a field."},
    {.name = "hget",
     .run = cmd_hget,
     .arity = 3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclHash | kAclRead,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .syntax = "key field",
     .summary = "Returns the value of a field."},
    {.name = "hgetall",
     .run = cmd_hgetall,
     .arity = 2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclHash | kAclRead | kAclSlow,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields.",
     .syntax = "key",
     .summary = "Returns all fields and values of a hash.",
     .tips = "NONDETERMINISTIC_OUTPUT_ORDER"},
    {.name = "hincrby",
     .run = cmd_hincrby,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .syntax = "key field increment",
     .summary = "Adds to the integer in a field."},
    {.name = "hincrbyfloat",
     .run = cmd_hincrbyfloat,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "2.6.0",
     .complexity = "O(1)",
     .syntax = "key field increment:double",
     .summary = "Adds to the floating-point number in a field."},
    {.name = "hkeys",
     .run = cmd_hkeys,
     .arity = 2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclHash | kAclRead | kAclSlow,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields.",
     .syntax = "key",
     .summary = "Returns all fields of a hash.",
     .tips = "NONDETERMINISTIC_OUTPUT_ORDER"},
    {.name = "hlen",
     .run = cmd_hlen,
     .arity = 2,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclHash | kAclRead,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Counts the fields of a hash."},
    {.name = "hmget",
     .run = cmd_hmget,
     .arity = -3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclHash | kAclRead,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key field [field ...]",
     .summary = "Returns the values of several fields."},
    {.name = "hmset",
     .run = cmd_hmset,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key data=<field value> [...]",
     .summary = "Sets several fields of a hash."},
    {.name = "hrandfield",
     .run = cmd_hrandfield,
     .arity = -2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclHash | kAclRead | kAclSlow,
     .group = Group::hash,
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of fields returned.",
     .syntax = "key options=[count [WITHVALUES]]",
     .summary = "Returns random fields of a hash.",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    {.name = "hscan",
     .run = cmd_hscan,
     .arity = -3,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclHash | kAclRead | kAclSlow,
     .group = Group::hash,
     .since = "2.8.0",
     .complexity =
         "O(1) for every call; O(N) for a whole iteration, where N is the number of fields.",
     .syntax = "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
     .summary = "Walks the fields of a hash, some at a time.",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    {.name = "hset",
     .run = cmd_hset,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key data=<field value> [...]",
     .summary = "Sets fields of a hash, which is made if need be.",
     .history = kSeveralPairs},
    {.name = "hsetnx",
     .run = cmd_hsetnx,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .syntax = "key field value",
     .summary = "Sets a field, but only if it does not exist."},
    {.name = "hstrlen",
     .run = cmd_hstrlen,
     .arity = 3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclHash | kAclRead,
     .group = Group::hash,
     .since = "3.2.0",
     .complexity = "O(1)",
     .syntax = "key field",
     .summary = "Returns the length of the value of a field."},
    {.name = "hvals",
     .run = cmd_hvals,
     .arity = 2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclHash | kAclRead | kAclSlow,
     .group = Group::hash,
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields.",
     .syntax = "key",
     .summary = "Returns all values of a hash.",
     .tips = "NONDETERMINISTIC_OUTPUT_ORDER"},
};

}  // namespace

std::span<const Command> hash_commands() { return kHashCommands; }

}  // namespace rota
