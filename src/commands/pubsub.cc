// SPDX-License-Identifier: BSD-3-Clause
// Pub/sub: subscriptions, publishing, and who listens. A confirmation is sent even where CLIENT
// REPLY is off, as messages are.
#include "client/pubsub.h"

#include "commands/ctx.h"
#include "platform/text.h"

namespace rota {
namespace {

// Channels and patterns are counted together, shard channels alone.
size_t count_with(const Client& client, Subscription kind) {
    if (kind == Subscription::shard) return PubSub::count_of(client, kind);
    return PubSub::count_of(client, Subscription::channel) +
           PubSub::count_of(client, Subscription::pattern);
}

void confirm(Ctx& ctx, Slice what, Subscription kind, std::optional<Slice> name) {
    Reply reply(ctx.reply.out(), ctx.client.resp);
    reply.push(3);
    reply.bulk(what);
    name ? reply.bulk(*name) : reply.null();
    reply.integer(static_cast<int64_t>(count_with(ctx.client, kind)));
}

void subscribe(Ctx& ctx, Slice what, Subscription kind) {
    for (const Slice name : ctx.args.subspan(1)) {
        ctx.parts.pubsub.subscribe(ctx.client, kind, name);
        confirm(ctx, what, kind, name);
    }
}

void unsubscribe(Ctx& ctx, Slice what, Subscription kind) {
    if (ctx.argc() > 1) {
        for (const Slice name : ctx.args.subspan(1)) {
            ctx.parts.pubsub.unsubscribe(ctx.client, kind, name);
            confirm(ctx, what, kind, name);
        }
        return;
    }
    const std::vector<std::string> names = PubSub::names_of(ctx.client, kind);
    if (names.empty()) return confirm(ctx, what, kind, std::nullopt);
    for (const std::string& name : names) {
        ctx.parts.pubsub.unsubscribe(ctx.client, kind, name);
        confirm(ctx, what, kind, name);
    }
}

void cmd_subscribe(Ctx& ctx) { subscribe(ctx, "subscribe", Subscription::channel); }
void cmd_psubscribe(Ctx& ctx) { subscribe(ctx, "psubscribe", Subscription::pattern); }
void cmd_ssubscribe(Ctx& ctx) { subscribe(ctx, "ssubscribe", Subscription::shard); }
void cmd_unsubscribe(Ctx& ctx) { unsubscribe(ctx, "unsubscribe", Subscription::channel); }
void cmd_punsubscribe(Ctx& ctx) { unsubscribe(ctx, "punsubscribe", Subscription::pattern); }
void cmd_sunsubscribe(Ctx& ctx) { unsubscribe(ctx, "sunsubscribe", Subscription::shard); }

void cmd_publish(Ctx& ctx) {
    ctx.reply.integer(ctx.parts.control.publish(Subscription::channel, ctx.arg(1), ctx.arg(2)));
}

void cmd_spublish(Ctx& ctx) {
    ctx.reply.integer(ctx.parts.control.publish(Subscription::shard, ctx.arg(1), ctx.arg(2)));
}

// ---- PUBSUB

void list_channels(Ctx& ctx, Subscription kind) {
    if (ctx.argc() > 3) return ctx.unknown_subcommand();
    const size_t begin = ctx.reply.begin();
    size_t count = 0;
    for (const auto& [name, subscribers] : ctx.parts.pubsub.all(kind)) {
        if (ctx.argc() == 3 && !glob_match(ctx.arg(2), name)) continue;
        ctx.reply.bulk(name);
        ++count;
    }
    ctx.reply.end_array(begin, count);
}

void count_subscribers(Ctx& ctx, Subscription kind) {
    ctx.reply.array((ctx.argc() - 2) * 2);
    for (const Slice name : ctx.args.subspan(2)) {
        const auto* subscribers = ctx.parts.pubsub.subscribers(kind, name);
        ctx.reply.bulk(name);
        ctx.reply.integer(subscribers ? static_cast<int64_t>(subscribers->size()) : 0);
    }
}

void cmd_channels(Ctx& ctx) { list_channels(ctx, Subscription::channel); }
void cmd_shardchannels(Ctx& ctx) { list_channels(ctx, Subscription::shard); }
void cmd_numsub(Ctx& ctx) { count_subscribers(ctx, Subscription::channel); }
void cmd_shardnumsub(Ctx& ctx) { count_subscribers(ctx, Subscription::shard); }

void cmd_numpat(Ctx& ctx) {
    ctx.reply.integer(static_cast<int64_t>(ctx.parts.pubsub.all(Subscription::pattern).size()));
}

void cmd_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "CHANNELS [<pattern>]",
        "    Return the channels that have subscribers, those that match a pattern or all.",
        "NUMPAT",
        "    Return how many patterns have subscribers.",
        "NUMSUB [<channel> ...]",
        "    Return how many subscribers channels have, those of patterns not counted.",
        "SHARDCHANNELS [<pattern>]",
        "    Return the shard channels that have subscribers, those that match a pattern or all.",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return how many subscribers shard channels have.",
    };
    ctx.help(kLines);
}

