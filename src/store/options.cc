// SPDX-License-Identifier: BSD-3-Clause
#include "store/options.h"

#include "store/effects.h"

namespace rota {

namespace {

using enum ConfigFlag;
using O = StoreOptions;

constexpr uint32_t bit(EventClass kind) { return static_cast<uint32_t>(kind); }

struct EventLetter {
    char letter;
    uint32_t bits;
};
constexpr EventLetter kEventLetters[] = {
    {'g', bit(EventClass::generic)}, {'$', bit(EventClass::string)},
    {'l', bit(EventClass::list)},    {'s', bit(EventClass::set)},
    {'h', bit(EventClass::hash)},    {'z', bit(EventClass::zset)},
    {'x', bit(EventClass::expired)}, {'e', bit(EventClass::evicted)},
    {'t', bit(EventClass::stream)},  {'d', bit(EventClass::module)},
    {'n', bit(EventClass::created)}, {'K', kNotifyKeyspace},
    {'E', kNotifyKeyevent},          {'m', bit(EventClass::key_miss)},
};
// 'A': all classes but new keys (n) and misses (m), which are too noisy to be meant.
constexpr uint32_t kAllEvents = 0x0fff & ~bit(EventClass::created) & ~bit(EventClass::key_miss);

std::string parse_events(uint32_t& events, std::span<const Slice> words, bool) {
    if (words.size() != 1) return "wrong number of arguments";
    uint32_t next = 0;
    for (char letter : words[0]) {
        uint32_t bits = letter == 'A' ? kAllEvents : 0;
        for (const EventLetter& known : kEventLetters)
            if (known.letter == letter) bits = known.bits;
        if (bits == 0) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
        next |= bits;
    }
    events = next;
    return {};
}

std::string print_events(const uint32_t& events) {
    std::string letters;
    const bool all = (events & kAllEvents) == kAllEvents;
    if (all) letters += 'A';
    for (const EventLetter& known : kEventLetters)
        if ((events & known.bits) != 0 &&
            !(all && (known.letter == 'n' || (known.bits & kAllEvents) != 0)))
            letters += known.letter;
    return letters;
}

std::vector<std::string> event_lines(const uint32_t& events) {
    return {"\"" + print_events(events) + "\""};
}

constexpr Codec<uint32_t> kEvents{parse_events, print_events, event_lines};

constexpr Choice kPolicies[] = {{"volatile-lru", EvictionPolicy::volatile_lru},
                                {"volatile-lfu", EvictionPolicy::volatile_lfu},
                                {"volatile-random", EvictionPolicy::volatile_random},
                                {"volatile-ttl", EvictionPolicy::volatile_ttl},
                                {"allkeys-lru", EvictionPolicy::allkeys_lru},
                                {"allkeys-lfu", EvictionPolicy::allkeys_lfu},
                                {"allkeys-random", EvictionPolicy::allkeys_random},
                                {"noeviction", EvictionPolicy::noeviction}};

const char* check_hash_seed(Slice seed) {
    return seed.size() <= 256 ? nullptr : "hash-seed must be less than or equal to 256 characters";
}

constexpr Range kSize{0, kMaxLong};

constexpr ConfigRow rows[] = {
    // Memory.
    row<&O::maxmemory>("maxmemory", "The most memory for data; 0 is no limit.",
                       {.unit = Unit::memory, .range = {0, kMaxUlong}}),
    row<&O::maxmemory_policy>("maxmemory-policy", "What goes when maxmemory is reached.",
                              {.choices = kPolicies}),
    row<&O::maxmemory_samples>("maxmemory-samples", "How many keys an eviction chooses from.",
                               {.range = {1, 64}}),
    row<&O::maxmemory_eviction_tenacity>("maxmemory-eviction-tenacity",
                                         "How long evictions may delay clients, 0 to 100.",
                                         {.range = {0, 100}}),
    row<&O::lfu_log_factor>("lfu-log-factor", "How slowly a use counter grows."),
    row<&O::lfu_decay_time>("lfu-decay-time", "Minutes after which a use counter loses one."),
    row<&O::active_expire_effort>("active-expire-effort",
                                  "How hard expired keys are looked for, 1 to 10.",
                                  {.range = {1, 10}}),
    // Lazy free.
    row<&O::lazyfree_lazy_eviction>("lazyfree-lazy-eviction",
                                    "Free evicted keys in the background.", {.flags = debug}),
    row<&O::lazyfree_lazy_expire>("lazyfree-lazy-expire", "Free expired keys in the background.",
                                  {.flags = debug}),
    row<&O::lazyfree_lazy_server_del>(
        "lazyfree-lazy-server-del", "Free overwritten values in the background.", {.flags = debug}),
    row<&O::lazyfree_lazy_user_del>("lazyfree-lazy-user-del", "DEL frees in the background.",
                                    {.flags = debug}),
    row<&O::lazyfree_lazy_user_flush>("lazyfree-lazy-user-flush",
                                      "FLUSHDB and FLUSHALL free in the background.",
                                      {.flags = debug}),
    // Data.
    row<&O::activerehashing>("activerehashing", "Resize tables in idle time, too."),
    row<&O::hash_seed>("hash-seed", "The seed of all hashes; empty is a random one.",
                       {.flags = immutable | empty_is_unset, .check_text = check_hash_seed}),
    special<&O::notify_keyspace_events, kEvents>(
        "notify-keyspace-events", "Which events of keys are published; empty is none.",
        {.flags = inert}),
    row<&O::hash_max_listpack_entries>("hash-max-listpack-entries",
                                       "The most fields of a compact hash.",
                                       {.alias = "hash-max-ziplist-entries", .range = kSize}),
    row<&O::hash_max_listpack_value>(
        "hash-max-listpack-value", "The longest field or value of a compact hash.",
        {.alias = "hash-max-ziplist-value", .unit = Unit::memory, .range = kSize}),
    row<&O::hll_sparse_max_bytes>("hll-sparse-max-bytes", "The largest sparse HyperLogLog.",
                                  {.unit = Unit::memory, .range = kSize}),
    row<&O::list_compress_depth>("list-compress-depth",
                                 "List nodes at either end that stay uncompressed; 0 is all.",
                                 {.flags = debug | inert}),
    row<&O::list_max_listpack_size>(
        "list-max-listpack-size", "The size of a list node: entries, or -1 to -5 for 4 to 64 KB.",
        {.alias = "list-max-ziplist-size", .range = {-kMaxInt - 1, kMaxInt}}),
    row<&O::set_max_intset_entries>("set-max-intset-entries",
                                    "The most members of a set of integers.", {.range = kSize}),
    row<&O::set_max_listpack_entries>("set-max-listpack-entries",
                                      "The most members of a compact set.", {.range = kSize}),
    row<&O::set_max_listpack_value>("set-max-listpack-value",
                                    "The longest member of a compact set.", {.range = kSize}),
    row<&O::stream_node_max_bytes>("stream-node-max-bytes", "The size of a stream node; 0 is any.",
                                   {.flags = inert, .unit = Unit::memory, .range = kSize}),
    row<&O::stream_node_max_entries>("stream-node-max-entries",
                                     "The most entries of a stream node; 0 is any.",
                                     {.flags = inert, .range = kSize}),
    row<&O::zset_max_listpack_entries>(
        "zset-max-listpack-entries", "The most members of a compact sorted set.",
        {.alias = "zset-max-ziplist-entries", .range = kSize}),
    row<&O::zset_max_listpack_value>(
        "zset-max-listpack-value", "The longest member of a compact sorted set.",
        {.alias = "zset-max-ziplist-value", .unit = Unit::memory, .range = kSize}),
    // Defragmentation.
    row<&O::activedefrag>("activedefrag", "Move data together while serving.",
                          {.flags = debug | inert}),
    row<&O::active_defrag_cycle_min>("active-defrag-cycle-min",
                                     "The least share of a core for it, in percent.",
                                     {.flags = inert, .range = {1, 99}}),
    row<&O::active_defrag_cycle_max>("active-defrag-cycle-max",
                                     "The largest share of a core for it, in percent.",
                                     {.flags = inert, .range = {1, 99}}),
    row<&O::active_defrag_cycle_us>("active-defrag-cycle-us", "Microseconds of one step of it.",
                                    {.flags = inert, .range = {0, 100000}}),
    row<&O::active_defrag_ignore_bytes>(
        "active-defrag-ignore-bytes", "Waste below this is left alone.",
        {.flags = inert, .unit = Unit::memory, .range = {1, kMaxLong}}),
    row<&O::active_defrag_max_scan_fields>("active-defrag-max-scan-fields",
                                           "Larger values are moved in several steps.",
                                           {.flags = inert, .range = {1, kMaxLong}}),
    row<&O::active_defrag_threshold_lower>("active-defrag-threshold-lower",
                                           "The waste in percent at which it starts.",
                                           {.flags = inert, .range = {0, 1000}}),
    row<&O::active_defrag_threshold_upper>("active-defrag-threshold-upper",
                                           "The waste in percent at which it works hardest.",
                                           {.flags = inert, .range = {0, 1000}}),
    row<&O::jemalloc_bg_thread>("jemalloc-bg-thread",
                                "Let the allocator give memory back from a thread of its own."),
};

}  // namespace

std::span<const ConfigRow> store_config_rows() { return rows; }

}  // namespace rota
