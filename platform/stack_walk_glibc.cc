// SPDX-License-Identifier: BSD-3-Clause
// The C library's walker starts at the handler itself; the handler's own frames are dropped by
// looking for the interrupted address.
#include <execinfo.h>

#include <algorithm>

#include "platform/registers.h"
#include "platform/stack_walk.h"

namespace rota {

void prepare_stack_walk() {
    void* frame[1];
    ::backtrace(frame, 1);  // the first call loads a library, which must not happen in a handler
}

size_t walk_stack(void* context, uintptr_t* frames, size_t frames_max) {
    void* raw[kCrashFramesMax + 16];
    const auto count = static_cast<size_t>(::backtrace(raw, static_cast<int>(std::size(raw))));
    const uintptr_t wanted = program_counter(context);
    size_t first = 0;
    while (first < count && reinterpret_cast<uintptr_t>(raw[first]) != wanted) ++first;
    if (first == count) first = 0;  // not found: better too much than nothing
    const size_t kept = std::min(count - first, frames_max);
    for (size_t at = 0; at < kept; ++at) frames[at] = reinterpret_cast<uintptr_t>(raw[first + at]);
    return kept;
}

void describe_frame(CrashWriter& out, uintptr_t frame) { describe_module(out, frame); }

const char* stack_walk_name() { return "glibc"; }

}  // namespace rota
