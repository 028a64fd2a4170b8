// SPDX-License-Identifier: BSD-3-Clause
// Ranges of sorted sets, by rank, by score and by name: handlers and, at the end, their rows.
#include <cmath>
#include <cstdlib>

#include "commands/zset_common.h"

namespace rota {
namespace {

enum class RangeBy : uint8_t { any, rank, score, name };
enum class Direction : uint8_t { any, forward, reverse };

// ---- Bounds

struct ScoreBound {
    double score = 0;
    bool exclusive = false;
};
struct ScoreRange {
    ScoreBound min, max;
};

// As strtod() reads what is in front of the first NUL, but without blanks or hexadecimal digits.
std::optional<ScoreBound> parse_score_bound(Slice text) {
    ScoreBound bound;
    if (text.starts_with('(')) {
        bound.exclusive = true;
        text.remove_prefix(1);
    }
    const std::string copy(text.substr(0, text.find('\0')));
    if (copy.find_first_of("xX \t\n\v\f\r") != std::string::npos) return std::nullopt;
    char* end = nullptr;
    bound.score = std::strtod(copy.c_str(), &end);
    if (*end != '\0' || std::isnan(bound.score)) return std::nullopt;
    return bound;
}

std::optional<ScoreRange> score_range(Ctx& ctx, size_t min_at, size_t max_at) {
    const auto min = parse_score_bound(ctx.arg(min_at)), max = parse_score_bound(ctx.arg(max_at));
    if (min && max) return ScoreRange{*min, *max};
    ctx.reply.error("ERR min or max is not a float");
    return std::nullopt;
}

struct NameBound {
    enum class Kind : uint8_t { lowest, name, highest };
    Kind kind = Kind::name;
    bool exclusive = false;
    Slice name;
};
struct NameRange {
    NameBound min, max;
};

std::optional<NameBound> parse_name_bound(Slice text) {
    if (text == "-") return NameBound{.kind = NameBound::Kind::lowest};
    if (text == "+") return NameBound{.kind = NameBound::Kind::highest};
    if (!text.starts_with('(') && !text.starts_with('[')) return std::nullopt;
    return NameBound{.exclusive = text[0] == '(', .name = text.substr(1)};
}

std::optional<NameRange> name_range(Ctx& ctx, size_t min_at, size_t max_at) {
    const auto min = parse_name_bound(ctx.arg(min_at)), max = parse_name_bound(ctx.arg(max_at));
    if (min && max) return NameRange{*min, *max};
    ctx.reply.error("ERR min or max not valid string range item");
    return std::nullopt;
}

// ---- Bounds as ranks

IndexRange between(size_t begin, size_t end) {
    return end > begin ? IndexRange{begin, end - begin} : IndexRange{0, 0};
}

IndexRange ranks_of(const ZSet& zset, const ScoreRange& range) {
    const auto in_front = [&](Slice, double score) {
        return range.min.exclusive ? score <= range.min.score : score < range.min.score;
    };
    const auto up_to_last = [&](Slice, double score) {
        return range.max.exclusive ? score < range.max.score : score <= range.max.score;
    };
    return between(zset.count_while(in_front), zset.count_while(up_to_last));
}

IndexRange ranks_of(const ZSet& zset, const NameRange& range) {
    using Kind = NameBound::Kind;
    const auto in_front = [&](Slice name, double) {
        if (range.min.kind != Kind::name) return range.min.kind == Kind::highest;
        return range.min.exclusive ? name <= range.min.name : name < range.min.name;
    };
    const auto up_to_last = [&](Slice name, double) {
        if (range.max.kind != Kind::name) return range.max.kind == Kind::highest;
        return range.max.exclusive ? name < range.max.name : name <= range.max.name;
    };
    return between(zset.count_while(in_front), zset.count_while(up_to_last));
}

// Cuts LIMIT's offset and count out of what was found; negative: nothing left, and all.
IndexRange limited(IndexRange range, int64_t offset, int64_t count, bool reverse) {
    if (offset < 0 || static_cast<uint64_t>(offset) >= range.count) return {0, 0};
    const auto skipped = static_cast<size_t>(offset);
    const size_t left = range.count - skipped;
    const size_t taken =
        count < 0 ? left
                  : static_cast<size_t>(std::min<uint64_t>(left, static_cast<uint64_t>(count)));
    return {reverse ? range.begin + left - taken : range.begin + skipped, taken};
}

// ---- ZRANGE and its kin

struct RangeRequest {
    RangeBy by = RangeBy::any;
    Direction direction = Direction::any;
    int64_t offset = 0, limit = -1;
    bool scores = false;
    int64_t start = 0, stop = 0;
    ScoreRange by_score;
    NameRange by_name;

