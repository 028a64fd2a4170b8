// SPDX-License-Identifier: BSD-3-Clause
#include <jemalloc/jemalloc.h>

#include <mutex>
#include <vector>

#include "platform/memory.h"

namespace rota {

namespace {

template <class T>
T read_control(const char* name) {
    T value{};
    size_t size = sizeof value;
    return ::mallctl(name, static_cast<void*>(&value), &size, nullptr, 0) == 0 ? value : T{};
}

// The statistics are as of the last time the epoch moved.
void refresh() {
    uint64_t epoch = 1;
    size_t size = sizeof epoch;
    ::mallctl("epoch", &epoch, &size, &epoch, size);
}

void append_text(void* out, const char* text) { static_cast<std::string*>(out)->append(text); }

// jemalloc's own counters of one thread: what it has ever allocated and freed.
class ThreadCount {
public:
    ThreadCount();
    ~ThreadCount();
    ThreadCount(const ThreadCount&) = delete;
    uint64_t net() const { return read(allocated_) - read(freed_); }

private:
    static uint64_t read(const uint64_t* count) { return __atomic_load_n(count, __ATOMIC_RELAXED); }
    const uint64_t* allocated_ = read_control<const uint64_t*>("thread.allocatedp");
    const uint64_t* freed_ = read_control<const uint64_t*>("thread.deallocatedp");
};

struct ThreadCounts {
    std::mutex mutex;
    std::vector<const ThreadCount*> threads;
    uint64_t ended = 0;  // what those have left behind that are gone
};

ThreadCounts& thread_counts() {
    static ThreadCounts& counts = *new ThreadCounts;  // never destroyed: threads may end later
    return counts;
}

ThreadCount::ThreadCount() {
    ThreadCounts& counts = thread_counts();
    const std::lock_guard lock(counts.mutex);
    counts.threads.push_back(this);
}

ThreadCount::~ThreadCount() {
    ThreadCounts& counts = thread_counts();
    const std::lock_guard lock(counts.mutex);
    counts.ended += net();
    std::erase(counts.threads, this);
}

const ThreadCount& count_of_thread() {
    static thread_local const ThreadCount count;
    return count;
}

static_assert(MALLCTL_ARENAS_ALL == 4096);  // part of two names below

}  // namespace

const std::string& memory_allocator_name() {
    static const std::string name = [] {
        const std::string version = read_control<const char*>("version");
        return "jemalloc-" + version.substr(0, version.find('-'));  // without the commit
    }();
    return name;
}

MemoryStats memory_stats() {
    refresh();
    MemoryStats stats;
    stats.allocated = read_control<size_t>("stats.allocated");
    stats.active = read_control<size_t>("stats.active");
    stats.resident = read_control<size_t>("stats.resident");
    stats.retained = read_control<size_t>("stats.retained");
    stats.metadata = read_control<size_t>("stats.metadata");
    const auto pages = read_control<size_t>("stats.arenas.4096.pmuzzy");
    stats.muzzy = pages * read_control<size_t>("arenas.page");
    return stats;
}

uint64_t memory_in_use() {
    memory_count_thread();
    ThreadCounts& counts = thread_counts();
    const std::lock_guard lock(counts.mutex);
    uint64_t bytes = counts.ended;
    for (const ThreadCount* thread : counts.threads) bytes += thread->net();
    return bytes;
}

void memory_count_thread() { count_of_thread(); }

uint64_t memory_of_thread() { return count_of_thread().net(); }

void memory_purge() { ::mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0); }

std::string memory_report() {
    std::string out;
    ::malloc_stats_print(append_text, &out, nullptr);
    return out;
}

bool memory_set_background_thread(bool enabled) {
    return ::mallctl("background_thread", nullptr, nullptr, &enabled, sizeof enabled) == 0;
}

size_t memory_block_bytes(const void* block) {
    return ::malloc_usable_size(const_cast<void*>(block));
}

}  // namespace rota
