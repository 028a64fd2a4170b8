// SPDX-License-Identifier: BSD-3-Clause
#include "platform/placement.h"

#include <sched.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "platform/log.h"
#include "platform/numa.h"
#include "platform/text.h"

namespace rota {

namespace {

constexpr size_t kFreeCoresPerThread = 2;  // with fewer, threads are not bound by default

const Cpu* find_cpu(const Machine& machine, int id) {
    const auto found = std::ranges::find(machine.cpus, id, &Cpu::id);
    return found == machine.cpus.end() ? nullptr : &*found;
}

bool is_allowed(const Machine& machine, int id) {
    return std::ranges::find(machine.allowed, id) != machine.allowed.end();
}

// A CPU that the process may use; `sibling` counts those of its core before it.
struct Seat {
    const Cpu* cpu;
    int sibling;
};

std::vector<Seat> usable_seats(const Machine& machine) {
    std::vector<Seat> seats;
    std::map<int, int> in_core;
    for (const Cpu& cpu : machine.cpus)
        if (is_allowed(machine, cpu.id)) seats.push_back({&cpu, in_core[cpu.core]++});
    return seats;
}

// The CPU whose node and cache are to be the threads' home: those with the most room for them.
const Cpu& choose_home(const std::vector<Seat>& seats, size_t threads, const Cpu* start) {
    std::map<int, size_t> node_cores, cache_cores;
    for (const Seat& seat : seats) {
        if (seat.sibling != 0) continue;
        ++node_cores[seat.cpu->node];
        ++cache_cores[seat.cpu->llc];
    }
    const auto merit = [&](const Seat& seat) {
        const Cpu& cpu = *seat.cpu;
        return std::tuple(std::min(node_cores[cpu.node], threads),
                          std::min(cache_cores[cpu.llc], threads),
                          start != nullptr && cpu.llc == start->llc,
                          start != nullptr && cpu.node == start->node, -cpu.id);
    };
    return *std::ranges::max_element(seats, {}, merit)->cpu;
}

void sort_by_distance(std::vector<Seat>& seats, const Cpu& home) {
    std::ranges::sort(seats, {}, [&](const Seat& seat) {
        const Cpu& cpu = *seat.cpu;
        return std::tuple(cpu.node != home.node, cpu.node, seat.sibling, cpu.llc != home.llc,
                          cpu.llc, cpu.id);
    });
}

// One CPU a thread, or a remark why not.
void bind_by_default(const Machine& machine, size_t threads, Placement& plan) {
    if (threads < 2) return;
    std::vector<Seat> seats = usable_seats(machine);
    const auto cores = static_cast<size_t>(std::ranges::count(seats, 0, &Seat::sibling));
    if (cores < threads * kFreeCoresPerThread) {
        plan.remarks.push_back(
            format("%zu threads and %zu cores: the kernel places the threads", threads, cores));
        return;
    }
    sort_by_distance(seats, choose_home(seats, threads, find_cpu(machine, machine.start_cpu)));
    for (size_t i = 0; i < threads; ++i) plan.threads[i].cpus = {seats[i].cpu->id};
    plan.revocable = true;
}

// The usable CPUs of a directive, in its order; none where the process may use none of them.
std::vector<int> read_directive(const Machine& machine, const char* name, const std::string& text,
                                Placement& plan) {
    if (text.empty()) return {};
    auto cpus = parse_cpu_order(text);
    if (!cpus) {
        plan.remarks.push_back(std::string(name) + ": " + cpus.error().message);
        return {};
    }
    const size_t refused = std::erase_if(*cpus, [&](int id) { return !is_allowed(machine, id); });
    if (refused != 0)
        plan.remarks.push_back(format("%s: this process may not use %zu of these CPUs: %s", name,
                                      refused, text.c_str()));
    return *std::move(cpus);
}

void bind_as_told(const std::vector<int>& server, const std::vector<int>& io, Placement& plan) {
    for (ThreadPlace& place : plan.threads) place.cpus = server;
    if (io.empty()) return;
    for (size_t i = 1; i < plan.threads.size(); ++i) {
        // Threads beyond the list share it.
        plan.threads[i].cpus = i <= io.size() ? std::vector<int>{io[i - 1]} : io;
    }
    if (plan.threads.size() > io.size() + 1)
        plan.remarks.push_back(
            format("io-threads-cpulist: %zu CPUs for %zu IO threads: the last "
                   "%zu may use any of them",
                   io.size(), plan.threads.size() - 1, plan.threads.size() - 1 - io.size()));
}

// The one value that all CPUs of the place agree on, or -1.
int common(const Machine& machine, const std::vector<int>& cpus, int Cpu::*what) {
    int value = -1;
    for (const int id : cpus) {
        const Cpu* cpu = find_cpu(machine, id);
        if (cpu == nullptr || (value != -1 && value != cpu->*what)) return -1;
        value = cpu->*what;
    }
    return value;
}

void choose_memory(const Machine& machine, Placement& plan) {
    if (plan.numa != NumaPolicy::local) return;
    const int home = common(machine, plan.threads[0].cpus, &Cpu::node);
    for (ThreadPlace& place : plan.threads) {
        const int own = common(machine, place.cpus, &Cpu::node);
        place.node = own != -1 ? own : home;
    }
}

std::string describe(const Machine& machine, const ThreadPlace& place, NumaPolicy numa) {
    std::string text = "cpus=" + (place.cpus.empty() ? "any" : format_cpu_list(place.cpus));
    const auto add = [&](const char* name, int value) {
        if (value != -1) append_format(text, " %s=%d", name, value);
    };
    add("core", common(machine, place.cpus, &Cpu::core));
    add("llc", common(machine, place.cpus, &Cpu::llc));
    add("node", common(machine, place.cpus, &Cpu::node));
    if (place.node != -1) return text + " memory=" + std::to_string(place.node);
    return text + (numa == NumaPolicy::interleave ? " memory=interleaved" : " memory=default");
}

void warn(const Result<>& done, const std::string& who) {
    if (!done) log(LogLevel::warning, "%s: %s", who.c_str(), done.error().message.c_str());
}

}  // namespace

Machine read_machine() {
    return {read_cpu_topology().value_or(std::vector<Cpu>{}), allowed_cpus(), ::sched_getcpu()};
}

Placement plan_placement(const Machine& machine, const PlacementRequest& request) {
    Placement plan;
    plan.threads.resize(std::max<size_t>(request.threads, 1));
    plan.allowed = machine.allowed;
    plan.numa = request.numa;
    if (request.server_cpulist.empty() && request.io_threads_cpulist.empty()) {
        bind_by_default(machine, plan.threads.size(), plan);
    } else {
        bind_as_told(
            read_directive(machine, "server-cpulist", request.server_cpulist, plan),
            read_directive(machine, "io-threads-cpulist", request.io_threads_cpulist, plan), plan);
    }
    choose_memory(machine, plan);
    for (ThreadPlace& place : plan.threads) place.text = describe(machine, place, plan.numa);
    return plan;
}

std::string thread_role(size_t thread) {
    return thread == 0 ? "executor" : "io_thread_" + std::to_string(thread);
}

void log_placement(const Placement& plan) {
    for (const std::string& remark : plan.remarks)
        log(LogLevel::notice, "Placement: %s", remark.c_str());
    for (size_t i = 0; i < plan.threads.size(); ++i)
        log(LogLevel::notice, "Placement: %s %s", thread_role(i).c_str(),
            plan.threads[i].text.c_str());
}

void take_place(const Placement& plan, size_t thread) {
    const ThreadPlace& place = plan.threads[thread];
    // A thread inherits the place of the one that started it, so "any" must be said, too.
    const auto& cpus = place.cpus.empty() ? plan.allowed : place.cpus;
    if (!cpus.empty()) warn(set_affinity(cpus), thread_role(thread));
    if (plan.numa == NumaPolicy::none || numa_nodes() == 1) return;
    if (plan.numa == NumaPolicy::interleave) {
        interleave_numa_nodes();
    } else if (place.node == -1) {
        prefer_local_node();
    } else {
        warn(prefer_numa_node(place.node), thread_role(thread));
    }
}

void leave_place(const Placement& plan, Slice directive, Slice cpu_list) {
    if (cpu_list.empty()) {
        if (!plan.allowed.empty()) warn(set_affinity(plan.allowed), "CPUs of a helper");
    } else {
        const auto cpus = parse_cpu_list(cpu_list);
        warn(cpus ? set_affinity(*cpus) : Result<>(std::unexpected(cpus.error())),
             std::string(directive));
    }
    if (plan.numa != NumaPolicy::none && numa_nodes() > 1) prefer_local_node();
}

void revoke_placement(Placement& plan, std::span<const pid_t> threads) {
    if (!plan.revocable) return;
    plan.revocable = false;
    for (const pid_t thread : threads) warn(set_affinity(plan.allowed, thread), "Placement");
    for (ThreadPlace& place : plan.threads) {
        place.cpus.clear();
        place.text = "cpus=any";
    }
    plan.remarks.assign(1, "the threads had to wait for their CPUs: the kernel places them now");
    log(LogLevel::notice, "Placement: %s", plan.remarks[0].c_str());
}

}  // namespace rota
