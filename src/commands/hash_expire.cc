// SPDX-License-Identifier: BSD-3-Clause
// Hash fields that expire: handlers and, at the end, their rows. Each command names its fields as
// FIELDS numfields field [field ...] and answers for each of them.
#include <algorithm>

#include "commands/expire_option.h"
#include "commands/hash_common.h"
#include "metrics/server_stats.h"
#include "platform/text.h"

namespace rota {
namespace {

constexpr int64_t kNoSuchField = -2;
constexpr Slice kNumberMismatch =
    "ERR numfields should be greater than 0 and match the provided number of fields";

// The fields behind "numfields" at args[at], `step` arguments each, up to the last argument.
std::optional<std::span<const Slice>> fields_arg(Ctx& ctx, size_t at, size_t step = 1,
                                                 Slice error = kNumberMismatch) {
    const auto count = ctx.integer_arg(at);
    if (!count) return std::nullopt;
    const size_t given = ctx.argc() - at - 1;
    if (*count > 0 && given % step == 0 && static_cast<uint64_t>(*count) == given / step)
        return ctx.args.subspan(at + 1);
    ctx.reply.error(error);
    return std::nullopt;
}

// Where FIELDS is; at most the last argument but two.
size_t fields_word(Ctx& ctx, size_t first) {
    while (first < ctx.argc() && !ctx.arg_is(first, "fields")) ++first;
    return first;
}

// ---- Telling
// -------------------------------------------------------------------------------------------

template <class Convert>
void tell_expiry(Ctx& ctx, Convert convert) {
    if (!ctx.arg_is(2, "fields")) return ctx.syntax_error();
    const auto fields = fields_arg(ctx, 3, 1, "ERR syntax error");
    if (!fields) return;
    const auto entry = read_value(ctx, 1, Type::hash);
    if (!entry) return;
    ctx.reply.array(fields->size());
    for (const Slice field : *fields) {
        const auto at = *entry != nullptr ? Lent<Hash>(*entry)->expiry(field, field_now_ms(ctx))
                                          : std::optional<int64_t>();
        ctx.reply.integer(!at ? kNoSuchField : *at < 0 ? Hash::kNever : convert(*at));
    }
}

void cmd_httl(Ctx& ctx) {
    tell_expiry(ctx, [&](int64_t at) {
        return (static_cast<int64_t>(static_cast<uint64_t>(at - field_now_ms(ctx)) + 500)) / 1000;
    });
}
void cmd_hpttl(Ctx& ctx) {
    tell_expiry(ctx, [&](int64_t at) { return at - field_now_ms(ctx); });
}
void cmd_hexpiretime(Ctx& ctx) {
    tell_expiry(ctx, [](int64_t at) { return at / 1000 + (at % 1000 >= 500); });
}
void cmd_hpexpiretime(Ctx& ctx) {
    tell_expiry(ctx, [](int64_t at) { return at; });
}

// ---- Setting
// -------------------------------------------------------------------------------------------

struct Condition {
    bool nx = false, xx = false, gt = false, lt = false;
    // No expiry counts as for ever.
    bool holds(int64_t old_ms, int64_t new_ms) const {
        if (nx && old_ms >= 0) return false;
        if (xx && old_ms < 0) return false;
        if (gt && (old_ms < 0 || new_ms <= old_ms)) return false;
        return !(lt && old_ms >= 0 && new_ms >= old_ms);
    }
};

std::optional<Condition> parse_condition(Ctx& ctx, size_t end) {
    Condition condition;
    for (size_t i = 3; i < end; ++i) {
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

// How many fields got an expiry and how many were gone already, for the events; and which, for
// those who listen to commands.
struct Outcome {
    size_t set = 0, removed = 0;
    std::vector<Slice> set_fields, removed_fields;

    void count_set(const Ctx& ctx, Slice field) {
        ++set;
        if (ctx.propagates()) set_fields.push_back(field);
    }
    void count_removed(const Ctx& ctx, Slice field) {
        ++removed;
        if (ctx.propagates()) removed_fields.push_back(field);
    }
};

void propagate_fields(Ctx& ctx, std::vector<Slice> other, std::span<const Slice> fields) {
    if (fields.empty()) return;
    other.insert(other.end(), fields.begin(), fields.end());
    ctx.propagate(other);
}

// What has become of the fields, each that was touched and no other.
void propagate_outcome(Ctx& ctx, Slice key, const Outcome& outcome, int64_t at_ms) {
    ctx.propagate_nothing();
    if (!ctx.propagates()) return;
    const IntegerText at(at_ms), count(uint64_t{outcome.set_fields.size()});
    if (at_ms == Hash::kNever)
        propagate_fields(ctx, {"HPERSIST", key, "FIELDS", count}, outcome.set_fields);
    else
        propagate_fields(ctx, {"HPEXPIREAT", key, at, "FIELDS", count}, outcome.set_fields);
    propagate_fields(ctx, {"HDEL", key}, outcome.removed_fields);
}

void announce(Ctx& ctx, Key key, Entry* entry, const char* event, Outcome outcome) {
    if (outcome.set > 0) {
        ctx.changed(EventClass::hash, event, key.name);
        ctx.parts.effects.add_dirty(outcome.set - 1);
    }
    if (outcome.removed == 0) return;
    ctx.parts.stats.expired_fields += outcome.removed;
    ctx.changed(EventClass::hash, "hexpired", key.name);
    ctx.parts.effects.add_dirty(outcome.removed - 1);
    remove_if_empty(ctx, key, entry);
}

// Sets, removes or leaves alone one field: 1, 2, 0, or -2 where it is not there.
int64_t expire_field(Ctx& ctx, Hash& hash, Slice field, int64_t at_ms, const Condition& condition) {
    const auto old = hash.expiry(field, field_now_ms(ctx));
    if (!old) return kNoSuchField;
    if (!condition.holds(*old, at_ms)) return 0;
    if (ctx.is_past(at_ms)) {
        hash.remove(field, field_now_ms(ctx));
        return 2;
    }
    hash.set_expiry(field, at_ms, hash_limits(ctx));
    return 1;
}

std::optional<int64_t> time_arg(Ctx& ctx, size_t index, TimeUnit unit, TimeBase base) {
    const auto at = expire_at_arg(ctx, index, unit, base, true);
    if (!at) return std::nullopt;
    if (!ctx.arg(index).starts_with('-')) return at;
    ctx.reply.error("ERR invalid expire time in '" + ctx.command.full_name + "' command");
    return std::nullopt;
}

void expire_fields(Ctx& ctx, TimeUnit unit, TimeBase base) {
    const Key key = ctx.key(1);
    const size_t word = std::min<size_t>(fields_word(ctx, 3), ctx.argc() - 3);
    if (!ctx.arg_is(word, "fields")) return ctx.reply.error(kNumberMismatch);
    const auto condition = parse_condition(ctx, word);
    if (!condition) return;
    const auto fields = fields_arg(ctx, word + 1);
    if (!fields) return;
    const auto at_ms = time_arg(ctx, 2, unit, base);
    if (!at_ms) return;
    const auto entry = write_value(ctx, key, Type::hash);
    if (!entry) return;
    ctx.reply.array(fields->size());
    if (*entry == nullptr) {
        for (size_t left = fields->size(); left > 0; --left) ctx.reply.integer(kNoSuchField);
        return;
    }
    Outcome outcome;
    {
        Lent<Hash> hash(*entry);
        for (const Slice field : *fields) {
            const int64_t result = expire_field(ctx, *hash, field, *at_ms, *condition);
            if (result == 1) outcome.count_set(ctx, field);
            if (result == 2) outcome.count_removed(ctx, field);
            ctx.reply.integer(result);
        }
    }
    propagate_outcome(ctx, key.name, outcome, *at_ms);
    announce(ctx, key, *entry, "hexpire", outcome);
}

void cmd_hexpire(Ctx& ctx) { expire_fields(ctx, TimeUnit::seconds, TimeBase::relative); }
void cmd_hpexpire(Ctx& ctx) { expire_fields(ctx, TimeUnit::milliseconds, TimeBase::relative); }
void cmd_hexpireat(Ctx& ctx) { expire_fields(ctx, TimeUnit::seconds, TimeBase::absolute); }
void cmd_hpexpireat(Ctx& ctx) { expire_fields(ctx, TimeUnit::milliseconds, TimeBase::absolute); }

void cmd_hpersist(Ctx& ctx) {
    if (!ctx.arg_is(2, "fields")) return ctx.syntax_error();
    const auto fields = fields_arg(ctx, 3);
    if (!fields) return;
    const Key key = ctx.key(1);
    const auto entry = write_value(ctx, key, Type::hash);
    if (!entry) return;
    ctx.reply.array(fields->size());
    Outcome outcome;
    for (const Slice field : *fields) {
        if (*entry == nullptr) {
            ctx.reply.integer(kNoSuchField);
            continue;
        }
        Lent<Hash> hash(*entry);
        const auto old = hash->expiry(field, field_now_ms(ctx));
        const bool expires = old && *old >= 0;
        if (expires) hash->set_expiry(field, Hash::kNever, hash_limits(ctx));
        if (expires) outcome.count_set(ctx, field);
        ctx.reply.integer(!old ? kNoSuchField : expires ? 1 : Hash::kNever);
    }
    propagate_outcome(ctx, key.name, outcome, Hash::kNever);
    if (*entry != nullptr) announce(ctx, key, *entry, "hpersist", outcome);
}

// ---- Together with values
// ------------------------------------------------------------------------------

struct TimeWord {
    Slice word;
    TimeUnit unit;
    TimeBase base;
};
constexpr TimeWord kTimeWords[] = {
    {"ex", TimeUnit::seconds, TimeBase::relative},
    {"px", TimeUnit::milliseconds, TimeBase::relative},
    {"exat", TimeUnit::seconds, TimeBase::absolute},
    {"pxat", TimeUnit::milliseconds, TimeBase::absolute},
};

const TimeWord* find_time_word(Slice word) {
    for (const TimeWord& known : kTimeWords)
        if (equals_ignore_case(known.word, word)) return &known;
    return nullptr;
}

struct FieldOptions {
    enum class If : uint8_t { any, absent, present };
    If key = If::any, fields = If::any;
    bool keep_ttl = false, persist = false;
    int64_t expire_at_ms = Hash::kNever;
    size_t word = 0;                 // where FIELDS is
    const TimeWord* unit = nullptr;  // of the time that is given
    size_t time_at = 0;              // and where its number is
};

// A word may be repeated, but not meet one that contradicts it.
bool choose(FieldOptions::If& slot, FieldOptions::If wanted) {
    if (slot != FieldOptions::If::any && slot != wanted) return false;
    slot = wanted;
    return true;
}

// One word of the options, with its number. False: it may not stand there.
bool take_option(Ctx& ctx, size_t& i, bool setting, FieldOptions& options) {
    using If = FieldOptions::If;
    if (setting && ctx.arg_is(i, "nx")) return choose(options.key, If::absent);
    if (setting && ctx.arg_is(i, "xx")) return choose(options.key, If::present);
    if (setting && ctx.arg_is(i, "fnx")) return choose(options.fields, If::absent);
    if (setting && ctx.arg_is(i, "fxx")) return choose(options.fields, If::present);
    if (ctx.arg_is(i, setting ? "keepttl" : "persist")) {
        (setting ? options.keep_ttl : options.persist) = true;
        return options.unit == nullptr;
    }
    const TimeWord* found = find_time_word(ctx.arg(i));
    if (found == nullptr || (options.unit != nullptr && options.unit != found)) return false;
    options.unit = found;
    options.time_at = ++i;
    return !options.keep_ttl && !options.persist && i < options.word;
}

std::optional<FieldOptions> parse_field_options(Ctx& ctx, bool setting) {
    FieldOptions options;
    options.word = fields_word(ctx, 2);
    if (options.word + 1 >= ctx.argc()) {
        ctx.reply.error(kNumberMismatch);
        return std::nullopt;
    }
    bool sound = true;
    for (size_t i = 2; sound && i < options.word; ++i)
        sound = take_option(ctx, i, setting, options);
    if (sound) return options;
    ctx.syntax_error();
    return std::nullopt;
}

// What the time comes to; false after having replied with an error.
bool resolve_time(Ctx& ctx, FieldOptions& options) {
    if (options.unit == nullptr) return true;
    const auto at = time_arg(ctx, options.time_at, options.unit->unit, options.unit->base);
    options.expire_at_ms = at.value_or(Hash::kNever);
    return at.has_value();
}

bool key_allows(const Entry* entry, const FieldOptions& options) {
    using If = FieldOptions::If;
    return options.key == If::any || (entry != nullptr) == (options.key == If::present);
}

bool fields_allow(Ctx& ctx, Entry* entry, const FieldOptions& options,
                  std::span<const Slice> pairs) {
    using If = FieldOptions::If;
    if (options.fields == If::any) return true;
    for (size_t i = 0; i < pairs.size(); i += 2) {
        const bool there = entry && Lent<Hash>(entry)->get(pairs[i], field_now_ms(ctx));
        if (there != (options.fields == If::present)) return false;
    }
    return true;
}

// The conditions have been met: what is told depends on them no longer.
void propagate_hsetex(Ctx& ctx, const FieldOptions& options) {
    if (!ctx.propagates()) return;
    std::vector<Slice> other = {ctx.arg(0), ctx.arg(1)};
    const IntegerText at(options.expire_at_ms);
    if (options.unit != nullptr) other.insert(other.end(), {"PXAT", at});
    if (options.keep_ttl) other.emplace_back("KEEPTTL");
    const auto fields = ctx.args.subspan(options.word);
    other.insert(other.end(), fields.begin(), fields.end());
    ctx.propagate(other);
}

void cmd_hsetex(Ctx& ctx) {
    auto options = parse_field_options(ctx, true);
    if (!options) return;
    const auto pairs = fields_arg(ctx, options->word + 1, 2);
    if (!pairs) return;
    const Key key = ctx.key(1);
    const auto found = write_value(ctx, key, Type::hash);
    if (!found) return;
    if (!key_allows(*found, *options)) return ctx.reply.integer(0);
    if (!resolve_time(ctx, *options)) return;
    if (!fields_allow(ctx, *found, *options, *pairs)) return ctx.reply.integer(0);
    const HashLimits limits = hash_limits(ctx);
    const int64_t at_ms = options->keep_ttl ? Hash::kKeep : options->expire_at_ms;
    const bool gone = at_ms >= 0 && ctx.is_past(at_ms);
    Entry* entry = hash_entry(ctx, key, *found);
    Outcome outcome;
    {
        Lent<Hash> hash(entry);
        hash->expect(*pairs, limits);
        for (size_t i = 0; i < pairs->size(); i += 2) {
            propagate_gone(ctx, key.name, *hash, (*pairs)[i]);
            if (gone)
                hash->remove((*pairs)[i], field_now_ms(ctx));
            else
                hash->set((*pairs)[i], (*pairs)[i + 1], at_ms, field_now_ms(ctx), limits);
            if (gone) outcome.count_removed(ctx, (*pairs)[i]);
        }
    }
    gone ? propagate_outcome(ctx, key.name, outcome, at_ms) : propagate_hsetex(ctx, *options);
    // Whoever listens is told of all steps, even where the fields were never to be seen.
    const size_t count = pairs->size() / 2;
    announce(ctx, key, entry, "hset", {.set = count});
    if (at_ms >= 0)
        ctx.parts.effects.notify(EventClass::hash, "hexpire", key.name, ctx.client.db);
    if (gone) announce(ctx, key, entry, "", {.removed = count});
    ctx.reply.integer(1);
}

void cmd_hgetex(Ctx& ctx) {
    auto options = parse_field_options(ctx, false);
    if (!options) return;
    const auto fields = fields_arg(ctx, options->word + 1);
    if (!fields) return;
    const Key key = ctx.key(1);
    const auto entry = write_value(ctx, key, Type::hash);
    if (!entry || !resolve_time(ctx, *options)) return;
    ctx.reply.array(fields->size());
    const bool changes = options->persist || options->expire_at_ms >= 0;
    Outcome outcome;
    for (const Slice field : *fields) {
        if (*entry == nullptr) {
            ctx.reply.null();
            continue;
        }
        Lent<Hash> hash(*entry);
        const auto value = hash->get(field, field_now_ms(ctx));
        value ? reply_value(ctx, *value) : ctx.reply.null();
        if (!value || !changes) continue;
        if (options->persist && hash->expiry(field, field_now_ms(ctx)) == Hash::kNever) continue;
        if (!options->persist && ctx.is_past(options->expire_at_ms)) {
            hash->remove(field, field_now_ms(ctx));
            outcome.count_removed(ctx, field);
        } else {
            hash->set_expiry(field, options->expire_at_ms, hash_limits(ctx));
            outcome.count_set(ctx, field);
        }
    }
    propagate_outcome(ctx, key.name, outcome, options->expire_at_ms);
    if (*entry != nullptr)
        announce(ctx, key, *entry, options->persist ? "hpersist" : "hexpire", outcome);
}

void cmd_hgetdel(Ctx& ctx) {
    if (!ctx.arg_is(2, "fields")) return ctx.syntax_error();
    const auto fields = fields_arg(ctx, 3);
    if (!fields) return;
    const Key key = ctx.key(1);
    const auto entry = write_value(ctx, key, Type::hash);
    if (!entry) return;
    ctx.reply.array(fields->size());
    size_t removed = 0;
    for (const Slice field : *fields) {
        if (*entry == nullptr) {
            ctx.reply.null();
            continue;
        }
        Lent<Hash> hash(*entry);
        const auto value = hash->get(field, field_now_ms(ctx));
        value ? reply_value(ctx, *value) : ctx.reply.null();
        propagate_gone(ctx, key.name, *hash, field);
        removed += hash->remove(field, field_now_ms(ctx));
    }
    if (removed == 0) return;
    ctx.changed(EventClass::hash, "hdel", key.name);
    ctx.parts.effects.add_dirty(removed - 1);
    remove_if_empty(ctx, key, *entry);
}

constexpr Command kHashExpireCommands[] = {
    {.name = "hexpire",
     .run = cmd_hexpire,
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key seconds condition=[NX|XX|GT|LT] fields=<FIELDS numfields:integer field "
               "[field ...]>",
     .summary = "Lets fields expire after some seconds."},
    {.name = "hexpireat",
     .run = cmd_hexpireat,
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key unix-time-seconds:integer condition=[NX|XX|GT|LT]@9.0.0 fields=<FIELDS "
               "numfields:integer#0 field [field ...]>",
     .summary = "Lets fields expire at a Unix time in seconds."},
    {.name = "hexpiretime",
     .run = cmd_hexpiretime,
     .arity = -5,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclHash | kAclRead,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key fields=<FIELDS numfields:integer#0 field [field ...]>",
     .summary = "Tells when fields expire, as a Unix time in seconds."},
    {.name = "hgetdel",
     .run = cmd_hgetdel,
     .arity = -5,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kDelete, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "9.1.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key fields=<FIELDS numfields:integer#0 field [field ...]>",
     .summary = "Returns the values of fields and removes them."},
    {.name = "hgetex",
     .run = cmd_hgetex,
     .arity = -5,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kUpdate | kAccess, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax =
         "key expiration=[EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT "
         "unix-time-milliseconds|PERSIST] fields=<FIELDS numfields:integer#0 field [field ...]>",
     .summary = "Returns the values of fields and sets when they expire."},
    {.name = "hpersist",
     .run = cmd_hpersist,
     .arity = -5,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key fields=<FIELDS numfields:integer#0 field [field ...]>",
     .summary = "Takes the expiry of fields away."},
    {.name = "hpexpire",
     .run = cmd_hpexpire,
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key milliseconds condition=[NX|XX|GT|LT]@9.0.0 fields=<FIELDS numfields:integer#0 "
               "field [field ...]>",
     .summary = "Lets fields expire after some milliseconds."},
    {.name = "hpexpireat",
     .run = cmd_hpexpireat,
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key unix-time-milliseconds:integer condition=[NX|XX|GT|LT]@9.0.0 fields=<FIELDS "
               "numfields:integer#0 field [field ...]>",
     .summary = "Lets fields expire at a Unix time in milliseconds."},
    {.name = "hpexpiretime",
     .run = cmd_hpexpiretime,
     .arity = -5,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclHash | kAclRead,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key fields=<FIELDS numfields:integer#0 field [field ...]>",
     .summary = "Tells when fields expire, as a Unix time in milliseconds."},
    {.name = "hpttl",
     .run = cmd_hpttl,
     .arity = -5,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclHash | kAclRead,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key fields=<FIELDS numfields:integer#0 field [field ...]>",
     .summary = "Tells in how many milliseconds fields expire."},
    {.name = "hsetex",
     .run = cmd_hsetex,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclFast | kAclHash | kAclWrite,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key key-condition=[NX|XX] fields-condition=[FNX|FXX] expiration=[EX seconds|PX "
               "milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL] "
               "fields=<FIELDS numfields:integer#0 data=<field value> [...]>",
     .summary = "Sets fields and when they expire."},
    {.name = "httl",
     .run = cmd_httl,
     .arity = -5,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclHash | kAclRead,
     .group = Group::hash,
     .since = "9.0.0",
     .complexity = "O(N) where N is the number of fields given.",
     .syntax = "key fields=<FIELDS numfields:integer#0 field [field ...]>",
     .summary = "Tells in how many seconds fields expire."},
};

}  // namespace

std::span<const Command> hash_expire_commands() { return kHashExpireCommands; }

}  // namespace rota
