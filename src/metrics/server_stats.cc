// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/server_stats.h"

#include "metrics/info.h"
#include "metrics/rates.h"

namespace rota {

namespace {

uint64_t since_ms(uint64_t start_us, uint64_t now_us) {
    return start_us == 0 || now_us < start_us ? 0 : (now_us - start_us) / 1000;
}

void write_traffic(InfoWriter& out, const ServerStats& s, const ServerRates& rates) {
    out.count("total_connections_received", s.connections_received);
    out.count("total_commands_processed", s.commands_processed);
    out.count("instantaneous_ops_per_sec", rates.commands.value());
    out.count("total_net_input_bytes",
              s.net_input_bytes + s.net_repl_input_bytes + s.net_slot_import_bytes);
    out.count("total_net_output_bytes",
              s.net_output_bytes + s.net_repl_output_bytes + s.net_slot_export_bytes);
    out.count("total_net_repl_input_bytes", s.net_repl_input_bytes);
    out.count("total_net_repl_output_bytes", s.net_repl_output_bytes);
    out.count("total_net_cluster_slot_import_bytes", s.net_slot_import_bytes);
    out.count("total_net_cluster_slot_export_bytes", s.net_slot_export_bytes);
    out.real2("instantaneous_input_kbps", static_cast<double>(rates.net_input.value()) / 1024);
    out.real2("instantaneous_output_kbps", static_cast<double>(rates.net_output.value()) / 1024);
    out.real2("instantaneous_input_repl_kbps",
              static_cast<double>(rates.net_repl_input.value()) / 1024);
    out.real2("instantaneous_output_repl_kbps",
              static_cast<double>(rates.net_repl_output.value()) / 1024);
    out.count("rejected_connections", s.rejected_connections);
    out.count("sync_full", s.sync_full);
    out.count("sync_partial_ok", s.sync_partial_ok);
    out.count("sync_partial_err", s.sync_partial_err);
}

void write_keyspace_work(InfoWriter& out, const ServerStats& s, const StatsGauges& g) {
    const uint64_t exceeded_now_ms = since_ms(s.eviction_exceeded_since_us, g.now_us);
    const uint64_t defrag_now_ms = since_ms(s.defrag_since_us, g.now_us);
    out.count("expired_keys", s.expired_keys);
    out.count("expired_fields", s.expired_fields);
    out.real2("expired_stale_perc", s.expired_stale_perc);
    out.real2("expired_keys_with_volatile_items_stale_perc", s.expired_volatile_items_stale_perc);
    out.count("expired_time_cap_reached_count", s.expired_time_cap_reached);
    out.count("expire_cycle_cpu_milliseconds", s.expire_cycle_us / 1000);
    out.count("evicted_keys", s.evicted_keys);
    out.count("evicted_clients", s.evicted_clients);
    out.count("evicted_scripts", s.evicted_scripts);
    out.count("total_eviction_exceeded_time", s.eviction_exceeded_us / 1000 + exceeded_now_ms);
    out.count("current_eviction_exceeded_time", exceeded_now_ms);
    out.count("keyspace_hits", s.keyspace_hits);
    out.count("keyspace_misses", s.keyspace_misses);
    out.count("pubsub_channels", g.pubsub_channels);
    out.count("pubsub_patterns", g.pubsub_patterns);
    out.count("pubsubshard_channels", g.pubsubshard_channels);
    out.count("latest_fork_usec", s.latest_fork_us);
    out.count("total_forks", s.forks);
    out.count("migrate_cached_sockets", g.migrate_cached_sockets);
    out.count("slave_expires_tracked_keys", g.replica_expires_tracked_keys);
    out.count("active_defrag_hits", s.defrag_hits);
    out.count("active_defrag_misses", s.defrag_misses);
    out.count("active_defrag_key_hits", s.defrag_key_hits);
    out.count("active_defrag_key_misses", s.defrag_key_misses);
    out.count("total_active_defrag_time", s.defrag_us / 1000 + defrag_now_ms);
    out.count("current_active_defrag_time", defrag_now_ms);
    out.count("tracking_total_keys", g.tracking_keys);
    out.count("tracking_total_items", g.tracking_items);
    out.count("tracking_total_prefixes", g.tracking_prefixes);
}

void write_io_work(InfoWriter& out, const ServerStats& s) {
    out.count("unexpected_error_replies", s.unexpected_error_replies);
    out.count("total_error_replies", s.error_replies);
    out.count("dump_payload_sanitizations", s.dump_payload_sanitizations);
    out.count("total_reads_processed", s.reads_processed);
    out.count("total_writes_processed", s.writes_processed);
    out.count("io_threaded_reads_processed", s.io_threaded_reads);
    out.count("io_threaded_writes_processed", s.io_threaded_writes);
    out.count("io_threaded_freed_objects", s.io_threaded_freed_objects);
    out.count("io_threaded_accept_processed", s.io_threaded_accepts);
    out.count("io_threaded_poll_processed", s.io_threaded_polls);
    out.count("io_threaded_total_prefetch_batches", s.prefetch_batches);
    out.count("io_threaded_total_prefetch_entries", s.prefetch_entries);
    out.count("client_query_buffer_limit_disconnections", s.query_buffer_limit_disconnections);
    out.count("client_output_buffer_limit_disconnections", s.output_buffer_limit_disconnections);
    out.count("reply_buffer_shrinks", s.reply_buffer_shrinks);
    out.count("reply_buffer_expands", s.reply_buffer_expands);
}

}  // namespace

void ServerStats::reset() {
    ServerStats fresh;
    fresh.io_threaded_reads_pending = io_threaded_reads_pending;
    fresh.io_threaded_writes_pending = io_threaded_writes_pending;
    fresh.eviction_exceeded_since_us = eviction_exceeded_since_us;
    fresh.defrag_since_us = defrag_since_us;
    // Whoever was refused something stays counted.
    fresh.denied_auth = denied_auth;
    fresh.denied_command = denied_command;
    fresh.denied_key = denied_key;
    fresh.denied_channel = denied_channel;
    fresh.denied_tls_cert = denied_tls_cert;
    fresh.denied_db = denied_db;
    *this = fresh;
}

void write_stats(InfoWriter& out, const ServerStats& s, const ServerRates& rates,
                 const StatsGauges& gauges) {
    write_traffic(out, s, rates);
    write_keyspace_work(out, s, gauges);
    write_io_work(out, s);
    out.count("eventloop_cycles", s.loop_cycles);
    out.count("eventloop_duration_sum", s.loop_us);
    out.count("eventloop_duration_cmd_sum", s.loop_commands_us);
    out.count("instantaneous_eventloop_cycles_per_sec", rates.loop_cycles.value());
    out.count("instantaneous_eventloop_duration_usec", rates.loop_duration.value());
    out.count("acl_access_denied_auth", s.denied_auth);
    out.count("acl_access_denied_cmd", s.denied_command);
    out.count("acl_access_denied_key", s.denied_key);
    out.count("acl_access_denied_channel", s.denied_channel);
    out.count("acl_access_denied_tls_cert", s.denied_tls_cert);
    out.count("acl_access_denied_db", s.denied_db);
}

void write_debug(InfoWriter& out, const ServerStats& s) {
    out.count("eventloop_duration_aof_sum", s.loop_aof_us);
    out.count("eventloop_duration_cron_sum", s.loop_cron_us);
    out.count("eventloop_duration_max", s.loop_max_us);
    out.count("eventloop_cmd_per_cycle_max", s.loop_commands_max);
    out.count("io_threaded_reads_pending", s.io_threaded_reads_pending);
    out.count("io_threaded_writes_pending", s.io_threaded_writes_pending);
}

}  // namespace rota
