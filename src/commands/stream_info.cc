// SPDX-License-Identifier: BSD-3-Clause
// XINFO: what streams, groups and consumers are made of. Handlers and, at the end, their rows.
#include "commands/stream_common.h"
#include "types/radix_shape.h"

namespace rota {
namespace {

constexpr int64_t kDefaultCount = 10;  // of FULL, so that asking stays cheap

// The stream that is asked about; null after having replied with an error.
Entry* subject(Ctx& ctx) {
    const auto entry = read_stream(ctx, 2);
    if (entry && *entry == nullptr) ctx.no_such_key();
    return entry.value_or(nullptr);
}

void named_integer(Reply& reply, Slice name, int64_t value) {
    reply.bulk(name);
    reply.integer(value);
}

void named_id(Reply& reply, Slice name, const StreamId& id) {
    reply.bulk(name);
    reply_id(reply, id);
}

void named_text(Reply& reply, Slice name, Slice text) {
    reply.bulk(name);
    reply.bulk(text);
}

void reply_progress(Reply& reply, const Stream& stream, const ConsumerGroup& group) {
    named_id(reply, "last-delivered-id", group.last_id);
    reply.bulk("entries-read");
    group.entries_read == ConsumerGroup::kUnknown ? reply.null()
                                                  : reply.integer(group.entries_read);
    reply.bulk("lag");
    const auto lag = stream.lag(group);
    lag ? reply.integer(*lag) : reply.null();
}

// ---- XINFO STREAM
// --------------------------------------------------------------------------------------

void reply_counters(Reply& reply, const Stream& stream) {
    RadixShape shape;
    stream.nodes().for_each([&shape](const StreamId& id, const Listpack&) { shape.add(id); });
    const Stream::Counters& counters = stream.counters();
    named_integer(reply, "length", static_cast<int64_t>(stream.size()));
    named_integer(reply, "radix-tree-keys", static_cast<int64_t>(stream.nodes().size()));
    named_integer(reply, "radix-tree-nodes", static_cast<int64_t>(shape.nodes()));
    named_id(reply, "last-generated-id", counters.last_id);
    named_id(reply, "max-deleted-entry-id", counters.max_deleted_id);
    named_integer(reply, "entries-added", static_cast<int64_t>(counters.entries_added));
    named_id(reply, "recorded-first-entry-id", counters.first_id);
}

void reply_summary(Reply& reply, const Stream& stream) {
    reply.map(10);
    reply_counters(reply, stream);
    named_integer(reply, "groups", static_cast<int64_t>(stream.groups().size()));
    bool any = false;
    const auto send = [&](const Stream::Entry& entry) {
        reply_entry(reply, entry);
        any = true;
        return false;
    };
    reply.bulk("first-entry");
    stream.visit_forward(StreamId::min(), StreamId::max(), send);
    if (!any) reply.null();
    reply.bulk("last-entry");
    stream.visit_backward(StreamId::min(), StreamId::max(), send);
    if (!any) reply.null();
}

// Calls one(id, value) for the first `count` of them, 0: for all, each an element of an array.
template <class Ids, class One>
void reply_first(Reply& reply, const Ids& ids, int64_t count, One one) {
    const size_t begin = reply.begin();
    int64_t sent = 0;
    for (auto at = ids.begin(); at != ids.end() && (count == 0 || sent < count);
         at = ids.next(at)) {
        one(ids[at].id, ids[at].value);
        ++sent;
    }
    reply.end_array(begin, static_cast<size_t>(sent));
}

void reply_full_consumer(Reply& reply, ConsumerGroup& group, const Consumer& consumer,
                         int64_t count) {
    reply.map(5);
    named_text(reply, "name", consumer.name);
    named_integer(reply, "seen-time", consumer.seen_ms);
    named_integer(reply, "active-time", consumer.active_ms);
    named_integer(reply, "pel-count", static_cast<int64_t>(consumer.pending.size()));
    reply.bulk("pending");
    reply_first(reply, consumer.pending, count, [&](const StreamId& id, NoValue) {
        const Delivery& delivery = *group.find_delivery(id);
        reply.array(3);
        reply_id(reply, id);
        reply.integer(delivery.delivered_ms);
        reply.integer(static_cast<int64_t>(delivery.count));
    });
}

void reply_full_group(Reply& reply, const Stream& stream, Slice name, ConsumerGroup& group,
                      int64_t count) {
    reply.map(7);
    named_text(reply, "name", name);
    reply_progress(reply, stream, group);
    named_integer(reply, "pel-count", static_cast<int64_t>(group.deliveries().size()));
    reply.bulk("pending");
    reply_first(reply, group.deliveries(), count,
                [&](const StreamId& id, const Delivery& delivery) {
                    reply.array(4);
                    reply_id(reply, id);
                    reply.bulk(delivery.consumer->name);
                    reply.integer(delivery.delivered_ms);
                    reply.integer(static_cast<int64_t>(delivery.count));
                });
    reply.bulk("consumers");
    reply.array(group.consumers().size());
    for (const auto& [unused, consumer] : group.consumers())
        reply_full_consumer(reply, group, *consumer, count);
}

void reply_full(Reply& reply, Stream& stream, int64_t count) {
    reply.map(9);
    reply_counters(reply, stream);
    reply.bulk("entries");
    const size_t begin = reply.begin();
    int64_t sent = 0;
    stream.visit_forward(StreamId::min(), StreamId::max(), [&](const Stream::Entry& entry) {
        reply_entry(reply, entry);
        return ++sent != count;
    });
    reply.end_array(begin, static_cast<size_t>(sent));
    reply.bulk("groups");
    reply.array(stream.groups().size());
    for (const auto& [name, unused] : stream.groups())
        reply_full_group(reply, stream, name, *stream.find_group(name), count);
}

void cmd_info_stream(Ctx& ctx) {
    Entry* entry = subject(ctx);
    if (entry == nullptr) return;
    Lent<Stream> stream(entry);
    if (ctx.argc() == 3) return reply_summary(ctx.reply, *stream);
    const bool counted = ctx.argc() == 6;
    if (!(ctx.argc() == 4 || counted) || !ctx.arg_is(3, "full") ||
        (counted && !ctx.arg_is(4, "count")))
        return ctx.unknown_subcommand();
    const auto count = counted ? ctx.integer_arg(5) : std::optional(kDefaultCount);
    if (count) reply_full(ctx.reply, *stream, *count < 0 ? kDefaultCount : *count);
}

// ---- The others
// ----------------------------------------------------------------------------------------

void cmd_info_groups(Ctx& ctx) {
    Entry* entry = subject(ctx);
    if (entry == nullptr) return;
    const Lent<Stream> stream(entry);
    ctx.reply.array(stream->groups().size());
    for (const auto& [name, group] : stream->groups()) {
        ctx.reply.map(6);
        named_text(ctx.reply, "name", name);
        named_integer(ctx.reply, "consumers", static_cast<int64_t>(group.consumers().size()));
        named_integer(ctx.reply, "pending", static_cast<int64_t>(group.deliveries().size()));
        reply_progress(ctx.reply, *stream, group);
    }
}

void cmd_info_consumers(Ctx& ctx) {
    Entry* entry = subject(ctx);
    if (entry == nullptr) return;
    Lent<Stream> stream(entry);
    const ConsumerGroup* group = stream->find_group(ctx.arg(3));
    if (group == nullptr)
        return ctx.reply.error("NOGROUP No such consumer group '" + std::string(ctx.arg(3)) +
                               "' for key name '" + std::string(ctx.arg(2)) + "'");
    const int64_t now_ms = ctx.now_ms();
    ctx.reply.array(group->consumers().size());
    for (const auto& [name, consumer] : group->consumers()) {
        ctx.reply.map(4);
        named_text(ctx.reply, "name", name);
        named_integer(ctx.reply, "pending", static_cast<int64_t>(consumer->pending.size()));
        named_integer(ctx.reply, "idle", std::max<int64_t>(now_ms - consumer->seen_ms, 0));
        named_integer(ctx.reply, "inactive",
                      consumer->active_ms == -1 ? -1 : now_ms - consumer->active_ms);
    }
}

void cmd_info_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "CONSUMERS <key> <groupname>",
        "    Return the consumers of a group.",
        "GROUPS <key>",
        "    Return the groups of a stream.",
        "STREAM <key> [FULL [COUNT <count>]]",
        "    Return what a stream is made of; with FULL also entries and what is pending.",
    };
    ctx.help(kLines);
}

