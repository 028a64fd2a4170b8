// SPDX-License-Identifier: BSD-3-Clause
// Groups of consumers: XGROUP, and what is pending in them. Handlers and, at the end, their rows.
#include "types/stream_group.h"

#include "commands/stream_common.h"

namespace rota {
namespace {

// A group for a command that works on pending entries. Its stream is on loan meanwhile.
struct Found {
    Lent<Stream> stream;
    ConsumerGroup* group;  // null: there is none

    Found(Entry* entry, Slice name) : stream(entry), group(stream->find_group(name)) {}
};

// Of XCLAIM and XAUTOCLAIM.
DeliveryOf delivery_of(const Ctx& ctx) { return {ctx.arg(1), ctx.arg(2), ctx.arg(3)}; }

// ---- XGROUP
// --------------------------------------------------------------------------------------------

struct GroupOptions {
    bool make_stream = false;
    int64_t entries_read = ConsumerGroup::kUnknown;
};

std::optional<GroupOptions> parse_group_options(Ctx& ctx, bool creating) {
    GroupOptions options;
    for (size_t i = 5; i < ctx.argc(); ++i) {
        if (creating && ctx.arg_is(i, "mkstream")) {
            options.make_stream = true;
        } else if (ctx.arg_is(i, "entriesread") && i + 1 < ctx.argc()) {
            const auto read = ctx.integer_arg(++i);
            if (!read) return std::nullopt;
            if (*read < 0 && *read != ConsumerGroup::kUnknown) {
                ctx.reply.error("ERR value for ENTRIESREAD must be positive or -1");
                return std::nullopt;
            }
            options.entries_read = *read;
        } else {
            ctx.unknown_subcommand();
            return std::nullopt;
        }
    }
    return options;
}

// The stream that must be there; null after having replied with an error.
Entry* existing_stream(Ctx& ctx) {
    const auto entry = write_stream(ctx, ctx.key(2));
    if (entry && *entry == nullptr)
        ctx.reply.error(
            "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may "
            "want to use the MKSTREAM option to create an empty stream automatically.");
    return entry.value_or(nullptr);
}

void reply_no_such_group(Ctx& ctx) {
    ctx.reply.error("NOGROUP No such consumer group '" + std::string(ctx.arg(3)) +
                    "' for key name '" + std::string(ctx.arg(2)) + "'");
}

void cmd_create(Ctx& ctx) {
    const auto options = parse_group_options(ctx, true);
    if (!options) return;
    const Key key = ctx.key(2);
    Entry* entry;
    if (options->make_stream) {
        const auto found = write_stream(ctx, key);
        if (!found) return;
        entry = *found;
    } else if ((entry = existing_stream(ctx)) == nullptr) {
        return;
    }
    if (ctx.argc() > 8) return ctx.unknown_subcommand();
    StreamId id;
    if (ctx.arg(4) == "$") {
        if (entry != nullptr) id = Lent<Stream>(entry)->counters().last_id;
    } else {
        const auto given = id_arg(ctx, 4);
        if (!given) return;
        id = *given;
    }
    if (entry == nullptr) {
        entry = add_value(ctx, key, Type::stream, Stream::make());
        ctx.parts.effects.changed(ctx.client.db, key.name);
    }
    Lent<Stream> stream(entry);
    if (stream->add_group(ctx.arg(3), ConsumerGroup(id, options->entries_read)) == nullptr)
        return ctx.reply.error("BUSYGROUP Consumer Group name already exists");
    group_changed(ctx, "xgroup-create", key.name);
    ctx.reply.ok();
}

void cmd_setid(Ctx& ctx) {
    const auto options = parse_group_options(ctx, false);
    if (!options) return;
    Entry* entry = existing_stream(ctx);
    if (entry == nullptr) return;
    Found found(entry, ctx.arg(3));
    if (found.group == nullptr) return reply_no_such_group(ctx);
    if (ctx.argc() != 5 && ctx.argc() != 7) return ctx.unknown_subcommand();
    const Slice text = ctx.arg(4);
    StreamId id = text == "+" ? StreamId::max() : StreamId::min();
    if (text == "$") {
        id = found.stream->counters().last_id;
    } else if (text != "-" && text != "+") {
        const auto given = id_arg(ctx, 4);
        if (!given) return;
        id = *given;
    }
    found.group->last_id = id;
    found.group->entries_read = options->entries_read;
    group_changed(ctx, "xgroup-setid", ctx.arg(2));
    ctx.reply.ok();
}

void cmd_destroy(Ctx& ctx) {
    Entry* entry = existing_stream(ctx);
    if (entry == nullptr) return;
    const bool was_there = Lent<Stream>(entry)->remove_group(ctx.arg(3));
    if (was_there) {
        group_changed(ctx, "xgroup-destroy", ctx.arg(2));
        ctx.parts.effects.ready(ctx.client.db, ctx.arg(2));  // who waits in it is told
    }
    ctx.reply.integer(was_there);
}

void cmd_createconsumer(Ctx& ctx) {
    Entry* entry = existing_stream(ctx);
    if (entry == nullptr) return;
    const Found found(entry, ctx.arg(3));
    if (found.group == nullptr) return reply_no_such_group(ctx);
    const bool is_new = found.group->add_consumer(ctx.arg(4), ctx.now_ms()) != nullptr;
    if (is_new) group_changed(ctx, "xgroup-createconsumer", ctx.arg(2));
    ctx.reply.integer(is_new);
}

void cmd_delconsumer(Ctx& ctx) {
    Entry* entry = existing_stream(ctx);
    if (entry == nullptr) return;
    const Found found(entry, ctx.arg(3));
    if (found.group == nullptr) return reply_no_such_group(ctx);
    const bool was_there = found.group->find_consumer(ctx.arg(4)) != nullptr;
    const size_t pending = found.group->remove_consumer(ctx.arg(4));
    if (was_there) group_changed(ctx, "xgroup-delconsumer", ctx.arg(2));
    ctx.reply.integer(static_cast<int64_t>(pending));
}

void cmd_group_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "CREATE <key> <groupname> <id|$> [MKSTREAM] [ENTRIESREAD <count>]",
        "    Make a group that has read up to the id; with MKSTREAM also the stream.",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Make a consumer of the group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove a consumer, and what is pending for it.",
        "DESTROY <key> <groupname>",
        "    Remove the group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD <count>]",
        "    Say up to which id the group has read.",
    };
    ctx.help(kLines);
}

