// SPDX-License-Identifier: BSD-3-Clause
#include "platform/cpu.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "platform/file.h"
#include "platform/text.h"

namespace rota {

namespace {

constexpr int kCpuMax =
    CPU_SETSIZE;  // ids from here on are refused: cpu_set_t has no room for them

std::optional<int> read_number(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return std::nullopt;
    const auto value = parse_int64(trim(*text));
    if (!value || *value < 0 || *value > INT32_MAX) return std::nullopt;
    return static_cast<int>(*value);
}

std::vector<int> read_list(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return {};
    return parse_cpu_list(trim(*text)).value_or(std::vector<int>{});
}

// The CPUs below the highest cache level that `cpu_folder` tells about.
std::vector<int> read_cache_sharers(const std::string& cpu_folder) {
    std::vector<int> sharers;
    int highest = 0;
    for (int index = 0;; ++index) {
        const std::string folder = cpu_folder + "/cache/index" + std::to_string(index);
        const auto level = read_number(folder + "/level");
        if (!level) return sharers;
        if (*level <= highest) continue;
        highest = *level;
        sharers = read_list(folder + "/shared_cpu_list");
    }
}

Cpu read_cpu(const std::string& folder, int id) {
    Cpu cpu;
    cpu.id = id;
    cpu.package = read_number(folder + "/topology/physical_package_id").value_or(0);
    cpu.siblings = read_list(folder + "/topology/thread_siblings_list");
    if (cpu.siblings.empty()) cpu.siblings = {id};
    cpu.core = cpu.siblings.front();
    return cpu;
}

bool take_number(Slice& text, int& value) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || value < 0) return false;
    text.remove_prefix(static_cast<size_t>(stop - text.data()));
    return true;
}

// "7", "2-5" or "0-7:2".
bool take_range(Slice text, std::vector<int>& cpus) {
    int first = 0, last = 0, step = 1;
    if (!take_number(text, first)) return false;
    last = first;
    if (!text.empty()) {
        if (text[0] != '-') return false;
        text.remove_prefix(1);
        if (!take_number(text, last)) return false;
    }
    if (!text.empty()) {
        if (text[0] != ':') return false;
        text.remove_prefix(1);
        if (!take_number(text, step) || !text.empty()) return false;
    }
    if (last < first || last >= kCpuMax || step < 1) return false;
    for (int cpu = first; cpu <= last; cpu += std::min(step, kCpuMax)) cpus.push_back(cpu);
    return true;
}

}  // namespace

static Result<std::vector<int>> parse_ranges(Slice text) {
    std::vector<int> cpus;
    Slice rest = text;
    for (;;) {
        const size_t comma = rest.find(',');
        if (!take_range(trim(rest.substr(0, comma)), cpus)) {
            return fail("not a list of CPUs: '" + std::string(text) + "'");
        }
        if (comma == Slice::npos) break;
        rest.remove_prefix(comma + 1);
    }
    return cpus;
}

Result<std::vector<int>> parse_cpu_list(Slice text) {
    auto cpus = parse_ranges(text);
    if (!cpus) return cpus;
    std::sort(cpus->begin(), cpus->end());
    cpus->erase(std::unique(cpus->begin(), cpus->end()), cpus->end());
    return cpus;
}

Result<std::vector<int>> parse_cpu_order(Slice text) {
    auto cpus = parse_ranges(text);
    if (!cpus) return cpus;
    std::vector<bool> seen(kCpuMax);
    std::erase_if(*cpus, [&](int cpu) {
        const bool again = seen[static_cast<size_t>(cpu)];
        seen[static_cast<size_t>(cpu)] = true;
        return again;
    });
    return cpus;
}

std::string format_cpu_list(const std::vector<int>& cpus) {
    std::string text;
    for (size_t first = 0, last; first < cpus.size(); first = last + 1) {
        last = first;
        while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
        append_format(text, "%s%d", text.empty() ? "" : ",", cpus[first]);
        if (last > first) append_format(text, "-%d", cpus[last]);
    }
    return text;
}

Result<std::vector<Cpu>> read_cpu_topology(const std::string& root) {
    const std::string base = root + "/sys/devices/system/cpu";
    const auto online = read_file(base + "/online");
    if (!online) return std::unexpected(online.error());
    const auto ids = parse_cpu_list(trim(*online));
    if (!ids) return std::unexpected(ids.error());
    std::vector<Cpu> cpus;
    for (const int id : *ids) {
        const std::string folder = base + "/cpu" + std::to_string(id);
        Cpu cpu = read_cpu(folder, id);
        const std::vector<int> sharers = read_cache_sharers(folder);
        // Without a word about caches a package is the best guess.
        cpu.llc = sharers.empty() ? id : sharers.front();
        if (sharers.empty()) {
            for (const Cpu& other : cpus) {
                if (other.package == cpu.package) cpu.llc = std::min(cpu.llc, other.llc);
            }
        }
        cpus.push_back(std::move(cpu));
    }
    for (const int node : read_list(root + "/sys/devices/system/node/online")) {
        const auto members =
            read_list(root + "/sys/devices/system/node/node" + std::to_string(node) + "/cpulist");
        for (Cpu& cpu : cpus) {
            if (std::binary_search(members.begin(), members.end(), cpu.id)) cpu.node = node;
        }
    }
    return cpus;
}

std::vector<int> allowed_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cpus;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
    for (int cpu = 0; cpu < kCpuMax; ++cpu) {
        if (CPU_ISSET(static_cast<size_t>(cpu), &set)) cpus.push_back(cpu);
    }
    return cpus;
}

Result<> set_affinity(const std::vector<int>& cpus, pid_t thread) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int cpu : cpus) {
        if (cpu < 0 || cpu >= kCpuMax) return fail_errno("cannot use CPU", EINVAL);
        CPU_SET(static_cast<size_t>(cpu), &set);
    }
    if (::sched_setaffinity(thread, sizeof set, &set) != 0) {
        return fail_errno("cannot move the thread to its CPUs", errno);
    }
    return {};
}

void set_thread_name(Slice name) {
    ::pthread_setname_np(::pthread_self(), std::string(name.substr(0, 15)).c_str());
}

}  // namespace rota
