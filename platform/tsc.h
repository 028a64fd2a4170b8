// SPDX-License-Identifier: BSD-3-Clause
// The processor's own time counter. Any thread. Nanoseconds to read, no system call.
#pragma once

#include <cstdint>
#include <string>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace rota {

#if defined(__x86_64__)
inline constexpr const char* kTickSource = "X86 TSC";
inline uint64_t read_ticks() { return __rdtsc(); }
#elif defined(__aarch64__)
inline constexpr const char* kTickSource = "ARM CNTVCT";
inline uint64_t read_ticks() {
    uint64_t ticks;
    asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#else
inline constexpr const char* kTickSource = "none";
inline uint64_t read_ticks() { return 0; }
#endif

// Whether the kernel uses the counter as its own clock at this moment. Quick; see below for `root`.
bool kernel_counts_ticks(const std::string& root);

// Whether the counter may be used as a clock. The kernel's word counts: it watches the counters of
// all cores and drops this clock source when they drift apart. `root` is "" but in tests.
bool ticks_are_trusted(const std::string& root);

}  // namespace rota
