// SPDX-License-Identifier: BSD-3-Clause
#include "commands/scripting.h"

#include "platform/text.h"
#include "scripting/flags.h"

namespace rota {

std::optional<ScriptArguments> script_arguments(Ctx& ctx, Slice not_a_number) {
    const auto count = ctx.integer_arg(2, not_a_number);
    if (!count) return std::nullopt;
    const auto rest = ctx.args.subspan(3);
    if (*count < 0) {
        ctx.reply.error("ERR Number of keys can't be negative");
    } else if (static_cast<uint64_t>(*count) > rest.size()) {
        ctx.reply.error("ERR Number of keys can't be greater than number of args");
    } else {
        const auto keys = static_cast<size_t>(*count);
        return ScriptArguments{rest.first(keys), rest.subspan(keys)};
    }
    return std::nullopt;
}

void run_script(Ctx& ctx, const ScriptCall& call, bool by_read_only_command) {
    const bool may_write = (call.flags & (kScriptNoWrites | kScriptPlain)) == 0;
    if (by_read_only_command && may_write)
        return ctx.reply.error("ERR Can not execute a script with write flag using *_ro command.");
    ctx.parts.control.run_script(ctx, call);
}

uint64_t command_flags(uint64_t row_flags, uint64_t script_flags) {
    if (script_flags & kScriptPlain) return row_flags;
    uint64_t flags = row_flags & ~uint64_t{kStale | kDenyOom | kWrite};
    if (!(script_flags & kScriptNoWrites)) {
        flags |= kWrite;
        if (!(script_flags & kScriptAllowOom)) flags |= kDenyOom;
    }
    if (script_flags & kScriptAllowStale) flags |= kStale;
    return flags;
}

void kill_script(Ctx& ctx, ScriptKind kind) {
    ScriptRun* const run = ctx.parts.scripts.running;
    if (run == nullptr) return ctx.reply.error("NOTBUSY No scripts in execution right now.");
    if (run->wrote)
        return ctx.reply.error(
            "UNKILLABLE Sorry the script already executed write commands against the dataset. You "
            "can either wait the script termination or kill the server in a hard way using the "
            "SHUTDOWN NOSAVE command.");
    if (run->call.kind != kind) return ctx.reply.error(busy_text(run->call.kind));
    run->killed = true;
    ctx.reply.ok();
}

Slice busy_text(ScriptKind kind) {
    return kind == ScriptKind::script
               ? "BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN "
                 "NOSAVE."
               : "BUSY Valkey is busy running a script. You can only call FUNCTION KILL or "
                 "SHUTDOWN NOSAVE.";
}

bool flush_argument(Ctx& ctx, Slice error) {
    if (ctx.argc() == 2) return true;
    if (ctx.argc() == 3 && (ctx.arg_is(2, "async") || ctx.arg_is(2, "sync"))) return true;
    ctx.reply.error(error);
    return false;
}

}  // namespace rota
