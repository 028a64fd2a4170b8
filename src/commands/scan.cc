// SPDX-License-Identifier: BSD-3-Clause
// Walking a database: SCAN step by step, KEYS in one go.
#include "commands/scan.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "platform/text.h"

namespace rota {
namespace {

// A key that expired while nobody looked is gone for whoever scans; removing it is up to the
// caller, after the walk.
class KeyCollector {
public:
    KeyCollector(Ctx& ctx, Slice pattern, Slice type) : ctx_(ctx), pattern_(pattern), type_(type) {}

    void operator()(const Entry* entry) {
        const Slice key = entry->key();
        ++visited_;
        if (pattern_ != "*" && !glob_match(pattern_, key)) return;
        if (!type_.empty() && !equals_ignore_case(type_name(entry->type()), type_)) return;
        if (ctx_.db().expired(entry)) {
            expired_.emplace_back(key);
            return;
        }
        ctx_.reply.bulk(key);
        ++count_;
    }
    size_t count() const { return count_; }
    size_t visited() const { return visited_; }
    void remove_expired() {
        for (const std::string& key : expired_) ctx_.db().peek(ctx_.parts.keyspace.key(key));
    }

private:
    Ctx& ctx_;
    Slice pattern_, type_;
    std::vector<std::string> expired_;
    size_t count_ = 0, visited_ = 0;
};

void cmd_keys(Ctx& ctx) {
    const size_t begin = ctx.reply.begin();
    KeyCollector collector(ctx, ctx.arg(1), {});
    ctx.db().for_each(collector);
    ctx.reply.end_array(begin, collector.count());
    collector.remove_expired();
}

bool known_type(Slice name) {
    for (const Type type :
         {Type::string, Type::list, Type::set, Type::zset, Type::hash, Type::stream}) {
        if (equals_ignore_case(type_name(type), name)) return true;
    }
    return false;
}

// Looser than other numbers: blanks, a plus sign and zeros in front are fine.
std::optional<uint64_t> parse_cursor(Slice text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\v\f"), text.size()));
    if (text.starts_with('+')) text.remove_prefix(1);
    uint64_t cursor = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), cursor);
    if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return cursor;
}

std::optional<Slice> type_arg(Ctx& ctx, size_t index) {
    if (known_type(ctx.arg(index))) return ctx.arg(index);
    ctx.reply.error("ERR unknown type name '" + std::string(ctx.arg(index)) + "'");
    return std::nullopt;
}

}  // namespace

std::optional<uint64_t> cursor_arg(Ctx& ctx, size_t index) {
    const auto cursor = parse_cursor(ctx.arg(index));
    if (!cursor) ctx.reply.error("ERR invalid cursor");
    return cursor;
}

std::optional<ScanOptions> parse_scan_options(Ctx& ctx, size_t first, ScanOf of) {
    ScanOptions options;
    for (size_t i = first; i < ctx.argc(); i += 2) {
        const bool more = i + 1 < ctx.argc();
        if (more && ctx.arg_is(i, "count")) {
            const auto count = ctx.integer_arg(i + 1);
            if (!count) return std::nullopt;
            if (*count < 1) {
                ctx.syntax_error();
                return std::nullopt;
            }
            options.count = static_cast<uint64_t>(*count);
        } else if (more && ctx.arg_is(i, "match")) {
            options.pattern = ctx.arg(i + 1);
        } else if (more && of == ScanOf::keys && ctx.arg_is(i, "type")) {
            const auto type = type_arg(ctx, i + 1);
            if (!type) return std::nullopt;
            options.type = *type;
        } else if (ctx.arg_is(i, "novalues")) {
            if (of != ScanOf::fields) {
                ctx.reply.error("ERR NOVALUES option can only be used in HSCAN");
                return std::nullopt;
            }
            options.values = false;
            --i;  // it has no argument
        } else if (ctx.arg_is(i, "noscores")) {
            if (of != ScanOf::scores) {
                ctx.reply.error("ERR NOSCORES option can only be used in ZSCAN");
                return std::nullopt;
            }
            options.values = false;
            --i;
        } else {
            ctx.syntax_error();
            return std::nullopt;
        }
    }
    return options;
}

bool ScanOptions::matches(Slice name) const { return pattern == "*" || glob_match(pattern, name); }

void end_scan(Ctx& ctx, size_t begin, uint64_t cursor, size_t elements) {
    ctx.reply.end_array(begin, elements);
    Buffer head;
    Reply head_reply(head, ctx.reply.resp());
    head_reply.array(2);
    char digits[kIntegerTextMax];
    head_reply.bulk({digits, write_unsigned(digits, cursor)});
    if (ctx.client.reply_mode == ReplyMode::on) ctx.reply.out().insert(begin, head.view());
}

namespace {

void cmd_scan(Ctx& ctx) {
    const auto begin_at = cursor_arg(ctx, 1);
    if (!begin_at) return;
    const auto options = parse_scan_options(ctx, 2, ScanOf::keys);
    if (!options) return;
    const size_t begin = ctx.reply.begin();
    KeyCollector collector(ctx, options->pattern, options->type);
    uint64_t cursor = *begin_at;
    uint64_t steps_left = options->steps_max();
    do {
        cursor = ctx.db().scan(cursor, collector);
    } while (cursor != 0 && collector.visited() < options->count && --steps_left > 0);
    end_scan(ctx, begin, cursor, collector.count());
    collector.remove_expired();
}

constexpr HistoryItem kScanHistory[] = {{"6.0.0", "`TYPE`."}};

constexpr Command kScanCommands[] = {
    {.name = "keys",
     .run = cmd_keys,
     .arity = 2,
     .flags = kReadonly,
     .acl = kAclDangerous | kAclKeyspace | kAclRead | kAclSlow,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys in the database.",
     .syntax = "pattern",
     .summary = "Returns all keys that match a pattern.",
     .tips = "REQUEST_POLICY:ALL_SHARDS; NONDETERMINISTIC_OUTPUT_ORDER"},
    {.name = "scan",
     .run = cmd_scan,
     .arity = -2,
     .flags = kReadonly | kTouchesArbitraryKeys,
     .acl = kAclKeyspace | kAclRead | kAclSlow,
     .since = "2.8.0",
     .complexity =
         "O(1) for every call; O(N) for a whole iteration, where N is the number of keys.",
     .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type@6.0.0]",
     .summary = "Walks the keys of the database, some at a time.",
     .tips = "NONDETERMINISTIC_OUTPUT; REQUEST_POLICY:SPECIAL; RESPONSE_POLICY:SPECIAL",
     .history = kScanHistory},
};

}  // namespace

std::span<const Command> scan_commands() { return kScanCommands; }

}  // namespace rota
