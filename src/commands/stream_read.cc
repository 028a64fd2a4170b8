// SPDX-License-Identifier: BSD-3-Clause
// XREAD and XREADGROUP: what came into several streams behind given ids. Handlers and rows.
#include "commands/blocking.h"
#include "commands/stream_common.h"
#include "platform/text.h"

namespace rota {
namespace {

// One stream that is read, and from where.
struct Source {
    size_t key_index;
    StreamId after;
    bool only_new = false;           // ">": what no consumer of the group has got
    ConsumerGroup* group = nullptr;  // of XREADGROUP
};

struct ReadOptions {
    bool in_group = false;  // XREADGROUP
    Slice group, consumer;
    bool has_group = false;
    int64_t count = 0;  // 0: no limit
    std::optional<int64_t> block_ms;
    bool no_ack = false;
    size_t first_key = 0, streams = 0;
};

bool refuse(Ctx& ctx, const std::string& error) {
    ctx.reply.error(error);
    return false;
}

bool only_in_group(Ctx& ctx, const char* option) {
    return refuse(ctx, format("ERR The %s option is only supported by XREADGROUP. You called XREAD "
                              "instead.",
                              option));
}

bool parse_streams(Ctx& ctx, size_t first, ReadOptions& options) {
    const size_t left = ctx.argc() - first;
    options.first_key = first;
    options.streams = left / 2;
    if (left % 2 == 0) return true;
    return refuse(ctx, format("ERR Unbalanced '%s' list of streams: for each stream key an ID or "
                              "'%c' must be specified.",
                              ctx.command.full_name.c_str(), options.in_group ? '>' : '$'));
}

bool parse_options(Ctx& ctx, ReadOptions& options) {
    for (size_t i = 1; i < ctx.argc(); ++i) {
        const size_t more = ctx.argc() - i - 1;
        if (more >= 1 && ctx.arg_is(i, "block")) {
            options.block_ms = timeout_arg(ctx, ++i, TimeoutUnit::milliseconds);
            if (!options.block_ms) return false;
        } else if (more >= 1 && ctx.arg_is(i, "count")) {
            const auto count = ctx.integer_arg(++i);
            if (!count) return false;
            options.count = std::max<int64_t>(*count, 0);
        } else if (more >= 1 && ctx.arg_is(i, "streams")) {
            return parse_streams(ctx, i + 1, options);
        } else if (more >= 2 && ctx.arg_is(i, "group")) {
            if (!options.in_group) return only_in_group(ctx, "GROUP");
            options.group = ctx.arg(i + 1);
            options.consumer = ctx.arg(i + 2);
            options.has_group = true;
            i += 2;
        } else if (ctx.arg_is(i, "noack")) {
            if (!options.in_group) return only_in_group(ctx, "NOACK");
            options.no_ack = true;
        } else {
            ctx.syntax_error();
            return false;
        }
    }
    ctx.syntax_error();  // no STREAMS
    return false;
}

// Where parse_options() finds them: a group, too, may be called "streams".
bool keys_of_streams(std::span<const Slice> args, std::vector<KeyPosition>& out) {
    for (size_t i = 1; i < args.size(); ++i) {
        const auto is = [&](Slice word) { return equals_ignore_case(args[i], word); };
        if (is("streams")) {
            const size_t left = args.size() - i - 1;
            for (size_t key = 0; key < left / 2; ++key)
                out.push_back({static_cast<uint32_t>(i + 1 + key), kRO | kAccess});
            return left > 0 && left % 2 == 0;
        }
        if (is("block") || is("count"))
            ++i;
        else if (is("group"))
            i += 2;
        else if (!is("noack"))
            return false;
    }
    return false;
}

bool meaningless(Ctx& ctx, char id) {
    return refuse(ctx, format("ERR The %c ID is meaningless in the context of XREADGROUP: you want "
                              "to read the history of this consumer by specifying a proper ID, or "
                              "use the > ID to get new messages. The %c ID would just return an "
                              "empty result set.",
                              id, id));
}

// From where a stream, which may be missing, is read.
bool parse_id(Ctx& ctx, size_t index, bool in_group, Entry* entry, Source& source) {
    const Slice text = ctx.arg(index);
    if (text == "$" || text == "+") {
        if (in_group) return meaningless(ctx, text[0]);
        if (entry == nullptr) return true;
        const Lent<Stream> stream(entry);
        const StreamId last = stream->counters().last_id;
        // "+": so that the last entry is the answer.
        source.after = text == "$" ? last : last.previous().value_or(last);
        return true;
    }
    if (text == ">") {
        source.only_new = true;
        return in_group || refuse(ctx,
                                  "ERR The > ID can be specified only when calling XREADGROUP "
                                  "using the GROUP <group> <consumer> option.");
    }
    const auto id = id_arg(ctx, index);
    if (id) source.after = *id;
    source.only_new = in_group && source.after == StreamId::max();
    return id.has_value();
}

bool find_source(Ctx& ctx, const ReadOptions& options, Source& source) {
    const auto entry = read_stream(ctx, source.key_index);
    if (!entry) return false;
    if (options.in_group) {
        if (*entry != nullptr) source.group = Lent<Stream>(*entry)->find_group(options.group);
        if (source.group == nullptr)
            return refuse(ctx, "NOGROUP No such key '" + std::string(ctx.arg(source.key_index)) +
                                   "' or consumer group '" + std::string(options.group) +
                                   "' in XREADGROUP with GROUP option");
    }
    return parse_id(ctx, source.key_index + options.streams, options.in_group, *entry, source);
}

// ---- Serving
// -------------------------------------------------------------------------------------------

// What of a read is being answered: one stream of it.
struct Serving {
    Ctx& ctx;
    const ReadOptions& options;
    const Source& source;
    Slice key;
    Stream& stream;
    Consumer* consumer;  // of XREADGROUP
};

void deliver(const Serving& serving, const StreamId& id) {
    ConsumerGroup& group = *serving.source.group;
    if (id > group.last_id) serving.stream.advance(group, id);
    if (serving.options.no_ack) return;
    Delivery& delivery = group.assign(id, *serving.consumer);
    delivery.delivered_ms = serving.ctx.now_ms();
    delivery.count = 1;
    serving.consumer->active_ms = serving.ctx.now_ms();
    const ReadOptions& options = serving.options;
    propagate_delivery(serving.ctx, {serving.key, options.group, options.consumer}, id, group);
}

void reply_new(const Serving& serving, const StreamId& from) {
    Reply& reply = serving.ctx.reply;
    const size_t begin = reply.begin();
    int64_t sent = 0;
    serving.stream.visit_forward(from, StreamId::max(), [&](const Stream::Entry& entry) {
        reply_entry(reply, entry);
        if (serving.consumer != nullptr) deliver(serving, entry.id);
        return ++sent != serving.options.count;
    });
    reply.end_array(begin, static_cast<size_t>(sent));
    if (serving.consumer != nullptr && sent > 0)
        propagate_group_position(serving.ctx, serving.key, serving.options.group,
                                 *serving.source.group);
}

// What the consumer has got and not acknowledged. Entries that are gone are named alone.
void reply_history(const Serving& serving, const StreamId& from) {
    Reply& reply = serving.ctx.reply;
    const size_t begin = reply.begin();
    const IdSet& pending = serving.consumer->pending;
    int64_t sent = 0;
    for (auto at = pending.lower_bound(from);
         at != pending.end() && (serving.options.count == 0 || sent < serving.options.count);
         at = pending.next(at), ++sent) {
        const StreamId id = pending[at].id;
        if (reply_entry_of(reply, serving.stream, id)) {
            Delivery& delivery = *serving.source.group->find_delivery(id);
            delivery.delivered_ms = serving.ctx.now_ms();
            ++delivery.count;
        } else {
            reply.array(2);
            reply_id(reply, id);
            reply.null_array();
        }
    }
    reply.end_array(begin, static_cast<size_t>(sent));
}

// False: there is nothing to say of this stream.
bool serve(Ctx& ctx, const ReadOptions& options, const Source& source, Entry* entry) {
    Lent<Stream> stream(entry);
    const Slice key = ctx.arg(source.key_index);
    const bool history = options.in_group && !source.only_new;
    StreamId after = source.after;
    Consumer* consumer = nullptr;
    if (options.in_group) {
        const DeliveryOf of{key, options.group, options.consumer};
        consumer = find_or_add_consumer(ctx, *source.group, of);
        if (source.only_new) after = source.group->last_id;
    }
    const auto greatest = history ? std::nullopt : stream->greatest();
    if (!history && (!greatest || *greatest <= after)) return false;
    const Serving serving{ctx, options, source, key, *stream, consumer};
    const StreamId from = after.next().value_or(StreamId::min());
    if (ctx.reply.resp() == 2) ctx.reply.array(2);
    ctx.reply.bulk(key);
    history ? reply_history(serving, from) : reply_new(serving, from);
    if (options.in_group) ctx.parts.effects.add_dirty(1);
    return true;
}

// False: nothing may wait here. What "$" was when the command came is what it stays. Who reads in a
// group also wants to know that the group is gone.
bool wait(Ctx& ctx, const ReadOptions& options, std::span<const Source> sources) {
    std::vector<std::pair<size_t, std::string>> replaced;
    for (const Source& source : sources) {
        const size_t id_index = source.key_index + options.streams;
        if (ctx.arg(id_index) == "$") replaced.emplace_back(id_index, source.after.text());
    }
    return block_on_keys(ctx, {.type = Type::stream,
                               .keys = ctx.args.subspan(options.first_key, options.streams),
                               .timeout_ms = *options.block_ms,
                               .when_gone = options.in_group,
                               .replaced = replaced});
}

void read_streams(Ctx& ctx, bool in_group) {
    ReadOptions options{.in_group = in_group};
    if (!parse_options(ctx, options)) return;
    if (in_group && !options.has_group)
        return ctx.reply.error("ERR Missing GROUP option for XREADGROUP");
    std::vector<Source> sources(options.streams);
    for (size_t i = 0; i < sources.size(); ++i) {
        sources[i].key_index = options.first_key + i;
        if (!find_source(ctx, options, sources[i])) return;
    }
    if (in_group) ctx.propagate_nothing();  // but what follows
    const size_t begin = ctx.reply.begin();
    size_t served = 0;
    for (const Source& source : sources) {
        Entry* entry = ctx.db().find_read(ctx.key(source.key_index));
        if (entry != nullptr && serve(ctx, options, source, entry)) ++served;
    }
    if (served == 0) {
        if (!options.block_ms || !wait(ctx, options, sources)) ctx.reply.null_array();
        return;
    }
    ctx.reply.resp() == 2 ? ctx.reply.end_array(begin, served) : ctx.reply.end_map(begin, served);
}

void cmd_xread(Ctx& ctx) { read_streams(ctx, false); }
void cmd_xreadgroup(Ctx& ctx) { read_streams(ctx, true); }

constexpr Command kStreamReadCommands[] = {
    {.name = "xread",
     .run = cmd_xread,
     .arity = -4,
     .flags = kBlocking | kReadonly,
     .keys = {keys_behind(kRO | kAccess, "STREAMS", 1, -1, 1, 2)},
     .acl = kAclBlocking | kAclRead | kAclSlow | kAclStream,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(N) where N is the number of entries returned.",
     .syntax = "[COUNT count] [BLOCK milliseconds] <STREAMS key [key ...] id [id ...]>",
     .summary = "Returns what came into streams behind given ids. Waits for it if asked to.",
     .keys_of = keys_of_streams},
    {.name = "xreadgroup",
     .run = cmd_xreadgroup,
     .arity = -7,
     .flags = kBlocking | kWrite,
     .keys = {keys_behind(kRO | kAccess, "STREAMS", 4, -1, 1, 2)},
     .acl = kAclBlocking | kAclSlow | kAclStream | kAclWrite,
     .group = Group::stream,
     .since = "5.0.0",
     .complexity = "O(N) where N is the number of entries returned.",
     .syntax = "group-block=<GROUP group consumer> [COUNT count] [BLOCK milliseconds] [NOACK] "
               "<STREAMS key [key ...] id [id ...]>",
     .summary = "Returns what no consumer of a group has got yet, or what one consumer has got and "
                "not acknowledged. Waits for new entries if asked to.",
     .keys_of = keys_of_streams},
};

}  // namespace

std::span<const Command> stream_read_commands() { return kStreamReadCommands; }

}  // namespace rota
