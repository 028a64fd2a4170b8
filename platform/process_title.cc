// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "platform/process.h"

namespace rota {

namespace {

// The kernel lays the strings out one behind the other; `end` moves as long as that holds.
void extend_area(char* text, char*& end) {
    if (text == end) end += std::strlen(text) + 1;
}

// Replaces the environment by copies, since its memory becomes part of the title.
void move_environment() {
    size_t count = 0;
    while (environ[count] != nullptr) ++count;
    auto** copy = static_cast<char**>(std::calloc(count + 1, sizeof(char*)));
    if (copy == nullptr) return;
    for (size_t at = 0; at < count; ++at) copy[at] = ::strdup(environ[at]);
    environ = copy;  // for the life of the process
}

}  // namespace

ProcessTitle::ProcessTitle(int argc, char** argv) : args_(argv, argv + argc) {
    if (argc == 0 || argv[0] == nullptr) return;
    area_ = argv[0];
    char* end = area_;
    for (int at = 0; at < argc; ++at) extend_area(argv[at], end);
    for (char** entry = environ; *entry != nullptr; ++entry) extend_area(*entry, end);
    move_environment();
    program_invocation_name = ::strdup(program_invocation_name);
    program_invocation_short_name = ::strdup(program_invocation_short_name);
    room_ = static_cast<size_t>(end - area_) - 1;
}

void ProcessTitle::set(Slice title) {
    if (area_ == nullptr) return;
    const size_t length = std::min(title.size(), room_);
    std::memcpy(area_, title.data(), length);
    // All of the rest: a non-zero byte at the old end would tell the kernel to show more.
    std::memset(area_ + length, 0, room_ + 1 - length);
}

}  // namespace rota
