// SPDX-License-Identifier: BSD-3-Clause
#include "server/info_sections.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "platform/memory.h"
#include "platform/process.h"
#include "platform/rusage.h"
#include "platform/text.h"
#include "platform/version.h"
#include "server/server.h"
#include "store/slab.h"

namespace rota {

// Each function writes one section; they may look into the server, and change nothing.
struct InfoSections {
    static void server(void* owner, InfoWriter& out);
    static void tls(void*, InfoWriter& out);
    static void clients(void* owner, InfoWriter& out);
    static void memory(void* owner, InfoWriter& out);
    static void persistence(void* owner, InfoWriter& out);
    static void stats(void* owner, InfoWriter& out);
    static void replication(void* owner, InfoWriter& out);
    static void cpu(void* owner, InfoWriter& out);
    static void threads(void* owner, InfoWriter& out);
    static void modules(void*, InfoWriter&) {}
    static void commandstats(void* owner, InfoWriter& out);
    static void errorstats(void* owner, InfoWriter& out);
    static void latencystats(void* owner, InfoWriter& out);
    static void cluster(void* owner, InfoWriter& out);
    static void cluster_info(void*, InfoWriter&) {}  // empty where cluster_enabled is 0
    static void scripting_engines(void*, InfoWriter& out);
    static void keyspace(void* owner, InfoWriter& out);
    static void debug(void* owner, InfoWriter& out);

