// SPDX-License-Identifier: BSD-3-Clause
// Made-up machines: as what the topology reader should say, and as the kernel would write them
// under /sys. CPUs are numbered as Linux does: first one of each core, node by node, then their SMT
// siblings in the same order.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "platform/cpu.h"
#include "platform/placement.h"
#include "temp_folder.h"

namespace rota {

struct MachineShape {
    std::vector<std::vector<int>> nodes;  // per node: the cores behind each last-level cache
    int siblings = 1;                     // SMT threads of a core
    std::set<int> offline = {};
};

inline std::vector<Cpu> make_cpus(const MachineShape& shape) {
    int cores = 0;
    for (const auto& caches : shape.nodes)
        for (const int size : caches) cores += size;
    std::vector<Cpu> cpus;
    const auto online = [&](int id) { return !shape.offline.contains(id); };
    int core = 0;
    for (int node = 0; node < static_cast<int>(shape.nodes.size()); ++node) {
        for (const int size : shape.nodes[static_cast<size_t>(node)]) {
            int llc = -1;
            for (int id = 0; id < cores * shape.siblings && llc == -1; ++id)
                if (id % cores >= core && id % cores < core + size && online(id)) llc = id;
            for (const int end = core + size; core < end; ++core) {
                std::vector<int> siblings;
                for (int id = core; id < cores * shape.siblings; id += cores)
                    if (online(id)) siblings.push_back(id);
                for (const int id : siblings)
                    cpus.push_back({id, node, siblings[0], llc, node, siblings});
            }
        }
    }
    std::ranges::sort(cpus, {}, &Cpu::id);
    return cpus;
}

// The process may use every CPU that is online, and was started on the first.
inline Machine make_machine(const MachineShape& shape) {
    Machine machine{make_cpus(shape), {}, 0};
    for (const Cpu& cpu : machine.cpus) machine.allowed.push_back(cpu.id);
    return machine;
}

// What may be missing under /sys, or be more than usual.
struct SysTree {
    bool caches = true;
    bool nodes = true;
    int nodes_without_cpus = 0;
};

inline void put_machine(const TempFolder& root, const std::vector<Cpu>& cpus, SysTree tree = {}) {
    const auto list_of = [&](auto&& belongs) {
        std::vector<int> ids;
        for (const Cpu& cpu : cpus)
            if (belongs(cpu)) ids.push_back(cpu.id);
        return format_cpu_list(ids) + "\n";
    };
    int nodes = 0;
    for (const Cpu& cpu : cpus) {
        nodes = std::max(nodes, cpu.node + 1);
        const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu.id);
        root.put(folder + "/topology/physical_package_id", std::to_string(cpu.package) + "\n");
        root.put(folder + "/topology/thread_siblings_list", format_cpu_list(cpu.siblings) + "\n");
        if (!tree.caches) continue;
        root.put(folder + "/cache/index0/level", "3\n");
        root.put(folder + "/cache/index0/shared_cpu_list",
                 list_of([&](const Cpu& other) { return other.llc == cpu.llc; }));
    }
    root.put("sys/devices/system/cpu/online", list_of([](const Cpu&) { return true; }));
    if (!tree.nodes) return;
    for (int node = 0; node < nodes + tree.nodes_without_cpus; ++node)
        root.put("sys/devices/system/node/node" + std::to_string(node) + "/cpulist",
                 list_of([&](const Cpu& cpu) { return cpu.node == node; }));
    root.put("sys/devices/system/node/online",
             "0-" + std::to_string(nodes + tree.nodes_without_cpus - 1) + "\n");
}

}  // namespace rota