    bool reverse() const { return direction == Direction::reverse; }
};

bool parse_options(Ctx& ctx, size_t first, bool store, RangeRequest& request) {
    for (size_t i = first; i < ctx.argc(); ++i) {
        if (!store && ctx.arg_is(i, "withscores")) {
            request.scores = true;
        } else if (ctx.arg_is(i, "limit") && i + 2 < ctx.argc()) {
            const auto offset = ctx.integer_arg(i + 1);
            const auto limit = offset ? ctx.integer_arg(i + 2) : std::nullopt;
            if (!limit) return false;
            request.offset = *offset;
            request.limit = *limit;
            i += 2;
        } else if (request.direction == Direction::any && ctx.arg_is(i, "rev")) {
            request.direction = Direction::reverse;
        } else if (request.by == RangeBy::any && ctx.arg_is(i, "bylex")) {
            request.by = RangeBy::name;
        } else if (request.by == RangeBy::any && ctx.arg_is(i, "byscore")) {
            request.by = RangeBy::score;
        } else {
            ctx.syntax_error();
            return false;
        }
    }
    if (request.by == RangeBy::any) request.by = RangeBy::rank;
    return true;
}

bool parse_bounds(Ctx& ctx, size_t first, RangeRequest& request) {
    if (request.by == RangeBy::rank) {
        const auto start = ctx.integer_arg(first);
        const auto stop = start ? ctx.integer_arg(first + 1) : std::nullopt;
        if (!stop) return false;
        request.start = *start;
        request.stop = *stop;
        return true;
    }
    const size_t min_at = request.reverse() ? first + 1 : first;
    const size_t max_at = request.reverse() ? first : first + 1;
    if (request.by == RangeBy::score) {
        const auto range = score_range(ctx, min_at, max_at);
        if (range) request.by_score = *range;
        return range.has_value();
    }
    const auto range = name_range(ctx, min_at, max_at);
    if (range) request.by_name = *range;
    return range.has_value();
}

// False after having replied with an error. The bounds are at `first`, the options behind them.
bool parse_request(Ctx& ctx, size_t first, bool store, RangeRequest& request) {
    if (!parse_options(ctx, first + 2, store, request)) return false;
    if (request.limit != -1 && request.by == RangeBy::rank) {
        ctx.reply.error(
            "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
            "BYLEX");
        return false;
    }
    if (request.scores && request.by == RangeBy::name) {
        ctx.reply.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        return false;
    }
    return parse_bounds(ctx, first, request);
}

IndexRange ranks_of(const ZSet& zset, const RangeRequest& request) {
    if (request.by == RangeBy::rank) {
        IndexRange range = resolve_range(request.start, request.stop, zset.size());
        if (request.reverse()) range.begin = zset.size() - range.begin - range.count;
        return range;
    }
    const IndexRange range = request.by == RangeBy::score ? ranks_of(zset, request.by_score)
                                                          : ranks_of(zset, request.by_name);
    return limited(range, request.offset, request.limit, request.reverse());
}

void reply_range(Ctx& ctx, RangeRequest request) {
    if (!parse_request(ctx, 2, false, request)) return;
    const auto entry = read_zset(ctx);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.array(0);
    Lent<ZSet> zset(*entry);
    const IndexRange range = ranks_of(*zset, request);
    reply_scored_header(ctx, range.count, request.scores);
    zset->visit_ranks(range.begin, range.count, request.reverse(), [&](Slice name, double score) {
        reply_scored(ctx, name, score, request.scores);
    });
}

void cmd_zrange(Ctx& ctx) { reply_range(ctx, {}); }
void cmd_zrevrange(Ctx& ctx) {
    reply_range(ctx, {.by = RangeBy::rank, .direction = Direction::reverse});
}
void cmd_zrangebyscore(Ctx& ctx) {
    reply_range(ctx, {.by = RangeBy::score, .direction = Direction::forward});
}
void cmd_zrevrangebyscore(Ctx& ctx) {
    reply_range(ctx, {.by = RangeBy::score, .direction = Direction::reverse});
}
void cmd_zrangebylex(Ctx& ctx) {
    reply_range(ctx, {.by = RangeBy::name, .direction = Direction::forward});
}
void cmd_zrevrangebylex(Ctx& ctx) {
    reply_range(ctx, {.by = RangeBy::name, .direction = Direction::reverse});
}

void cmd_zrangestore(Ctx& ctx) {
    RangeRequest request;
    if (!parse_request(ctx, 3, true, request)) return;
    const auto entry = read_zset(ctx, 2);
    if (!entry) return;
    const ZSetLimits limits = zset_limits(ctx);
    ZSet result = ZSet::make_listpack();
    if (*entry != nullptr) {
        Lent<ZSet> zset(*entry);
        const IndexRange range = ranks_of(*zset, request);
        // How many come is known beforehand only by rank; that shows in the encoding.
        result = ZSet::make(request.by == RangeBy::rank ? range.count : 0, 0, limits);
        zset->visit_ranks(range.begin, range.count, false,
                          [&](Slice name, double score) { result.add(name, score, limits); });
    }
    store_zset(ctx, ctx.key(1), std::move(result), "zrangestore");
}

// ---- Counting and removing

template <class Range>
void reply_count(Ctx& ctx, const std::optional<Range>& range) {
    if (!range) return;
    const auto entry = read_zset(ctx);
    if (!entry) return;
    const size_t count = *entry ? ranks_of(*Lent<ZSet>(*entry), *range).count : 0;
    ctx.reply.integer(static_cast<int64_t>(count));
}

void cmd_zcount(Ctx& ctx) { reply_count(ctx, score_range(ctx, 2, 3)); }
void cmd_zlexcount(Ctx& ctx) { reply_count(ctx, name_range(ctx, 2, 3)); }

template <class Range>
void remove_range(Ctx& ctx, const std::optional<Range>& range, const char* event) {
    if (!range) return;
    const Key key = ctx.key(1);
    const auto entry = write_zset(ctx, key);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    size_t removed;
    {
        Lent<ZSet> zset(*entry);
        const IndexRange ranks = ranks_of(*zset, *range);
        zset->remove_ranks(ranks.begin, ranks.count);
        removed = ranks.count;
    }
    zset_has_lost(ctx, key, *entry, removed, event);
    ctx.reply.integer(static_cast<int64_t>(removed));
}

void cmd_zremrangebyscore(Ctx& ctx) {
    remove_range(ctx, score_range(ctx, 2, 3), "zremrangebyscore");
}
void cmd_zremrangebylex(Ctx& ctx) { remove_range(ctx, name_range(ctx, 2, 3), "zremrangebylex"); }
void cmd_zremrangebyrank(Ctx& ctx) {
    RangeRequest request{.by = RangeBy::rank};
    if (!parse_bounds(ctx, 2, request)) return;
    remove_range(ctx, std::optional(request), "zremrangebyrank");
}

constexpr HistoryItem kHistoryOfZrange[] = {{"6.2.0", "`REV`, `BYSCORE`, `BYLEX` and `LIMIT`."}};
constexpr HistoryItem kHistoryOfZrangebyscore[] = {{"2.0.0", "`WITHSCORES`."}};
constexpr HistoryItem kHistoryOfZrevrangebyscore[] = {{"2.1.6", "`WITHSCORES` and `LIMIT`."}};

constexpr Command kZsetRangeCommands[] = {
    {.name = "zcount",
     .run = cmd_zcount,
     .arity = 4,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclRead | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "2.0.0",
     .complexity = "O(log(N)) where N is the number of members.",
     .syntax = "key min:double max:double",
     .summary = "Counts the members whose scores are within a range."},
    {.name = "zlexcount",
     .run = cmd_zlexcount,
     .arity = 4,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclFast | kAclRead | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "2.8.9",
     .complexity = "O(log(N)) where N is the number of members.",
     .syntax = "key min:string max:string",
     .summary = "Counts the members whose names are within a range."},
    {.name = "zrange",
     .run = cmd_zrange,
     .arity = -4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "1.2.0",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are returned.",
     .syntax = "key start:string stop:string sortby=[BYSCORE|BYLEX]@6.2.0 [REV]@6.2.0 [LIMIT "
               "offset:integer count:integer]@6.2.0 [WITHSCORES]",
     .summary = "Returns members within a range of ranks, scores or names.",
     .history = kHistoryOfZrange},
    {.name = "zrangebylex",
     .run = cmd_zrangebylex,
     .arity = -4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "2.8.9",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are returned.",
     .syntax = "key min:string max:string [LIMIT offset:integer count:integer]",
     .summary = "Returns members whose names are within a range."},
    {.name = "zrangebyscore",
     .run = cmd_zrangebyscore,
     .arity = -4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "1.0.5",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are returned.",
     .syntax = "key min:double max:double [WITHSCORES]@2.0.0 [LIMIT offset:integer count:integer]",
     .summary = "Returns members whose scores are within a range.",
     .history = kHistoryOfZrangebyscore},
    {.name = "zrangestore",
     .run = cmd_zrangestore,
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1), key_at(kRO | kAccess, 2)},
     .acl = kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "6.2.0",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are stored.",
     .syntax = "dst:key src:key min:string max:string sortby=[BYSCORE|BYLEX] [REV] [LIMIT "
               "offset:integer count:integer]",
     .summary = "Stores members within a range of ranks, scores or names."},
    {.name = "zremrangebylex",
     .run = cmd_zremrangebylex,
     .arity = 4,
     .flags = kWrite,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "2.8.9",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are removed.",
     .syntax = "key min:string max:string",
     .summary = "Removes the members whose names are within a range."},
    {.name = "zremrangebyrank",
     .run = cmd_zremrangebyrank,
     .arity = 4,
     .flags = kWrite,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "2.0.0",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are removed.",
     .syntax = "key start:integer stop:integer",
     .summary = "Removes the members within a range of ranks."},
    {.name = "zremrangebyscore",
     .run = cmd_zremrangebyscore,
     .arity = 4,
     .flags = kWrite,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::sorted_set,
     .since = "1.2.0",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are removed.",
     .syntax = "key min:double max:double",
     .summary = "Removes the members whose scores are within a range."},
    {.name = "zrevrange",
     .run = cmd_zrevrange,
     .arity = -4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "1.2.0",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are returned.",
     .syntax = "key start:integer stop:integer [WITHSCORES]",
     .summary = "Returns members within a range of ranks, the highest score first."},
    {.name = "zrevrangebylex",
     .run = cmd_zrevrangebylex,
     .arity = -4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "2.8.9",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are returned.",
     .syntax = "key max:string min:string [LIMIT offset:integer count:integer]",
     .summary = "Returns members whose names are within a range, the last first."},
    {.name = "zrevrangebyscore",
     .run = cmd_zrevrangebyscore,
     .arity = -4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclSortedSet,
     .group = Group::sorted_set,
     .since = "2.2.0",
     .complexity = "O(log(N)+M) where N is the number of members and M how many are returned.",
     .syntax = "key max:double min:double [WITHSCORES] [LIMIT offset:integer count:integer]",
     .summary = "Returns members whose scores are within a range, the highest first.",
     .history = kHistoryOfZrevrangebyscore},
};

}  // namespace

std::span<const Command> zset_range_commands() { return kZsetRangeCommands; }

}  // namespace rota
