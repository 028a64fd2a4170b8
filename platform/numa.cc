// SPDX-License-Identifier: BSD-3-Clause
#include "platform/numa.h"

#include <numa.h>
#include <sys/mman.h>

#include <cerrno>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota {

bool numa_usable() {
    static const bool usable = ::numa_available() >= 0;
    return usable;
}

int numa_nodes() { return numa_usable() ? ::numa_max_node() + 1 : 1; }

int numa_node_of(int cpu) {
    if (!numa_usable()) return 0;
    const int node = ::numa_node_of_cpu(cpu);
    return node < 0 ? 0 : node;
}

static Result<> check_node(int node) {
    if (node >= 0 && node < numa_nodes()) return {};
    return fail(format("there is no NUMA node %d", node), EINVAL);
}

Result<> prefer_numa_node(int node) {
    if (auto known = check_node(node); !known) return known;
    if (numa_usable()) ::numa_set_preferred(node);
    return {};
}

void interleave_numa_nodes() {
    if (numa_usable()) ::numa_set_interleave_mask(::numa_all_nodes_ptr);
}

void prefer_local_node() {
    if (numa_usable()) ::numa_set_localalloc();
}

Result<void*> map_on_node(size_t bytes, int node) {
    if (auto known = check_node(node); !known) return std::unexpected(known.error());
    void* pages =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        return fail_errno(format("cannot map %zu bytes for NUMA node %d", bytes, node), errno);
    }
    if (numa_usable()) ::numa_tonode_memory(pages, bytes, node);
    return pages;
}

void unmap_pages(void* pages, size_t bytes) {
    const int failed = ::munmap(pages, bytes);
    ASSERT(failed == 0);
}

}  // namespace rota
