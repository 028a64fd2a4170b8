// SPDX-License-Identifier: BSD-3-Clause
// mimalloc counts what it has committed, not what is in use, so `allocated` is an upper bound here.
#include <malloc.h>
#include <mimalloc.h>

#include "platform/memory.h"
#include "platform/rusage.h"
#include "platform/text.h"

namespace rota {

static void append_text(const char* text, void* out) {
    static_cast<std::string*>(out)->append(text);
}

const std::string& memory_allocator_name() {
    const int version = ::mi_version();  // 209 means 2.0.9
    static const std::string name =
        format("mimalloc-%d.%d.%d", version / 100, version / 10 % 10, version % 10);
    return name;
}

MemoryStats memory_stats() {
    size_t committed = 0;
    ::mi_process_info(nullptr, nullptr, nullptr, nullptr, nullptr, &committed, nullptr, nullptr);
    MemoryStats stats;
    stats.allocated = committed;
    stats.active = committed;
    stats.resident = resident_bytes();  // its own figure is the peak
    return stats;
}

uint64_t memory_in_use() { return memory_stats().allocated; }

void memory_count_thread() {}

uint64_t memory_of_thread() { return memory_in_use(); }

void memory_purge() { ::mi_collect(true); }

std::string memory_report() {
    std::string out;
    ::mi_stats_print_out(append_text, &out);
    return out;
}

bool memory_set_background_thread(bool) { return false; }

size_t memory_block_bytes(const void* block) { return ::mi_usable_size(block); }

}  // namespace rota
