// SPDX-License-Identifier: BSD-3-Clause
// The general-purpose allocator behind malloc and new, chosen when building. Any thread.
// Numbers are snapshots of the whole process and cost microseconds: for cron and INFO, not for
// commands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rota {

struct MemoryStats {
    uint64_t allocated = 0;  // bytes in blocks that are in use, or the closest the allocator knows
    uint64_t active = 0;     // bytes in pages that hold such blocks
    uint64_t resident = 0;   // bytes of physical memory that the allocator holds
    uint64_t retained = 0;   // address space kept without memory behind it
    uint64_t muzzy = 0;      // pages the kernel may take back any time
    uint64_t metadata = 0;   // the allocator's own books
};

// For INFO mem_allocator: "jemalloc-5.3.0", "libc", "mimalloc-2.0.9".
const std::string& memory_allocator_name();

MemoryStats memory_stats();

// Bytes in blocks that are in use, as far as the threads are counted: every thread that allocates
// or frees says so once, and the one that asks. Exact, and some nanoseconds a thread, where the
// allocator keeps count for each thread (jemalloc); else memory_stats().allocated.
uint64_t memory_in_use();
void memory_count_thread();
// What the calling thread has allocated less what it has freed. Only differences mean anything.
// Where the allocator cannot tell: memory_in_use().
uint64_t memory_of_thread();

// Returns unused memory to the kernel. May take milliseconds.
void memory_purge();

// What the allocator tells about itself, for people.
std::string memory_report();

// Whether the allocator may use a thread of its own to return memory. False: it has none.
bool memory_set_background_thread(bool enabled);

// Bytes that a block from malloc really takes.
size_t memory_block_bytes(const void* block);

}  // namespace rota
