// SPDX-License-Identifier: BSD-3-Clause
// EVAL and its kin, and SCRIPT.
#include "commands/scripting.h"
#include "platform/text.h"
#include "scripting/flags.h"
#include "scripting/shebang.h"

namespace rota {
namespace {

constexpr Slice kNoSuchScript = "NOSCRIPT No matching script.";
constexpr Slice kNotInteger = "ERR value is not an integer or out of range";

void run(Ctx& ctx, Script& script, const ScriptArguments& given, bool read_only) {
    run_script(ctx,
               {.kind = ScriptKind::script,
                .name = script.sha,
                .engine = *script.engine,
                .code = *script.code,
                .flags = script.flags,
                .read_only = read_only || (script.flags & kScriptNoWrites) != 0,
                .keys = given.keys,
                .args = given.args},
               read_only);
}

void eval(Ctx& ctx, bool read_only) {
    const auto given = script_arguments(ctx, kNotInteger);
    if (!given) return;
    const auto script = ctx.parts.scripts.script_of(ctx.arg(1));
    if (!script) return ctx.reply.error("ERR " + script.error());
    run(ctx, **script, *given, read_only);
}

void eval_sha(Ctx& ctx, bool read_only) {
    constexpr size_t kDigits = 40;
    if (ctx.arg(1).size() != kDigits) return ctx.reply.error(kNoSuchScript);
    const auto given = script_arguments(ctx, kNotInteger);
    if (!given) return;
    ScriptCache& cache = ctx.parts.scripts.cache();
    Script* const script = cache.find(ctx.arg(1));
    if (script == nullptr) return ctx.reply.error(kNoSuchScript);
    cache.touch(*script);
    run(ctx, *script, *given, read_only);
}

void cmd_eval(Ctx& ctx) { eval(ctx, false); }
void cmd_eval_ro(Ctx& ctx) { eval(ctx, true); }
void cmd_evalsha(Ctx& ctx) { eval_sha(ctx, false); }
void cmd_evalsha_ro(Ctx& ctx) { eval_sha(ctx, true); }

// ---- What a script says of itself

uint64_t eval_flags(const Parts&, uint64_t row_flags, std::span<const Slice> args) {
    if (!args[1].starts_with("#!")) return row_flags;
    const auto head = script_head(args[1]);
    return head ? command_flags(row_flags, head->flags) : row_flags;
}

uint64_t evalsha_flags(const Parts& parts, uint64_t row_flags, std::span<const Slice> args) {
    const Script* script = parts.scripts.cache().find(args[1]);
    return script != nullptr ? command_flags(row_flags, script->flags) : row_flags;
}

// ---- SCRIPT

void cmd_load(Ctx& ctx) {
    const auto script = ctx.parts.scripts.load(ctx.arg(2));
    if (!script) return ctx.reply.error("ERR " + script.error());
    ctx.reply.bulk((*script)->sha);
}

void cmd_exists(Ctx& ctx) {
    ctx.reply.array(ctx.argc() - 2);
    for (const Slice sha : ctx.args.subspan(2))
        ctx.reply.integer(ctx.parts.scripts.cache().find(sha) != nullptr);
}

void cmd_show(Ctx& ctx) {
    const Script* script = ctx.parts.scripts.cache().find(ctx.arg(2));
    if (script == nullptr) return ctx.reply.error(kNoSuchScript);
    ctx.reply.bulk(script->text);
}

void cmd_flush(Ctx& ctx) {
    if (!flush_argument(ctx, "ERR SCRIPT FLUSH only support SYNC|ASYNC option")) return;
    ctx.parts.scripts.flush_scripts();
    ctx.reply.ok();
}

void cmd_kill(Ctx& ctx) { kill_script(ctx, ScriptKind::script); }

// There is no debugger, so there is none to be switched off.
void cmd_debug(Ctx& ctx) {
    if (ctx.argc() > 4) return ctx.unknown_subcommand();
    const Slice engine = ctx.argc() == 4 ? ctx.arg(3) : Slice("lua");
    if (ctx.parts.scripts.engine(engine) == nullptr)
        return ctx.reply.error("ERR No scripting engine found with name '" + std::string(engine) +
                               "' to enable debug");
    if (ctx.arg_is(2, "no")) return ctx.reply.ok();
    if (ctx.arg_is(2, "yes") || ctx.arg_is(2, "sync"))
        return ctx.reply.error("ERR This server has no script debugger");
    ctx.reply.error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

void cmd_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "DEBUG (YES|SYNC|NO) [<engine_name>]",
        "    Choose how later scripts of the engine are debugged; there is no debugger yet.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Return which of these scripts are cached.",
        "FLUSH [ASYNC|SYNC]",
        "    Forget all scripts.",
        "KILL",
        "    End the script that runs, unless it has written something.",
        "LOAD <script>",
        "    Cache a script without running it.",
        "SHOW <sha1>",
        "    Return the text of a cached script.",
    };
    ctx.help(kLines);
}

constexpr HistoryItem kFlushHistory[] = {{"6.2.0", "`ASYNC` and `SYNC`."}};

constexpr Command kScriptCommands[] = {
    {.name = "debug",
     .run = cmd_debug,
     .arity = -3,
     .flags = kNoScript,
     .acl = kAclScripting | kAclSlow,
     .group = Group::scripting,
     .since = "3.2.0",
     .complexity = "O(1)",
     .syntax = "mode=<YES|SYNC|NO> [engine@9.1.0]",
     .summary = "Chooses how later scripts are debugged."},
    {.name = "exists",
     .run = cmd_exists,
     .arity = -3,
     .flags = kNoScript | kStale,
     .acl = kAclScripting | kAclSlow,
     .group = Group::scripting,
     .since = "2.6.0",
     .complexity = "O(N) with the number of digests",
     .syntax = "sha1 [sha1 ...]",
     .summary = "Says which scripts are cached.",
     .tips = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:AGG_LOGICAL_AND"},
    {.name = "flush",
     .run = cmd_flush,
     .arity = -2,
     .flags = kNoScript | kStale,
     .acl = kAclScripting | kAclSlow,
     .group = Group::scripting,
     .since = "2.6.0",
     .complexity = "O(N) with the number of cached scripts",
     .syntax = "flush-type=[ASYNC|SYNC]@6.2.0",
     .summary = "Forgets all scripts.",
     .tips = "REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:ALL_SUCCEEDED",
     .history = kFlushHistory},
    {.name = "help",
     .run = cmd_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclScripting | kAclSlow,
     .group = Group::scripting,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands."},
    {.name = "kill",
     .run = cmd_kill,
     .arity = 2,
     .flags = kNoScript | kAllowBusy,
     .acl = kAclScripting | kAclSlow,
     .group = Group::scripting,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Ends the script that runs.",
     .tips = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:ONE_SUCCEEDED"},
    {.name = "load",
     .run = cmd_load,
     .arity = 3,
     .flags = kNoScript | kStale,
     .acl = kAclScripting | kAclSlow,
     .group = Group::scripting,
     .since = "2.6.0",
     .complexity = "O(N) with the length of the script",
     .syntax = "script",
     .summary = "Caches a script without running it.",
     .tips = "REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "show",
     .run = cmd_show,
     .arity = 3,
     .flags = kNoScript | kStale,
     .acl = kAclScripting | kAclSlow,
     .group = Group::scripting,
     .since = "8.0.0",
     .complexity = "O(1)",
     .syntax = "sha1",
     .summary = "Returns the text of a cached script."},
};

constexpr Command runs_script(Slice name, Handler run, FlagsOf flags_of, bool read_only, Slice what,
                              Slice since, Slice summary) {
    return {.name = name,
            .run = run,
            .arity = -3,
            .flags = kNoScript | kSkipMonitor | kNoMandatoryKeys | kStale |
                     (read_only ? uint64_t{kReadonly} : uint64_t{kMayReplicate}),
            .keys = {keys_counted(read_only ? kRO | kAccess : kRW | kAccess | kUpdate, 2, 0, 1)},
            .acl = kAclScripting | kAclSlow,
            .group = Group::scripting,
            .since = since,
            .complexity = "Depends on the script.",
            .syntax = what,
            .summary = summary,
            .flags_of = flags_of};
}

constexpr Slice kByText = "script numkeys [key ...] [arg ...]";
constexpr Slice kByDigest = "sha1 numkeys [key ...] [arg ...]";

constexpr Command kEvalCommands[] = {
    runs_script("eval", cmd_eval, eval_flags, false, kByText, "2.6.0", "Runs a script."),
    runs_script("eval_ro", cmd_eval_ro, eval_flags, true, kByText, "7.0.0",
                "Runs a script that only reads."),
    runs_script("evalsha", cmd_evalsha, evalsha_flags, false, kByDigest, "2.6.0",
                "Runs a cached script."),
    runs_script("evalsha_ro", cmd_evalsha_ro, evalsha_flags, true, kByDigest, "7.0.0",
                "Runs a cached script that only reads."),
    {.name = "script",
     .arity = -2,
     .acl = kAclSlow,
     .group = Group::scripting,
     .since = "2.6.0",
     .complexity = "Depends on the subcommand.",
     .summary = "A container for commands about scripts.",
     .subcommands = kScriptCommands},
};

}  // namespace

std::span<const Command> eval_commands() { return kEvalCommands; }

}  // namespace rota
