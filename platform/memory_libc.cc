// SPDX-License-Identifier: BSD-3-Clause
#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "platform/memory.h"
#include "platform/rusage.h"

#if defined(__SANITIZE_ADDRESS__)
// The allocator is the sanitizer's then; GCC ships no header for this part of it.
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace rota {

const std::string& memory_allocator_name() {
    static const std::string name = "libc";
    return name;
}

MemoryStats memory_stats() {
    const struct mallinfo2 info = ::mallinfo2();
    MemoryStats stats;
    stats.allocated = info.uordblks + info.hblkhd;
    stats.active = info.arena + info.hblkhd;
    stats.resident = resident_bytes();
    return stats;
}

uint64_t memory_in_use() {
#if defined(__SANITIZE_ADDRESS__)
    return __sanitizer_get_current_allocated_bytes();
#else
    return memory_stats().allocated;
#endif
}

void memory_count_thread() {}

uint64_t memory_of_thread() { return memory_in_use(); }

void memory_purge() { ::malloc_trim(0); }

std::string memory_report() {
    char* text = nullptr;
    size_t size = 0;
    FILE* stream = ::open_memstream(&text, &size);
    if (stream == nullptr) return "";
    ::malloc_info(0, stream);
    std::fclose(stream);
    std::string out(text, size);
    std::free(text);
    return out;
}

bool memory_set_background_thread(bool) { return false; }

size_t memory_block_bytes(const void* block) {
    return ::malloc_usable_size(const_cast<void*>(block));
}

}  // namespace rota