// ---- XACK
// ----------------------------------------------------------------------------------------------

void cmd_xack(Ctx& ctx) {
    const auto entry = read_stream(ctx, 1);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    const Found found(*entry, ctx.arg(2));
    if (found.group == nullptr) return ctx.reply.integer(0);
    const auto ids = id_args(ctx, 3);
    if (!ids) return;
    int64_t acknowledged = 0;
    for (const StreamId& id : *ids) acknowledged += found.group->acknowledge(id);
    ctx.parts.effects.add_dirty(static_cast<uint64_t>(acknowledged));
    ctx.reply.integer(acknowledged);
}

// ---- XPENDING
// ------------------------------------------------------------------------------------------

void reply_pending_summary(Reply& reply, const ConsumerGroup& group) {
    const auto& deliveries = group.deliveries();
    reply.array(4);
    reply.integer(static_cast<int64_t>(deliveries.size()));
    if (deliveries.empty()) {
        reply.null();
        reply.null();
        return reply.null_array();
    }
    reply_id(reply, deliveries[deliveries.begin()].id);
    reply_id(reply, deliveries[deliveries.last()].id);
    const size_t begin = reply.begin();
    size_t waiting = 0;
    for (const auto& [name, consumer] : group.consumers()) {
        if (consumer->pending.empty()) continue;
        reply.array(2);
        reply.bulk(name);
        reply.bulk_integer(static_cast<int64_t>(consumer->pending.size()));
        ++waiting;
    }
    reply.end_array(begin, waiting);
}

struct PendingOptions {
    int64_t idle_min_ms = 0, count = 0;
    StreamId from, to;
    std::optional<Slice> consumer;
};

