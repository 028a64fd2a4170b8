// SPDX-License-Identifier: BSD-3-Clause
// Placement: which CPUs the executor and the IO threads run on, and whose memory they use.
//
// A directive decides for itself: `server-cpulist` is the set of CPUs for the executor and the IO
// threads, as in Valkey; `io-threads-cpulist` gives each IO thread a CPU of its own, in order.
//
// Without either the threads get one CPU each: one NUMA node, one last-level cache, one physical
// core a thread. Cores of the same node behind another cache come next, then SMT siblings of the
// node, since half a core nearby is worth more than a whole one behind the link between sockets;
// then other nodes. Among equals the caches around the CPU that the process started on win, so that
// two servers on one machine rarely choose the same.
//
// This default must never lose against the kernel's own choice, so it is taken only where
// - there are IO threads at all: machines full of servers with one thread each are common,
// - the process may use at least twice as many physical cores as it has threads: whoever else is
//   there can get out of the way. Small machines, small containers and laptops are left alone.
// And it is given up (`revocable`) as soon as the threads have to wait for their CPUs, see
// ScalingPolicy::crowded(); what a directive asked for never is.
//
// Threading: planning is pure; take_place() and leave_place() act on the calling thread. No failure
// is fatal: each costs one line in the log.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/cpu.h"
#include "platform/slice.h"

namespace rota {

// local: from the node that the thread's CPUs belong to, and the executor's where those are
// several. interleave: from all nodes in turn. none: the kernel's default, whatever it is.
enum class NumaPolicy : uint8_t { local, interleave, none };

// What there is to choose from. To be read once, before any thread is bound.
struct Machine {
    std::vector<Cpu> cpus;     // empty: the kernel does not tell
    std::vector<int> allowed;  // by affinity and cpuset
    int start_cpu = -1;        // where the process runs
};
Machine read_machine();

struct PlacementRequest {
    size_t threads = 1;              // the executor and the IO threads
    std::string server_cpulist;      // "": not given
    std::string io_threads_cpulist;  // "": not given
    NumaPolicy numa = NumaPolicy::local;
};

struct ThreadPlace {
    std::vector<int> cpus;  // empty: any that the process may use
    int node = -1;          // where its memory comes from; -1: as the kernel does
    std::string text;       // "cpus=3 core=3 llc=0 node=0 memory=0"
};

struct Placement {
    std::vector<ThreadPlace> threads;  // [0]: the executor, [i]: IO thread i
    std::vector<int> allowed;          // for threads and children without a place
    NumaPolicy numa = NumaPolicy::local;
    bool revocable = false;            // bound by our own choice
    std::vector<std::string> remarks;  // why it is so, and what could not be done
};

Placement plan_placement(const Machine&, const PlacementRequest&);

// "executor", "io_thread_1", ...
std::string thread_role(size_t thread);
void log_placement(const Placement&);

void take_place(const Placement&, size_t thread);
// For background threads and children, which would inherit the CPU of whoever starts them.
// `cpu_list` is the value of `directive` (bio-cpulist, bgsave-cpulist, aof-rewrite-cpulist); "":
// any CPU that the process may use.
void leave_place(const Placement&, Slice directive = {}, Slice cpu_list = {});
// Gives up a revocable placement: the threads (by kernel id) may run anywhere from now on. Memory
// stays where it is. Any thread.
void revoke_placement(Placement&, std::span<const pid_t> threads);

}  // namespace rota
