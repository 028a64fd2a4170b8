// SPDX-License-Identifier: BSD-3-Clause
#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "platform/stack_walk.h"

namespace rota {

void prepare_stack_walk() {}

size_t walk_stack(void* context, uintptr_t* frames, size_t frames_max) {
    unw_cursor_t cursor;
    auto* const start = static_cast<unw_context_t*>(context);
    if (::unw_init_local2(&cursor, start, UNW_INIT_SIGNAL_FRAME) != 0) return 0;
    size_t count = 0;
    do {
        unw_word_t address = 0;
        if (::unw_get_reg(&cursor, UNW_REG_IP, &address) != 0 || address == 0) break;
        frames[count++] = static_cast<uintptr_t>(address);
    } while (count<frames_max&& ::unw_step(&cursor)> 0);
    return count;
}

void describe_frame(CrashWriter& out, uintptr_t frame) { describe_module(out, frame); }

const char* stack_walk_name() { return "libunwind"; }

}  // namespace rota
