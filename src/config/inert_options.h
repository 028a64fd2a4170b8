// SPDX-License-Identifier: BSD-3-Clause
// Directives of parts that this server does not have yet. They are checked, kept, shown by CONFIG
// GET and rewritten, so that an existing configuration works, but nothing acts on them;
// --check-config names the ones in use. A part that arrives takes its struct and its rows with it.
// Field = directive, '_' for '-'.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/table.h"

namespace rota {

struct SavePoint {
    int64_t seconds;
    int64_t changes;
    friend bool operator==(const SavePoint&, const SavePoint&) = default;
};

enum class RdbVersionCheck : uint8_t { strict, relaxed };

struct RdbOptions {
    std::vector<SavePoint> save = {{3600, 1}, {300, 100}, {60, 10000}};
    std::string dbfilename = "dump.rdb";
    bool rdbcompression = true, rdbchecksum = true;
    bool rdb_del_sync_files = false, rdb_save_incremental_fsync = true;
    bool stop_writes_on_bgsave_error = true;
    RdbVersionCheck rdb_version_check = RdbVersionCheck::strict;
    std::string bgsave_cpulist;
    int32_t key_load_delay = 0, rdb_key_save_delay = 0;  // microseconds, for tests
    int64_t loading_process_events_interval_bytes = 2 << 20;
};

enum class AofFsync : uint8_t { everysec, always, no };

struct AofOptions {
    bool appendonly = false;
    std::string appendfilename = "appendonly.aof", appenddirname = "appendonlydir";
    AofFsync appendfsync = AofFsync::everysec;
    bool no_appendfsync_on_rewrite = false;
    int32_t auto_aof_rewrite_percentage = 100;
    int64_t auto_aof_rewrite_min_size = 64 << 20;
    bool aof_load_truncated = true, aof_use_rdb_preamble = true, aof_timestamp_enabled = false;
    bool aof_rewrite_incremental_fsync = true, aof_disable_auto_gc = false;
    std::string aof_rewrite_cpulist;
};

struct PrimaryAddress {
    std::string host;  // empty: this is a primary
    int port = 0;
};

enum class DisklessLoad : uint8_t { disabled, on_empty_db, swapdb, flush_before_load };

struct ReplicationOptions {
    PrimaryAddress replicaof;
    std::string primaryauth, primaryuser;
    bool replica_serve_stale_data = true, replica_read_only = true, replica_lazy_flush = true;
    bool replica_ignore_maxmemory = true, replica_announced = true;
    bool replica_ignore_disk_write_errors = false;
    int32_t replica_priority = 100, replica_announce_port = 0;
    std::string replica_announce_ip;
    int64_t repl_backlog_size = 10 << 20, repl_backlog_ttl = 3600;
    bool repl_disable_tcp_nodelay = false, repl_diskless_sync = true, repl_mptcp = false;
    DisklessLoad repl_diskless_load = DisklessLoad::disabled;
    int32_t repl_diskless_sync_delay = 5, repl_diskless_sync_max_replicas = 0;
    int32_t repl_ping_replica_period = 10, repl_timeout = 60;
    int32_t min_replicas_to_write = 0, min_replicas_max_lag = 10;
    bool dual_channel_replication_enabled = false, import_mode = false;
};

enum class EndpointType : uint8_t { ip, hostname, unknown_endpoint };
enum class ConfigSaveBehavior : uint8_t { sync, best_effort };

struct ClusterOptions {
    bool cluster_enabled = false;
    std::string cluster_config_file = "nodes.conf";
    int32_t cluster_databases = 1, cluster_port = 0;
    int64_t cluster_node_timeout = 15000, cluster_ping_interval = 0;
    int64_t cluster_manual_failover_timeout = 5000;
    int32_t cluster_migration_barrier = 1, cluster_replica_validity_factor = 10;
    int32_t cluster_message_gossip_perc = 10;
    bool cluster_require_full_coverage = true, cluster_replica_no_failover = false;
    bool cluster_allow_reads_when_down = false, cluster_allow_pubsubshard_when_down = true;
    bool cluster_allow_replica_migration = true, cluster_slot_stats_enabled = false;
    uint64_t cluster_link_sendbuf_limit = 0, cluster_blacklist_ttl = 60;
    uint64_t cluster_slot_migration_log_max_len = 1000;
    int64_t slot_migration_max_failover_repl_bytes = 0;
    ConfigSaveBehavior cluster_config_save_behavior = ConfigSaveBehavior::sync;
    EndpointType cluster_preferred_endpoint_type = EndpointType::ip;
    std::string cluster_announce_ip, cluster_announce_hostname, cluster_announce_human_nodename;
    std::string cluster_announce_client_ipv4, cluster_announce_client_ipv6;
    int32_t cluster_announce_port = 0, cluster_announce_bus_port = 0;
    int32_t cluster_announce_tls_port = 0;
    int32_t cluster_announce_client_port = 0, cluster_announce_client_tls_port = 0;
};

enum class TlsAuthClients : uint8_t { no, yes, optional };
enum class TlsAuthUser : uint8_t { off, cn, uri };

struct TlsOptions {
    int32_t tls_port = 0;
    bool tls_cluster = false, tls_replication = false, tls_prefer_server_ciphers = false;
    TlsAuthClients tls_auth_clients = TlsAuthClients::yes;
    TlsAuthUser tls_auth_clients_user = TlsAuthUser::off;
    std::string tls_cert_file, tls_key_file, tls_key_file_pass;
    std::string tls_client_cert_file, tls_client_key_file, tls_client_key_file_pass;
    std::string tls_ca_cert_file, tls_ca_cert_dir, tls_dh_params_file;
    std::string tls_protocols, tls_ciphers, tls_ciphersuites;
    bool tls_session_caching = true;
    int32_t tls_session_cache_size = 20480, tls_session_cache_timeout = 300;
    int32_t tls_auto_reload_interval = 0;  // seconds; 0: never
    uint32_t max_new_tls_connections_per_cycle = 1;
};

struct ScriptOptions {
    int64_t busy_reply_threshold = 5000;  // milliseconds
    bool lua_enable_insecure_api = false;
};

struct InertOptions {
    RdbOptions rdb;
    AofOptions aof;
    ReplicationOptions replication;
    ClusterOptions cluster;
    TlsOptions tls;
    ScriptOptions script;
};

void add_inert_options(ConfigTable& table, InertOptions& options);

// What the values say together, once all are read: the reason why they cannot be, or null.
const char* contradiction(const InertOptions& options);

}  // namespace rota