std::optional<PendingOptions> parse_pending(Ctx& ctx) {
    PendingOptions options;
    size_t i = 3;
    if (ctx.arg_is(3, "idle")) {
        const auto idle = ctx.integer_arg(4);
        if (!idle) return std::nullopt;
        if (ctx.argc() < 8) {
            ctx.syntax_error();
            return std::nullopt;
        }
        options.idle_min_ms = *idle;
        i += 2;
    }
    const auto count = ctx.integer_arg(i + 2);
    if (!count) return std::nullopt;
    options.count = std::max<int64_t>(*count, 0);
    const auto from = interval_start_arg(ctx, i);
    if (!from) return std::nullopt;
    const auto to = interval_end_arg(ctx, i + 1);
    if (!to) return std::nullopt;
    options.from = *from;
    options.to = *to;
    if (i + 3 < ctx.argc()) options.consumer = ctx.arg(i + 3);
    return options;
}

// Replies with one delivery, if it has been idle for long enough.
bool reply_pending(Ctx& ctx, const PendingOptions& options, const StreamId& id,
                   const Delivery& delivery) {
    const int64_t idle_ms = ctx.now_ms() - delivery.delivered_ms;
    if (options.idle_min_ms != 0 && idle_ms < options.idle_min_ms) return false;
    ctx.reply.array(4);
    reply_id(ctx.reply, id);
    ctx.reply.bulk(delivery.consumer->name);
    ctx.reply.integer(std::max<int64_t>(idle_ms, 0));
    ctx.reply.integer(static_cast<int64_t>(delivery.count));
    return true;
}

// `ids`: a map whose ids are those of deliveries.
template <class Ids>
void reply_pending_range(Ctx& ctx, const PendingOptions& options, ConsumerGroup& group,
                         const Ids& ids) {
    const size_t begin = ctx.reply.begin();
    int64_t sent = 0;
    for (auto at = ids.lower_bound(options.from);
         sent < options.count && at != ids.end() && ids[at].id <= options.to; at = ids.next(at)) {
        const StreamId id = ids[at].id;
        sent += reply_pending(ctx, options, id, *group.find_delivery(id));
    }
    ctx.reply.end_array(begin, static_cast<size_t>(sent));
}

void cmd_xpending(Ctx& ctx) {
    if (ctx.argc() != 3 && (ctx.argc() < 6 || ctx.argc() > 9)) return ctx.syntax_error();
    std::optional<PendingOptions> options;
    if (ctx.argc() > 3 && !(options = parse_pending(ctx))) return;
    const auto entry = read_stream(ctx, 1);
    if (!entry) return;
    if (*entry == nullptr) return reply_no_group(ctx, ctx.arg(1), ctx.arg(2));
    const Found found(*entry, ctx.arg(2));
    if (found.group == nullptr) return reply_no_group(ctx, ctx.arg(1), ctx.arg(2));
    if (!options) return reply_pending_summary(ctx.reply, *found.group);
    if (!options->consumer)
        return reply_pending_range(ctx, *options, *found.group, found.group->deliveries());
    const Consumer* consumer = found.group->find_consumer(*options->consumer);
    if (consumer == nullptr) return ctx.reply.array(0);
    reply_pending_range(ctx, *options, *found.group, consumer->pending);
}

// ---- XCLAIM
// --------------------------------------------------------------------------------------------

struct ClaimOptions {
    int64_t idle_min_ms = 0;
    int64_t delivered_ms = 0;
    int64_t retry_count = -1;  // negative: not given
    bool force = false, only_ids = false;
    StreamId last_id;
    std::vector<StreamId> ids;
};

bool parse_claim_option(Ctx& ctx, size_t& i, ClaimOptions& options) {
    const auto number = [&](int64_t& into, Slice error) {
        const auto value = ctx.integer_arg(++i, error);
        into = value.value_or(0);
        return value.has_value();
    };
    const bool more = i + 1 < ctx.argc();
    if (ctx.arg_is(i, "force")) return options.force = true;
    if (ctx.arg_is(i, "justid")) return options.only_ids = true;
    if (more && ctx.arg_is(i, "idle")) {
        int64_t idle_ms;
        if (!number(idle_ms, "ERR Invalid IDLE option argument for XCLAIM")) return false;
        const uint64_t at = static_cast<uint64_t>(ctx.now_ms()) - static_cast<uint64_t>(idle_ms);
        options.delivered_ms = static_cast<int64_t>(at);
        return true;
    }
    if (more && ctx.arg_is(i, "time"))
        return number(options.delivered_ms, "ERR Invalid TIME option argument for XCLAIM");
    if (more && ctx.arg_is(i, "retrycount"))
        return number(options.retry_count, "ERR Invalid RETRYCOUNT option argument for XCLAIM");
    if (more && ctx.arg_is(i, "lastid")) {
        const auto id = id_arg(ctx, ++i);
        if (id) options.last_id = *id;
        return id.has_value();
    }
    ctx.reply.error("ERR Unrecognized XCLAIM option '" + std::string(ctx.arg(i)) + "'");
    return false;
}

