// SPDX-License-Identifier: BSD-3-Clause
// Files on request: SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF.
#include "commands/ctx.h"
#include "persist/aof.h"
#include "persist/snapshots.h"
#include "platform/log.h"

namespace rota {
namespace {

void cmd_save(Ctx& ctx) {
    if (ctx.parts.snapshots.in_progress())
        return ctx.reply.error("ERR Background save already in progress");
    ctx.parts.snapshots.save() ? ctx.reply.ok() : ctx.reply.error("ERR");
}

void cancel(Ctx& ctx) {
    Snapshots& snapshots = ctx.parts.snapshots;
    if (snapshots.in_progress()) {
        log(LogLevel::notice, "Background saving will be aborted due to user request");
        snapshots.cancel();
        return ctx.reply.simple("Background saving cancelled");
    }
    if (!snapshots.scheduled())
        return ctx.reply.error("ERR Background saving is currently not in progress or scheduled");
    snapshots.unschedule();
    ctx.reply.simple("Scheduled background saving cancelled");
}

void cmd_bgsave(Ctx& ctx) {
    if (ctx.argc() == 2 && ctx.arg_is(1, "cancel")) return cancel(ctx);
    const bool schedule = ctx.argc() == 2 && ctx.arg_is(1, "schedule");
    if (ctx.argc() > 1 && !schedule) return ctx.syntax_error();
    Snapshots& snapshots = ctx.parts.snapshots;
    if (snapshots.in_progress()) return ctx.reply.error("ERR Background save already in progress");
    if (ctx.parts.aof.rewriting() && !schedule)
        return ctx.reply.error(
            "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE "
            "SCHEDULE in order to schedule a BGSAVE whenever possible.");
    if (ctx.parts.aof.rewriting() ||
        !ctx.may_block) {  // in a transaction, which the snapshot must hold whole or not at all
        snapshots.schedule_background();
        return ctx.reply.simple("Background saving scheduled");
    }
    snapshots.start_background() ? ctx.reply.simple("Background saving started")
                                 : ctx.reply.error("ERR");
}

void cmd_bgrewriteaof(Ctx& ctx) {
    Aof& aof = ctx.parts.aof;
    if (aof.rewriting())
        return ctx.reply.error("ERR Background append only file rewriting already in progress");
    if (ctx.parts.snapshots.in_progress() || !ctx.may_block) {
        aof.schedule_rewrite();
        return ctx.reply.simple("Background append only file rewriting scheduled");
    }
    aof.start_rewrite()
        ? ctx.reply.simple("Background append only file rewriting started")
        : ctx.reply.error(
              "ERR Can't execute an AOF background rewriting. Please check the server "
              "logs for more information.");
}

void cmd_lastsave(Ctx& ctx) { ctx.reply.integer(ctx.parts.snapshots.last_save_s()); }

constexpr HistoryItem kBgsaveHistory[] = {{"3.2.2", "`SCHEDULE`."}, {"8.1.0", "`CANCEL`."}};

constexpr Command kSaveCommands[] = {
    {.name = "bgrewriteaof",
     .run = cmd_bgrewriteaof,
     .arity = 1,
     .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .acl = kAclAdmin | kAclDangerous | kAclSlow,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(1) here, O(N) in the child, where N is the number of keys.",
     .summary = "Writes the append-only file anew while the server goes on."},
    {.name = "bgsave",
     .run = cmd_bgsave,
     .arity = -1,
     .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .acl = kAclAdmin | kAclDangerous | kAclSlow,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(1) here, O(N) in the child, where N is the number of keys.",
     .syntax = "operation=[SCHEDULE@3.2.2|CANCEL@8.1.0]",
     .summary = "Writes a snapshot while the server goes on.",
     .history = kBgsaveHistory},
    {.name = "lastsave",
     .run = cmd_lastsave,
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .acl = kAclAdmin | kAclDangerous | kAclFast,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns when the last snapshot was written.",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    {.name = "save",
     .run = cmd_save,
     .arity = 1,
     .flags = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti,
     .acl = kAclAdmin | kAclDangerous | kAclSlow,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys.",
     .summary = "Writes a snapshot, and nothing else meanwhile."},
};

}  // namespace

std::span<const Command> save_commands() { return kSaveCommands; }

}  // namespace rota
