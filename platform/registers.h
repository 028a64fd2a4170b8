// SPDX-License-Identifier: BSD-3-Clause
// The registers of interrupted code. Async-signal-safe.
#pragma once

#include <cstdint>

#include "platform/crash.h"

namespace rota {

uintptr_t program_counter(const void* context);
void write_registers(CrashWriter& out, const void* context);

}  // namespace rota
