// SPDX-License-Identifier: BSD-3-Clause
// Processors: how they are arranged, and which of them the calling thread may use. Any thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "platform/result.h"
#include "platform/slice.h"

namespace rota {

struct Cpu {
    int id = 0;
    int package = 0;
    int core = 0;               // id of its first SMT sibling: equal for CPUs of one physical core
    int llc = 0;                // id of the first CPU that shares its last-level cache
    int node = 0;               // NUMA node; 0 where the kernel knows of none
    std::vector<int> siblings;  // all CPUs of the physical core, itself included
};

// The CPUs that are online, in order of id. `root` is "" but in tests.
Result<std::vector<Cpu>> read_cpu_topology(const std::string& root = "");

// "0,2,3", "0-3", "0-7:2" (every second one) and their mixes. Sorted, without repetition.
Result<std::vector<int>> parse_cpu_list(Slice text);
// The same in the order of the text, each CPU where it comes first.
Result<std::vector<int>> parse_cpu_order(Slice text);
// The shortest text that parse_cpu_order() reads back, without strides: "0-2,5".
std::string format_cpu_list(const std::vector<int>& cpus);

// The CPUs that the calling thread may run on.
std::vector<int> allowed_cpus();
// Moves a thread of this process by its kernel id, 0: the calling one. Threads and children that it
// starts later inherit the set.
Result<> set_affinity(const std::vector<int>& cpus, pid_t thread = 0);

// At most 15 bytes are kept; shown by top and in crash reports.
void set_thread_name(Slice name);

}  // namespace rota