constexpr Command about_stream(Slice name, Handler run, int arity, Slice complexity, Slice syntax,
                               Slice summary, std::span<const HistoryItem> history,
                               Slice tips = {}) {
    return {.name = name,
            .run = run,
            .arity = arity,
            .flags = kReadonly,
            .keys = {key_at(kRO | kAccess, 2)},
            .acl = kAclRead | kAclSlow | kAclStream,
            .group = Group::stream,
            .since = "5.0.0",
            .complexity = complexity,
            .syntax = syntax,
            .summary = summary,
            .tips = tips,
            .history = history};
}

constexpr HistoryItem kStreamHistory[] = {
    {"6.0.0", "`FULL`."},
    {"7.0.0", "max-deleted-entry-id, entries-added, recorded-first-entry-id, entries-read, lag."},
    {"7.2.0", "active-time, and what seen-time means."}};
constexpr HistoryItem kGroupsHistory[] = {{"7.0.0", "entries-read and lag."}};
constexpr HistoryItem kConsumersHistory[] = {{"7.2.0", "inactive."}};

constexpr Command kInfoSubcommands[] = {
    about_stream("consumers", cmd_info_consumers, 4,
                 "O(N) where N is the number of consumers of the group.", "key group",
                 "Returns the consumers of a group.", kConsumersHistory, "NONDETERMINISTIC_OUTPUT"),
    about_stream("groups", cmd_info_groups, 3, "O(N) where N is the number of groups.", "key",
                 "Returns the groups of a stream.", kGroupsHistory),
    {.name = "help",
     .run = cmd_info_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclSlow | kAclStream,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Explains the subcommands."},
    about_stream("stream", cmd_info_stream, -3, "O(N) where N is the number of nodes.",
                 "key full-block=[FULL [COUNT count]]", "Returns what a stream is made of.",
                 kStreamHistory),
};

constexpr Command kStreamInfoCommands[] = {
    {.name = "xinfo",
     .arity = -2,
     .acl = kAclSlow,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for looking into streams.",
     .subcommands = kInfoSubcommands},
};

}  // namespace

std::span<const Command> stream_info_commands() { return kStreamInfoCommands; }

}  // namespace rota
