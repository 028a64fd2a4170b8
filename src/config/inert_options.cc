// SPDX-License-Identifier: BSD-3-Clause
#include "config/inert_options.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cinttypes>

#include "config/words.h"
#include "platform/text.h"

namespace rota {

namespace {

using enum ConfigFlag;

template <auto kField>
constexpr ConfigRow keep(Slice name, Slice help, RowSpec spec = {}) {
    spec.flags = spec.flags | inert;
    return row<kField>(name, help, spec);
}

constexpr Range kPort{0, 65535};
constexpr Range kLong{0, kMaxLong};
constexpr Range kAnyInt{-kMaxInt - 1, kMaxInt};
constexpr Range kFromOne{1, kMaxInt};

// ---- Conditions --------------------------------------------------------------------------------

bool is_base_name(Slice path) { return path.find_first_of("/\\") == Slice::npos; }

const char* check_dbfilename(Slice name) {
    if (name.empty()) return "dbfilename can't be empty";
    return is_base_name(name) ? nullptr : "dbfilename can't be a path, just a filename";
}

const char* check_appendfilename(Slice name) {
    if (name.empty()) return "appendfilename can't be empty";
    return is_base_name(name) ? nullptr : "appendfilename can't be a path, just a filename";
}

const char* check_appenddirname(Slice name) {
    if (name.empty()) return "appenddirname can't be empty";
    return is_base_name(name) ? nullptr : "appenddirname can't be a path, just a dirname";
}

const char* check_cluster_file(Slice name) {
    return name.empty() ? "cluster-config-file can't be empty" : nullptr;
}

bool is_alphanumeric(char byte) {
    const char lower = to_lower(byte);
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9');
}

const char* check_hostname(Slice name) {
    if (name.size() >= 256) return "Hostnames must be less than 256 characters";
    for (char byte : name)
        if (!is_alphanumeric(byte) && byte != '-' && byte != '.')
            return "Hostnames may only contain alphanumeric characters, hyphens or dots";
    return nullptr;
}

// Smaller backlogs are kept this large.
int64_t at_least_backlog_min(int64_t bytes) { return std::max<int64_t>(bytes, 16 << 10); }

// Names travel in a list of name=value fields of the cluster's file.
bool fits_nodes_file(Slice name) {
    return std::ranges::all_of(name, [](char byte) {
        const auto code = static_cast<unsigned char>(byte);
        return code > ',' && code != 0x7f && Slice(";<=>?@[]^{|}~\\").find(byte) == Slice::npos;
    });
}

const char* check_announced_ip(Slice address) {
    if (address.size() >= INET6_ADDRSTRLEN) return "cluster-announce-ip is too long";
    return fits_nodes_file(address) ? nullptr : "cluster-announce-ip contains invalid character";
}

const char* check_nodename(Slice name) {
    if (!fits_nodes_file(name)) return "Announced human node name contained invalid character";
    return nullptr;
}

const char* check_ipv4(Slice address) {
    in_addr parsed;
    if (address.empty() || inet_pton(AF_INET, std::string(address).c_str(), &parsed) == 1)
        return nullptr;
    return "Invalid IPv4 address";
}

const char* check_ipv6(Slice address) {
    in6_addr parsed;
    if (address.empty() || inet_pton(AF_INET6, std::string(address).c_str(), &parsed) == 1)
        return nullptr;
    return "Invalid IPv6 address";
}

// ---- Shapes of their own -----------------------------------------------------------------------

using SavePoints = std::vector<SavePoint>;

// Lines of one file add up; the first of them replaces the default, and "" removes all.
std::string parse_save(SavePoints& points, std::span<const Slice> words, bool another) {
    if (words.size() == 1 && words[0].empty()) {
        points.clear();
        return {};
    }
    if (words.size() % 2 != 0) return "Invalid save parameters";
    SavePoints next = another ? points : SavePoints{};
    for (size_t i = 0; i < words.size(); i += 2) {
        const auto seconds = parse_int64(words[i]);
        const auto changes = parse_int64(words[i + 1]);
        if (!seconds || !changes || *seconds < 1 || *changes < 0 || *changes > kMaxInt)
            return "Invalid save parameters";
        next.push_back({*seconds, *changes});
    }
    points = std::move(next);
    return {};
}

std::string print_save(const SavePoints& points) {
    std::string text;
    for (const SavePoint& point : points)
        append_format(text, "%s%" PRId64 " %" PRId64, text.empty() ? "" : " ", point.seconds,
                      point.changes);
    return text;
}

std::vector<std::string> save_lines(const SavePoints& points) {
    return {points.empty() ? "\"\"" : print_save(points)};
}

constexpr Codec<SavePoints> kSave{parse_save, print_save, save_lines};

std::string parse_primary(PrimaryAddress& primary, std::span<const Slice> words, bool) {
    if (words.size() != 2) return "wrong number of arguments";
    if (equals_ignore_case(words[0], "no") && equals_ignore_case(words[1], "one")) {
        primary = {};
        return {};
    }
    const auto port = parse_int64(words[1]);
    if (!port || *port < 0 || *port > 65535) return "Invalid primary port";
    primary = {std::string(words[0]), static_cast<int>(*port)};
    return {};
}

std::string print_primary(const PrimaryAddress& primary) {
    if (primary.host.empty()) return {};
    return primary.host + " " + std::to_string(primary.port);
}

std::vector<std::string> primary_line(const PrimaryAddress& primary) {
    if (primary.host.empty()) return {};
    return {print_primary(primary)};
}

constexpr Codec<PrimaryAddress> kPrimary{parse_primary, print_primary, primary_line};

// ---- Words -------------------------------------------------------------------------------------

constexpr Choice kVersionChecks[] = {{"strict", RdbVersionCheck::strict},
                                     {"relaxed", RdbVersionCheck::relaxed}};
constexpr Choice kFsyncs[] = {
    {"everysec", AofFsync::everysec}, {"always", AofFsync::always}, {"no", AofFsync::no}};
constexpr Choice kDisklessLoads[] = {{"disabled", DisklessLoad::disabled},
                                     {"on-empty-db", DisklessLoad::on_empty_db},
                                     {"swapdb", DisklessLoad::swapdb},
                                     {"flush-before-load", DisklessLoad::flush_before_load}};
constexpr Choice kSaveBehaviors[] = {{"sync", ConfigSaveBehavior::sync},
                                     {"best-effort", ConfigSaveBehavior::best_effort}};
constexpr Choice kEndpointTypes[] = {{"ip", EndpointType::ip},
                                     {"hostname", EndpointType::hostname},
                                     {"unknown-endpoint", EndpointType::unknown_endpoint}};
constexpr Choice kAuthClients[] = {{"no", TlsAuthClients::no},
                                   {"yes", TlsAuthClients::yes},
                                   {"optional", TlsAuthClients::optional}};
constexpr Choice kAuthUsers[] = {
    {"CN", TlsAuthUser::cn}, {"URI", TlsAuthUser::uri}, {"off", TlsAuthUser::off}};

// ---- Rows --------------------------------------------------------------------------------------

using Rdb = RdbOptions;
constexpr ConfigRow rdb_rows[] = {
    special<&Rdb::save, kSave>(
        "save", "Save after <seconds> if there were <changes>; several pairs; \"\" is never.",
        {.flags = multi_arg}),
    row<&Rdb::dbfilename>("dbfilename", "The name of the snapshot file.",
                          {.flags = protect, .check_text = check_dbfilename}),
    row<&Rdb::rdbcompression>("rdbcompression", "Compress strings in a snapshot."),
    row<&Rdb::rdbchecksum>("rdbchecksum", "End a snapshot with a checksum.", {.flags = immutable}),
    keep<&Rdb::rdb_version_check>("rdb-version-check", "Whether a newer snapshot may be loaded.",
                                  {.choices = kVersionChecks}),
    keep<&Rdb::rdb_del_sync_files>("rdb-del-sync-files",
                                   "Remove snapshots made for replication only."),
    row<&Rdb::rdb_save_incremental_fsync>("rdb-save-incremental-fsync",
                                          "Sync a snapshot while it is being written."),
    row<&Rdb::stop_writes_on_bgsave_error>("stop-writes-on-bgsave-error",
                                           "Refuse writes after a snapshot has failed."),
    keep<&Rdb::bgsave_cpulist>("bgsave-cpulist", "The processors of the saving child.",
                               {.alias = "bgsave_cpulist", .flags = immutable | empty_is_unset}),
    keep<&Rdb::key_load_delay>("key-load-delay", "Microseconds to wait per loaded key, for tests.",
                               {.flags = hidden, .range = kAnyInt}),
    row<&Rdb::rdb_key_save_delay>("rdb-key-save-delay",
                                  "Microseconds to wait per saved key, for tests.",
                                  {.flags = hidden, .range = kAnyInt}),
    keep<&Rdb::loading_process_events_interval_bytes>("loading-process-events-interval-bytes",
                                                      "How often clients are served during a load.",
                                                      {.flags = hidden, .range = {1024, kMaxInt}}),
};

using Aof = AofOptions;
constexpr ConfigRow aof_rows[] = {
    row<&Aof::appendonly>("appendonly", "Log every write to the append-only file.",
                          {.flags = deny_loading}),
    row<&Aof::appendfilename>("appendfilename", "The base name of the append-only files.",
                              {.flags = immutable, .check_text = check_appendfilename}),
    row<&Aof::appenddirname>("appenddirname", "The folder of the append-only files.",
                             {.flags = immutable, .check_text = check_appenddirname}),
    row<&Aof::appendfsync>("appendfsync", "When the append-only file is synced to disk.",
                           {.choices = kFsyncs}),
    row<&Aof::no_appendfsync_on_rewrite>("no-appendfsync-on-rewrite",
                                         "Do not sync while a child is writing."),
    row<&Aof::auto_aof_rewrite_percentage>("auto-aof-rewrite-percentage",
                                           "The growth in percent that starts a rewrite."),
    row<&Aof::auto_aof_rewrite_min_size>("auto-aof-rewrite-min-size",
                                         "The least size for an automatic rewrite.",
                                         {.unit = Unit::memory, .range = kLong}),
    row<&Aof::aof_load_truncated>("aof-load-truncated",
                                  "Load an append-only file whose end is missing."),
    row<&Aof::aof_use_rdb_preamble>("aof-use-rdb-preamble", "Rewrite into a snapshot."),
    row<&Aof::aof_timestamp_enabled>("aof-timestamp-enabled",
                                     "Note the time in the append-only file."),
    row<&Aof::aof_rewrite_incremental_fsync>("aof-rewrite-incremental-fsync",
                                             "Sync a rewritten file while it is being written."),
    row<&Aof::aof_disable_auto_gc>("aof-disable-auto-gc", "Keep old append-only files.",
                                   {.flags = hidden}),
    keep<&Aof::aof_rewrite_cpulist>(
        "aof-rewrite-cpulist", "The processors of the rewriting child.",
        {.alias = "aof_rewrite_cpulist", .flags = immutable | empty_is_unset}),
};

using Repl = ReplicationOptions;
constexpr ConfigRow replication_rows[] = {
    special<&Repl::replicaof, kPrimary>(
        "replicaof", "The primary to copy: <host> <port>.",
        {.alias = "slaveof", .flags = immutable | multi_arg | inert}),
    keep<&Repl::primaryauth>("primaryauth", "The password for the primary.",
                             {.alias = "masterauth", .flags = sensitive | empty_is_unset}),
    keep<&Repl::primaryuser>("primaryuser", "The user for the primary.",
                             {.alias = "masteruser", .flags = sensitive | empty_is_unset}),
    keep<&Repl::replica_serve_stale_data>("replica-serve-stale-data",
                                          "Answer while the primary is out of reach.",
                                          {.alias = "slave-serve-stale-data"}),
    keep<&Repl::replica_read_only>("replica-read-only", "A replica refuses writes of clients.",
                                   {.alias = "slave-read-only", .flags = debug}),
    keep<&Repl::replica_lazy_flush>("replica-lazy-flush",
                                    "Free the old data set in the background.",
                                    {.alias = "slave-lazy-flush"}),
    keep<&Repl::replica_ignore_maxmemory>("replica-ignore-maxmemory",
                                          "Leave evictions to the primary.",
                                          {.alias = "slave-ignore-maxmemory"}),
    keep<&Repl::replica_ignore_disk_write_errors>("replica-ignore-disk-write-errors",
                                                  "Go on replicating when the disk fails."),
    keep<&Repl::replica_priority>("replica-priority",
                                  "Who is promoted first: the lowest; 0 is never.",
                                  {.alias = "slave-priority"}),
    keep<&Repl::replica_announced>("replica-announced", "Let Sentinel name this replica."),
    keep<&Repl::replica_announce_ip>("replica-announce-ip",
                                     "The address that this replica is known by.",
                                     {.alias = "slave-announce-ip", .flags = empty_is_unset}),
    keep<&Repl::replica_announce_port>("replica-announce-port",
                                       "The port that this replica is known by.",
                                       {.alias = "slave-announce-port", .range = kPort}),
    keep<&Repl::repl_backlog_size>(
        "repl-backlog-size", "How much of the stream is kept for replicas that come back.",
        {.unit = Unit::memory, .range = {1, kMaxLong}, .clamp = at_least_backlog_min}),
    keep<&Repl::repl_backlog_ttl>("repl-backlog-ttl",
                                  "Seconds after which an unused backlog goes; 0 is never.",
                                  {.range = kLong}),
    keep<&Repl::repl_disable_tcp_nodelay>("repl-disable-tcp-nodelay",
                                          "Fewer packets to replicas, later."),
    keep<&Repl::repl_diskless_sync>("repl-diskless-sync", "Send snapshots without a file.",
                                    {.flags = debug}),
    keep<&Repl::repl_diskless_sync_delay>("repl-diskless-sync-delay",
                                          "Seconds to wait for more replicas."),
    keep<&Repl::repl_diskless_sync_max_replicas>("repl-diskless-sync-max-replicas",
                                                 "So many replicas end that wait."),
    keep<&Repl::repl_diskless_load>("repl-diskless-load", "Whether a replica loads without a file.",
                                    {.flags = debug | deny_loading, .choices = kDisklessLoads}),
    keep<&Repl::repl_mptcp>("repl-mptcp", "Multipath TCP to the primary.", {.flags = immutable}),
    keep<&Repl::repl_ping_replica_period>("repl-ping-replica-period",
                                          "Seconds between pings to replicas.",
                                          {.alias = "repl-ping-slave-period", .range = kFromOne}),
    keep<&Repl::repl_timeout>("repl-timeout", "Seconds after which a silent link is dead.",
                              {.range = kFromOne}),
    keep<&Repl::min_replicas_to_write>("min-replicas-to-write",
                                       "Refuse writes with fewer good replicas.",
                                       {.alias = "min-slaves-to-write"}),
    keep<&Repl::min_replicas_max_lag>("min-replicas-max-lag",
                                      "Seconds of silence of a good replica.",
                                      {.alias = "min-slaves-max-lag"}),
    keep<&Repl::dual_channel_replication_enabled>("dual-channel-replication-enabled",
                                                  "Snapshot and stream on two connections.",
                                                  {.flags = debug}),
    keep<&Repl::import_mode>("import-mode", "Data is being imported: nothing expires by itself.",
                             {.flags = debug}),
};

using Cl = ClusterOptions;
constexpr ConfigRow cluster_rows[] = {
    keep<&Cl::cluster_enabled>("cluster-enabled", "Be a node of a cluster.", {.flags = immutable}),
    keep<&Cl::cluster_config_file>("cluster-config-file", "Where the node keeps its state.",
                                   {.flags = immutable, .check_text = check_cluster_file}),
    keep<&Cl::cluster_databases>("cluster-databases", "How many databases there are in a cluster.",
                                 {.flags = immutable, .range = kFromOne}),
    keep<&Cl::cluster_port>("cluster-port", "The port of the cluster bus; 0 is port + 10000.",
                            {.flags = immutable, .range = kPort}),
    keep<&Cl::cluster_node_timeout>("cluster-node-timeout",
                                    "Milliseconds after which a silent node is failing.",
                                    {.range = kLong}),
    keep<&Cl::cluster_ping_interval>("cluster-ping-interval",
                                     "Milliseconds between pings; 0 is automatic.",
                                     {.flags = hidden, .range = kLong}),
    keep<&Cl::cluster_manual_failover_timeout>("cluster-manual-failover-timeout",
                                               "Milliseconds for a manual failover.",
                                               {.range = kFromOne}),
    keep<&Cl::cluster_migration_barrier>("cluster-migration-barrier",
                                         "Replicas that a primary keeps when one moves."),
    keep<&Cl::cluster_replica_validity_factor>("cluster-replica-validity-factor",
                                               "How stale a replica may be and still take over.",
                                               {.alias = "cluster-slave-validity-factor"}),
    keep<&Cl::cluster_message_gossip_perc>("cluster-message-gossip-perc",
                                           "Share of nodes named in a ping.",
                                           {.flags = hidden, .range = {1, 100}}),
    keep<&Cl::cluster_require_full_coverage>("cluster-require-full-coverage",
                                             "Refuse commands unless all slots are served."),
    keep<&Cl::cluster_replica_no_failover>("cluster-replica-no-failover",
                                           "This replica never takes over by itself.",
                                           {.alias = "cluster-slave-no-failover"}),
    keep<&Cl::cluster_allow_reads_when_down>("cluster-allow-reads-when-down",
                                             "Serve reads while the cluster is down."),
    keep<&Cl::cluster_allow_pubsubshard_when_down>(
        "cluster-allow-pubsubshard-when-down", "Serve shard channels while the cluster is down."),
    keep<&Cl::cluster_allow_replica_migration>("cluster-allow-replica-migration",
                                               "Replicas may move to primaries without one."),
    keep<&Cl::cluster_slot_stats_enabled>("cluster-slot-stats-enabled",
                                          "Count what each slot costs."),
    keep<&Cl::cluster_link_sendbuf_limit>("cluster-link-sendbuf-limit",
                                          "The most unsent bytes to a node; 0 is no limit.",
                                          {.unit = Unit::memory, .range = {0, kMaxUlong}}),
    keep<&Cl::cluster_blacklist_ttl>("cluster-blacklist-ttl",
                                     "Seconds for which a forgotten node stays away.",
                                     {.range = {0, kMaxUlong}}),
    keep<&Cl::cluster_slot_migration_log_max_len>("cluster-slot-migration-log-max-len",
                                                  "How many slot migrations are remembered.",
                                                  {.range = kLong}),
    keep<&Cl::slot_migration_max_failover_repl_bytes>(
        "slot-migration-max-failover-repl-bytes",
        "The most unsent bytes at which a slot may change hands; -1 is no limit.",
        {.unit = Unit::signed_memory, .range = {-1, kMaxLong}}),
    keep<&Cl::cluster_config_save_behavior>("cluster-config-save-behavior",
                                            "Whether a failure to keep the state is fatal.",
                                            {.choices = kSaveBehaviors}),
    keep<&Cl::cluster_preferred_endpoint_type>("cluster-preferred-endpoint-type",
                                               "What clients are told about a node.",
                                               {.choices = kEndpointTypes}),
    keep<&Cl::cluster_announce_ip>("cluster-announce-ip", "The address that nodes are told.",
                                   {.flags = empty_is_unset, .check_text = check_announced_ip}),
    keep<&Cl::cluster_announce_hostname>("cluster-announce-hostname",
                                         "The host name that clients are told.",
                                         {.flags = empty_is_unset, .check_text = check_hostname}),
    keep<&Cl::cluster_announce_human_nodename>(
        "cluster-announce-human-nodename", "The node's name in logs.",
        {.flags = empty_is_unset, .check_text = check_nodename}),
    keep<&Cl::cluster_announce_client_ipv4>("cluster-announce-client-ipv4",
                                            "The IPv4 address that clients are told.",
                                            {.flags = empty_is_unset, .check_text = check_ipv4}),
    keep<&Cl::cluster_announce_client_ipv6>("cluster-announce-client-ipv6",
                                            "The IPv6 address that clients are told.",
                                            {.flags = empty_is_unset, .check_text = check_ipv6}),
    keep<&Cl::cluster_announce_port>("cluster-announce-port", "The port that nodes are told.",
                                     {.range = kPort}),
    keep<&Cl::cluster_announce_tls_port>("cluster-announce-tls-port",
                                         "The TLS port that nodes are told.", {.range = kPort}),
    keep<&Cl::cluster_announce_bus_port>("cluster-announce-bus-port",
                                         "The bus port that nodes are told.", {.range = kPort}),
    keep<&Cl::cluster_announce_client_port>("cluster-announce-client-port",
                                            "The port that clients are told.", {.range = kPort}),
    keep<&Cl::cluster_announce_client_tls_port>("cluster-announce-client-tls-port",
                                                "The TLS port that clients are told.",
                                                {.range = kPort}),
};

using Tls = TlsOptions;
constexpr RowSpec kTlsPath{.flags = always_apply | empty_is_unset};
constexpr RowSpec kTlsText{.flags = empty_is_unset};
constexpr RowSpec kTlsSecret{.flags = sensitive | empty_is_unset};
constexpr ConfigRow tls_rows[] = {
    row<&Tls::tls_port>("tls-port", "The TLS port; 0 is none.", {.range = kPort}),
    row<&Tls::tls_cert_file>("tls-cert-file", "The server's certificate.", kTlsPath),
    row<&Tls::tls_key_file>("tls-key-file", "The server's key.", kTlsPath),
    row<&Tls::tls_key_file_pass>("tls-key-file-pass", "The password of that key.", kTlsSecret),
    keep<&Tls::tls_client_cert_file>("tls-client-cert-file",
                                     "The certificate for connections to other nodes.", kTlsPath),
    keep<&Tls::tls_client_key_file>("tls-client-key-file", "The key for those.", kTlsPath),
    keep<&Tls::tls_client_key_file_pass>("tls-client-key-file-pass", "The password of that key.",
                                         kTlsSecret),
    row<&Tls::tls_ca_cert_file>("tls-ca-cert-file", "Whom to trust: a file.", kTlsPath),
    row<&Tls::tls_ca_cert_dir>("tls-ca-cert-dir", "Whom to trust: a folder.", kTlsPath),
    row<&Tls::tls_dh_params_file>("tls-dh-params-file", "Diffie-Hellman parameters.", kTlsPath),
    row<&Tls::tls_auth_clients>("tls-auth-clients", "Whether clients need a certificate.",
                                 {.choices = kAuthClients}),
    keep<&Tls::tls_auth_clients_user>("tls-auth-clients-user",
                                      "Which field of a client's certificate names its user.",
                                      {.choices = kAuthUsers}),
    keep<&Tls::tls_replication>("tls-replication", "TLS to the primary."),
    keep<&Tls::tls_cluster>("tls-cluster", "TLS on the cluster bus."),
    row<&Tls::tls_protocols>("tls-protocols", "The versions to offer.", kTlsText),
    row<&Tls::tls_ciphers>("tls-ciphers", "The ciphers up to TLS 1.2.", kTlsText),
    row<&Tls::tls_ciphersuites>("tls-ciphersuites", "The ciphers of TLS 1.3.", kTlsText),
    row<&Tls::tls_prefer_server_ciphers>("tls-prefer-server-ciphers",
                                          "The server's order of ciphers counts."),
    row<&Tls::tls_session_caching>("tls-session-caching", "Let clients resume a session."),
    row<&Tls::tls_session_cache_size>("tls-session-cache-size",
                                       "How many sessions are kept; 0 is any number."),
    row<&Tls::tls_session_cache_timeout>("tls-session-cache-timeout",
                                          "Seconds for which a session is kept."),
    keep<&Tls::tls_auto_reload_interval>(
        "tls-auto-reload-interval", "Seconds between looks at the certificate files; 0 is never."),
    row<&Tls::max_new_tls_connections_per_cycle>(
        "max-new-tls-connections-per-cycle", "How many TLS connections are accepted in one turn.",
        {.range = {1, 1000}}),
};

using Script = ScriptOptions;
constexpr ConfigRow script_rows[] = {
    row<&Script::busy_reply_threshold>("busy-reply-threshold",
                                       "Milliseconds after which a script makes others see BUSY.",
                                       {.alias = "lua-time-limit", .range = kLong}),
    keep<&Script::lua_enable_insecure_api>(
        "lua-enable-insecure-api", "Deprecated functions for scripts.",
        {.alias = "lua-enable-deprecated-api", .flags = hidden | protect}),
};

}  // namespace

void add_inert_options(ConfigTable& table, InertOptions& options) {
    table.add(rdb_rows, &options.rdb);
    table.add(aof_rows, &options.aof);
    table.add(replication_rows, &options.replication);
    table.add(cluster_rows, &options.cluster);
    table.add(tls_rows, &options.tls);
    table.add(script_rows, &options.script);
}

const char* contradiction(const InertOptions& options) {
    if (options.cluster.cluster_enabled && !options.replication.replicaof.host.empty())
        return "replicaof directive not allowed in cluster mode";
    return nullptr;
}

}  // namespace rota