    static Server& of(void* owner) { return *static_cast<Server*>(owner); }
    static void write_listeners(const Server&, InfoWriter&);
    static void write_allocator(const MemoryStats&, InfoWriter&);
};

void InfoSections::write_listeners(const Server& server, InfoWriter& out) {
    int index = 0;
    const auto write = [&](const char* name, const std::vector<Server::Listening>& listeners) {
        if (listeners.empty()) return;
        std::string binds;
        for (const auto& listening : listeners) binds += ",bind=" + listening.endpoint.host;
        out.format("listener" + std::to_string(index++), "name=%s%s,port=%u", name, binds.c_str(),
                   listeners[0].endpoint.port);
    };
    write("tcp", server.tcp_listeners_);
    write("unix", server.unix_listeners_);
    write("rdma", server.rdma_listeners_);
    write("tls", server.tls_listeners_);
}

void InfoSections::server(void* owner, InfoWriter& out) {
    Server& server = of(owner);
    utsname system{};
    uname(&system);
    const int64_t now_us = server.clock_.wall_us();
    const int64_t uptime_s = (now_us / 1000 - server.started_ms_) / 1000;
    const bool as_redis = server.options_.server.extended_redis_compatibility;
    out.text("redis_version", kRedisVersion);
    out.text("server_name", as_redis ? Slice("redis") : kServerName);
    out.text("valkey_version", kValkeyVersion);
    out.text("valkey_release_stage", "ga");
    out.text("rota_version", kRotaVersion);
    out.text("redis_git_sha1", "00000000");
    out.integer("redis_git_dirty", 0);
    out.text("redis_build_id", kRotaVersion);
    out.text(as_redis ? "redis_mode" : "server_mode", "standalone");
    out.format("os", "%s %s %s", system.sysname, system.release, system.machine);
    out.integer("arch_bits", static_cast<int>(sizeof(void*)) * 8);
    out.text("monotonic_clock", server.clock_.name());
    out.text("multiplexing_api", server.transport_->name());
    out.format("gcc_version", "%d.%d.%d", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
    out.integer("process_id", getpid());
    out.text("process_supervised", server.config_.get("supervised"));
    out.text("run_id", server.run_id_);
    out.integer("tcp_port", server.options_.server.port);
    out.integer("server_time_usec", now_us);
    out.integer("uptime_in_seconds", uptime_s);
    out.integer("uptime_in_days", uptime_s / 86400);
    out.integer("hz", server.options_.server.hz);
    out.integer("configured_hz", server.options_.server.hz);
    out.integer("clients_hz", server.options_.server.hz);
    out.count("lru_clock", static_cast<uint64_t>(now_us / 1000000) & 0xffffff);
    out.text("executable", executable_path().value_or(""));
    out.text("config_file", server.config_file_);
    out.integer("io_threads_active", server.io_stats().active > 0);
    out.text("availability_zone", server.options_.server.availability_zone);
    write_listeners(server, out);
}

// What a server without certificates says.
void InfoSections::tls(void*, InfoWriter& out) {
    for (const std::string which : {"server", "client", "ca"}) {
        out.text("tls_" + which + "_cert_serial", "none");
        out.integer("tls_" + which + "_cert_expires_in_seconds", 0);
    }
}

void InfoSections::clients(void* owner, InfoWriter& out) {
    Server& server = of(owner);
    size_t input_max = 0, output_max = 0;
    uint64_t blocked = 0, pubsub = 0;
    server.clients_.for_each([&](const Client& client) {
        input_max = std::max(input_max, client.io.query_bytes + client.held.size());
        output_max = std::max(output_max, client.output_size());
        blocked += client.blocked != nullptr || client.postponed;
        pubsub += client.type == ClientType::pubsub;
    });
    const Executor& executor = server.executor_;
    const bool paused = executor.paused();
    const int64_t left_ms = executor.pause_until_ms() - server.keyspace_.clock().now_ms;
    out.count("connected_clients", server.clients_.size());
    out.integer("cluster_connections", 0);
    out.count("maxclients", server.options_.client.maxclients);
    out.count("client_recent_max_input_buffer", input_max);
    out.count("client_recent_max_output_buffer", output_max);
    out.count("blocked_clients", blocked);
    out.count("tracking_clients", server.tracking_.clients());
    out.count("pubsub_clients", pubsub);
    out.count("watching_clients", server.watched_.client_count());
    out.count("clients_in_timeout_table", server.blocked_.deadline_count());
    out.count("total_watched_keys", server.watched_.key_count());
    out.count("total_blocking_keys", server.blocked_.key_count());
    out.count("total_blocking_keys_on_nokey", server.blocked_.key_count_when_gone());
    out.text("paused_reason", paused ? "client_pause" : "none");
    out.text("paused_actions", !paused                                   ? "none"
                               : executor.pause_mode() == PauseMode::all ? "all"
                                                                         : "write");
    out.integer("paused_timeout_milliseconds", paused ? std::max<int64_t>(left_ms, 0) : 0);
}

void InfoSections::write_allocator(const MemoryStats& use, InfoWriter& out) {
    const auto ratio = [](size_t a, size_t b) {
        return b == 0 ? 1.0 : static_cast<double>(a) / static_cast<double>(b);
    };
    const size_t rss = resident_bytes();
    out.real2("allocator_frag_ratio", ratio(use.active, use.allocated));
    out.count("allocator_frag_bytes", use.active - std::min(use.active, use.allocated));
    out.real2("allocator_rss_ratio", ratio(use.resident, use.active));
    out.integer("allocator_rss_bytes",
                static_cast<int64_t>(use.resident) - static_cast<int64_t>(use.active));
    out.real2("rss_overhead_ratio", ratio(rss, use.resident));
    out.integer("rss_overhead_bytes",
                static_cast<int64_t>(rss) - static_cast<int64_t>(use.resident));
}

namespace {

void write_script_memory(const Scripts& scripts, InfoWriter& out) {
    const auto bytes = [&](const std::string& name, uint64_t value) {
        out.count(name, value);
        out.bytes_human(name + "_human", value);
    };
    const size_t eval_vm = scripts.vm_memory(ScriptKind::script);
    const size_t function_vm = scripts.vm_memory(ScriptKind::function);
    const size_t eval = scripts.cache().memory(), functions = scripts.libraries().memory();
    out.count("used_memory_lua", eval_vm);
    out.count("used_memory_vm_eval", eval_vm);
    out.bytes_human("used_memory_lua_human", eval_vm);
    out.count("used_memory_scripts_eval", eval);
    out.count("number_of_cached_scripts", scripts.cache().size());
    out.count("number_of_functions", scripts.libraries().function_count());
    out.count("number_of_libraries", scripts.libraries().size());
    out.count("used_memory_vm_functions", function_vm);
    bytes("used_memory_vm_total", eval_vm + function_vm);
    out.count("used_memory_functions", functions);
    bytes("used_memory_scripts", eval + functions);
}

size_t engine_memory(const ScriptEngine& engine) {
    return engine.used_memory(ScriptKind::script) + engine.used_memory(ScriptKind::function);
}

void write_scripting_engines(const Scripts& scripts, InfoWriter& out) {
    constexpr int kInterfaceVersion = 4;  // of Valkey's engines
    constexpr size_t kOverhead = sizeof(std::unique_ptr<ScriptEngine>);
    size_t used = 0;
    for (const auto& engine : scripts.engines()) used += engine_memory(*engine);
    out.count("engines_count", scripts.engines().size());
    out.count("engines_total_used_memory", used);
    out.count("engines_total_memory_overhead", kOverhead * scripts.engines().size());
    size_t index = 0;
    for (const auto& engine : scripts.engines()) {
        const std::string name(engine->name());
        out.format("engine_" + std::to_string(index++),
                   "name=%s,module=built-in,abi_version=%d,used_memory=%zu,memory_overhead=%zu",
                   name.c_str(), kInterfaceVersion, engine_memory(*engine), kOverhead);
    }
}

}  // namespace

void InfoSections::memory(void* owner, InfoWriter& out) {
    Server& server = of(owner);
    const MemoryStats use = memory_stats();
    const MemoryOverview overview = server.memory_overview();
    const size_t used = overview.used;
    const size_t rss = resident_bytes();
    const size_t clients = overview.clients;
    const size_t overhead = overview.overhead();
    const size_t dataset = used - overhead;
    const size_t beyond_start = used > server.startup_memory_ ? used - server.startup_memory_ : 1;
    const auto bytes = [&](const std::string& name, uint64_t value) {
        out.count(name, value);
        out.bytes_human(name + "_human", value);
    };
    bytes("used_memory", used);
    bytes("used_memory_rss", rss);
    bytes("used_memory_peak", server.peak_memory_);
    out.percent2("used_memory_peak_perc",
                 100.0 * static_cast<double>(used) / static_cast<double>(server.peak_memory_));
    out.count("used_memory_overhead", overhead);
    out.count("used_memory_startup", server.startup_memory_);
    out.count("used_memory_dataset", dataset);
    out.percent2("used_memory_dataset_perc",
                 100.0 * static_cast<double>(dataset) / static_cast<double>(beyond_start));
    out.count("allocator_allocated", use.allocated);
    out.count("allocator_active", use.active);
    out.count("allocator_resident", use.resident);
    out.count("allocator_muzzy", use.muzzy);
    bytes("total_system_memory", system_memory_bytes());
    write_script_memory(server.scripts_, out);
    bytes("maxmemory", server.options_.store.maxmemory);
    out.text("maxmemory_policy", server.config_.get("maxmemory-policy"));
    write_allocator(use, out);
    out.real2("mem_fragmentation_ratio",
              static_cast<double>(rss) / static_cast<double>(std::max<size_t>(used, 1)));
    out.integer("mem_fragmentation_bytes", static_cast<int64_t>(rss) - static_cast<int64_t>(used));
    out.integer("mem_not_counted_for_evict", 0);
    out.integer("mem_replication_backlog", 0);
    out.integer("mem_total_replication_buffers", 0);
    out.integer("mem_replicas_repl_buffer", 0);
    out.integer("mem_clients_slaves", 0);
    out.count("mem_clients_normal", clients);
    out.integer("mem_cluster_links", 0);
    out.integer("mem_cluster_slot_import", 0);
    out.integer("mem_cluster_slot_export", 0);
    out.count("mem_aof_buffer", server.aof_.status().buffered);
    out.text("mem_allocator", memory_allocator_name());
    out.integer("mem_overhead_db_hashtable_rehashing", 0);
    out.integer("active_defrag_running", 0);
    out.count("lazyfree_pending_objects", server.keyspace_.pending_free());
    out.count("lazyfreed_objects", server.keyspace_.freed_lazily());
}

static void write_aof(const Aof::Status& aof, InfoWriter& out) {
    out.integer("aof_enabled", aof.enabled);
    out.integer("aof_rewrite_in_progress", aof.rewriting);
    out.integer("aof_rewrite_scheduled", aof.scheduled);
    out.integer("aof_last_rewrite_time_sec", aof.last_rewrite_s);
    out.integer("aof_current_rewrite_time_sec", aof.current_rewrite_s);
    out.text("aof_last_bgrewrite_status", aof.last_rewrite_failed ? "err" : "ok");
    out.count("aof_rewrites", aof.rewrites);
    out.count("aof_rewrites_consecutive_failures", aof.failures);
    out.text("aof_last_write_status", aof.last_write_failed ? "err" : "ok");
    out.count("aof_last_cow_size", aof.cow_bytes);
}

// What there is to say of files that are in use.
static void write_aof_files(const Aof::Status& aof, InfoWriter& out) {
    if (!aof.enabled) return;
    out.count("aof_current_size", aof.size);
    out.count("aof_base_size", aof.base_size);
    out.integer("aof_pending_rewrite", aof.pending_rewrite);
    out.count("aof_buffer_length", aof.buffered);
    out.count("aof_pending_bio_fsync", aof.syncs);
    out.count("aof_delayed_fsync", aof.delayed);
}

void InfoSections::persistence(void* owner, InfoWriter& out) {
    Server& server = of(owner);
    const Snapshots::Status rdb = server.snapshots_.status();
    out.integer("loading", 0);
    out.integer("async_loading", 0);
    out.count("current_cow_peak", rdb.current_cow_bytes);
    out.count("current_cow_size", rdb.current_cow_bytes);
    out.integer("current_cow_size_age", 0);
    out.real2("current_fork_perc", rdb.keys_total == 0 ? 0
                                                       : 100 * static_cast<double>(rdb.keys_done) /
                                                             static_cast<double>(rdb.keys_total));
    out.count("current_save_keys_processed", rdb.keys_done);
    out.count("current_save_keys_total", rdb.keys_total);
    out.count("rdb_changes_since_last_save", rdb.changes);
    out.integer("rdb_bgsave_in_progress", rdb.in_progress);
    out.integer("rdb_last_save_time", rdb.last_save_s);
    out.text("rdb_last_bgsave_status", rdb.last_failed ? "err" : "ok");
    out.integer("rdb_last_bgsave_time_sec", rdb.last_time_s);
    out.integer("rdb_current_bgsave_time_sec", rdb.current_time_s);
    out.count("rdb_saves", rdb.saves);
    out.count("rdb_last_cow_size", rdb.last_cow_bytes);
    out.count("rdb_last_load_keys_expired", rdb.loaded_expired);
    out.count("rdb_last_load_keys_loaded", rdb.loaded_keys);
    write_aof(server.aof_.status(), out);
    for (const char* name : {"module_fork_in_progress", "module_fork_last_cow_size",
                             "slot_migration_fork_in_progress"})
        out.integer(name, 0);
    write_aof_files(server.aof_.status(), out);
}

void InfoSections::stats(void* owner, InfoWriter& out) {
    Server& server = of(owner);
    StatsGauges gauges{.now_us = static_cast<uint64_t>(server.clock_.monotonic_us())};
    gauges.pubsub_channels = server.pubsub_.all(Subscription::channel).size();
    gauges.pubsub_patterns = server.pubsub_.all(Subscription::pattern).size();
    gauges.pubsubshard_channels = server.pubsub_.all(Subscription::shard).size();
    gauges.tracking_keys = server.tracking_.keys();
    gauges.tracking_items = server.tracking_.items();
    gauges.tracking_prefixes = server.tracking_.prefixes();
    write_stats(out, server.total_stats(), server.rates_, gauges);
    out.count("transport_syscalls", server.transport_->stats().syscalls);
}

void InfoSections::replication(void* owner, InfoWriter& out) {
    Server& server = of(owner);
    out.text("role", "master");
    out.integer("connected_slaves", 0);
    out.integer("replicas_waiting_psync", 0);
    out.text("master_failover_state", "no-failover");
    out.text("master_replid", server.run_id_);
    out.text("master_replid2", "0000000000000000000000000000000000000000");
    out.integer("master_repl_offset", 0);
    out.integer("second_repl_offset", -1);
    out.integer("repl_backlog_active", 0);
    out.text("repl_backlog_size", server.config_.get("repl-backlog-size"));
    out.integer("repl_backlog_first_byte_offset", 0);
    out.integer("repl_backlog_histlen", 0);
}

void InfoSections::cpu(void* owner, InfoWriter& out) {
    Server& server = of(owner);
    const CpuTime process = cpu_time(CpuTimeOf::process);
    const CpuTime children = cpu_time(CpuTimeOf::children);
    const CpuTime thread = cpu_time(CpuTimeOf::thread);
    const auto seconds = [&](const char* name, int64_t us) {
        out.seconds_us(name, static_cast<uint64_t>(us));
    };
    seconds("used_cpu_sys", process.system_us);
    seconds("used_cpu_user", process.user_us);
    seconds("used_cpu_sys_children", children.system_us);
    seconds("used_cpu_user_children", children.user_us);
    seconds("used_cpu_sys_main_thread", thread.system_us);
    seconds("used_cpu_user_main_thread", thread.user_us);
    out.seconds_us("used_active_time_main_thread", server.stats_.loop_us);
    write_io_thread_times(out, server.io_stats());
}

void InfoSections::threads(void* owner, InfoWriter& out) {
    write_threads(out, of(owner).io_stats());
}

void InfoSections::commandstats(void* owner, InfoWriter& out) {
    for (const RegisteredCommand& command : of(owner).commands_.all())
        write_commandstat(out, command.full_name, of(owner).command_stats(command));
}

void InfoSections::errorstats(void* owner, InfoWriter& out) { of(owner).errors_.write(out); }

void InfoSections::latencystats(void* owner, InfoWriter& out) {
    Server& server = of(owner);
    for (const RegisteredCommand& command : server.commands_.all())
        write_latencystat(out, command.full_name, server.command_stats(command),
                          server.options_.metrics.latency_tracking_info_percentiles);
}

void InfoSections::cluster(void*, InfoWriter& out) { out.integer("cluster_enabled", 0); }

void InfoSections::scripting_engines(void* owner, InfoWriter& out) {
    write_scripting_engines(of(owner).scripts_, out);
}

void InfoSections::keyspace(void* owner, InfoWriter& out) {
    Keyspace& keyspace = of(owner).keyspace_;
    for (int i = 0; i < keyspace.count(); ++i) {
        const Db& db = keyspace.db(i);
        if (db.size() == 0) continue;
        out.format("db" + std::to_string(i),
                   "keys=%zu,expires=%zu,avg_ttl=%lld,keys_with_volatile_items=0", db.size(),
                   db.expires_size(), static_cast<long long>(db.average_ttl_ms()));
    }
}

void InfoSections::debug(void* owner, InfoWriter& out) {
    write_debug(out, of(owner).total_stats());
}

void add_info_sections(Server& server, InfoRegistry& registry) {
    static constexpr InfoSection kSections[] = {
        {"server", "Server", InfoWhen::by_default, InfoSections::server},
        {"tls", "TLS", InfoWhen::in_all, InfoSections::tls},
        {"clients", "Clients", InfoWhen::by_default, InfoSections::clients},
        {"memory", "Memory", InfoWhen::by_default, InfoSections::memory},
        {"persistence", "Persistence", InfoWhen::by_default, InfoSections::persistence},
        {"stats", "Stats", InfoWhen::by_default, InfoSections::stats},
        {"replication", "Replication", InfoWhen::by_default, InfoSections::replication},
        {"cpu", "CPU", InfoWhen::by_default, InfoSections::cpu},
        {"threads", "Threads", InfoWhen::in_all, InfoSections::threads},
        {"module_list", "Modules", InfoWhen::by_default, InfoSections::modules, "modules"},
        {"commandstats", "Commandstats", InfoWhen::in_all, InfoSections::commandstats},
        {"errorstats", "Errorstats", InfoWhen::by_default, InfoSections::errorstats},
        {"latencystats", "Latencystats", InfoWhen::in_all, InfoSections::latencystats},
        {"cluster", "Cluster", InfoWhen::by_default, InfoSections::cluster},
        {"cluster_info", "Cluster Info", InfoWhen::in_all, InfoSections::cluster_info},
        {"scriptingengines", "Scripting Engines", InfoWhen::in_all,
         InfoSections::scripting_engines},
        {"keyspace", "Keyspace", InfoWhen::by_default, InfoSections::keyspace},
        {"debug", "Debug", InfoWhen::on_request, InfoSections::debug},
    };
    for (const InfoSection& section : kSections) registry.add(section, &server);
}

}  // namespace rota
