// SPDX-License-Identifier: BSD-3-Clause
// Walking a stack inside a signal handler. Which library does it is chosen when building.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/crash.h"

namespace rota {

// Loads what walking needs while all is well. Once, before the first crash.
void prepare_stack_walk();

// Return addresses of the interrupted code, innermost first; `context` is the handler's third
// argument.
size_t walk_stack(void* context, uintptr_t* frames, size_t frames_max);

// "module(+0xoffset) function" and what else is known, without a line break.
void describe_frame(CrashWriter& out, uintptr_t frame);

const char* stack_walk_name();

// What dladdr knows of an address; shared by the walkers.
void describe_module(CrashWriter& out, uintptr_t frame);

}  // namespace rota
