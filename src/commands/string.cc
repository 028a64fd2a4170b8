// SPDX-License-Identifier: BSD-3-Clause
// The string family: handlers and, at the end, their rows.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "client/options.h"
#include "commands/expire_option.h"
#include "commands/lcs.h"
#include "commands/shared_reads.h"
#include "platform/text.h"

namespace rota {
namespace {

constexpr size_t kDigitsMax = 24;

void reply_value(Ctx& ctx, const Entry* entry) {
    char scratch[kDigitsMax];
    entry == nullptr ? ctx.reply.null() : ctx.reply.bulk(entry->string(scratch));
}

void set_and_notify(Ctx& ctx, Key key, Slice value, int64_t expire_at_ms = -1,
                    Expiry otherwise = Expiry::none, Use use = Use::counts) {
    ctx.db().set_string(key, value, expire_at_ms, otherwise, use);
    ctx.changed(EventClass::string, "set", key.name);
    if (expire_at_ms >= 0)
        ctx.parts.effects.notify(EventClass::generic, "expire", key.name, ctx.client.db);
}

// A write whose expiry lies in the past leaves nothing behind.
bool removed_as_expired(Ctx& ctx, Key key, int64_t expire_at_ms) {
    if (expire_at_ms < 0 || !ctx.is_past(expire_at_ms)) return false;
    if (!ctx.db().erase(key)) return true;
    propagate_removal(ctx, key.name, ctx.parts.store_options.lazyfree_lazy_expire);
    ++ctx.parts.keyspace.stats().expired_keys;
    ctx.changed(EventClass::expired, "expired", key.name);
    return true;
}

// ---- GET and its kin
// -----------------------------------------------------------------------------------

void cmd_get(Ctx& ctx) {
    const auto entry = ctx.read_string(1);
    if (entry) reply_value(ctx, *entry);
}

void cmd_strlen(Ctx& ctx) {
    const auto entry = ctx.read_string(1);
    if (entry) ctx.reply.integer(*entry ? static_cast<int64_t>((*entry)->string_size()) : 0);
}

void cmd_mget(Ctx& ctx) {
    ctx.reply.array(ctx.argc() - 1);
    for (size_t i = 1; i < ctx.argc(); ++i) {
        const Entry* entry = ctx.db().find_read(ctx.key(i));
        reply_value(ctx, entry != nullptr && entry->type() == Type::string ? entry : nullptr);
    }
}

void cmd_getrange(Ctx& ctx) {
    const auto start = ctx.integer_arg(2);
    if (!start) return;
    const auto end = ctx.integer_arg(3);
    if (!end) return;
    const auto entry = ctx.read_string(1);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.bulk("");
    char scratch[kDigitsMax];
    const Slice value = (*entry)->string(scratch);
    const auto size = static_cast<int64_t>(value.size());
    if (*start < 0 && *end < 0 && *start > *end) return ctx.reply.bulk("");
    const int64_t from = *start < 0 ? std::max<int64_t>(*start + size, 0) : *start;
    const int64_t to = std::min(*end < 0 ? std::max<int64_t>(*end + size, 0) : *end, size - 1);
    if (from > to || size == 0) return ctx.reply.bulk("");
    ctx.reply.bulk(value.substr(static_cast<size_t>(from), static_cast<size_t>(to - from + 1)));
}

void cmd_getdel(Ctx& ctx) {
    const auto entry = ctx.read_string(1);
    if (!entry) return;
    reply_value(ctx, *entry);
    if (*entry == nullptr) return;
    ctx.db().erase(ctx.key(1), ctx.parts.store_options.lazyfree_lazy_user_del);
    ctx.propagate({"DEL", ctx.arg(1)});
    ctx.changed(EventClass::generic, "del", ctx.arg(1));
}

void cmd_getset(Ctx& ctx) {
    const auto entry = ctx.read_string(1);
    if (!entry) return;
    reply_value(ctx, *entry);
    set_and_notify(ctx, ctx.key(1), ctx.arg(2));
    ctx.propagate({"SET", ctx.arg(1), ctx.arg(2)});
}

void cmd_getex(Ctx& ctx) {
    const auto options = parse_set_options(ctx, 2, kAllowPersist);
    if (!options) return;
    const auto entry = ctx.read_string(1);
    if (!entry) return;
    reply_value(ctx, *entry);
    if (*entry == nullptr) return;
    const Key key = ctx.key(1);
    if (removed_as_expired(ctx, key, options->expire_at_ms)) return;
    if (options->expire_at_ms >= 0) {
        ctx.db().set_expiry(key, *entry, options->expire_at_ms);
        propagate_expiry(ctx, key.name, options->expire_at_ms);
        ctx.changed(EventClass::generic, "expire", key.name);
    } else if (options->persist && (*entry)->has_expiry()) {
        ctx.db().set_expiry(key, *entry, -1);
        ctx.propagate({"PERSIST", key.name});
        ctx.changed(EventClass::generic, "persist", key.name);
    }
}

// ---- SET and its kin
// -----------------------------------------------------------------------------------

bool condition_holds(const SetOptions& options, const Entry* old) {
    char scratch[kDigitsMax];
    switch (options.condition) {
        case SetOptions::Condition::none:
            return true;
        case SetOptions::Condition::if_absent:
            return old == nullptr;
        case SetOptions::Condition::if_present:
            return old != nullptr;
        case SetOptions::Condition::if_equal:
            return old != nullptr && old->string(scratch) == options.compare;
    }
    UNREACHABLE();
}

// The condition holds no longer, or the old value does not matter: what is told is what was done.
void propagate_set(Ctx& ctx, const SetOptions& options) {
    if (!ctx.propagates()) return;
    if (options.expire_at_ms >= 0)
        return ctx.propagate(
            {"SET", ctx.arg(1), ctx.arg(2), "PXAT", IntegerText(options.expire_at_ms)});
    if (!options.get) return;
    std::vector<Slice> without;
    for (size_t i = 0; i < ctx.argc(); ++i) {
        const bool compared = i > 3 && ctx.arg_is(i - 1, "ifeq");
        if (i < 3 || compared || !ctx.arg_is(i, "get")) without.push_back(ctx.arg(i));
    }
    ctx.propagate(without);
}

void set_with_options(Ctx& ctx, const SetOptions& options) {
    const Key key = ctx.key(1);
    const bool must_be_string = options.get || options.condition == SetOptions::Condition::if_equal;
    // GET counts as a read of the key, the conditions alone do not.
    Entry* old = options.get ? ctx.db().find_read(key) : ctx.db().find_write(key);
    if (must_be_string && old != nullptr && old->type() != Type::string) return ctx.wrong_type();
    if (options.get) reply_value(ctx, old);
    if (!condition_holds(options, old)) return options.get ? void() : ctx.reply.null();
    if (!removed_as_expired(ctx, key, options.expire_at_ms)) {
        set_and_notify(ctx, key, ctx.arg(2), options.expire_at_ms,
                       options.keep_ttl ? Expiry::keep : Expiry::none,
                       options.get ? Use::counts : Use::counted);
        propagate_set(ctx, options);
    }
    if (!options.get) ctx.reply.ok();
}

void cmd_set(Ctx& ctx) {
    if (ctx.argc() == 3) {
        if (Entry* prepared = ctx.take_prepared()) {
            ctx.db().set_prepared(ctx.key(1), prepared);
            ctx.changed(EventClass::string, "set", ctx.arg(1));
        } else {
            set_and_notify(ctx, ctx.key(1), ctx.arg(2));
        }
        return ctx.reply.ok();
    }
    const auto options =
        parse_set_options(ctx, 3, kAllowConditions | kAllowIfEq | kAllowGet | kAllowKeepTtl);
    if (options) set_with_options(ctx, *options);
}

void cmd_setnx(Ctx& ctx) {
    const Key key = ctx.key(1);
    const bool absent = ctx.db().find_write(key) == nullptr;
    if (absent) set_and_notify(ctx, key, ctx.arg(2));
    ctx.reply.integer(absent);
}

void set_with_ttl(Ctx& ctx, TimeUnit unit) {
    const auto at = expire_at_arg(ctx, 2, unit, TimeBase::relative);
    if (!at) return;
    set_and_notify(ctx, ctx.key(1), ctx.arg(3), *at);
    ctx.propagate({"SET", ctx.arg(1), ctx.arg(3), "PXAT", IntegerText(*at)});
    ctx.reply.ok();
}

void cmd_setex(Ctx& ctx) { set_with_ttl(ctx, TimeUnit::seconds); }
void cmd_psetex(Ctx& ctx) { set_with_ttl(ctx, TimeUnit::milliseconds); }

void cmd_delifeq(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto entry = ctx.write_string(key);
    if (!entry) return;
    char scratch[kDigitsMax];
    if (*entry == nullptr || (*entry)->string(scratch) != ctx.arg(2)) return ctx.reply.integer(0);
    ctx.db().erase(key, ctx.parts.store_options.lazyfree_lazy_user_del);
    ctx.propagate({"DEL", key.name});
    ctx.changed(EventClass::generic, "del", key.name);
    ctx.reply.integer(1);
}

bool pairs_complete(Ctx& ctx) {
    if (ctx.argc() % 2 == 1) return true;
    ctx.reply.error("ERR wrong number of arguments for '" + ctx.command.full_name + "' command");
    return false;
}

void cmd_mset(Ctx& ctx) {
    if (!pairs_complete(ctx)) return;
    for (size_t i = 1; i < ctx.argc(); i += 2) set_and_notify(ctx, ctx.key(i), ctx.arg(i + 1));
    ctx.reply.ok();
}

void cmd_msetnx(Ctx& ctx) {
    if (!pairs_complete(ctx)) return;
    for (size_t i = 1; i < ctx.argc(); i += 2) {
        if (ctx.db().find_write(ctx.key(i)) != nullptr) return ctx.reply.integer(0);
    }
    for (size_t i = 1; i < ctx.argc(); i += 2) set_and_notify(ctx, ctx.key(i), ctx.arg(i + 1));
    ctx.reply.integer(1);
}

void propagate_msetex(Ctx& ctx, const SetOptions& options) {
    if (options.expire_at_ms < 0 || !ctx.propagates()) return;
    const IntegerText at(options.expire_at_ms);
    std::vector<Slice> other(ctx.args.begin(), ctx.args.end());
    other[options.unit_at] = "PXAT";
    other[options.unit_at + 1] = at;
    ctx.propagate(other);
}

void cmd_msetex(Ctx& ctx) {
    const auto count = parse_int64(ctx.arg(1));
    if (!count || *count <= 0 || *count > std::numeric_limits<int32_t>::max())
        return ctx.reply.error("ERR invalid numkeys value or out of range");
    if (static_cast<uint64_t>(*count) > (ctx.argc() - 2) / 2) return ctx.syntax_error();
    const size_t end = 2 + static_cast<size_t>(*count) * 2;
    const auto options = parse_set_options(ctx, end, kAllowConditions | kAllowKeepTtl);
    if (!options) return;
    using Condition = SetOptions::Condition;
    for (size_t i = 2; i < end && options->condition != Condition::none; i += 2) {
        const bool there = ctx.db().find_write(ctx.key(i)) != nullptr;
        if (there != (options->condition == Condition::if_present)) return ctx.reply.integer(0);
    }
    for (size_t i = 2; i < end; i += 2) {
        const Key key = ctx.key(i);
        set_and_notify(ctx, key, ctx.arg(i + 1), options->expire_at_ms,
                       options->keep_ttl ? Expiry::keep : Expiry::none);
    }
    propagate_msetex(ctx, *options);
    ctx.reply.integer(1);
}

// ---- In-place changes
// ----------------------------------------------------------------------------------

// proto-max-bulk-len bounds what APPEND and SETRANGE may build. Replies with an error where it is
// passed.
bool fits_limit(Ctx& ctx, uint64_t offset, size_t length) {
    uint64_t total;
    const auto limit = static_cast<uint64_t>(ctx.parts.client_options.proto_max_bulk_len);
    if (!__builtin_add_overflow(offset, length, &total) && total <= limit) return true;
    ctx.reply.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    return false;
}

void cmd_append(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto entry = ctx.write_string(key);
    if (!entry) return;
    Entry* result;
    if (*entry == nullptr) {
        result = ctx.db().set_string(key, ctx.arg(2));
    } else {
        if (!fits_limit(ctx, (*entry)->string_size(), ctx.arg(2).size())) return;
        result = ctx.db().append_string(key, *entry, ctx.arg(2));
    }
    ctx.changed(EventClass::string, "append", key.name);
    ctx.reply.integer(static_cast<int64_t>(result->string_size()));
}

void cmd_setrange(Ctx& ctx) {
    const auto offset = ctx.integer_arg(2);
    if (!offset) return;
    if (*offset < 0) return ctx.reply.error("ERR offset is out of range");
    const Key key = ctx.key(1);
    const auto entry = ctx.write_string(key);
    if (!entry) return;
    const Slice patch = ctx.arg(3);
    const size_t old_size = *entry == nullptr ? 0 : (*entry)->string_size();
    if (patch.empty()) return ctx.reply.integer(static_cast<int64_t>(old_size));
    if (!fits_limit(ctx, static_cast<uint64_t>(*offset), patch.size())) return;
    const auto at = static_cast<size_t>(*offset);
    Entry* result = ctx.db().grow_string(key, std::max(old_size, at + patch.size()));
    std::memcpy(result->mutable_value() + at, patch.data(), patch.size());
    ctx.changed(EventClass::string, "setrange", key.name);
    ctx.reply.integer(static_cast<int64_t>(result->string_size()));
}

void increment(Ctx& ctx, int64_t by) {
    const Key key = ctx.key(1);
    const auto entry = ctx.write_string(key);
    if (!entry) return;
    int64_t value = 0;
    if (*entry != nullptr) {
        char scratch[kDigitsMax];
        const auto old = (*entry)->encoding() == Encoding::integer
                             ? std::optional((*entry)->integer())
                             : parse_int64((*entry)->string(scratch));
        if (!old) return ctx.reply.error("ERR value is not an integer or out of range");
        value = *old;
    }
    if (__builtin_add_overflow(value, by, &value))
        return ctx.reply.error("ERR increment or decrement would overflow");
    ctx.db().set_integer(key, value);
    ctx.changed(EventClass::string, "incrby", key.name);
    ctx.reply.integer(value);
}

void cmd_incr(Ctx& ctx) { increment(ctx, 1); }
void cmd_decr(Ctx& ctx) { increment(ctx, -1); }

void cmd_incrby(Ctx& ctx) {
    const auto by = ctx.integer_arg(2);
    if (by) increment(ctx, *by);
}

void cmd_decrby(Ctx& ctx) {
    const auto by = ctx.integer_arg(2);
    if (!by) return;
    if (*by == std::numeric_limits<int64_t>::min())
        return ctx.reply.error("ERR decrement would overflow");
    increment(ctx, -*by);
}

void cmd_incrbyfloat(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto entry = ctx.write_string(key);
    if (!entry) return;
    long double value = 0;
    if (*entry != nullptr) {
        char scratch[kDigitsMax];
        const auto old = parse_long_double((*entry)->string(scratch));
        if (!old || std::isnan(*old)) return ctx.reply.error("ERR value is not a valid float");
        value = *old;
    }
    const auto by = parse_long_double(ctx.arg(2));
    if (!by || std::isnan(*by)) return ctx.reply.error("ERR value is not a valid float");
    value += *by;
    if (std::isnan(value) || std::isinf(value))
        return ctx.reply.error("ERR increment would produce NaN or Infinity");
    const std::string text = format_human(value);
    // Kept as text even where it could be an integer: so does Valkey, and OBJECT ENCODING tells.
    const int64_t expire_at_ms = *entry == nullptr ? -1 : (*entry)->expire_at_ms();
    Encoding encoding = string_encoding(key.name.size(), text, expire_at_ms >= 0);
    if (encoding == Encoding::integer) encoding = Encoding::embstr;
    ctx.db().put(key, Entry::make_string(key.name, text, encoding, expire_at_ms), Use::counted);
    ctx.propagate({"SET", key.name, text, "KEEPTTL"});
    ctx.changed(EventClass::string, "incrbyfloat", key.name);
    ctx.reply.bulk(text);
}

// ---- LCS
// -----------------------------------------------------------------------------------------------

struct LcsOptions {
    bool length_only = false, index = false, with_match_len = false;
    int64_t match_len_min = 0;
};

std::optional<LcsOptions> parse_lcs_options(Ctx& ctx) {
    LcsOptions options;
    for (size_t i = 3; i < ctx.argc(); ++i) {
        if (ctx.arg_is(i, "len")) {
            options.length_only = true;
        } else if (ctx.arg_is(i, "idx")) {
            options.index = true;
        } else if (ctx.arg_is(i, "withmatchlen")) {
            options.with_match_len = true;
        } else if (ctx.arg_is(i, "minmatchlen") && i + 1 < ctx.argc()) {
            const auto value = ctx.integer_arg(++i);
            if (!value) return std::nullopt;
            options.match_len_min = std::max<int64_t>(*value, 0);
        } else {
            ctx.syntax_error();
            return std::nullopt;
        }
    }
    if (options.length_only && options.index) {
        ctx.reply.error("ERR If you want both the length and indexes, please just use IDX.");
        return std::nullopt;
    }
    return options;
}

void reply_matches(Ctx& ctx, const Lcs& lcs, const LcsOptions& options) {
    ctx.reply.map(2);
    ctx.reply.bulk("matches");
    const size_t begin = ctx.reply.begin();
    size_t count = 0;
    for (const LcsMatch& match : lcs.matches) {
        if (static_cast<int64_t>(match.length) < options.match_len_min) continue;
        ctx.reply.array(options.with_match_len ? 3 : 2);
        for (const size_t first : {match.first_a, match.first_b}) {
            ctx.reply.array(2);
            ctx.reply.integer(static_cast<int64_t>(first));
            ctx.reply.integer(static_cast<int64_t>(first + match.length - 1));
        }
        if (options.with_match_len) ctx.reply.integer(static_cast<int64_t>(match.length));
        ++count;
    }
    ctx.reply.end_array(begin, count);
    ctx.reply.bulk("len");
    ctx.reply.integer(static_cast<int64_t>(lcs.length));
}

void cmd_lcs(Ctx& ctx) {
    char scratch[2][kDigitsMax];
    Slice text[2];
    for (size_t i = 0; i < 2; ++i) {
        const Entry* entry = ctx.db().find_read(ctx.key(i + 1));
        if (entry != nullptr && entry->type() != Type::string)
            return ctx.reply.error("ERR The specified keys must contain string values");
        // A second lookup may free nothing that the first one found: both only read.
        if (entry != nullptr) text[i] = entry->string(scratch[i]);
    }
    const auto options = parse_lcs_options(ctx);
    if (!options) return;
    const auto table_max = static_cast<uint64_t>(ctx.parts.client_options.proto_max_bulk_len);
    const auto lcs = longest_common_subsequence(text[0], text[1], !options->length_only, table_max);
    if (!lcs) {
        return ctx.reply.error(
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    }
    if (options->length_only) return ctx.reply.integer(static_cast<int64_t>(lcs->length));
    if (options->index) return reply_matches(ctx, *lcs, *options);
    ctx.reply.bulk(lcs->text);
}

// SET reads the key where it returns the old value; a comparison alone asks for no right to read.
uint16_t set_key_flags(std::span<const Slice> args) {
    for (size_t i = 3; i < args.size(); ++i) {
        if (equals_ignore_case(args[i], "get")) return kRW | kAccess | kUpdate;
    }
    return kOW | kUpdate;
}

// ---- Rows
// ----------------------------------------------------------------------------------------------

constexpr HistoryItem kSetHistory[] = {
    {"2.6.12", "`EX`, `PX`, `NX` and `XX`."},
    {"6.0.0", "`KEEPTTL`."},
    {"6.2.0", "`GET`, `EXAT` and `PXAT`."},
    {"7.0.0", "`NX` and `GET` may go together."},
    {"8.1.0", "`IFEQ`."},
};

constexpr Command kStringCommands[] = {
    {.name = "append",
     .run = cmd_append,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "2.0.0",
     .complexity = "O(1) amortized, as the string grows by doubling.",
     .syntax = "key value",
     .summary = "Adds bytes to the end of a string, creating the key if needed."},
    {.name = "decr",
     .run = cmd_decr,
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Subtracts one from the integer value of a key; a missing key counts as 0."},
    {.name = "decrby",
     .run = cmd_decrby,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key decrement",
     .summary = "Subtracts a number from the integer value of a key; a missing key counts as 0."},
    {.name = "delifeq",
     .run = cmd_delifeq,
     .arity = 3,
     .flags = kFast | kWrite,
     .keys = {key_at(kRM | kDelete, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "9.0.0",
     .complexity = "O(1)",
     .syntax = "key value",
     .summary = "Deletes a key if it holds exactly the given string."},
    {.name = "get",
     .run = cmd_get,
     .arity = 2,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclRead | kAclString,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Returns the string value of a key.",
     .read = read_get},
    {.name = "getdel",
     .run = cmd_getdel,
     .arity = 2,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kDelete, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "6.2.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Returns the string value of a key and deletes the key."},
    {.name = "getex",
     .run = cmd_getex,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "6.2.0",
     .complexity = "O(1)",
     .syntax = "key expiration=[EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT "
               "unix-time-milliseconds|"
               "PERSIST]",
     .summary = "Returns the string value of a key and sets or removes its expiry."},
    {.name = "getrange",
     .run = cmd_getrange,
     .arity = 4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclString,
     .group = Group::string,
     .since = "2.4.0",
     .complexity = "O(N) where N is the length of the returned part.",
     .syntax = "key start end",
     .summary = "Returns a part of the string stored at a key.",
     .read = read_getrange},
    {.name = "getset",
     .run = cmd_getset,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key value",
     .summary = "Sets the string value of a key and returns the old one."},
    {.name = "incr",
     .run = cmd_incr,
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Adds one to the integer value of a key; a missing key counts as 0."},
    {.name = "incrby",
     .run = cmd_incrby,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key increment",
     .summary = "Adds a number to the integer value of a key; a missing key counts as 0."},
    {.name = "incrbyfloat",
     .run = cmd_incrbyfloat,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "2.6.0",
     .complexity = "O(1)",
     .syntax = "key increment:double",
     .summary = "Adds a floating-point number to the value of a key; a missing key counts as 0."},
    {.name = "lcs",
     .run = cmd_lcs,
     .arity = -3,
     .flags = kReadonly,
     .keys = {keys_range(kRO | kAccess, 1, 1)},
     .acl = kAclRead | kAclSlow | kAclString,
     .group = Group::string,
     .since = "7.0.0",
     .complexity = "O(N*M) where N and M are the lengths of the two strings.",
     .syntax = "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]",
     .summary = "Finds the longest common subsequence of two strings."},
    {.name = "mget",
     .run = cmd_mget,
     .arity = -2,
     .flags = kReadonly | kFast,
     .keys = {keys_range(kRO | kAccess, 1, -1)},
     .acl = kAclFast | kAclRead | kAclString,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys.",
     .syntax = "key [key ...]",
     .summary = "Returns the string values of several keys, in order.",
     .tips = "REQUEST_POLICY:MULTI_SHARD",
     .read = read_mget},
    {.name = "mset",
     .run = cmd_mset,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {keys_range(kOW | kUpdate, 1, -1, 2)},
     .acl = kAclSlow | kAclString | kAclWrite,
     .group = Group::string,
     .since = "1.0.1",
     .complexity = "O(N) where N is the number of keys.",
     .syntax = "data=<key value> [...]",
     .summary = "Sets several keys to strings, all at once.",
     .tips = "REQUEST_POLICY:MULTI_SHARD; RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "msetex",
     .run = cmd_msetex,
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {keys_counted(kOW | kUpdate, 1, 0, 1, 2)},
     .acl = kAclString | kAclWrite | kAclSlow,
     .group = Group::string,
     .since = "9.1.0",
     .complexity = "O(N) where N is the number of keys.",
     .syntax = "numkeys data=<key value> [...] condition=[NX|XX] "
               "expiration=[EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT "
               "unix-time-milliseconds|KEEPTTL]",
     .summary = "Sets several keys to strings with one shared expiry, all at once, on a condition "
                "if asked.",
     .tips = "REQUEST_POLICY:MULTI_SHARD; RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "msetnx",
     .run = cmd_msetnx,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {keys_range(kOW | kInsert, 1, -1, 2)},
     .acl = kAclSlow | kAclString | kAclWrite,
     .group = Group::string,
     .since = "1.0.1",
     .complexity = "O(N) where N is the number of keys.",
     .syntax = "data=<key value> [...]",
     .summary = "Sets several keys to strings, but only if none of them exists."},
    {.name = "psetex",
     .run = cmd_psetex,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1)},
     .acl = kAclSlow | kAclString | kAclWrite,
     .group = Group::string,
     .since = "2.6.0",
     .complexity = "O(1)",
     .syntax = "key milliseconds value",
     .summary = "Sets a key to a string that expires after some milliseconds."},
    {.name = "set",
     .run = cmd_set,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kAccess | kUpdate | kVariableFlags, 1)},
     .acl = kAclSlow | kAclString | kAclWrite,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key value condition=[NX@2.6.12|XX@2.6.12|IFEQ comparison-value@8.1.0] [GET@6.2.0] "
               "expiration=[EX seconds@2.6.12|PX milliseconds@2.6.12|EXAT unix-time-seconds@6.2.0|"
               "PXAT unix-time-milliseconds@6.2.0|KEEPTTL@6.0.0]",
     .summary =
         "Sets a key to a string, whatever it held, with an expiry or on a condition if asked.",
     .history = kSetHistory,
     .key_flags = set_key_flags,
     .prepares_string = true},
    {.name = "setex",
     .run = cmd_setex,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1)},
     .acl = kAclSlow | kAclString | kAclWrite,
     .group = Group::string,
     .since = "2.0.0",
     .complexity = "O(1)",
     .syntax = "key seconds value",
     .summary = "Sets a key to a string that expires after some seconds."},
    {.name = "setnx",
     .run = cmd_setnx,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kOW | kInsert, 1)},
     .acl = kAclFast | kAclString | kAclWrite,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key value",
     .summary = "Sets a key to a string, but only if it does not exist."},
    {.name = "setrange",
     .run = cmd_setrange,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclSlow | kAclString | kAclWrite,
     .group = Group::string,
     .since = "2.2.0",
     .complexity = "O(1) for short strings, O(M) where M is the length of the new part.",
     .syntax = "key offset value",
     .summary =
         "Overwrites a part of a string from an offset on, padding with zero bytes if needed."},
    {.name = "strlen",
     .run = cmd_strlen,
     .arity = 2,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclRead | kAclString,
     .group = Group::string,
     .since = "2.2.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Returns the length of a string.",
     .read = read_strlen},
    {.name = "substr",
     .run = cmd_getrange,
     .arity = 4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclString,
     .group = Group::string,
     .since = "1.0.0",
     .complexity = "O(N) where N is the length of the returned part.",
     .syntax = "key start end",
     .summary = "Returns a part of the string stored at a key.",
     .read = read_getrange},
};

}  // namespace

std::span<const Command> string_commands() { return kStringCommands; }

}  // namespace rota
