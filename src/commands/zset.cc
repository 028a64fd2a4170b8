// SPDX-License-Identifier: BSD-3-Clause
// Sorted sets, one member or one end at a time: handlers and, at the end, their rows.
#include <cmath>

#include "commands/pop.h"
#include "commands/scan.h"
#include "commands/zset_common.h"
#include "platform/text.h"

namespace rota {
namespace {

// ZRANDMEMBER with a negative count makes as much reply as it is asked for.
constexpr int64_t kRepeatedMax = int64_t{1} << 24;

// ---- Adding and removing

// Words in front of the first score; returns where that is.
size_t parse_rules(Ctx& ctx, ZAddRules& rules) {
    size_t i = 2;
    for (; i < ctx.argc(); ++i) {
        if (ctx.arg_is(i, "nx"))
            rules.nx = true;
        else if (ctx.arg_is(i, "xx"))
            rules.xx = true;
        else if (ctx.arg_is(i, "gt"))
            rules.gt = true;
        else if (ctx.arg_is(i, "lt"))
            rules.lt = true;
        else if (ctx.arg_is(i, "ch"))
            rules.ch = true;
        else if (ctx.arg_is(i, "incr"))
            rules.incr = true;
        else
            break;
    }
    return i;
}

// False after having replied with an error.
bool compatible(Ctx& ctx, const ZAddRules& rules, size_t pairs) {
    if (rules.nx && rules.xx) {
        ctx.reply.error("ERR XX and NX options at the same time are not compatible");
    } else if ((rules.gt && rules.nx) || (rules.lt && rules.nx) || (rules.gt && rules.lt)) {
        ctx.reply.error("ERR GT, LT, and/or NX options at the same time are not compatible");
    } else if (rules.incr && pairs > 1) {
        ctx.reply.error("ERR INCR option supports a single increment-element pair");
    } else {
        return true;
    }
    return false;
}

void cmd_zadd(Ctx& ctx) {
    ZAddRules rules;
    const size_t first = parse_rules(ctx, rules);
    const size_t left = ctx.argc() - first;
    if (left == 0 || left % 2 != 0) return ctx.syntax_error();
    if (!compatible(ctx, rules, left / 2)) return;
    std::vector<ScoredName> pairs;
    pairs.reserve(left / 2);
    for (size_t i = first; i < ctx.argc(); i += 2) {
        const auto score = ctx.double_arg(i);
        if (!score) return;
        pairs.emplace_back(*score, ctx.arg(i + 1));
    }
    add_scored(ctx, rules, pairs);
}

void cmd_zincrby(Ctx& ctx) {
    const auto score = ctx.double_arg(2);
    if (!score) return;
    const ScoredName pair{*score, ctx.arg(3)};
    add_scored(ctx, {.incr = true}, {&pair, 1});
}

void cmd_zrem(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto entry = write_zset(ctx, key);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    size_t removed = 0;
    {
        Lent<ZSet> zset(*entry);
        for (const Slice member : ctx.args.subspan(2)) {
            removed += zset->remove(member);
            if (zset->size() == 0) break;
        }
    }
    zset_has_lost(ctx, key, *entry, removed, "zrem");
    ctx.reply.integer(static_cast<int64_t>(removed));
}

// ---- Looking up

void cmd_zcard(Ctx& ctx) {
    const auto entry = read_zset(ctx);
    if (entry) ctx.reply.integer(*entry ? static_cast<int64_t>(Lent<ZSet>(*entry)->size()) : 0);
}

void reply_score(Ctx& ctx, Entry* entry, Slice member) {
    const auto score = entry ? Lent<ZSet>(entry)->score(member) : std::nullopt;
    score ? ctx.reply.real(*score) : ctx.reply.null();
}

void cmd_zscore(Ctx& ctx) {
    const auto entry = read_zset(ctx);
    if (entry) reply_score(ctx, *entry, ctx.arg(2));
}

void cmd_zmscore(Ctx& ctx) {
    const auto entry = read_zset(ctx);
    if (!entry) return;
    ctx.reply.array(ctx.argc() - 2);
    for (const Slice member : ctx.args.subspan(2)) reply_score(ctx, *entry, member);
}

void reply_rank(Ctx& ctx, ZSetOrder order) {
    if (ctx.argc() > 4)
        return ctx.reply.error("ERR wrong number of arguments for '" + ctx.command.full_name +
                               "' command");
    const bool scored = ctx.argc() == 4;
    if (scored && !ctx.arg_is(3, "withscore")) return ctx.syntax_error();
    const auto entry = read_zset(ctx);
    if (!entry) return;
    std::optional<size_t> rank;
    double score = 0;
    if (*entry != nullptr) {
        Lent<ZSet> zset(*entry);
        rank = zset->rank(ctx.arg(2));
        if (rank && scored) score = *zset->score(ctx.arg(2));
        if (rank && order == ZSetOrder::max_first) rank = zset->size() - 1 - *rank;
    }
    if (!rank) return scored ? ctx.reply.null_array() : ctx.reply.null();
    if (scored) ctx.reply.array(2);
    ctx.reply.integer(static_cast<int64_t>(*rank));
    if (scored) ctx.reply.real(score);
}

void cmd_zrank(Ctx& ctx) { reply_rank(ctx, ZSetOrder::min_first); }
void cmd_zrevrank(Ctx& ctx) { reply_rank(ctx, ZSetOrder::max_first); }

void cmd_zscan(Ctx& ctx) {
    const auto begin_at = cursor_arg(ctx, 2);
    if (!begin_at) return;
    const auto entry = read_zset(ctx);
    if (!entry) return;
    const size_t begin = ctx.reply.begin();
    if (*entry == nullptr) return end_scan(ctx, begin, 0, 0);
    const auto options = parse_scan_options(ctx, 3, ScanOf::scores);
    if (!options) return;
    Lent<ZSet> zset(*entry);
    // Listpacks have scores in their shortest form; tables show them with all digits.
    const bool packed = zset->encoding() == Encoding::listpack;
    const auto digits = [packed](double score) {
        return packed ? format_double(score) : format("%.17g", score);
    };
    uint64_t cursor = *begin_at, steps_left = options->steps_max();
    size_t seen = 0, replied = 0;
    do {
        cursor = zset->scan(cursor, [&](Slice member, double score) {
            ++seen;
            if (!options->matches(member)) return;
            ctx.reply.bulk(member);
            if (options->values) ctx.reply.bulk(digits(score));
            replied += options->values ? 2 : 1;
        });
    } while (cursor != 0 && seen < options->count && --steps_left > 0);
    end_scan(ctx, begin, cursor, replied);
}

void reply_random(Ctx& ctx, ZSet& zset, int64_t count, bool scores) {
    uint64_t random = ctx.db().random_bits();
    if (count < 0) {
        reply_scored_header(ctx, static_cast<size_t>(-count), scores);
        for (int64_t left = -count; left > 0; --left) {
            const auto [name, score] = zset.random(random);
            reply_scored(ctx, name, score, scores);
        }
        return;
    }
    const auto chosen = zset.sample(static_cast<size_t>(count), random);
    reply_scored_header(ctx, chosen.size(), scores);
    for (const auto& [name, score] : chosen) reply_scored(ctx, name, score, scores);
}

void cmd_zrandmember(Ctx& ctx) {
    std::optional<int64_t> count;
    bool scores = false;
    if (ctx.argc() > 2) {
        count = symmetric_arg(ctx, 2);
        if (!count) return;
        if (ctx.argc() > 4 || (ctx.argc() == 4 && !ctx.arg_is(3, "withscores")))
            return ctx.syntax_error();
        scores = ctx.argc() == 4;
        if (scores && (*count < -INT64_MAX / 2 || *count > INT64_MAX / 2))
            return ctx.reply.error("ERR value is out of range");
    }
    const auto entry = read_zset(ctx);
    if (!entry) return;
    if (*entry == nullptr) return count ? ctx.reply.array(0) : ctx.reply.null();
    if (count && *count < -kRepeatedMax) return ctx.reply.error("ERR value is out of range");
    Lent<ZSet> zset(*entry);
    if (count) return reply_random(ctx, *zset, *count, scores);
    uint64_t random = ctx.db().random_bits();
    ctx.reply.bulk(zset->random(random).first);
}

// ---- Popping

// How popped members are laid out: one behind the other, each with its score in an array of its
// own, or so where RESP3 is spoken.
enum class Layout : uint8_t { flat, nested };

void pop_members(Ctx& ctx, Key key, Entry* entry, ZSetOrder order, size_t count, Layout layout,
                 bool with_header = true) {
    const bool max_first = order == ZSetOrder::max_first;
    size_t removed;
    {
        Lent<ZSet> zset(entry);
        removed = std::min(count, zset->size());
        const size_t begin = max_first ? zset->size() - removed : 0;
        if (with_header) ctx.reply.array(layout == Layout::nested ? removed : removed * 2);
        zset->visit_ranks(begin, removed, max_first, [&](Slice member, double score) {
            if (layout == Layout::nested) ctx.reply.array(2);
            ctx.reply.bulk(member);
            ctx.reply.real(score);
        });
        zset->remove_ranks(begin, removed);
    }
    zset_has_lost(ctx, key, entry, removed, max_first ? "zpopmax" : "zpopmin");
}

void pop(Ctx& ctx, ZSetOrder order) {
    if (ctx.argc() > 3) return ctx.syntax_error();
    const bool counted = ctx.argc() == 3;
    const auto count = counted ? positive_arg(ctx, 2) : std::optional<int64_t>(1);
    if (!count) return;
    const Key key = ctx.key(1);
    const auto entry = write_zset(ctx, key);
    if (!entry) return;
    if (*entry == nullptr || *count == 0) return ctx.reply.array(0);
    const bool nested = counted && ctx.reply.resp() > 2;
    pop_members(ctx, key, *entry, order, static_cast<size_t>(*count),
                nested ? Layout::nested : Layout::flat);
}

void cmd_zpopmin(Ctx& ctx) { pop(ctx, ZSetOrder::min_first); }
void cmd_zpopmax(Ctx& ctx) { pop(ctx, ZSetOrder::max_first); }

ZSetOrder order_of(bool from_last) {
    return from_last ? ZSetOrder::max_first : ZSetOrder::min_first;
}

constexpr Poppable kPoppable{
    .type = Type::zset,
    .first_word = "min",
    .last_word = "max",
    .pop_first = "ZPOPMIN",
    .pop_last = "ZPOPMAX",
    .pop_many =
        [](Ctx& ctx, Key key, Entry* entry, bool from_last, int64_t count) {
            pop_members(ctx, key, entry, order_of(from_last), static_cast<size_t>(count),
                        Layout::nested);
        },
    .pop_one =
        [](Ctx& ctx, Key key, Entry* entry, bool from_last) {
            ctx.reply.array(3);
            ctx.reply.bulk(key.name);
            pop_members(ctx, key, entry, order_of(from_last), 1, Layout::flat, false);
        },
};

void cmd_zmpop(Ctx& ctx) { pop_from_first(ctx, kPoppable, false); }
void cmd_bzmpop(Ctx& ctx) { pop_from_first(ctx, kPoppable, true); }
void cmd_bzpopmin(Ctx& ctx) { pop_or_wait(ctx, kPoppable, false); }
void cmd_bzpopmax(Ctx& ctx) { pop_or_wait(ctx, kPoppable, true); }

constexpr HistoryItem kFractions[] = {{"6.0.0", "The timeout may be a fraction."}};
constexpr HistoryItem kHistoryOfZadd[] = {{"2.4.0", "Several members at once."},
                                          {"3.0.2", "`XX`, `NX`, `CH` and `INCR`."},
                                          {"6.2.0", "`GT` and `LT`."}};
constexpr HistoryItem kHistoryOfZrank[] = {{"7.2.0", "`WITHSCORE`."}};
constexpr HistoryItem kHistoryOfZrem[] = {{"2.4.0", "Several members at once."}};
constexpr HistoryItem kHistoryOfZrevrank[] = {{"7.2.0", "`WITHSCORE`."}};
constexpr HistoryItem kHistoryOfZscan[] = {{"8.0.0", "`NOSCORES`."}};

constexpr Command kZsetCommands[] = {
    {.name = "bzmpop",
     .run = cmd_bzmpop,
     .arity = -5,
     .flags = kWrite | kBlocking,
     .keys = {keys_counted(kRW | kAccess | kDelete, 2, 0, 1)},
     .acl = kAclBlocking | kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "7.0.0",
     .complexity = "O(K) + O(M*log(N)) where K is the number of keys, N the number of members and "
                   "M how many are popped.",
     .syntax = "timeout:double numkeys:integer key [key ...] where=<MIN|MAX> [COUNT count:integer]",
     .summary =
         "Pops members from the first of several sorted sets that is not empty, or waits for one."},
    {.name = "bzpopmax",
     .run = cmd_bzpopmax,
     .arity = -3,
     .flags = kWrite | kFast | kBlocking,
     .keys = {keys_range(kRW | kAccess | kDelete, 1, -2)},
     .acl = kAclBlocking | kAclFast | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "5.0.0",
     .complexity = "O(log(N)) where N is the number of members.",
     .syntax = "key [key ...] timeout:double",
     .summary = "Pops the member with the highest score of the first sorted set that is not empty, "
                "or waits for one.",
     .history = kFractions},
    {.name = "bzpopmin",
     .run = cmd_bzpopmin,
     .arity = -3,
     .flags = kWrite | kFast | kBlocking,
     .keys = {keys_range(kRW | kAccess | kDelete, 1, -2)},
     .acl = kAclBlocking | kAclFast | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "5.0.0",
     .complexity = "O(log(N)) where N is the number of members.",
     .syntax = "key [key ...] timeout:double",
     .summary = "Pops the member with the lowest score of the first sorted set that is not empty, "
                "or waits for one.",
     .history = kFractions},
    {.name = "zadd",
     .run = cmd_zadd,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "1.2.0",
     .complexity = "O(log(N)) for each member, where N is the number of members.",
     .syntax = "key condition=[NX|XX]@3.0.2 comparison=[GT|LT]@6.2.0 [change=CH]@3.0.2 "
               "[increment=INCR@3.0.2] data=<score:double member:string> [...]",
     .summary = "Adds members to a sorted set, or changes their scores.",
     .history = kHistoryOfZadd},
    {.name = "zcard",
     .run = cmd_zcard,
     .arity = 2,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclRead | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "1.2.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Counts the members of a sorted set."},
    {.name = "zincrby",
     .run = cmd_zincrby,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclFast | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "1.2.0",
     .complexity = "O(log(N)) where N is the number of members.",
     .syntax = "key increment:integer member:string",
     .summary = "Adds to the score of a member, which is made if need be."},
    {.name = "zmpop",
     .run = cmd_zmpop,
     .arity = -4,
     .flags = kWrite,
     .keys = {keys_counted(kRW | kAccess | kDelete, 1, 0, 1)},
     .acl = kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "7.0.0",
     .complexity = "O(K) + O(M*log(N)) where K is the number of keys, N the number of members and "
                   "M how many are popped.",
     .syntax = "numkeys:integer key [key ...] where=<MIN|MAX> [COUNT count:integer]",
     .summary = "Pops members from the first of several sorted sets that is not empty."},
    {.name = "zmscore",
     .run = cmd_zmscore,
     .arity = -3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclRead | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of members asked for.",
     .syntax = "key member:string [member ...]",
     .summary = "Returns the scores of members."},
    {.name = "zpopmax",
     .run = cmd_zpopmax,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kDelete, 1)},
     .acl = kAclFast | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "5.0.0",
     .complexity = "O(log(N)*M) where N is the number of members and M how many are popped.",
     .syntax = "key [count:integer]",
     .summary = "Removes and returns members with the highest scores."},
    {.name = "zpopmin",
     .run = cmd_zpopmin,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kDelete, 1)},
     .acl = kAclFast | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "5.0.0",
     .complexity = "O(log(N)*M) where N is the number of members and M how many are popped.",
     .syntax = "key [count:integer]",
     .summary = "Removes and returns members with the lowest scores."},
    {.name = "zrandmember",
     .run = cmd_zrandmember,
     .arity = -2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of members returned.",
     .syntax = "key options=[count:integer [WITHSCORES]]",
     .summary = "Returns random members of a sorted set.",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    {.name = "zrank",
     .run = cmd_zrank,
     .arity = -3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclRead | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "2.0.0",
     .complexity = "O(log(N)) where N is the number of members.",
     .syntax = "key member:string [WITHSCORE]",
     .summary = "Returns a member's place in the order of scores.",
     .history = kHistoryOfZrank},
    {.name = "zrem",
     .run = cmd_zrem,
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclFast | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "1.2.0",
     .complexity = "O(M*log(N)) where N is the number of members and M how many are given.",
     .syntax = "key member:string [member ...]",
     .summary = "Removes members of a sorted set.",
     .history = kHistoryOfZrem},
    {.name = "zrevrank",
     .run = cmd_zrevrank,
     .arity = -3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclRead | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "2.0.0",
     .complexity = "O(log(N)) where N is the number of members.",
     .syntax = "key member:string [WITHSCORE]",
     .summary = "Returns a member's place in the order of scores, the highest first.",
     .history = kHistoryOfZrevrank},
    {.name = "zscan",
     .run = cmd_zscan,
     .arity = -3,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "2.8.0",
     .complexity =
         "O(1) for every call; O(N) for a whole iteration, where N is the number of members.",
     .syntax = "key cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [NOSCORES]",
     .summary = "Walks the members of a sorted set, some at a time.",
     .tips = "NONDETERMINISTIC_OUTPUT",
     .history = kHistoryOfZscan},
    {.name = "zscore",
     .run = cmd_zscore,
     .arity = 3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclRead | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "1.2.0",
     .complexity = "O(1)",
     .syntax = "key member:string",
     .summary = "Returns the score of a member."},
};

}  // namespace

std::span<const Command> zset_commands() { return kZsetCommands; }

}  // namespace rota
