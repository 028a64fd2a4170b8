// SPDX-License-Identifier: BSD-3-Clause
// FUNCTION and FCALL.
#include "commands/function_load.h"
#include "commands/scripting.h"
#include "config/inert_options.h"
#include "persist/dump_payload.h"
#include "persist/rdb_reader.h"
#include "persist/rdb_writer.h"
#include "platform/text.h"
#include "scripting/flags.h"

namespace rota {
namespace {

// ---- Calling

void call_function(Ctx& ctx, bool read_only) {
    const Function* function = ctx.parts.scripts.libraries().find_function(ctx.arg(1));
    if (function == nullptr) return ctx.reply.error("ERR Function not found");
    const auto given = script_arguments(ctx, "ERR Bad number of keys provided");
    if (!given) return;
    const CompiledFunction& made = function->made;
    run_script(ctx,
               {.kind = ScriptKind::function,
                .name = made.name,
                .engine = *function->library->engine,
                .code = *made.code,
                .flags = made.flags,
                .read_only = read_only || (made.flags & kScriptNoWrites) != 0,
                .keys = given->keys,
                .args = given->args},
               read_only);
}

void cmd_fcall(Ctx& ctx) { call_function(ctx, false); }
void cmd_fcall_ro(Ctx& ctx) { call_function(ctx, true); }

uint64_t fcall_flags(const Parts& parts, uint64_t row_flags, std::span<const Slice> args) {
    const Function* function = parts.scripts.libraries().find_function(args[1]);
    return function != nullptr ? command_flags(row_flags, function->made.flags) : row_flags;
}

// ---- Loading and removing

void cmd_load(Ctx& ctx) {
    bool replace = false;
    for (size_t i = 2; i + 1 < ctx.argc(); ++i) {
        if (!ctx.arg_is(i, "replace"))
            return ctx.reply.error("ERR Unknown option given: " + std::string(ctx.arg(i)));
        replace = true;
    }
    LoadHost host(ctx.parts.clock);
    auto library = ctx.parts.scripts.compile(ctx.args.back(), host);
    if (!library) return ctx.reply.error("ERR " + library.error());
    const std::string name = (*library)->name;
    const auto added = ctx.parts.scripts.libraries().add(std::move(*library), replace);
    if (!added) return ctx.reply.error("ERR " + added.error());
    ctx.parts.effects.add_dirty(1);
    ctx.reply.bulk(name);
}

void cmd_delete(Ctx& ctx) {
    if (!ctx.parts.scripts.libraries().remove(ctx.arg(2)))
        return ctx.reply.error("ERR Library not found");
    ctx.parts.effects.add_dirty(1);
    ctx.reply.ok();
}

void cmd_flush(Ctx& ctx) {
    if (ctx.argc() > 3) return ctx.unknown_subcommand();
    if (!flush_argument(ctx, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option")) return;
    ctx.parts.scripts.flush_functions();
    ctx.parts.effects.add_dirty(1);
    ctx.reply.ok();
}

void cmd_kill(Ctx& ctx) { kill_script(ctx, ScriptKind::function); }

// ---- As bytes

void cmd_dump(Ctx& ctx) {
    StringSink sink;
    RdbWriter writer(sink, ctx.parts.rdb_options.rdbcompression);
    for (const auto& [name, library] : ctx.parts.scripts.libraries().all()) {
        writer.opcode(rdb::Opcode::function_2);
        writer.string(library->code);
    }
    seal_payload(sink);
    ctx.reply.bulk(sink.bytes());
}

// The libraries in the payload, compiled; false after having replied with an error.
bool read_libraries(Ctx& ctx, Slice bytes, Libraries& out) {
    RdbReader reader(bytes);
    while (!reader.at_end()) {
        const bool known = reader.byte() == static_cast<uint8_t>(rdb::Opcode::function_2);
        const Slice code = known ? reader.string() : Slice();
        if (!known || reader.failed()) {
            ctx.reply.error(known ? "ERR Failed restoring the functions payload"
                                  : "ERR given type is not a function");
            return false;
        }
        LoadHost host(ctx.parts.clock);
        auto library = ctx.parts.scripts.compile(code, host);
        const auto added = library ? out.add(std::move(*library), false)
                                   : std::unexpected(std::move(library.error()));
        if (!added) {
            ctx.reply.error("ERR " + added.error());
            return false;
        }
    }
    return true;
}

void cmd_restore(Ctx& ctx) {
    if (ctx.argc() > 4) return ctx.unknown_subcommand();
    const bool given = ctx.argc() == 4;
    const bool flush = ctx.arg_is(3, "flush"), replace = ctx.arg_is(3, "replace");
    if (given && !flush && !replace && !ctx.arg_is(3, "append"))
        return ctx.reply.error(
            "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    const auto payload = checked_payload(ctx.arg(2));
    if (!payload) return ctx.reply.error("ERR DUMP payload version or checksum are wrong");
    Libraries restored;
    if (!read_libraries(ctx, *payload, restored)) return;
    Libraries& libraries = ctx.parts.scripts.libraries();
    if (flush) {
        libraries.swap(restored);
    } else if (const auto joined = libraries.join(restored, replace); !joined) {
        return ctx.reply.error("ERR " + joined.error());
    }
    ctx.parts.effects.add_dirty(1);
    ctx.reply.ok();
}

// ---- Looking at them

void reply_function(Reply& reply, const CompiledFunction& function) {
    reply.map(3);
    reply.bulk("name");
    reply.bulk(function.name);
    reply.bulk("description");
    function.description ? reply.bulk(*function.description) : reply.null();
    reply.bulk("flags");
    const auto has = [&](const ScriptFlagName& known) {
        return (function.flags & known.flag) != 0;
    };
    reply.set(static_cast<size_t>(std::ranges::count_if(kScriptFlagNames, has)));
    for (const ScriptFlagName& known : kScriptFlagNames) {
        if (has(known)) reply.simple(known.name);
    }
}

void reply_library(Reply& reply, const Library& library, bool with_code) {
    reply.map(with_code ? 4 : 3);
    reply.bulk("library_name");
    reply.bulk(library.name);
    reply.bulk("engine");
    reply.bulk(library.engine->name());
    reply.bulk("functions");
    reply.array(library.functions.size());
    for (const auto& function : library.functions) reply_function(reply, function->made);
    if (!with_code) return;
    reply.bulk("library_code");
    reply.bulk(library.code);
}

void cmd_list(Ctx& ctx) {
    bool with_code = false;
    std::optional<Slice> pattern;
    for (size_t i = 2; i < ctx.argc(); ++i) {
        if (!with_code && ctx.arg_is(i, "withcode")) {
            with_code = true;
        } else if (!pattern && ctx.arg_is(i, "libraryname")) {
            if (++i == ctx.argc())
                return ctx.reply.error("ERR library name argument was not given");
            pattern = ctx.arg(i);
        } else {
            return ctx.reply.error("ERR Unknown argument " + std::string(ctx.arg(i)));
        }
    }
    const size_t begin = ctx.reply.begin();
    size_t count = 0;
    for (const auto& [name, library] : ctx.parts.scripts.libraries().all()) {
        if (pattern && !glob_match(*pattern, name, Case::ignored)) continue;
        reply_library(ctx.reply, *library, with_code);
        ++count;
    }
    ctx.reply.end_array(begin, count);
}

void reply_running(Ctx& ctx, const ScriptRun& run) {
    ctx.reply.map(3);
    ctx.reply.bulk("name");
    ctx.reply.bulk(run.call.name);
    ctx.reply.bulk("command");
    ctx.reply.array(run.command.size());
    for (const Slice arg : run.command) ctx.reply.bulk(arg);
    ctx.reply.bulk("duration_ms");
    ctx.reply.integer((ctx.parts.clock.monotonic_us() - run.started_us) / 1000);
}

void cmd_stats(Ctx& ctx) {
    const Scripts& scripts = ctx.parts.scripts;
    const ScriptRun* run = scripts.running;
    if (run != nullptr && run->call.kind != ScriptKind::function)
        return ctx.reply.error(busy_text(run->call.kind));
    ctx.reply.map(2);
    ctx.reply.bulk("running_script");
    run != nullptr ? reply_running(ctx, *run) : ctx.reply.null();
    ctx.reply.bulk("engines");
    ctx.reply.map(scripts.engines().size());
    for (const auto& engine : scripts.engines()) {
        size_t libraries = 0, functions = 0;
        for (const auto& [name, library] : scripts.libraries().all()) {
            if (library->engine != engine.get()) continue;
            ++libraries;
            functions += library->functions.size();
        }
        ctx.reply.bulk(engine->name());
        ctx.reply.map(2);
        ctx.reply.bulk("libraries_count");
        ctx.reply.integer(static_cast<int64_t>(libraries));
        ctx.reply.bulk("functions_count");
        ctx.reply.integer(static_cast<int64_t>(functions));
    }
}

void cmd_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "DELETE <library-name>",
        "    Remove a library and its functions.",
        "DUMP",
        "    Return all libraries as bytes for RESTORE.",
        "FLUSH [ASYNC|SYNC]",
        "    Remove all libraries.",
        "KILL",
        "    End the function that runs, unless it has written something.",
        "LIST [LIBRARYNAME <pattern>] [WITHCODE]",
        "    Return what there is of libraries, with their functions.",
        "LOAD [REPLACE] <code>",
        "    Add a library; its first line names the engine and the library.",
        "RESTORE <payload> [FLUSH|APPEND|REPLACE]",
        "    Add the libraries of a payload: in the place of all, as new ones (at the start), or",
        "    in the place of those that have their names.",
        "STATS",
        "    Return what runs, and how much each engine has.",
    };
    ctx.help(kLines);
}

// ---- Rows

constexpr Command row(Slice name, Handler run, int arity, uint64_t flags, Slice syntax, Slice tips,
                      Slice summary, Slice complexity) {
    const uint32_t write = (flags & kWrite) != 0 ? uint32_t{kAclWrite} : 0;
    return {.name = name,
            .run = run,
            .arity = arity,
            .flags = flags,
            .keys = {},
            .acl = kAclScripting | kAclSlow | write,
            .group = Group::scripting,
            .since = "7.0.0",
            .complexity = complexity,
            .syntax = syntax,
            .summary = summary,
            .tips = tips};
}

constexpr Slice kOnAllShards = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:ALL_SUCCEEDED";
constexpr Slice kLinear = "O(N) with the number of functions";

constexpr Command kFunctionCommands[] = {
    row("delete", cmd_delete, 3, kNoScript | kWrite, "library-name", kOnAllShards,
        "Removes a library and its functions.", "O(1)"),
    row("dump", cmd_dump, 2, kNoScript, {}, {}, "Returns all libraries as bytes.", kLinear),
    row("flush", cmd_flush, -2, kNoScript | kWrite, "flush-type=[ASYNC|SYNC]", kOnAllShards,
        "Removes all libraries.", kLinear),
    row("help", cmd_help, 2, kLoading | kStale, {}, {}, "Lists the subcommands.", "O(1)"),
    row("kill", cmd_kill, 2, kNoScript | kAllowBusy, {},
        "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:ONE_SUCCEEDED", "Ends the function that runs.",
        "O(1)"),
    row("list", cmd_list, -2, kNoScript, "[LIBRARYNAME library-name-pattern:string] [WITHCODE]",
        "NONDETERMINISTIC_OUTPUT_ORDER", "Returns what there is of libraries.", kLinear),
    row("load", cmd_load, -3, kNoScript | kWrite | kDenyOom, "[REPLACE] function-code",
        kOnAllShards, "Adds a library.", "O(1) beside what its code does"),
    row("restore", cmd_restore, -3, kNoScript | kWrite | kDenyOom,
        "serialized-value policy=[FLUSH|APPEND|REPLACE]", kOnAllShards,
        "Adds the libraries of a payload.", kLinear),
    row("stats", cmd_stats, 2, kNoScript | kAllowBusy, {},
        "NONDETERMINISTIC_OUTPUT; REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:SPECIAL",
        "Returns what runs, and how much each engine has.", "O(1)"),
};

constexpr Command calls_function(Slice name, Handler run, bool read_only, Slice summary) {
    return {.name = name,
            .run = run,
            .arity = -3,
            .flags = kNoScript | kSkipMonitor | kNoMandatoryKeys | kStale |
                     (read_only ? uint64_t{kReadonly} : uint64_t{kMayReplicate}),
            .keys = {keys_counted(read_only ? kRO | kAccess : kRW | kAccess | kUpdate, 2, 0, 1)},
            .acl = kAclScripting | kAclSlow,
            .group = Group::scripting,
            .since = "7.0.0",
            .complexity = "Depends on the function.",
            .syntax = "function numkeys [key ...] [arg ...]",
            .summary = summary,
            .flags_of = fcall_flags};
}

constexpr Command kCommands[] = {
    calls_function("fcall", cmd_fcall, false, "Calls a function."),
    calls_function("fcall_ro", cmd_fcall_ro, true, "Calls a function that only reads."),
    {.name = "function",
     .arity = -2,
     .acl = kAclSlow,
     .group = Group::scripting,
     .since = "7.0.0",
     .complexity = "Depends on the subcommand.",
     .summary = "A container for commands about functions.",
     .subcommands = kFunctionCommands},
};

}  // namespace

std::span<const Command> function_commands() { return kCommands; }

}  // namespace rota
