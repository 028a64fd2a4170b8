// SPDX-License-Identifier: BSD-3-Clause
// The set family: handlers and, at the end, their rows.
#include "types/set.h"

#include <algorithm>

#include "commands/scan.h"
#include "commands/value.h"
#include "platform/text.h"

namespace rota {
namespace {

// SRANDMEMBER with a negative count makes as much reply as it is asked for.
constexpr int64_t kRepeatedMax = int64_t{1} << 24;

SetLimits limits_of(Ctx& ctx) {
    const StoreOptions& options = ctx.parts.store_options;
    return {.intset_entries = options.set_max_intset_entries,
            .listpack_entries = options.set_max_listpack_entries,
            .listpack_value = options.set_max_listpack_value,
            .seed = ctx.parts.keyspace.seed()};
}

std::optional<Entry*> read_set(Ctx& ctx, size_t index = 1) {
    return read_value(ctx, index, Type::set);
}
std::optional<Entry*> write_set(Ctx& ctx, Key key) { return write_value(ctx, key, Type::set); }

// ---- One set
// -------------------------------------------------------------------------------------------

void cmd_sadd(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto found = write_set(ctx, key);
    if (!found) return;
    const SetLimits limits = limits_of(ctx);
    const size_t count = ctx.argc() - 2;
    Entry* entry = *found != nullptr
                       ? *found
                       : add_value(ctx, key, Type::set, Set::make(ctx.arg(2), count, limits));
    Lent<Set> set(entry);
    set->expect(count, limits);
    size_t added = 0;
    for (const Slice member : ctx.args.subspan(2)) added += set->add(member, limits);
    if (added > 0) {
        ctx.changed(EventClass::set, "sadd", key.name);
        ctx.parts.effects.add_dirty(added - 1);
    }
    ctx.reply.integer(static_cast<int64_t>(added));
}

void cmd_srem(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto entry = write_set(ctx, key);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    size_t removed = 0;
    bool emptied = false;
    {
        Lent<Set> set(*entry);
        for (const Slice member : ctx.args.subspan(2)) {
            removed += set->remove(member);
            emptied = set->size() == 0;
            if (emptied) break;
        }
    }
    if (removed > 0) {
        ctx.changed(EventClass::set, "srem", key.name);
        ctx.parts.effects.add_dirty(removed - 1);
        if (emptied) remove_emptied(ctx, key);
    }
    ctx.reply.integer(static_cast<int64_t>(removed));
}

void cmd_smove(Ctx& ctx) {
    const Key source = ctx.key(1), destination = ctx.key(2);
    Entry* from = ctx.db().find_write(source);
    Entry* to = ctx.db().find_write(destination);
    if (from == nullptr) return ctx.reply.integer(0);
    if (from->type() != Type::set || (to != nullptr && to->type() != Type::set))
        return ctx.wrong_type();
    const Slice member = ctx.arg(3);
    if (from == to) return ctx.reply.integer(Lent<Set>(from)->contains(member));
    bool emptied;
    {
        Lent<Set> set(from);
        if (!set->remove(member)) return ctx.reply.integer(0);
        emptied = set->size() == 0;
    }
    ctx.changed(EventClass::set, "srem", source.name);
    if (emptied) remove_emptied(ctx, source);
    const SetLimits limits = limits_of(ctx);
    if (to == nullptr) to = add_value(ctx, destination, Type::set, Set::make(member, 1, limits));
    if (Lent<Set>(to)->add(member, limits)) ctx.changed(EventClass::set, "sadd", destination.name);
    ctx.reply.integer(1);
}

void cmd_scard(Ctx& ctx) {
    const auto entry = read_set(ctx);
    if (entry) ctx.reply.integer(*entry ? static_cast<int64_t>(Lent<Set>(*entry)->size()) : 0);
}

void cmd_sismember(Ctx& ctx) {
    const auto entry = read_set(ctx);
    if (entry) ctx.reply.integer(*entry && Lent<Set>(*entry)->contains(ctx.arg(2)));
}

void cmd_smismember(Ctx& ctx) {
    const auto entry = read_set(ctx);
    if (!entry) return;
    ctx.reply.array(ctx.argc() - 2);
    for (const Slice member : ctx.args.subspan(2))
        ctx.reply.integer(*entry && Lent<Set>(*entry)->contains(member));
}

void reply_members(Ctx& ctx, const Set& set) {
    ctx.reply.set(set.size());
    set.for_each([&ctx](Slice member) { ctx.reply.bulk(member); });
}

void cmd_smembers(Ctx& ctx) {
    const auto entry = read_set(ctx);
    if (!entry) return;
    *entry ? reply_members(ctx, *Lent<Set>(*entry)) : ctx.reply.set(0);
}

void cmd_sscan(Ctx& ctx) {
    const auto begin_at = cursor_arg(ctx, 2);
    if (!begin_at) return;
    const auto entry = read_set(ctx);
    if (!entry) return;
    const size_t begin = ctx.reply.begin();
    if (*entry == nullptr) return end_scan(ctx, begin, 0, 0);
    const auto options = parse_scan_options(ctx, 3, ScanOf::members);
    if (!options) return;
    Lent<Set> set(*entry);
    uint64_t cursor = *begin_at, steps_left = options->steps_max();
    size_t seen = 0, replied = 0;
    do {
        cursor = set->scan(cursor, [&](Slice member) {
            ++seen;
            if (!options->matches(member)) return;
            ++replied;
            ctx.reply.bulk(member);
        });
    } while (cursor != 0 && seen < options->count && --steps_left > 0);
    end_scan(ctx, begin, cursor, replied);
}

// ---- Chance
// --------------------------------------------------------------------------------------------

// What chance has chosen.
void propagate_popped(Ctx& ctx, Key key, std::span<const std::string> members) {
    constexpr size_t kMembersMax = 1024;  // in one command
    ctx.propagate_nothing();
    for (size_t first = 0; ctx.propagates() && first < members.size(); first += kMembersMax) {
        std::vector<Slice> other = {"SREM", key.name};
        const auto some = members.subspan(first, std::min(kMembersMax, members.size() - first));
        other.insert(other.end(), some.begin(), some.end());
        ctx.propagate(other);
    }
}

void pop_many(Ctx& ctx, Key key, Entry* entry, size_t count) {
    ctx.changed(EventClass::set, "spop", key.name);
    {
        Lent<Set> set(entry);
        if (count < set->size()) {
            uint64_t random = ctx.db().random_bits();
            const auto chosen = set->sample(count, random);
            ctx.reply.set(count);
            for (const std::string& member : chosen) {
                ctx.reply.bulk(member);
                set->remove(member);
            }
            propagate_popped(ctx, key, chosen);
            return ctx.parts.effects.add_dirty(count - 1);
        }
        ctx.parts.effects.add_dirty(set->size() - 1);
        reply_members(ctx, *set);
    }
    remove_emptied(ctx, key);
    const bool lazy = ctx.parts.store_options.lazyfree_lazy_server_del;
    ctx.propagate({lazy ? "UNLINK" : "DEL", key.name});
}

void cmd_spop(Ctx& ctx) {
    if (ctx.argc() > 3) return ctx.syntax_error();
    const auto count = ctx.argc() == 3 ? positive_arg(ctx, 2) : std::optional<int64_t>(-1);
    if (!count) return;
    const Key key = ctx.key(1);
    const auto entry = write_set(ctx, key);
    if (!entry) return;
    if (*count == 0 || (*count > 0 && *entry == nullptr)) return ctx.reply.set(0);
    if (*entry == nullptr) return ctx.reply.null();
    if (*count > 0) return pop_many(ctx, key, *entry, static_cast<size_t>(*count));
    bool emptied;
    {
        Lent<Set> set(*entry);
        uint64_t random = ctx.db().random_bits();
        const std::string member = set->random(random);
        set->remove(member);
        ctx.reply.bulk(member);
        ctx.propagate({"SREM", key.name, member});
        emptied = set->size() == 0;
    }
    ctx.changed(EventClass::set, "spop", key.name);
    if (emptied) remove_emptied(ctx, key);
}

void cmd_srandmember(Ctx& ctx) {
    if (ctx.argc() > 3) return ctx.syntax_error();
    const bool counted = ctx.argc() == 3;
    const auto count = counted ? symmetric_arg(ctx, 2) : std::optional<int64_t>(1);
    if (!count) return;
    const auto entry = read_set(ctx);
    if (!entry) return;
    if (*entry == nullptr) return counted ? ctx.reply.array(0) : ctx.reply.null();
    if (*count < -kRepeatedMax) return ctx.reply.error("ERR value is out of range");
    Lent<Set> set(*entry);
    uint64_t random = ctx.db().random_bits();
    if (!counted) return ctx.reply.bulk(set->random(random));
    if (*count < 0) {
        ctx.reply.array(static_cast<size_t>(-*count));
        for (int64_t left = -*count; left > 0; --left) ctx.reply.bulk(set->random(random));
        return;
    }
    const auto chosen = set->sample(static_cast<size_t>(*count), random);
    ctx.reply.array(chosen.size());
    for (const std::string& member : chosen) ctx.reply.bulk(member);
}

// ---- Several sets
// --------------------------------------------------------------------------------------

// The sets of several keys; one that is not there is an empty one.
class Operands {
public:
    // False: some key holds something else, and that has been replied.
    bool read(Ctx& ctx, size_t first, size_t end) {
        for (size_t i = first; i < end; ++i) {
            const auto entry = read_set(ctx, i);
            if (!entry) return false;
            entries_.push_back(*entry);
        }
        return true;
    }
    size_t count() const { return entries_.size(); }
    const Entry* entry(size_t i) const { return entries_[i]; }
    bool any_missing() const { return std::ranges::count(entries_, nullptr) > 0; }
    size_t size(size_t i) const { return entries_[i] ? Lent<Set>(entries_[i])->size() : 0; }
    bool contains(size_t i, Slice member) const {
        return entries_[i] && Lent<Set>(entries_[i])->contains(member);
    }
    template <class Visit>
    void for_each(size_t i, Visit&& visit) const {
        if (entries_[i] != nullptr) Lent<Set>(entries_[i])->for_each(visit);
    }
    void smallest_first() {
        std::ranges::stable_sort(entries_, {}, [](Entry* e) { return Lent<Set>(e)->size(); });
    }
    // All but the first, the largest in front: a member is soonest found there.
    void largest_first_behind() {
        std::ranges::stable_sort(entries_.begin() + 1, entries_.end(), std::greater<>(),
                                 [](Entry* e) { return e ? Lent<Set>(e)->size() : 0; });
    }

private:
    std::vector<Entry*> entries_;
};

// Puts a result where it belongs; an empty one removes what is there.
void store_result(Ctx& ctx, Set&& result, const char* event) {
    const Key key = ctx.key(1);
    const size_t size = result.size();
    if (size > 0) {
        add_value(ctx, key, Type::set, std::move(result));
        ctx.changed(EventClass::set, event, key.name);
    } else if (ctx.db().erase(key, ctx.parts.store_options.lazyfree_lazy_server_del)) {
        ctx.changed(EventClass::generic, "del", key.name);
    }
    ctx.reply.integer(static_cast<int64_t>(size));
}

// Calls visit(member) for what is in all sets until it returns false. No set may be missing.
template <class Visit>
void intersect(Operands& sets, Visit&& visit) {
    sets.smallest_first();
    bool more = true;
    sets.for_each(0, [&](Slice member) {
        if (!more) return;
        for (size_t i = 1; i < sets.count(); ++i)
            if (sets.entry(i) != sets.entry(0) && !sets.contains(i, member)) return;
        more = visit(member);
    });
}

void cmd_sinter(Ctx& ctx) {
    Operands sets;
    if (!sets.read(ctx, 1, ctx.argc())) return;
    if (sets.any_missing()) return ctx.reply.set(0);
    const size_t begin = ctx.reply.begin();
    size_t count = 0;
    intersect(sets, [&](Slice member) {
        ctx.reply.bulk(member);
        ++count;
        return true;
    });
    ctx.reply.end_set(begin, count);
}

void cmd_sinterstore(Ctx& ctx) {
    Operands sets;
    if (!sets.read(ctx, 2, ctx.argc())) return;
    if (sets.any_missing()) return store_result(ctx, Set::make_intset(), "sinterstore");
    const SetLimits limits = limits_of(ctx);
    sets.smallest_first();
    Set result =
        sets.entry(0)->encoding() == Encoding::intset ? Set::make_intset() : Set::make_listpack();
    bool integers = true;
    intersect(sets, [&](Slice member) {
        integers = integers && member.size() <= kIntegerTextMax && parse_int64(member);
        return result.add(member, limits);
    });
    if (integers && result.size() > 0) result.narrow(limits);
    store_result(ctx, std::move(result), "sinterstore");
}

void cmd_sintercard(Ctx& ctx) {
    const auto keys = range_arg(ctx, 1, 1, INT64_MAX, "ERR numkeys should be greater than 0");
    if (!keys) return;
    if (static_cast<uint64_t>(*keys) > ctx.argc() - 2)
        return ctx.reply.error("ERR Number of keys can't be greater than number of args");
    const size_t end = 2 + static_cast<size_t>(*keys);
    int64_t limit = 0;
    for (size_t i = end; i < ctx.argc(); i += 2) {
        if (!ctx.arg_is(i, "limit") || i + 1 >= ctx.argc()) return ctx.syntax_error();
        const auto value = range_arg(ctx, i + 1, 0, INT64_MAX, "ERR LIMIT can't be negative");
        if (!value) return;
        limit = *value;
    }
    Operands sets;
    if (!sets.read(ctx, 2, end)) return;
    int64_t count = 0;
    if (!sets.any_missing()) intersect(sets, [&](Slice) { return ++count != limit; });
    ctx.reply.integer(count);
}

Set unite(const Operands& sets, Set result, const SetLimits& limits) {
    for (size_t i = 0; i < sets.count(); ++i)
        sets.for_each(i, [&](Slice member) { result.add(member, limits); });
    return result;
}

// Either each member of the first is looked up in the others, or the others are taken away from
// all of the first: whichever looks at fewer members.
Set subtract(Operands& sets, Set result, const SetLimits& limits) {
    if (sets.entry(0) == nullptr) return result;
    size_t looked_up = 0, taken_away = 0;
    for (size_t i = 0; i < sets.count(); ++i) {
        if (i > 0 && sets.entry(i) == sets.entry(0)) return result;
        looked_up += sets.entry(i) ? sets.size(0) : 0;
        taken_away += sets.size(i);
    }
    if (looked_up / 2 <= taken_away) {
        sets.largest_first_behind();
        sets.for_each(0, [&](Slice member) {
            for (size_t i = 1; i < sets.count(); ++i)
                if (sets.contains(i, member)) return;
            result.add(member, limits);
        });
        return result;
    }
    sets.for_each(0, [&](Slice member) { result.add(member, limits); });
    for (size_t i = 1; i < sets.count(); ++i)
        sets.for_each(i, [&](Slice member) { result.remove(member); });
    return result;
}

// What a result that is not stored is gathered in: ordered where all are.
Set scratch_set(const Operands& sets, const SetLimits& limits) {
    for (size_t i = 0; i < sets.count(); ++i)
        if (sets.entry(i) != nullptr && sets.entry(i)->encoding() != Encoding::intset)
            return Set::make_table(limits.seed);
    return Set::make_intset();
}

void cmd_sunion(Ctx& ctx) {
    Operands sets;
    if (!sets.read(ctx, 1, ctx.argc())) return;
    const SetLimits limits = limits_of(ctx);
    reply_members(ctx, unite(sets, scratch_set(sets, limits), limits));
}

void cmd_sunionstore(Ctx& ctx) {
    Operands sets;
    if (!sets.read(ctx, 2, ctx.argc())) return;
    store_result(ctx, unite(sets, Set::make_intset(), limits_of(ctx)), "sunionstore");
}

void cmd_sdiff(Ctx& ctx) {
    Operands sets;
    if (!sets.read(ctx, 1, ctx.argc())) return;
    const SetLimits limits = limits_of(ctx);
    reply_members(ctx, subtract(sets, scratch_set(sets, limits), limits));
}

void cmd_sdiffstore(Ctx& ctx) {
    Operands sets;
    if (!sets.read(ctx, 2, ctx.argc())) return;
    store_result(ctx, subtract(sets, Set::make_intset(), limits_of(ctx)), "sdiffstore");
}

constexpr HistoryItem kSeveralMembers[] = {{"2.4.0", "Several members at once."}};
constexpr HistoryItem kPopHistory[] = {{"3.2.0", "`count`."}};
constexpr HistoryItem kRandomHistory[] = {{"2.6.0", "`count`."}};

constexpr Command kSetCommands[] = {
    {.name = "sadd",
     .run = cmd_sadd,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclFast | kAclSet | kAclWrite,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(1) for each member.",
     .syntax = "key member [member ...]",
     .summary = "Adds members to a set, which is made if need be.",
     .history = kSeveralMembers},
    {.name = "scard",
     .run = cmd_scard,
     .arity = 2,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclRead | kAclSet,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Counts the members of a set."},
    {.name = "sdiff",
     .run = cmd_sdiff,
     .arity = -2,
     .flags = kReadonly,
     .keys = {keys_range(kRO | kAccess, 1, -1)},
     .acl = kAclRead | kAclSet | kAclSlow,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members of all sets.",
     .syntax = "key [key ...]",
     .summary = "Returns what is in the first of several sets alone.",
     .tips = "NONDETERMINISTIC_OUTPUT_ORDER"},
    {.name = "sdiffstore",
     .run = cmd_sdiffstore,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1), keys_range(kRO | kAccess, 2, -1)},
     .acl = kAclSet | kAclSlow | kAclWrite,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members of all sets.",
     .syntax = "destination:key key#1 [key ...]",
     .summary = "Stores what is in the first of several sets alone."},
    {.name = "sinter",
     .run = cmd_sinter,
     .arity = -2,
     .flags = kReadonly,
     .keys = {keys_range(kRO | kAccess, 1, -1)},
     .acl = kAclRead | kAclSet | kAclSlow,
     .group = Group::set,
     .since = "1.0.0",
     .complexity =
         "O(N*M) worst case, where N is the size of the smallest set and M the number of sets.",
     .syntax = "key [key ...]",
     .summary = "Returns what is in all of several sets.",
     .tips = "NONDETERMINISTIC_OUTPUT_ORDER"},
    {.name = "sintercard",
     .run = cmd_sintercard,
     .arity = -3,
     .flags = kReadonly,
     .keys = {keys_counted(kRO | kAccess, 1, 0, 1)},
     .acl = kAclRead | kAclSet | kAclSlow,
     .group = Group::set,
     .since = "7.0.0",
     .complexity =
         "O(N*M) worst case, where N is the size of the smallest set and M the number of sets.",
     .syntax = "numkeys key [key ...] [LIMIT limit]",
     .summary = "Counts what is in all of several sets."},
    {.name = "sinterstore",
     .run = cmd_sinterstore,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1), keys_range(kRO | kAccess, 2, -1)},
     .acl = kAclSet | kAclSlow | kAclWrite,
     .group = Group::set,
     .since = "1.0.0",
     .complexity =
         "O(N*M) worst case, where N is the size of the smallest set and M the number of sets.",
     .syntax = "destination:key key#1 [key ...]",
     .summary = "Stores what is in all of several sets."},
    {.name = "sismember",
     .run = cmd_sismember,
     .arity = 3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclRead | kAclSet,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key member",
     .summary = "Tells whether something is in a set."},
    {.name = "smembers",
     .run = cmd_smembers,
     .arity = 2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSet | kAclSlow,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members.",
     .syntax = "key",
     .summary = "Returns all members of a set.",
     .tips = "NONDETERMINISTIC_OUTPUT_ORDER"},
    {.name = "smismember",
     .run = cmd_smismember,
     .arity = -3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclRead | kAclSet,
     .group = Group::set,
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of members asked for.",
     .syntax = "key member [member ...]",
     .summary = "Tells for each of several things whether it is in a set."},
    {.name = "smove",
     .run = cmd_smove,
     .arity = 4,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kDelete, 1), key_at(kRW | kInsert, 2)},
     .acl = kAclFast | kAclSet | kAclWrite,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "source:key destination:key member",
     .summary = "Moves a member from one set to another."},
    {.name = "spop",
     .run = cmd_spop,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kDelete, 1)},
     .acl = kAclFast | kAclSet | kAclWrite,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members returned.",
     .syntax = "key [count]@3.2.0",
     .summary = "Removes random members of a set and returns them.",
     .tips = "NONDETERMINISTIC_OUTPUT",
     .history = kPopHistory},
    {.name = "srandmember",
     .run = cmd_srandmember,
     .arity = -2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSet | kAclSlow,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members returned.",
     .syntax = "key [count]@2.6.0",
     .summary = "Returns random members of a set.",
     .tips = "NONDETERMINISTIC_OUTPUT",
     .history = kRandomHistory},
    {.name = "srem",
     .run = cmd_srem,
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclFast | kAclSet | kAclWrite,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members given.",
     .syntax = "key member [member ...]",
     .summary = "Removes members of a set.",
     .history = kSeveralMembers},
    {.name = "sscan",
     .run = cmd_sscan,
     .arity = -3,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSet | kAclSlow,
     .group = Group::set,
     .since = "2.8.0",
     .complexity =
         "O(1) for every call; O(N) for a whole iteration, where N is the number of members.",
     .syntax = "key cursor [MATCH pattern] [COUNT count]",
     .summary = "Walks the members of a set, some at a time.",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    {.name = "sunion",
     .run = cmd_sunion,
     .arity = -2,
     .flags = kReadonly,
     .keys = {keys_range(kRO | kAccess, 1, -1)},
     .acl = kAclRead | kAclSet | kAclSlow,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members of all sets.",
     .syntax = "key [key ...]",
     .summary = "Returns what is in any of several sets.",
     .tips = "NONDETERMINISTIC_OUTPUT_ORDER"},
    {.name = "sunionstore",
     .run = cmd_sunionstore,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1), keys_range(kRO | kAccess, 2, -1)},
     .acl = kAclSet | kAclSlow | kAclWrite,
     .group = Group::set,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members of all sets.",
     .syntax = "destination:key key#1 [key ...]",
     .summary = "Stores what is in any of several sets."},
};

}  // namespace

std::span<const Command> set_commands() { return kSetCommands; }

}  // namespace rota
