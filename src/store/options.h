// SPDX-License-Identifier: BSD-3-Clause
// StoreOptions: what of the keyspace is configurable. Plain values; the executor changes them
// between commands, the store reads them as it goes.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "config/row.h"

namespace rota {

// notify-keyspace-events: the bits of EventClass, and these two for where events are published.
inline constexpr uint32_t kNotifyKeyspace = 1u << 16;
inline constexpr uint32_t kNotifyKeyevent = 1u << 17;

// What maxmemory-policy evicts, and by which measure.
enum class EvictionPolicy : uint8_t {
    volatile_lru,
    volatile_lfu,
    volatile_random,
    volatile_ttl,
    allkeys_lru,
    allkeys_lfu,
    allkeys_random,
    noeviction,
};

struct StoreOptions {
    int active_expire_effort = 1;  // 1..10
    int hz = 10;
    int lfu_log_factor = 10;
    int lfu_decay_time = 1;  // minutes
    // LFU counts instead of an LRU clock: whoever sets maxmemory_policy keeps it in step. See
    // access.h.
    bool lfu = false;
    bool lazyfree_lazy_expire = true;
    bool lazyfree_lazy_server_del = true;
    bool lazyfree_lazy_user_del = true;
    bool lazyfree_lazy_user_flush = true;
    bool lazyfree_lazy_eviction = true;
    bool activerehashing = true;
    std::string hash_seed;  // empty: a random one at every start
    uint64_t maxmemory = 0;
    EvictionPolicy maxmemory_policy = EvictionPolicy::noeviction;
    int maxmemory_samples = 5;
    int maxmemory_eviction_tenacity = 10;
    uint32_t notify_keyspace_events = 0;

    // Up to which size a value keeps its compact form.
    uint64_t hash_max_listpack_entries = 512;
    uint64_t hash_max_listpack_value = 64;
    uint64_t hll_sparse_max_bytes = 3000;
    int list_compress_depth = 0;      // nodes at either end that stay uncompressed; 0: all
    int list_max_listpack_size = -2;  // entries; -1..-5: 4..64 KB
    uint64_t set_max_intset_entries = 512;
    uint64_t set_max_listpack_entries = 128;
    uint64_t set_max_listpack_value = 64;
    uint64_t stream_node_max_bytes = 4096;
    int64_t stream_node_max_entries = 100;
    uint64_t zset_max_listpack_entries = 128;
    uint64_t zset_max_listpack_value = 64;

    bool activedefrag = false;
    int active_defrag_cycle_min = 1;
    int active_defrag_cycle_max = 25;
    int active_defrag_cycle_us = 500;
    uint64_t active_defrag_ignore_bytes = 100 << 20;
    uint64_t active_defrag_max_scan_fields = 1000;
    int active_defrag_threshold_lower = 10;
    int active_defrag_threshold_upper = 100;
    bool jemalloc_bg_thread = true;
};

std::span<const ConfigRow> store_config_rows();

}  // namespace rota
