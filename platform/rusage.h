// SPDX-License-Identifier: BSD-3-Clause
// What this process costs: processor time and memory. Any thread; a system call or a /proc read
// each.
#pragma once

#include <cstdint>

namespace rota {

struct CpuTime {
    int64_t user_us = 0;
    int64_t system_us = 0;

    int64_t total_us() const { return user_us + system_us; }
};

enum class CpuTimeOf : uint8_t { process, children, thread };

// children: those that have been waited for. thread: the calling one.
CpuTime cpu_time(CpuTimeOf whose);

// 0 where /proc does not say.
uint64_t resident_bytes();
uint64_t peak_resident_bytes();
uint64_t system_memory_bytes();

}  // namespace rota