std::optional<ClaimOptions> parse_claim(Ctx& ctx) {
    ClaimOptions options{.delivered_ms = ctx.now_ms()};
    const auto idle = ctx.integer_arg(4, "ERR Invalid min-idle-time argument for XCLAIM");
    if (!idle) return std::nullopt;
    options.idle_min_ms = std::max<int64_t>(*idle, 0);
    size_t i = 5;
    for (; i < ctx.argc(); ++i) {
        const auto id = StreamId::parse(ctx.arg(i), 0);
        if (!id) break;
        options.ids.push_back(*id);
    }
    for (; i < ctx.argc(); ++i)
        if (!parse_claim_option(ctx, i, options)) return std::nullopt;
    // A time that cannot be is no error: clients reckon with their own clocks.
    if (options.delivered_ms < 0 || options.delivered_ms > ctx.now_ms())
        options.delivered_ms = ctx.now_ms();
    return options;
}

void reply_claimed(Ctx& ctx, const Stream& stream, const StreamId& id, bool only_id) {
    if (only_id)
        reply_id(ctx.reply, id);
    else
        reply_entry_of(ctx.reply, stream, id);
}

// Gives one entry to the consumer, if it may have it.
bool claim(Ctx& ctx, Found& found, Consumer& consumer, const ClaimOptions& options,
           const StreamId& id) {
    ConsumerGroup& group = *found.group;
    Delivery* delivery = group.find_delivery(id);
    if (!found.stream->contains(id)) {
        if (group.acknowledge(id)) {
            ctx.parts.effects.add_dirty(1);
            ctx.propagate({"XACK", ctx.arg(1), ctx.arg(2), id.text()});
        }
        return false;
    }
    if (delivery == nullptr) {
        if (!options.force) return false;
        delivery = &group.assign(id, consumer);
        delivery->count = 1;
    } else {
        if (options.idle_min_ms > 0 && ctx.now_ms() - delivery->delivered_ms < options.idle_min_ms)
            return false;
        group.assign(id, consumer);
    }
    delivery->delivered_ms = options.delivered_ms;
    if (options.retry_count >= 0)
        delivery->count = static_cast<uint64_t>(options.retry_count);
    else if (!options.only_ids)
        ++delivery->count;
    consumer.active_ms = ctx.now_ms();
    ctx.parts.effects.add_dirty(1);
    propagate_delivery(ctx, delivery_of(ctx), id, group);
    reply_claimed(ctx, *found.stream, id, options.only_ids);
    return true;
}

void cmd_xclaim(Ctx& ctx) {
    const auto entry = read_stream(ctx, 1);
    if (!entry) return;
    if (*entry == nullptr) return reply_no_group(ctx, ctx.arg(1), ctx.arg(2));
    Found found(*entry, ctx.arg(2));
    if (found.group == nullptr) return reply_no_group(ctx, ctx.arg(1), ctx.arg(2));
    const auto options = parse_claim(ctx);
    if (!options) return;
    ctx.propagate_nothing();  // but what follows
    if (options->last_id > found.group->last_id) {
        found.group->last_id = options->last_id;
        ctx.parts.effects.add_dirty(1);
        propagate_group_position(ctx, ctx.arg(1), ctx.arg(2), *found.group);
    }
    Consumer& consumer = *find_or_add_consumer(ctx, *found.group, delivery_of(ctx));
    const size_t begin = ctx.reply.begin();
    size_t claimed = 0;
    for (const StreamId& id : options->ids) claimed += claim(ctx, found, consumer, *options, id);
    ctx.reply.end_array(begin, claimed);
}

