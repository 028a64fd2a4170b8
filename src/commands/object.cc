// SPDX-License-Identifier: BSD-3-Clause
// OBJECT: how a value is kept and how much it is used.
#include "commands/ctx.h"
#include "store/access.h"

namespace rota {
namespace {

// The key that the subcommand is about, unseen by statistics; null after having replied with null.
const Entry* subject(Ctx& ctx) {
    const Entry* entry = ctx.db().peek(ctx.key(2));
    if (entry == nullptr) ctx.reply.null();
    return entry;
}

void cmd_encoding(Ctx& ctx) {
    const Entry* entry = subject(ctx);
    if (entry != nullptr) ctx.reply.bulk(encoding_name(entry->encoding()));
}

void cmd_freq(Ctx& ctx) {
    const Entry* entry = subject(ctx);
    if (entry == nullptr) return;
    const StoreOptions& options = ctx.parts.store_options;
    if (!options.lfu) {
        return ctx.reply.error(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please "
            "note that when "
            "switching between policies at runtime LRU and LFU data will take some time to "
            "adjust.");
    }
    ctx.reply.integer(access::frequency(entry->access(), options, ctx.now_ms()));
}

void cmd_idletime(Ctx& ctx) {
    const Entry* entry = subject(ctx);
    if (entry == nullptr) return;
    if (ctx.parts.store_options.lfu) {
        return ctx.reply.error(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
            "switching "
            "between policies at runtime LRU and LFU data will take some time to adjust.");
    }
    ctx.reply.integer(access::idle_ms(entry->access(), ctx.now_ms()) / 1000);
}

// No two keys share a value.
void cmd_refcount(Ctx& ctx) {
    if (subject(ctx) != nullptr) ctx.reply.integer(1);
}

void cmd_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "ENCODING <key>",
        "    Return the name of the form in which the value is kept.",
        "FREQ <key>",
        "    Return the logarithmic use counter of the key (0 to 255). Needs an LFU "
        "maxmemory-policy.",
        "IDLETIME <key>",
        "    Return for how many seconds the key has not been used. Needs a policy other than LFU.",
        "REFCOUNT <key>",
        "    Return how many references there are to the value.",
    };
    ctx.help(kLines);
}

constexpr Command about_key(Slice name, Handler run, Slice since, Slice summary) {
    return {.name = name,
            .run = run,
            .arity = 3,
            .flags = kReadonly,
            .keys = {key_at(kRO, 2)},
            .acl = kAclKeyspace | kAclRead | kAclSlow,
            .group = Group::generic,
            .since = since,
            .complexity = "O(1)",
            .syntax = "key",
            .summary = summary,
            .tips = "NONDETERMINISTIC_OUTPUT"};
}

constexpr Command kObjectSubcommands[] = {
    about_key("encoding", cmd_encoding, "2.2.3", "Returns the form in which a value is kept."),
    about_key("freq", cmd_freq, "4.0.0",
              "Returns how often a key is used, on a logarithmic scale."),
    {.name = "help",
     .run = cmd_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclKeyspace | kAclSlow,
     .group = Group::generic,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Explains the subcommands."},
    about_key("idletime", cmd_idletime, "2.2.3", "Returns for how long a key has not been used."),
    about_key("refcount", cmd_refcount, "2.2.3", "Returns the number of references to a value."),
};

constexpr Command kObjectCommands[] = {
    {.name = "object",
     .arity = -2,
     .acl = kAclSlow,
     .group = Group::generic,
     .since = "2.2.3",
     .complexity = "Depends on subcommand.",
     .summary = "A container for commands about how values are kept.",
     .subcommands = kObjectSubcommands},
};

}  // namespace

std::span<const Command> object_commands() { return kObjectCommands; }

}  // namespace rota
