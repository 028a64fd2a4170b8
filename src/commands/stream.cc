// SPDX-License-Identifier: BSD-3-Clause
// Streams: adding, reading and removing entries. Handlers and, at the end, their rows.
#include "types/stream.h"

#include "commands/stream_common.h"

namespace rota {
namespace {

StreamLimits limits_of(const Ctx& ctx) {
    const StoreOptions& options = ctx.parts.store_options;
    return {.node_bytes = options.stream_node_max_bytes,
            .node_entries = options.stream_node_max_entries};
}

// ---- Options of XADD and XTRIM
// ---------------------------------------------------------------------------------

// Parses what XADD and XTRIM have in common; each says what else it takes.
class TrimOptions {
public:
    explicit TrimOptions(Ctx& ctx) : ctx_(ctx) {}

    std::optional<StreamTrim> trim;

    // The option at `index`, if it is one of these: `index` is then its last argument.
    enum class Parsed : uint8_t { yes, no, failed };
    Parsed parse(size_t& index) {
        const bool more = index + 1 < ctx_.argc();
        if (more && ctx_.arg_is(index, "maxlen")) return threshold(index, StreamTrim::By::length);
        if (more && ctx_.arg_is(index, "minid")) return threshold(index, StreamTrim::By::id);
        if (more && ctx_.arg_is(index, "limit")) return limit(index);
        return Parsed::no;
    }
    // After all of them; false after having replied with an error.
    bool finish(bool must_trim) {
        if (limit_ > 0 && !trim)
            return refuse(
                "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
        if (must_trim && !trim)
            return refuse("ERR syntax error, XTRIM must be called with a trimming strategy");
        if (limit_ >= 0 && !(trim && trim->whole_nodes))
            return refuse("ERR syntax error, LIMIT cannot be used without the special ~ option");
        if (!trim) return true;
        trim->limit = limit_ >= 0         ? static_cast<uint64_t>(limit_)
                      : trim->whole_nodes ? default_limit()
                                          : 0;
        return true;
    }

private:
    static constexpr int64_t kNotGiven = -1;

    bool refuse(Slice error) {
        ctx_.reply.error(error);
        return false;
    }
    Parsed threshold(size_t& index, StreamTrim::By by) {
        if (trim) {
            refuse(
                "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
            return Parsed::failed;
        }
        trim = StreamTrim{.by = by};
        const Slice sign = ctx_.arg(++index);
        if (index + 1 < ctx_.argc() && (sign == "~" || sign == "=")) {
            trim->whole_nodes = sign == "~";
            ++index;
        }
        if (by == StreamTrim::By::id) {
            const auto id = id_arg(ctx_, index);
            if (id) trim->id_min = *id;
            return id ? Parsed::yes : Parsed::failed;
        }
        const auto length = ctx_.integer_arg(index);
        if (length && *length < 0) refuse("ERR The MAXLEN argument must be >= 0.");
        if (!length || *length < 0) return Parsed::failed;
        trim->length_max = static_cast<uint64_t>(*length);
        return Parsed::yes;
    }
    Parsed limit(size_t& index) {
        const auto value = ctx_.integer_arg(++index);
        if (value && *value < 0) refuse("ERR The LIMIT argument must be >= 0.");
        if (!value || *value < 0) return Parsed::failed;
        limit_ = *value;
        return Parsed::yes;
    }
    // So much that no trim takes long: a hundred nodes.
    uint64_t default_limit() const {
        constexpr int64_t kNodes = 100, kDefault = 10000, kMost = 1000000;
        const int64_t entries = ctx_.parts.store_options.stream_node_max_entries;
        if (entries <= 0) return kDefault;
        return static_cast<uint64_t>(std::min(entries, kMost / kNodes) * kNodes);
    }

    Ctx& ctx_;
    int64_t limit_ = kNotGiven;
};

// ---- Adding
// --------------------------------------------------------------------------------------------

struct AddOptions {
    std::optional<StreamTrim> trim;
    bool only_if_there = false;
    bool any_id = false;     // "*"
    PartialStreamId wanted;  // else
    size_t first_field = 0;
};

std::optional<AddOptions> parse_add(Ctx& ctx) {
    AddOptions options;
    TrimOptions trim(ctx);
    size_t i = 2;
    for (; i < ctx.argc(); ++i) {
        if (ctx.arg(i) == "*") {
            options.any_id = true;
            break;
        }
        const auto parsed = trim.parse(i);
        if (parsed == TrimOptions::Parsed::failed) return std::nullopt;
        if (parsed == TrimOptions::Parsed::yes) continue;
        if (ctx.arg_is(i, "nomkstream")) {
            options.only_if_there = true;
            continue;
        }
        const auto id = parse_partial_id(ctx.arg(i));
        if (!id) {
            ctx.reply.error("ERR Invalid stream ID specified as stream command argument");
            return std::nullopt;
        }
        options.wanted = *id;
        break;
    }
    if (!trim.finish(false)) return std::nullopt;
    options.trim = trim.trim;
    options.first_field = i + 1;
    return options;
}

// The id of the next entry; nullopt: what was asked for does not come behind the last one.
std::optional<StreamId> choose_id(const AddOptions& options, const StreamId& last, int64_t now_ms) {
    if (options.any_id) {
        const auto now = static_cast<uint64_t>(now_ms);
        return now > last.ms ? StreamId{now, 0} : last.next();
    }
    StreamId id = options.wanted.id;
    if (options.wanted.any_seq && id.ms == last.ms) {
        if (last.seq == UINT64_MAX) return std::nullopt;
        id.seq = last.seq + 1;
    }
    return id > last ? std::optional(id) : std::nullopt;
}

// With the id that was chosen, and with the bounds of what a trim has left: how much a trim of
// whole nodes takes depends on how they lie.
void propagate_add(Ctx& ctx, const AddOptions& options, const StreamId& id, const Stream& stream) {
    if (!ctx.propagates()) return;
    std::vector<Slice> other = {ctx.arg(0), ctx.arg(1)};
    const IntegerText length(uint64_t{stream.size()});
    const std::string first = stream.counters().first_id.text(), id_text = id.text();
    if (options.trim) {
        const bool by_id = options.trim->by == StreamTrim::By::id;
        other.insert(other.end(), {by_id ? "MINID" : "MAXLEN", "=", by_id ? Slice(first) : length});
    }
    other.emplace_back(id_text);
    const auto pairs = ctx.args.subspan(options.first_field);
    other.insert(other.end(), pairs.begin(), pairs.end());
    ctx.propagate(other);
}

void cmd_xadd(Ctx& ctx) {
    const auto options = parse_add(ctx);
    if (!options) return;
    const size_t first = options->first_field;
    if (first + 2 > ctx.argc() || (ctx.argc() - first) % 2 == 1)
        return ctx.reply.error("ERR wrong number of arguments for 'xadd' command");
    if (!options->any_id && !options->wanted.any_seq && options->wanted.id.is_zero())
        return ctx.reply.error("ERR The ID specified in XADD must be greater than 0-0");
    const Key key = ctx.key(1);
    auto entry = write_stream(ctx, key);
    if (!entry) return;
    if (*entry == nullptr && options->only_if_there) return ctx.reply.null();
    const StreamId last = *entry ? Lent<Stream>(*entry)->counters().last_id : StreamId{};
    if (last == StreamId::max())
        return ctx.reply.error(
            "ERR The stream has exhausted the last possible ID, unable to add more items");
    const auto id = choose_id(*options, last, ctx.now_ms());
    if (!id)
        return ctx.reply.error(
            "ERR The ID specified in XADD is equal or smaller than the target stream top item");
    if (*entry == nullptr) entry = add_value(ctx, key, Type::stream, Stream::make());
    Lent<Stream> stream(*entry);
    if (!stream->add(*id, ctx.args.subspan(first), limits_of(ctx)))
        return ctx.reply.error("ERR Elements are too large to be stored");
    reply_id(ctx.reply, *id);
    ctx.changed(EventClass::stream, "xadd", key.name);
    ctx.parts.effects.ready(ctx.client.db, key.name);
    if (options->trim && stream->trim(*options->trim) > 0)
        ctx.parts.effects.notify(EventClass::stream, "xtrim", key.name, ctx.client.db);
    propagate_add(ctx, *options, *id, *stream);
}

// ---- Reading
// -------------------------------------------------------------------------------------------

void cmd_xlen(Ctx& ctx) {
    const auto entry = read_stream(ctx, 1);
    if (!entry) return;
    ctx.reply.integer(*entry ? static_cast<int64_t>(Lent<Stream>(*entry)->size()) : 0);
}

// COUNT; INT64_MAX where there is none. nullopt after having replied with an error.
std::optional<int64_t> range_count(Ctx& ctx) {
    int64_t count = INT64_MAX;
    for (size_t i = 4; i < ctx.argc(); i += 2) {
        if (!ctx.arg_is(i, "count") || i + 1 >= ctx.argc()) {
            ctx.syntax_error();
            return std::nullopt;
        }
        const auto value = ctx.integer_arg(i + 1);
        if (!value) return std::nullopt;
        count = std::max<int64_t>(*value, 0);
    }
    return count;
}

void reply_range(Ctx& ctx, bool backwards) {
    const auto from = interval_start_arg(ctx, backwards ? 3 : 2);
    if (!from) return;
    const auto to = interval_end_arg(ctx, backwards ? 2 : 3);
    if (!to) return;
    const auto count = range_count(ctx);
    if (!count) return;
    const auto entry = read_stream(ctx, 1);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.array(0);
    if (*count == 0) return ctx.reply.null_array();
    const Lent<Stream> stream(*entry);
    const size_t begin = ctx.reply.begin();
    int64_t sent = 0;
    const auto send = [&](const Stream::Entry& found) {
        reply_entry(ctx.reply, found);
        return ++sent < *count;
    };
    if (backwards)
        stream->visit_backward(*from, *to, send);
    else
        stream->visit_forward(*from, *to, send);
    ctx.reply.end_array(begin, static_cast<size_t>(sent));
}

void cmd_xrange(Ctx& ctx) { reply_range(ctx, false); }
void cmd_xrevrange(Ctx& ctx) { reply_range(ctx, true); }

// ---- Removing
// ------------------------------------------------------------------------------------------

void cmd_xdel(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto entry = write_stream(ctx, key);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    const auto ids = id_args(ctx, 2);
    if (!ids) return;
    Lent<Stream> stream(*entry);
    Stream::Counters& counters = stream->counters();
    size_t deleted = 0;
    bool first_gone = false;
    for (const StreamId& id : *ids) {
        if (!stream->remove(id)) continue;
        first_gone = first_gone || id == counters.first_id;
        counters.max_deleted_id = std::max(counters.max_deleted_id, id);
        ++deleted;
    }
    if (first_gone || (deleted > 0 && stream->size() == 0)) stream->refresh_first_id();
    if (deleted > 0) {
        ctx.changed(EventClass::stream, "xdel", key.name);
        ctx.parts.effects.add_dirty(deleted - 1);
    }
    ctx.reply.integer(static_cast<int64_t>(deleted));
}

// As exactly as it was done.
void propagate_trim(Ctx& ctx, const StreamTrim& trim, const Stream& stream) {
    if (!ctx.propagates() || !trim.whole_nodes) return;
    if (trim.by == StreamTrim::By::id)
        return ctx.propagate(
            {"XTRIM", ctx.arg(1), "MINID", "=", stream.counters().first_id.text()});
    ctx.propagate({"XTRIM", ctx.arg(1), "MAXLEN", "=", IntegerText(uint64_t{stream.size()})});
}

void cmd_xtrim(Ctx& ctx) {
    TrimOptions options(ctx);
    for (size_t i = 2; i < ctx.argc(); ++i) {
        const auto parsed = options.parse(i);
        if (parsed == TrimOptions::Parsed::no) ctx.syntax_error();
        if (parsed != TrimOptions::Parsed::yes) return;
    }
    if (!options.finish(true)) return;
    const Key key = ctx.key(1);
    const auto entry = write_stream(ctx, key);
    if (!entry) return;
    const uint64_t gone = *entry ? Lent<Stream>(*entry)->trim(*options.trim) : 0;
    if (gone > 0) {
        ctx.changed(EventClass::stream, "xtrim", key.name);
        ctx.parts.effects.add_dirty(gone - 1);
        propagate_trim(ctx, *options.trim, *Lent<Stream>(*entry));
    }
    ctx.reply.integer(static_cast<int64_t>(gone));
}

// ---- XSETID
// --------------------------------------------------------------------------------------------

struct SetIdOptions {
    StreamId last_id;
    std::optional<int64_t> entries_added;
    StreamId max_deleted_id;
};

std::optional<SetIdOptions> parse_setid(Ctx& ctx) {
    SetIdOptions options;
    const auto id = id_arg(ctx, 2);
    if (!id) return std::nullopt;
    options.last_id = *id;
    for (size_t i = 3; i < ctx.argc(); i += 2) {
        const bool more = i + 1 < ctx.argc();
        if (more && ctx.arg_is(i, "entriesadded")) {
            options.entries_added = ctx.integer_arg(i + 1);
            if (!options.entries_added) return std::nullopt;
            if (*options.entries_added >= 0) continue;
            ctx.reply.error("ERR entries_added must be positive");
        } else if (more && ctx.arg_is(i, "maxdeletedid")) {
            const auto deleted = id_arg(ctx, i + 1);
            if (!deleted) return std::nullopt;
            options.max_deleted_id = *deleted;
            if (*deleted <= options.last_id) continue;
            ctx.reply.error(
                "ERR The ID specified in XSETID is smaller than the provided "
                "max_deleted_entry_id");
        } else {
            ctx.syntax_error();
        }
        return std::nullopt;
    }
    return options;
}

void cmd_xsetid(Ctx& ctx) {
    const auto options = parse_setid(ctx);
    if (!options) return;
    const Key key = ctx.key(1);
    const auto entry = write_stream(ctx, key);
    if (!entry) return;
    if (*entry == nullptr) return ctx.no_such_key();
    Lent<Stream> stream(*entry);
    Stream::Counters& counters = stream->counters();
    if (options->last_id < counters.max_deleted_id)
        return ctx.reply.error(
            "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
    if (stream->size() > 0) {
        const auto greatest = stream->greatest();
        if (greatest && options->last_id < *greatest)
            return ctx.reply.error(
                "ERR The ID specified in XSETID is smaller than the target stream top item");
        if (options->entries_added &&
            stream->size() > static_cast<uint64_t>(*options->entries_added))
            return ctx.reply.error(
                "ERR The entries_added specified in XSETID is smaller than the target stream "
                "length");
    }
    counters.last_id = options->last_id;
    if (options->entries_added)
        counters.entries_added = static_cast<uint64_t>(*options->entries_added);
    if (!options->max_deleted_id.is_zero()) counters.max_deleted_id = options->max_deleted_id;
    group_changed(ctx, "xsetid", key.name);
    ctx.reply.ok();
}

constexpr HistoryItem kAddHistory[] = {
    {"6.2.0", "`NOMKSTREAM`, `MINID` and `LIMIT`."},
    {"7.0.0", "An id whose sequence number is left to the server, `<ms>-*`."},
};
constexpr HistoryItem kRangeHistory[] = {{"6.2.0", "Bounds that are not counted in."}};
constexpr HistoryItem kTrimHistory[] = {{"6.2.0", "`MINID` and `LIMIT`."}};
constexpr HistoryItem kSetIdHistory[] = {{"7.0.0", "`ENTRIESADDED` and `MAXDELETEDID`."}};

constexpr Command kStreamCommands[] = {
    {.name = "xadd",
     .run = cmd_xadd,
     .arity = -5,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclStream | kAclWrite,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(1) for the new entry, O(N) for N entries that are trimmed.",
     .syntax = "key [NOMKSTREAM]@6.2.0 trim=[strategy=<MAXLEN|MINID@6.2.0> "
               "operator=[equal=\"=\"|approximately=\"~\"] threshold [LIMIT count]@6.2.0] "
               "id-selector=<auto-id=\"*\"|id> data=<field value> [...]",
     .summary = "Appends an entry to a stream, which is made if need be.",
     .tips = "NONDETERMINISTIC_OUTPUT",
     .history = kAddHistory},
    {.name = "xdel",
     .run = cmd_xdel,
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclFast | kAclStream | kAclWrite,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(1) for each entry.",
     .syntax = "key id [id ...]",
     .summary = "Removes entries from a stream and returns how many were there."},
    {.name = "xlen",
     .run = cmd_xlen,
     .arity = 2,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclRead | kAclStream,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Returns the number of entries of a stream."},
    {.name = "xrange",
     .run = cmd_xrange,
     .arity = -4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclStream,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(N) where N is the number of entries returned.",
     .syntax = "key start:string end:string [COUNT count]",
     .summary = "Returns the entries of a stream within an interval of ids.",
     .history = kRangeHistory},
    {.name = "xrevrange",
     .run = cmd_xrevrange,
     .arity = -4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclStream,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(N) where N is the number of entries returned.",
     .syntax = "key end:string start:string [COUNT count]",
     .summary = "Returns the entries of a stream within an interval of ids, the last one first.",
     .history = kRangeHistory},
    {.name = "xsetid",
     .run = cmd_xsetid,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclStream | kAclWrite,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .syntax = "key last-id [ENTRIESADDED entries-added:integer]@7.0.0 "
               "[MAXDELETEDID max-deleted-id]@7.0.0",
     .summary = "Sets the last id and the counters of a stream, for the server's own use.",
     .history = kSetIdHistory},
    {.name = "xtrim",
     .run = cmd_xtrim,
     .arity = -4,
     .flags = kWrite,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclSlow | kAclStream | kAclWrite,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(N) where N is the number of entries removed, most of them in bulk.",
     .syntax = "key trim=<strategy=<MAXLEN|MINID@6.2.0> "
               "operator=[equal=\"=\"|approximately=\"~\"] threshold [LIMIT count]@6.2.0>",
     .summary = "Removes entries from the beginning of a stream.",
     .tips = "NONDETERMINISTIC_OUTPUT",
     .history = kTrimHistory},
};

}  // namespace

std::span<const Command> stream_commands() { return kStreamCommands; }

}  // namespace rota