// ---- XAUTOCLAIM
// ----------------------------------------------------------------------------------------

struct AutoclaimOptions {
    int64_t idle_min_ms = 0, count = 100;
    StreamId from;
    bool only_ids = false;
};

std::optional<AutoclaimOptions> parse_autoclaim(Ctx& ctx) {
    AutoclaimOptions options;
    const auto idle = ctx.integer_arg(4, "ERR Invalid min-idle-time argument for XAUTOCLAIM");
    if (!idle) return std::nullopt;
    options.idle_min_ms = std::max<int64_t>(*idle, 0);
    const auto from = interval_start_arg(ctx, 5);
    if (!from) return std::nullopt;
    options.from = *from;
    for (size_t i = 6; i < ctx.argc(); ++i) {
        if (ctx.arg_is(i, "justid")) {
            options.only_ids = true;
        } else if (ctx.arg_is(i, "count") && i + 1 < ctx.argc()) {
            const auto count = range_arg(ctx, ++i, 1, INT64_MAX / 16, "ERR COUNT must be > 0");
            if (!count) return std::nullopt;
            options.count = *count;
        } else {
            ctx.syntax_error();
            return std::nullopt;
        }
    }
    return options;
}

// Goes through what is pending, and replies with all three parts.
void autoclaim(Ctx& ctx, Found& found, Consumer& consumer, const AutoclaimOptions& options) {
    constexpr int64_t kLooksPerClaim = 10;
    ConsumerGroup& group = *found.group;
    Buffer claimed_bytes;
    Reply claimed(claimed_bytes, ctx.reply.resp());
    size_t claimed_count = 0;
    std::vector<StreamId> gone;
    auto at = group.deliveries().lower_bound(options.from);
    int64_t wanted = options.count;
    for (int64_t looks = options.count * kLooksPerClaim;
         looks > 0 && wanted > 0 && at != group.deliveries().end(); --looks) {
        const StreamId id = group.deliveries()[at].id;
        Delivery& delivery = group.delivery(at);
        if (!found.stream->contains(id)) {
            at = group.acknowledge(at);
            gone.push_back(id);
            --wanted;
            ctx.parts.effects.add_dirty(1);
            ctx.propagate({"XACK", ctx.arg(1), ctx.arg(2), id.text()});
            continue;
        }
        at = group.deliveries().next(at);
        if (options.idle_min_ms > 0 && ctx.now_ms() - delivery.delivered_ms < options.idle_min_ms)
            continue;
        group.assign(id, consumer);
        delivery.delivered_ms = ctx.now_ms();
        if (!options.only_ids) ++delivery.count;
        if (options.only_ids)
            reply_id(claimed, id);
        else
            reply_entry_of(claimed, *found.stream, id);
        ++claimed_count;
        --wanted;
        consumer.active_ms = ctx.now_ms();
        ctx.parts.effects.add_dirty(1);
        propagate_delivery(ctx, delivery_of(ctx), id, group);
    }
    const bool at_end = at == group.deliveries().end();
    ctx.reply.array(3);
    reply_id(ctx.reply, at_end ? StreamId() : group.deliveries()[at].id);
    ctx.reply.array(claimed_count);
    ctx.reply.raw(claimed_bytes.view());
    ctx.reply.array(gone.size());
    for (const StreamId& id : gone) reply_id(ctx.reply, id);
}

void cmd_xautoclaim(Ctx& ctx) {
    // More ids than an address space can hold.
    constexpr int64_t kCountMax = int64_t{1} << 43;
    const auto options = parse_autoclaim(ctx);
    if (!options) return;
    const auto entry = read_stream(ctx, 1);
    if (!entry) return;
    if (*entry == nullptr) return reply_no_group(ctx, ctx.arg(1), ctx.arg(2));
    Found found(*entry, ctx.arg(2));
    if (found.group == nullptr) return reply_no_group(ctx, ctx.arg(1), ctx.arg(2));
    if (options->count > kCountMax)
        return ctx.reply.error(
            "ERR Insufficient memory, failed allocating transient memory, COUNT too high.");
    ctx.propagate_nothing();  // but what follows
    Consumer& consumer = *find_or_add_consumer(ctx, *found.group, delivery_of(ctx));
    autoclaim(ctx, found, consumer, *options);
}

