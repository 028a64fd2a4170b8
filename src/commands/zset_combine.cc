// SPDX-License-Identifier: BSD-3-Clause
// Union, intersection and difference of sorted sets, for which a set is one whose scores are all 1:
// handlers and, at the end, their rows.
#include <algorithm>
#include <cmath>

#include "commands/zset_common.h"
#include "types/set.h"

namespace rota {
namespace {

enum class Operation : uint8_t { unite, intersect, subtract };
enum class Aggregate : uint8_t { sum, min, max };

struct Source {
    Entry* entry = nullptr;  // null: empty
    double weight = 1;

    size_t size() const {
        if (entry == nullptr) return 0;
        return entry->type() == Type::set ? Lent<Set>(entry)->size() : Lent<ZSet>(entry)->size();
    }
    std::optional<double> score(Slice member) const {
        if (entry == nullptr) return std::nullopt;
        if (entry->type() == Type::zset) return Lent<ZSet>(entry)->score(member);
        return Lent<Set>(entry)->contains(member) ? std::optional(1.0) : std::nullopt;
    }
    template <class Visit>
    void for_each(Visit&& visit) const {
        if (entry == nullptr) return;
        if (entry->type() == Type::zset) return Lent<ZSet>(entry)->for_each(visit);
        Lent<Set>(entry)->for_each([&visit](Slice member) { visit(member, 1.0); });
    }
};

struct Request {
    Operation operation;
    std::vector<Source> sources;
    size_t end = 0;  // behind the keys
    Aggregate aggregate = Aggregate::sum;
    bool scores = false;
};

// Whatever is not a number counts as nothing.
double weighted(double score, double weight) {
    const double product = score * weight;
    return std::isnan(product) ? 0 : product;
}

double aggregated(double a, double b, Aggregate how) {
    if (how == Aggregate::min) return b < a ? b : a;
    if (how == Aggregate::max) return b > a ? b : a;
    const double sum = a + b;
    return std::isnan(sum) ? 0 : sum;
}

// ---- Arguments

bool read_sources(Ctx& ctx, size_t numkeys_at, Request& request) {
    const auto count = ctx.integer_arg(numkeys_at);
    if (!count) return false;
    if (*count < 1) {
        ctx.reply.error("ERR at least 1 input key is needed for '" + ctx.command.full_name +
                        "' command");
        return false;
    }
    if (static_cast<uint64_t>(*count) > ctx.argc() - numkeys_at - 1) {
        ctx.syntax_error();
        return false;
    }
    request.end = numkeys_at + 1 + static_cast<size_t>(*count);
    for (size_t i = numkeys_at + 1; i < request.end; ++i) {
        Entry* entry = ctx.db().find_read(ctx.key(i));
        if (entry != nullptr && entry->type() != Type::zset && entry->type() != Type::set) {
            ctx.wrong_type();
            return false;
        }
        request.sources.push_back({.entry = entry});
    }
    return true;
}

bool parse_weights(Ctx& ctx, size_t first, Request& request) {
    for (size_t i = 0; i < request.sources.size(); ++i) {
        const auto weight = ctx.double_arg(first + i, "ERR weight value is not a float");
        if (!weight) return false;
        request.sources[i].weight = *weight;
    }
    return true;
}

bool parse_aggregate(Ctx& ctx, size_t at, Request& request) {
    if (ctx.arg_is(at, "sum"))
        request.aggregate = Aggregate::sum;
    else if (ctx.arg_is(at, "min"))
        request.aggregate = Aggregate::min;
    else if (ctx.arg_is(at, "max"))
        request.aggregate = Aggregate::max;
    else {
        ctx.syntax_error();
        return false;
    }
    return true;
}

bool parse_options(Ctx& ctx, bool store, Request& request) {
    const bool combined = request.operation != Operation::subtract;
    size_t i = request.end;
    while (i < ctx.argc()) {
        const size_t left = ctx.argc() - i;
        if (combined && left > request.sources.size() && ctx.arg_is(i, "weights")) {
            if (!parse_weights(ctx, i + 1, request)) return false;
            i += 1 + request.sources.size();
        } else if (combined && left >= 2 && ctx.arg_is(i, "aggregate")) {
            if (!parse_aggregate(ctx, i + 1, request)) return false;
            i += 2;
        } else if (!store && ctx.arg_is(i, "withscores")) {
            request.scores = true;
            ++i;
        } else {
            ctx.syntax_error();
            return false;
        }
    }
    return true;
}

// ---- The operations. Results are gathered in a table

void unite(const Request& request, ZSet& result, const ZSetLimits& limits) {
    for (const Source& source : request.sources)
        source.for_each([&](Slice member, double score) {
            const double value = weighted(score, source.weight);
            const auto old = result.score(member);
            result.set(member, old ? aggregated(*old, value, request.aggregate) : value, limits);
        });
}

// Calls visit(member, score) for what is in all sources until it returns false. The smallest
// source is the first.
template <class Visit>
void intersect(const Request& request, Visit&& visit) {
    const Source& first = request.sources[0];
    bool more = request.sources[0].size() > 0;
    if (!more) return;
    first.for_each([&](Slice member, double score) {
        if (!more) return;
        double value = weighted(score, first.weight);
        for (size_t i = 1; i < request.sources.size(); ++i) {
            const Source& other = request.sources[i];
            const auto found =
                other.entry == first.entry ? std::optional(score) : other.score(member);
            if (!found) return;
            value = aggregated(value, *found * other.weight, request.aggregate);
        }
        more = visit(member, value);
    });
}

void subtract(const Request& request, ZSet& result, const ZSetLimits& limits) {
    request.sources[0].for_each([&](Slice member, double score) {
        for (size_t i = 1; i < request.sources.size(); ++i)
            if (request.sources[i].entry == request.sources[0].entry ||
                request.sources[i].score(member))
                return;
        result.add(member, score, limits);
    });
}

void smallest_first(Request& request) {
    std::ranges::stable_sort(request.sources, {}, &Source::size);
}

ZSet combined(Ctx& ctx, Request& request) {
    ZSetLimits limits = zset_limits(ctx);
    ZSet result = ZSet::make_table(limits.seed);
    if (request.operation == Operation::subtract) {
        subtract(request, result, limits);
        return result;
    }
    smallest_first(request);
    if (request.operation == Operation::unite) {
        unite(request, result, limits);
    } else {
        intersect(request, [&](Slice member, double score) {
            result.add(member, score, limits);
            return true;
        });
    }
    return result;
}

void reply_combined(Ctx& ctx, Operation operation) {
    Request request{.operation = operation, .sources = {}};
    if (!read_sources(ctx, 1, request) || !parse_options(ctx, false, request)) return;
    const ZSet result = combined(ctx, request);
    reply_scored_header(ctx, result.size(), request.scores);
    result.for_each(
        [&](Slice name, double score) { reply_scored(ctx, name, score, request.scores); });
}

void store_combined(Ctx& ctx, Operation operation, const char* event) {
    Request request{.operation = operation, .sources = {}};
    if (!read_sources(ctx, 2, request) || !parse_options(ctx, true, request)) return;
    ZSet result = combined(ctx, request);
    result.compact(zset_limits(ctx));
    store_zset(ctx, ctx.key(1), std::move(result), event);
}

void cmd_zunion(Ctx& ctx) { reply_combined(ctx, Operation::unite); }
void cmd_zinter(Ctx& ctx) { reply_combined(ctx, Operation::intersect); }
void cmd_zdiff(Ctx& ctx) { reply_combined(ctx, Operation::subtract); }
void cmd_zunionstore(Ctx& ctx) { store_combined(ctx, Operation::unite, "zunionstore"); }
void cmd_zinterstore(Ctx& ctx) { store_combined(ctx, Operation::intersect, "zinterstore"); }
void cmd_zdiffstore(Ctx& ctx) { store_combined(ctx, Operation::subtract, "zdiffstore"); }

void cmd_zintercard(Ctx& ctx) {
    Request request{.operation = Operation::intersect, .sources = {}};
    if (!read_sources(ctx, 1, request)) return;
    int64_t limit = 0;
    for (size_t i = request.end; i < ctx.argc(); i += 2) {
        if (!ctx.arg_is(i, "limit") || i + 1 >= ctx.argc()) return ctx.syntax_error();
        const auto value = range_arg(ctx, i + 1, 0, INT64_MAX, "ERR LIMIT can't be negative");
        if (!value) return;
        limit = *value;
    }
    smallest_first(request);
    int64_t count = 0;
    intersect(request, [&](Slice, double) { return ++count != limit; });
    ctx.reply.integer(count);
}

constexpr Command kZsetCombineCommands[] = {
    {.name = "zdiff",
     .run = cmd_zdiff,
     .arity = -3,
     .flags = kReadonly,
     .keys = {keys_counted(kRO | kAccess, 1, 0, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "6.2.0",
     .complexity = "O(L + (N-K)log(N)) worst case, where L is the number of members of all sets, N "
                   "of the first and K of the result.",
     .syntax = "numkeys:integer key [key ...] [WITHSCORES]",
     .summary = "Returns what is in the first of several sorted sets alone."},
    {.name = "zdiffstore",
     .run = cmd_zdiffstore,
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1), keys_counted(kRO | kAccess, 2, 0, 1)},
     .acl = kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "6.2.0",
     .complexity = "O(L + (N-K)log(N)) worst case, where L is the number of members of all sets, N "
                   "of the first and K of the result.",
     .syntax = "destination:key numkeys:integer key [key ...]",
     .summary = "Stores what is in the first of several sorted sets alone."},
    {.name = "zinter",
     .run = cmd_zinter,
     .arity = -3,
     .flags = kReadonly,
     .keys = {keys_counted(kRO | kAccess, 1, 0, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "6.2.0",
     .complexity = "O(N*K)+O(M*log(M)) worst case, where N is the size of the smallest set, K the "
                   "number of sets and M the size of the result.",
     .syntax = "numkeys:integer key [key ...] [WEIGHTS weight:integer [weight ...]] "
               "aggregate=[AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]",
     .summary = "Returns what is in all of several sorted sets."},
    {.name = "zintercard",
     .run = cmd_zintercard,
     .arity = -3,
     .flags = kReadonly,
     .keys = {keys_counted(kRO | kAccess, 1, 0, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "7.0.0",
     .complexity =
         "O(N*K) worst case, where N is the size of the smallest set and K the number of sets.",
     .syntax = "numkeys:integer key [key ...] [LIMIT limit:integer]",
     .summary = "Counts what is in all of several sorted sets."},
    {.name = "zinterstore",
     .run = cmd_zinterstore,
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1), keys_counted(kRO | kAccess, 2, 0, 1)},
     .acl = kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "2.0.0",
     .complexity = "O(N*K)+O(M*log(M)) worst case, where N is the size of the smallest set, K the "
                   "number of sets and M the size of the result.",
     .syntax = "destination:key numkeys:integer key [key ...] [WEIGHTS weight:integer [weight "
               "...]] aggregate=[AGGREGATE <SUM|MIN|MAX>]",
     .summary = "Stores what is in all of several sorted sets."},
    {.name = "zunion",
     .run = cmd_zunion,
     .arity = -3,
     .flags = kReadonly,
     .keys = {keys_counted(kRO | kAccess, 1, 0, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "6.2.0",
     .complexity =
         "O(N)+O(M*log(M)) where N is the number of members of all sets and M of the result.",
     .syntax = "numkeys:integer key [key ...] [WEIGHTS weight:integer [weight ...]] "
               "aggregate=[AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]",
     .summary = "Returns what is in any of several sorted sets."},
    {.name = "zunionstore",
     .run = cmd_zunionstore,
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1), keys_counted(kRO | kAccess, 2, 0, 1)},
     .acl = kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "2.0.0",
     .complexity =
         "O(N)+O(M*log(M)) where N is the number of members of all sets and M of the result.",
     .syntax = "destination:key numkeys:integer key [key ...] [WEIGHTS weight:integer [weight "
               "...]] aggregate=[AGGREGATE <SUM|MIN|MAX>]",
     .summary = "Stores what is in any of several sorted sets."},
};

}  // namespace

std::span<const Command> zset_combine_commands() { return kZsetCombineCommands; }

}  // namespace rota
