// SPDX-License-Identifier: BSD-3-Clause
// ServerStats: every plain counter that INFO's Stats and Debug sections show and that no other part
// owns. Whoever sees a thing happen adds to the field; nothing else is behind it.
// Threading: written and read by the executor. IO threads count for themselves and hand their sums
// over with their finished work.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rota {

class InfoWriter;
struct ServerRates;

struct ServerStats {
    // Connections and commands
    uint64_t connections_received = 0;
    uint64_t rejected_connections = 0;  // maxclients or no memory
    uint64_t commands_processed = 0;
    uint64_t error_replies = 0;             // total_error_replies
    uint64_t unexpected_error_replies = 0;  // to a primary or from a replica's stream
    uint64_t query_buffer_limit_disconnections = 0;
    uint64_t output_buffer_limit_disconnections = 0;
    uint64_t evicted_clients = 0;
    uint64_t evicted_scripts = 0;

    // Bytes. Each counts once: INFO's total_net_* are the sums of all three kinds.
    uint64_t net_input_bytes = 0;
    uint64_t net_output_bytes = 0;
    uint64_t net_repl_input_bytes = 0;
    uint64_t net_repl_output_bytes = 0;
    uint64_t net_slot_import_bytes = 0;
    uint64_t net_slot_export_bytes = 0;

    // Reads and writes of sockets, wherever they happened; io_threaded_*: those off the executor
    uint64_t reads_processed = 0;
    uint64_t writes_processed = 0;
    uint64_t io_threaded_reads = 0;
    uint64_t io_threaded_writes = 0;
    uint64_t io_threaded_freed_objects = 0;
    uint64_t io_threaded_accepts = 0;
    uint64_t io_threaded_polls = 0;
    uint64_t prefetch_batches = 0;
    uint64_t prefetch_entries = 0;
    uint64_t io_threaded_reads_pending = 0;   // a level, not a sum
    uint64_t io_threaded_writes_pending = 0;  // a level, not a sum

    // Replication
    uint64_t sync_full = 0;
    uint64_t sync_partial_ok = 0;
    uint64_t sync_partial_err = 0;

    // Keyspace
    uint64_t keyspace_hits = 0;
    uint64_t keyspace_misses = 0;
    uint64_t expired_keys = 0;
    uint64_t expired_fields = 0;
    double expired_stale_perc = 0;
    double expired_volatile_items_stale_perc = 0;
    uint64_t expired_time_cap_reached = 0;
    uint64_t expire_cycle_us = 0;  // shown in milliseconds
    uint64_t evicted_keys = 0;
    uint64_t eviction_exceeded_us = 0;        // shown in milliseconds; finished stretches only
    uint64_t eviction_exceeded_since_us = 0;  // monotonic start of the present stretch, 0: none
    uint64_t dump_payload_sanitizations = 0;

    // Processes
    uint64_t latest_fork_us = 0;
    uint64_t forks = 0;

    // Defragmentation
    uint64_t defrag_hits = 0;
    uint64_t defrag_misses = 0;
    uint64_t defrag_key_hits = 0;
    uint64_t defrag_key_misses = 0;
    uint64_t defrag_us = 0;        // shown in milliseconds
    uint64_t defrag_since_us = 0;  // monotonic start of the running cycle, 0: none

    // Reply buffers
    uint64_t reply_buffer_shrinks = 0;
    uint64_t reply_buffer_expands = 0;

    // Access denied
    uint64_t denied_auth = 0;
    uint64_t denied_command = 0;
    uint64_t denied_key = 0;
    uint64_t denied_channel = 0;
    uint64_t denied_tls_cert = 0;
    uint64_t denied_db = 0;

    // The executor's loop, microseconds. A cycle is one poll() and all that it brought.
    uint64_t loop_cycles = 0;
    uint64_t loop_us = 0;
    uint64_t loop_commands_us = 0;
    uint64_t loop_aof_us = 0;
    uint64_t loop_cron_us = 0;
    uint64_t loop_max_us = 0;
    uint64_t loop_commands_max = 0;  // most commands in one cycle

    void add_loop_cycle(uint64_t duration_us, uint64_t commands) {
        ++loop_cycles;
        loop_us += duration_us;
        loop_max_us = std::max(loop_max_us, duration_us);
        loop_commands_max = std::max(loop_commands_max, commands);
    }

    // CONFIG RESETSTAT: everything but the levels and the stretches that are under way.
    void reset();
};

// Numbers of Stats that other parts own; server/ fills them before an INFO is written.
struct StatsGauges {
    uint64_t now_us = 0;  // monotonic
    uint64_t pubsub_channels = 0;
    uint64_t pubsub_patterns = 0;
    uint64_t pubsubshard_channels = 0;
    uint64_t migrate_cached_sockets = 0;
    uint64_t replica_expires_tracked_keys = 0;
    uint64_t tracking_keys = 0;
    uint64_t tracking_items = 0;
    uint64_t tracking_prefixes = 0;
};

// The fields of `# Stats` in Valkey's order, and those of `# Debug`. Headers are the registry's.
void write_stats(InfoWriter&, const ServerStats&, const ServerRates&, const StatsGauges&);
void write_debug(InfoWriter&, const ServerStats&);

}  // namespace rota