constexpr HistoryItem kEntriesReadHistory[] = {{"7.0.0", "`ENTRIESREAD`."}};
constexpr HistoryItem kPendingHistory[] = {
    {"6.2.0", "`IDLE`, and bounds that are not counted in."}};
constexpr HistoryItem kAutoclaimHistory[] = {
    {"7.0.0", "The ids that are pending and no longer in the stream are a third element."}};

constexpr Command about_group(Slice name, Handler run, int arity, int key_flag, Slice since,
                              Slice syntax, Slice summary) {
    return {.name = name,
            .run = run,
            .arity = arity,
            .flags = kWrite | (key_flag == kInsert ? uint64_t{kDenyOom} : 0),
            .keys = {key_at(kRW | key_flag, 2)},
            .acl = kAclSlow | kAclStream | kAclWrite,
            .group = Group::stream,
            .since = since,
            .complexity = "O(1)",
            .syntax = syntax,
            .summary = summary};
}

constexpr Command with_history(Command row, std::span<const HistoryItem> history) {
    row.history = history;
    return row;
}

constexpr Command kGroupSubcommands[] = {
    with_history(about_group("create", cmd_create, -5, kInsert, "5.0.0",
                             "key group id-selector=<id|new-id=\"$\"> [MKSTREAM] "
                             "entriesread=[ENTRIESREAD entries-read:integer]",
                             "Makes a group of consumers."),
                 kEntriesReadHistory),
    about_group("createconsumer", cmd_createconsumer, 5, kInsert, "6.2.0", "key group consumer",
                "Makes a consumer of a group."),
    about_group("delconsumer", cmd_delconsumer, 5, kDelete, "5.0.0", "key group consumer",
                "Removes a consumer of a group and returns how much was pending for it."),
    about_group("destroy", cmd_destroy, 4, kDelete, "5.0.0", "key group",
                "Removes a group of consumers."),
    {.name = "help",
     .run = cmd_group_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclSlow | kAclStream,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Explains the subcommands."},
    with_history(about_group("setid", cmd_setid, -5, kUpdate, "5.0.0",
                             "key group id-selector=<id|new-id=\"$\"> "
                             "entriesread=[ENTRIESREAD entries-read:integer]",
                             "Sets up to which id a group has read."),
                 kEntriesReadHistory),
};

constexpr Command kStreamGroupCommands[] = {
    {.name = "xack",
     .run = cmd_xack,
     .arity = -4,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclStream | kAclWrite,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(1) for each id.",
     .syntax = "key group id [id ...]",
     .summary = "Acknowledges entries and returns how many of them were pending."},
    {.name = "xautoclaim",
     .run = cmd_xautoclaim,
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclFast | kAclStream | kAclWrite,
     .group = Group::stream,
     .since = "6.2.0",
     .complexity = "O(1) if COUNT is small.",
     .syntax = "key group consumer min-idle-time start:string [COUNT count] [JUSTID]",
     .summary = "Gives a consumer what has been pending for others for too long.",
     .tips = "NONDETERMINISTIC_OUTPUT",
     .history = kAutoclaimHistory},
    {.name = "xclaim",
     .run = cmd_xclaim,
     .arity = -6,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclFast | kAclStream | kAclWrite,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(log N) where N is the number of pending entries of the group.",
     .syntax = "key group consumer min-idle-time id [id ...] [IDLE ms:integer] "
               "[TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]",
     .summary = "Gives a consumer entries that are pending for others.",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    {.name = "xgroup",
     .arity = -2,
     .acl = kAclSlow,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for commands about groups of consumers.",
     .subcommands = kGroupSubcommands},
    {.name = "xpending",
     .run = cmd_xpending,
     .arity = -3,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclSlow | kAclStream,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(N) where N is the number of pending entries returned.",
     .syntax =
         "key group filters=[[IDLE min-idle-time:integer]@6.2.0 start:string end:string count "
         "[consumer]]",
     .summary = "Tells what of a group is pending.",
     .tips = "NONDETERMINISTIC_OUTPUT",
     .history = kPendingHistory},
};

}  // namespace

std::span<const Command> stream_group_commands() { return kStreamGroupCommands; }

}  // namespace rota
