// SPDX-License-Identifier: BSD-3-Clause
// What EVAL and FCALL have in common. Threading: executor only.
#pragma once

#include "commands/ctx.h"
#include "scripting/scripts.h"

namespace rota {

struct ScriptArguments {
    std::span<const Slice> keys, args;
};

// "numkeys [key ...] [arg ...]" from argument 2 on; nullopt after having replied with an error.
std::optional<ScriptArguments> script_arguments(Ctx&, Slice not_a_number);

// Runs it, or replies why it must not.
void run_script(Ctx&, const ScriptCall&, bool by_read_only_command);

// A script's own flags make those of the command that runs it.
uint64_t command_flags(uint64_t row_flags, uint64_t script_flags);

// SCRIPT KILL and FUNCTION KILL.
void kill_script(Ctx&, ScriptKind);

// What others are told while a script of that kind has run for too long.
Slice busy_text(ScriptKind);

// [ASYNC|SYNC] in argument 2; false after having replied with `error`. What is flushed is freed at
// once either way.
bool flush_argument(Ctx&, Slice error);

}  // namespace rota
