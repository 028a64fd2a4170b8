// SPDX-License-Identifier: BSD-3-Clause
// Running scripts, and the commands that they run. Readers on other threads see nothing of what a
// script writes until it has ended.
#include "commands/function_load.h"
#include "commands/permissions.h"
#include "commands/scripting.h"
#include "metrics/error_stats.h"
#include "metrics/server_stats.h"
#include "scripting/flags.h"
#include "server/script_session.h"

namespace rota {

void Executor::run_script(Ctx& ctx, const ScriptCall& call) {
    Client& caller = ctx.client;
    if (!script_client_) {
        script_client_ = std::make_unique<Client>(0);
        script_client_->internal = script_client_->authenticated = true;
    }
    Client& self = *script_client_;
    self.db = caller.db;
    self.resp = 2;
    self.no_touch = caller.no_touch;
    self.user = caller.user;
    self.peer = caller.peer;
    self.name = caller.name;
    if (monitors_ > 0) show_to_monitors(ctx);  // before the commands that it runs
    ScriptRun run{.call = call, .command = ctx.args, .started_us = parts_.clock.monotonic_us()};
    ScriptSession session(*this, parts_, run, caller, self, memory_limit_.is_exceeded());
    parts_.scripts.running = &run;
    script_caller_ = &caller;
    call.engine.call(call.code, call.kind, session, call.keys, call.args, ctx.reply);
    if (busy_) end_busy();
    script_caller_ = nullptr;
    parts_.scripts.running = nullptr;
    // What it did has been told, command by command.
    parts_.effects.commands().set_handler_tells(true);
}

// Its own time is its own: what the script did before is the script's.
void Executor::call_from_script(Client& self, RegisteredCommand& command,
                                std::span<const Slice> args, Reply& reply) {
    Request request{.client = &self,
                    .command = &command,
                    .raw = {},
                    .first_arg = 0,
                    .arg_count = static_cast<uint32_t>(args.size()),
                    .key_hash = 0};
    last_ticks_ = parts_.clock.ticks();
    call(request, args, reply);
}

ScriptSession::ScriptSession(Executor& executor, Parts& parts, ScriptRun& run, const Client& caller,
                             Client& self, bool over_memory)
    : executor_(executor),
      parts_(parts),
      run_(run),
      caller_(caller),
      self_(self),
      over_memory_(over_memory) {}

ScriptSession::~ScriptSession() {
    if (closed_gate_) executor_.read_gate().open();
}

// ---- The script's commands

void ScriptSession::call(std::span<const Slice> args, Buffer& out) {
    RegisteredCommand* const command = parts_.commands.resolve(args);
    const std::string reason = refusal(command, args);
    Reply reply(out, self_.resp);
    if (!reason.empty()) {
        reply.error(reason);
        if (command != nullptr) command->stats.add_rejected();
        return executor_.count_error(reply);
    }
    if (command->is(kWrite)) {
        run_.wrote = true;
        if (!std::exchange(closed_gate_, true)) executor_.read_gate().close();
    }
    executor_.call_from_script(self_, *command, args, reply);
}

std::string ScriptSession::refusal(const RegisteredCommand* command, std::span<const Slice> args) {
    if (command == nullptr) {
        const RegisteredCommand* container = parts_.commands.find(args[0]);
        if (container == nullptr) return "ERR Unknown command called from script";
        return unknown_subcommand_text(*container, args);
    }
    const int arity = command->row->arity;
    const auto count = static_cast<int>(args.size());
    if (command->row->run == nullptr || (arity > 0 ? count != arity : count < -arity))
        return "ERR Wrong number of args calling command from script";
    if (command->is(kNoScript)) return "ERR This Valkey command is not allowed from script";
    const AclDenial denied = parts_.permissions.check(*self_.user, *command, args, self_.db);
    if (denied) {
        parts_.permissions.record(caller_, *command, args, denied, AclContext::lua);
        return "ERR ACL failure in script: " +
               Permissions::short_text(*self_.user, *command, denied);
    }
    return write_refusal(*command);
}

std::string ScriptSession::write_refusal(const RegisteredCommand& command) const {
    const ScriptCall& call = run_.call;
    if (command.is(kWrite | kMayReplicate) && call.read_only)
        return "ERR Write commands are not allowed from read-only scripts.";
    if (command.is(kWrite) && disk_fails(parts_)) return disk_error(parts_);
    const bool deny = over_memory_ && !run_.wrote && !(call.flags & kScriptAllowOom);
    if (command.is(kDenyOom) && deny) return std::string(kOutOfMemoryText);
    return {};
}

std::optional<bool> ScriptSession::may_call(std::span<const Slice> args) {
    const RegisteredCommand* command = parts_.commands.resolve(args);
    if (command == nullptr) return std::nullopt;
    return !parts_.permissions.check(*self_.user, *command, args, self_.db);
}

Slice ScriptSession::interrupted() {
    if (!executor_.script_must_end(run_)) return {};
    return run_.call.kind == ScriptKind::script ? "Script killed by user with SCRIPT KILL."
                                                : "Script killed by user with FUNCTION KILL.";
}

void ScriptSession::log(int level, Slice text) { log_of_script(level, text); }

}  // namespace rota
