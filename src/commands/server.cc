// SPDX-License-Identifier: BSD-3-Clause
// The server as a whole: what it is, watching it, ending it.
#include "commands/ctx.h"
#include "metrics/info.h"
#include "platform/text.h"
#include "platform/version.h"

namespace rota {
namespace {

void cmd_info(Ctx& ctx) { ctx.reply.verbatim("txt", ctx.parts.info.render(ctx.args.subspan(1))); }

void cmd_monitor(Ctx& ctx) {
    ctx.reply.ok();
    ctx.parts.control.set_monitor(ctx.client, true);
}

void cmd_role(Ctx& ctx) {
    ctx.reply.array(3);
    ctx.reply.bulk("master");
    ctx.reply.integer(0);
    ctx.reply.array(0);
}

struct ShutdownWords {
    bool save = false, nosave = false, now = false, force = false, safe = false, failover = false,
         abort = false;
};

// False after having replied with an error.
bool parse_shutdown(Ctx& ctx, ShutdownWords& words) {
    for (size_t i = 1; i < ctx.argc(); ++i) {
        if (ctx.arg_is(i, "save"))
            words.save = true;
        else if (ctx.arg_is(i, "nosave"))
            words.nosave = true;
        else if (ctx.arg_is(i, "now"))
            words.now = true;
        else if (ctx.arg_is(i, "force"))
            words.force = true;
        else if (ctx.arg_is(i, "safe"))
            words.safe = true;
        else if (ctx.arg_is(i, "failover"))
            words.failover = true;
        else if (ctx.arg_is(i, "abort"))
            words.abort = true;
        else
            return ctx.syntax_error(), false;
    }
    const bool others =
        words.save || words.nosave || words.now || words.force || words.safe || words.failover;
    if ((words.abort && others) || (words.save && words.nosave)) return ctx.syntax_error(), false;
    return true;
}

void cmd_shutdown(Ctx& ctx) {
    ShutdownWords words;
    if (!parse_shutdown(ctx, words)) return;
    if (words.abort) return ctx.reply.error("ERR No shutdown in progress.");
    const auto refused = ctx.parts.control.shutdown(
        {.save = words.save, .nosave = words.nosave, .now = words.now, .force = words.force});
    if (refused) ctx.reply.error(*refused);
}

// A wheel, since that is what a rota is: a circle of spokes, one rim character for each of them.
std::string wheel(int64_t spokes) {
    constexpr int kRows = 13, kColumns = 27;
    std::string art;
    for (int row = 0; row < kRows; ++row) {
        for (int column = 0; column < kColumns; ++column) {
            const int x = column - kColumns / 2, y = (row - kRows / 2) * 2;
            const int distance = x * x + y * y;
            const bool rim = distance >= 132 && distance <= 178;
            const bool hub = distance <= 3;
            const bool spoke =
                spokes > 0 && distance < 140 && (x == 0 || y == 0 || x == y || x == -y);
            art += rim ? 'o' : hub ? '@' : spoke ? '.' : ' ';
        }
        art += '\n';
    }
    return art;
}

void cmd_lolwut(Ctx& ctx) {
    int64_t spokes = 8;
    if (ctx.arg_is(1, "version") && ctx.argc() > 2) {
        const auto version = ctx.integer_arg(2);
        if (!version) return;
        spokes = *version;
    }
    ctx.reply.verbatim("txt", wheel(spokes) + "\nRota ver. " + std::string(kRotaVersion) + "\n");
}

constexpr uint64_t kAnyState = kNoScript | kLoading | kStale;
constexpr HistoryItem kInfoHistory[] = {{"7.0.0", "Several sections at once."}};
constexpr HistoryItem kShutdownHistory[] = {{"7.0.0", "`NOW`, `FORCE` and `ABORT`."},
                                            {"9.0.0", "`SAFE` and `FAILOVER`."}};

constexpr Command kServerCommands[] = {
    {.name = "info",
     .run = cmd_info,
     .arity = -1,
     .flags = kLoading | kStale | kSentinel,
     .acl = kAclDangerous | kAclSlow,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "[section [section ...]]",
     .summary = "Returns information and statistics about the server.",
     .tips = "NONDETERMINISTIC_OUTPUT; REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:SPECIAL",
     .history = kInfoHistory},
    {.name = "lolwut",
     .run = cmd_lolwut,
     .arity = -1,
     .flags = kReadonly | kFast,
     .acl = kAclFast | kAclRead,
     .group = Group::server,
     .since = "5.0.0",
     .complexity = "O(1)",
     .syntax = "[VERSION version:integer]",
     .summary = "Draws a wheel and tells the version."},
    {.name = "monitor",
     .run = cmd_monitor,
     .arity = 1,
     .flags = kAdmin | kAnyState,
     .acl = kAclAdmin | kAclDangerous | kAclSlow,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Shows every command as it runs."},
    {.name = "role",
     .run = cmd_role,
     .arity = 1,
     .flags = kAnyState | kFast | kSentinel,
     .acl = kAclAdmin | kAclDangerous | kAclFast,
     .group = Group::server,
     .since = "2.8.12",
     .complexity = "O(1)",
     .summary = "Returns the server's role in replication."},
    {.name = "shutdown",
     .run = cmd_shutdown,
     .arity = -1,
     .flags = kAdmin | kAnyState | kNoMulti | kSentinel | kAllowBusy,
     .acl = kAclAdmin | kAclDangerous | kAclSlow,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(N) when saving, where N is the total number of keys in all databases when "
                   "saving data, otherwise O(1)",
     .syntax = "abort-selector=[save-selector-block=<save-selector=[NOSAVE|SAVE] [NOW@7.0.0] "
               "[FORCE@7.0.0] "
               "[SAFE@9.0.0] [FAILOVER@9.0.0]>|ABORT@7.0.0]",
     .summary = "Ends the server.",
     .history = kShutdownHistory},
};

}  // namespace

std::span<const Command> server_commands() { return kServerCommands; }

}  // namespace rota