constexpr uint64_t kListening = kPubsub | kNoScript | kLoading | kStale;
constexpr uint64_t kPublishing = kPubsub | kLoading | kStale | kFast | kMayReplicate;
constexpr uint32_t kSlowAcl = kAclPubsub | kAclSlow;
constexpr uint32_t kFastAcl = kAclPubsub | kAclFast;

constexpr Command listening(Slice name, Handler run, int arity, uint64_t flags, Slice since,
                            Slice complexity, Slice syntax, Slice summary,
                            ChannelArgs channels = ChannelArgs::none) {
    return {.name = name,
            .run = run,
            .arity = arity,
            .flags = kListening | flags,
            .keys = {},
            .acl = kSlowAcl,
            .group = Group::pubsub,
            .since = since,
            .complexity = complexity,
            .syntax = syntax,
            .summary = summary,
            .channels = channels};
}

constexpr Command of_shards(Command command) {
    command.keys[0] = keys_range(kNotKey, 1, -1);
    return command;
}

constexpr Command introspecting(Slice name, Handler run, int arity, Slice since, Slice complexity,
                                Slice syntax, Slice summary) {
    Command command = listening(name, run, arity, 0, since, complexity, syntax, summary);
    command.flags = kPubsub | kLoading | kStale;
    return command;
}

constexpr Command kPubsubSubcommands[] = {
    introspecting("channels", cmd_channels, -2, "2.8.0",
                  "O(N) where N is the number of active channels", "[pattern]",
                  "Lists the channels that have subscribers."),
    {.name = "help",
     .run = cmd_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclSlow,
     .group = Group::pubsub,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Explains the subcommands."},
    introspecting("numpat", cmd_numpat, 2, "2.8.0", "O(1)", "",
                  "Counts the patterns that have subscribers."),
    introspecting("numsub", cmd_numsub, -2, "2.8.0",
                  "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
                  "[channel [channel ...]]", "Counts the subscribers of channels."),
    introspecting("shardchannels", cmd_shardchannels, -2, "7.0.0",
                  "O(N) where N is the number of active shard channels", "[pattern]",
                  "Lists the shard channels that have subscribers."),
    introspecting("shardnumsub", cmd_shardnumsub, -2, "7.0.0",
                  "O(N) where N is the number of requested shard channels",
                  "[shardchannel [shardchannel ...]]", "Counts the subscribers of shard channels."),
};

constexpr Slice kPerChannel = "O(N) where N is the number of channels.";
constexpr Slice kReceivers = "O(N) where N is the number of those who receive the message.";

constexpr Command kPubsubCommands[] = {
    listening("psubscribe", cmd_psubscribe, -2, kSentinel, "2.0.0", kPerChannel,
              "pattern [pattern ...]", "Listens to the channels whose names match patterns.",
              ChannelArgs::patterns),
    {.name = "publish",
     .run = cmd_publish,
     .arity = 3,
     .flags = kPublishing | kSentinel,
     .acl = kFastAcl,
     .group = Group::pubsub,
     .since = "2.0.0",
     .complexity = kReceivers,
     .syntax = "channel message",
     .summary = "Sends a message to all who listen to a channel.",
     .channels = ChannelArgs::first},
    {.name = "pubsub",
     .arity = -2,
     .acl = kAclSlow,
     .group = Group::pubsub,
     .since = "2.8.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for commands about subscriptions.",
     .subcommands = kPubsubSubcommands},
    listening("punsubscribe", cmd_punsubscribe, -1, kSentinel, "2.0.0", kPerChannel,
              "[pattern [pattern ...]]", "Listens to patterns no more."),
    {.name = "spublish",
     .run = cmd_spublish,
     .arity = 3,
     .flags = kPublishing,
     .keys = {key_at(kNotKey, 1)},
     .acl = kFastAcl,
     .group = Group::pubsub,
     .since = "7.0.0",
     .complexity = kReceivers,
     .syntax = "shardchannel message",
     .summary = "Sends a message to all who listen to a shard channel.",
     .channels = ChannelArgs::first},
    of_shards(listening("ssubscribe", cmd_ssubscribe, -2, 0, "7.0.0", kPerChannel,
                        "shardchannel [shardchannel ...]", "Listens to shard channels.",
                        ChannelArgs::all)),
    listening("subscribe", cmd_subscribe, -2, kSentinel, "2.0.0", kPerChannel,
              "channel [channel ...]", "Listens to channels.", ChannelArgs::all),
    of_shards(listening("sunsubscribe", cmd_sunsubscribe, -1, 0, "7.0.0", kPerChannel,
                        "[shardchannel [shardchannel ...]]", "Listens to shard channels no more.")),
    listening("unsubscribe", cmd_unsubscribe, -1, kSentinel, "2.0.0", kPerChannel,
              "[channel [channel ...]]", "Listens to channels no more."),
};

}  // namespace

std::span<const Command> pubsub_commands() { return kPubsubCommands; }

}  // namespace rota
