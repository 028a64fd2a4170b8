// SPDX-License-Identifier: BSD-3-Clause
#include "platform/file.h"
#include "platform/text.h"
#include "platform/tsc.h"

namespace rota {

static bool has_word(const std::string& text, Slice word) {
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        const size_t end = at + word.size();
        const bool starts = at == 0 || text[at - 1] == ' ';
        if (starts && (end == text.size() || text[end] == ' ' || text[end] == '\n')) return true;
    }
    return false;
}

bool kernel_counts_ticks(const std::string& root) {
    const auto source =
        read_file(root + "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    if (!source) return false;
    const Slice name = trim(*source);
    const bool is_arm = Slice(kTickSource) == "ARM CNTVCT";
    const bool is_x86 = Slice(kTickSource) == "X86 TSC";
    return (is_x86 && name == "tsc") || (is_arm && name == "arch_sys_counter");
}

bool ticks_are_trusted(const std::string& root) {
    if (!kernel_counts_ticks(root)) return false;
    if (Slice(kTickSource) == "ARM CNTVCT") return true;  // constant by its definition
    const auto cpus = read_file(root + "/proc/cpuinfo");
    return cpus && has_word(*cpus, "constant_tsc") && has_word(*cpus, "nonstop_tsc");
}

}  // namespace rota
