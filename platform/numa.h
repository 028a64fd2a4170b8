// SPDX-License-Identifier: BSD-3-Clause
// Memory on a chosen NUMA node. Any thread. On a machine or in a container without NUMA everything
// works and there is one node, 0.
#pragma once

#include <cstddef>

#include "platform/result.h"

namespace rota {

bool numa_usable();
int numa_nodes();           // at least 1
int numa_node_of(int cpu);  // 0 if unknown

// Where the calling thread's new pages come from first; other nodes help out when it is full.
Result<> prefer_numa_node(int node);
// The calling thread's new pages come from all nodes in turn.
void interleave_numa_nodes();
// Back to the node the thread runs on.
void prefer_local_node();

// Whole zeroed pages, preferably of that node. Give them back with unmap_pages, same size.
Result<void*> map_on_node(size_t bytes, int node);
void unmap_pages(void* pages, size_t bytes);

}  // namespace rota
