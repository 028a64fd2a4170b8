// SPDX-License-Identifier: BSD-3-Clause
// CONFIG: reading and changing directives at run time.
#include <vector>

#include "commands/ctx.h"
#include "config/table.h"
#include "platform/log.h"

namespace rota {
namespace {

void cmd_get(Ctx& ctx) {
    const auto found = ctx.parts.config.get_matching(ctx.args.subspan(2));
    ctx.reply.map(found.size());
    for (const auto& [name, value] : found) {
        ctx.reply.bulk(name);
        ctx.reply.bulk(value);
    }
}

void cmd_set(Ctx& ctx) {
    for (size_t i = 2; i + 1 < ctx.argc(); i += 2) {
        if (ctx.parts.config.is_sensitive(ctx.arg(i))) ctx.redact(i + 1);
    }
    if (ctx.argc() % 2 != 0) return ctx.syntax_error();
    std::vector<ConfigTable::Pair> pairs;
    for (size_t i = 2; i < ctx.argc(); i += 2) pairs.emplace_back(ctx.arg(i), ctx.arg(i + 1));
    const auto done = ctx.parts.config.set_many(
        pairs, {.loading = false,
                .protected_allowed = ctx.parts.control.protected_config_allowed(ctx.client)});
    done ? ctx.reply.ok() : ctx.reply.error(done.error().message);
}

void cmd_rewrite(Ctx& ctx) {
    if (*ctx.parts.control.config_file() == '\0')
        return ctx.reply.error("ERR The server is running without a config file");
    const auto done = ctx.parts.control.rewrite_config();
    if (done) {
        log(LogLevel::notice, "CONFIG REWRITE executed with success.");
        return ctx.reply.ok();
    }
    log(LogLevel::warning, "CONFIG REWRITE failed: %s", done.error().message.c_str());
    ctx.reply.error("ERR Rewriting config file: " + done.error().message);
}

void cmd_resetstat(Ctx& ctx) {
    ctx.parts.control.reset_statistics();
    ctx.reply.ok();
}

void cmd_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "GET <pattern>",
        "    Return the directives that match the glob-like pattern, with their values.",
        "SET <directive> <value> [<directive> <value> ...]",
        "    Change directives, all of them or none.",
        "RESETSTAT",
        "    Set the statistics that INFO reports back to zero.",
        "REWRITE",
        "    Write the present values into the configuration file.",
    };
    ctx.help(kLines);
}

constexpr uint64_t kAdminAnyState = kAdmin | kNoScript | kLoading | kStale;
constexpr uint32_t kAcl = kAclAdmin | kAclDangerous | kAclSlow;
constexpr Slice kEverywhere = "REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:ALL_SUCCEEDED";
constexpr HistoryItem kSeveral[] = {{"7.0.0", "Several directives at once."}};

constexpr Command kConfigSubcommands[] = {
    {.name = "get",
     .run = cmd_get,
     .arity = -3,
     .flags = kAdminAnyState,
     .acl = kAcl,
     .group = Group::server,
     .since = "2.0.0",
     .complexity = "O(N) when N is the number of configuration parameters provided",
     .syntax = "parameter [parameter ...]",
     .summary = "Returns directives and their values.",
     .history = kSeveral},
    {.name = "help",
     .run = cmd_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclSlow,
     .group = Group::server,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Explains the subcommands."},
    {.name = "resetstat",
     .run = cmd_resetstat,
     .arity = 2,
     .flags = kAdminAnyState,
     .acl = kAcl,
     .group = Group::server,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Sets the server's statistics back to zero.",
     .tips = kEverywhere},
    {.name = "rewrite",
     .run = cmd_rewrite,
     .arity = 2,
     .flags = kAdminAnyState,
     .acl = kAcl,
     .group = Group::server,
     .since = "2.8.0",
     .complexity = "O(1)",
     .summary = "Writes the present values into the configuration file.",
     .tips = kEverywhere},
    {.name = "set",
     .run = cmd_set,
     .arity = -4,
     .flags = kAdminAnyState,
     .acl = kAcl,
     .group = Group::server,
     .since = "2.0.0",
     .complexity = "O(N) when N is the number of configuration parameters provided",
     .syntax = "data=<parameter value> [...]",
     .summary = "Changes directives at run time.",
     .tips = kEverywhere,
     .history = kSeveral},
};

constexpr Command kConfigCommands[] = {
    {.name = "config",
     .arity = -2,
     .acl = kAclSlow,
     .group = Group::server,
     .since = "2.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for commands about the configuration.",
     .subcommands = kConfigSubcommands},
};

}  // namespace

std::span<const Command> config_commands() { return kConfigCommands; }

}  // namespace rota
