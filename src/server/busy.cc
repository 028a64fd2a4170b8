// SPDX-License-Identifier: BSD-3-Clause
// A script that has run for longer than busy-reply-threshold: from time to time it stands still for
// a moment, in the middle of its instructions, and others are served: they are told that the
// server is busy, but for the few commands that are allowed, of which one may end the script.
//
// All this happens within the command that runs the script, within its batch, perhaps within the
// parsing of its client's input. So what is under way there is left alone or goes on here:
//
//     the rest of the batch that runs        run here, its replies go elsewhere
//     events and jobs taken, not yet done    taken on here, those who took them find none left
//     whoever has sent the script            what it sends waits in `held`
//     whose input is being parsed            its events wait
//     clients that go                        are not freed before the turn ends
#include "commands/scripting.h"
#include "config/inert_options.h"
#include "platform/log.h"
#include "platform/text.h"
#include "server/executor.h"

namespace rota {

// One that was started for a client that had to wait before (it was paused, or blocked) runs
// outside of a batch, and nobody is served until it ends.
bool Executor::script_must_end(ScriptRun& run) {
    const int64_t threshold_ms = parts_.script_options.busy_reply_threshold;
    if (running_ == nullptr || threshold_ms <= 0) return run.killed;
    if (!run.busy) {
        const int64_t spent_ms = (parts_.clock.monotonic_us() - run.started_us) / 1000;
        if (spent_ms < threshold_ms) return false;
        log(LogLevel::warning,
            "Slow script detected: still in execution after %lld milliseconds. You can try killing "
            "the script using the %s command. Script name is: %.*s.",
            static_cast<long long>(spent_ms),
            run.call.kind == ScriptKind::script ? "SCRIPT KILL" : "FUNCTION KILL",
            static_cast<int>(run.call.name.size()), run.call.name.data());
        begin_busy(run);
    }
    serve_while_busy();
    return run.killed || parts_.control.stopping();
}

void Executor::begin_busy(ScriptRun& run) {
    run.busy = busy_ = true;
    gate_.close();  // readers would answer as if nothing were the matter
    if (!busy_reader_)
        busy_reader_ = loop_.make_reader(parts_.commands, parts_.keyspace, busy_batch_);
    // What has been written for others must not wait, nor be sent while they are on loan.
    if (running_->loop == 0) loop_.send_early(*running_);
    own_batch_ = &busy_batch_;
    loop_.begin_busy(*busy_reader_);
    script_caller_->behind_script = true;
}

void Executor::serve_while_busy() {
    Batch& outer = *std::exchange(running_, nullptr);
    size_t next = next_request_;
    tell_terms(*script_caller_);  // that nothing more of it need be parsed
    while (next < outer.requests.size()) {
        Request& request = outer.requests[next++];
        const Client& client = *request.client;
        if (client.closing || client.close_after_reply) continue;
        run(request, outer.args_of(request), output_for(client));
    }
    loop_.serve_while_busy();
    if (remote_ != nullptr) remote_->serve_while_busy();
    loop_.serve_while_busy();
    running_ = &outer;
    next_request_ = next;
}

void Executor::end_busy() {
    loop_.deliver_own();
    busy_ = false;
    gate_.open();
    loop_.end_busy();
    own_batch_ = &batch_;
    script_caller_->behind_script = false;
    if (!script_caller_->closing) go_on(*script_caller_);
}

bool Executor::refuses_while_busy(const RegisteredCommand& command,
                                  std::span<const Slice> args) const {
    if (!command.is(kAllowBusy)) return true;
    const bool saves = args.size() != 2 || !equals_ignore_case(args[1], "nosave");
    return command.row->name == "shutdown" && saves;
}

}  // namespace rota
