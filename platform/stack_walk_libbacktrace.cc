// SPDX-License-Identifier: BSD-3-Clause
// libbacktrace also knows source lines. It takes its memory from mmap, never from malloc.
#include <backtrace.h>

#include <algorithm>

#include "platform/registers.h"
#include "platform/stack_walk.h"

namespace rota {

namespace {

backtrace_state* walker = nullptr;  // made once, never freed: libbacktrace has no way to

void ignore_error(void*, const char*, int) {}

struct Walk {
    uintptr_t* frames;
    size_t frames_max;
    size_t count;
};

int add_frame(void* data, uintptr_t frame) {
    auto* walk = static_cast<Walk*>(data);
    walk->frames[walk->count++] = frame;
    return walk->count == walk->frames_max ? 1 : 0;
}

void write_symbol(void* data, uintptr_t, const char* symbol, uintptr_t, uintptr_t) {
    if (symbol != nullptr) static_cast<CrashWriter*>(data)->text(" ").text(symbol);
}

// Called once for each function inlined at that place; without debug information, once with
// nothing.
int write_line(void* data, uintptr_t frame, const char* file, int line, const char* function) {
    auto& out = *static_cast<CrashWriter*>(data);
    if (function == nullptr) {
        ::backtrace_syminfo(walker, frame, write_symbol, ignore_error, &out);
        return 0;
    }
    out.text(" ").text(function);
    if (file != nullptr) out.text(" at ").text(file).text(":").decimal(line);
    return 0;
}

}  // namespace

void prepare_stack_walk() {
    if (walker == nullptr) walker = ::backtrace_create_state(nullptr, 1, ignore_error, nullptr);
    uintptr_t frame[1];
    Walk walk{frame, 1, 0};
    ::backtrace_simple(walker, 0, add_frame, ignore_error, &walk);
}

size_t walk_stack(void* context, uintptr_t* frames, size_t frames_max) {
    uintptr_t raw[kCrashFramesMax + 16];
    Walk walk{raw, std::size(raw), 0};
    ::backtrace_simple(walker, 0, add_frame, ignore_error, &walk);
    // The handler's own frames end at the interrupted address. Callers are reported one byte back,
    // inside their call instruction, and so is that address on some versions.
    const uintptr_t wanted = program_counter(context);
    size_t first = 0;
    while (first < walk.count && raw[first] != wanted && raw[first] + 1 != wanted) ++first;
    if (first == walk.count) first = 0;
    const size_t kept = std::min(walk.count - first, frames_max);
    std::copy_n(raw + first, kept, frames);
    return kept;
}

void describe_frame(CrashWriter& out, uintptr_t frame) {
    describe_module(out, frame);
    ::backtrace_pcinfo(walker, frame, write_line, ignore_error, &out);
}

const char* stack_walk_name() { return "libbacktrace"; }

}  // namespace rota
