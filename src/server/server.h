// SPDX-License-Identifier: BSD-3-Clause
// Server: the list of parts, wired together, and what only the whole can do. main() builds one;
// tests build one over the sim transport and turn it by hand. Threading: built and run by one
// thread; shutdown_signal() is for signal handlers.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acl/options.h"
#include "acl/users.h"
#include "client/multi.h"
#include "client/options.h"
#include "client/pubsub.h"
#include "client/registry.h"
#include "client/tracking.h"
#include "commands/command_table.h"
#include "commands/ctx.h"
#include "commands/permissions.h"
#include "config/file.h"
#include "config/inert_options.h"
#include "config/table.h"
#include "metrics/command_log.h"
#include "metrics/error_stats.h"
#include "metrics/info.h"
#include "metrics/latency_monitor.h"
#include "metrics/options.h"
#include "metrics/rates.h"
#include "metrics/server_stats.h"
#include "persist/aof.h"
#include "persist/snapshots.h"
#include "platform/clock.h"
#include "scripting/scripts.h"
#include "server/executor.h"
#include "server/io_stats.h"
#include "server/options.h"
#include "server/saved_functions.h"
#include "server/thread_control.h"
#include "store/db.h"
#include "store/effects.h"
#include "transports/transport.h"

namespace rota {

// Every directive's value, by owner.
struct AllOptions {
    ServerOptions server;
    AclOptions acl;
    ClientOptions client;
    StoreOptions store;
    MetricsOptions metrics;
    InertOptions inert;
};

// Descriptors kept back from clients: listeners, log, snapshots.
inline constexpr uint32_t kReservedFiles = 32;

// Joins the rows of all owners.
void add_all_rows(ConfigTable&, AllOptions&);

class Server final : public ServerControl {
public:
    // The table's rows are bound to `options`; both outlive the server.
    // Without a way to make more transports there is one thread, whatever io-threads says.
    Server(AllOptions& options, ConfigTable& config, Clock& clock,
           std::unique_ptr<Transport> transport, ThreadControl::TransportFactory more = nullptr);
    ~Server() override;

    // What an earlier run has left: the append-only file if that is on, else the snapshot. Before
    // there are clients.
    Result<> load();
    // The users of the configuration's lines, or of `aclfile`. Before there are clients.
    Result<> load_users(std::span<const ConfigLine> lines);
    // Starts the IO threads.
    Result<> start_threads();
    // Opens what `bind`, `port`, `tls-port`, `unixsocket`, `rdma-bind` and `rdma-port` ask for.
    Result<> listen();
    // Turns until a shutdown is due; returns the exit code.
    int run();
    // One turn of the loop, for tests and for run().
    void turn(int64_t wait_max_ns);

    // A signal's number stored here asks for an orderly end.
    std::atomic<int>& shutdown_signal() { return shutdown_signal_; }
    bool stopping() const override { return stopping_; }

    Parts& parts() { return parts_; }
    Transport& transport() { return *transport_; }
    void set_config_file(std::string path) { config_file_ = std::move(path); }
    void rename_commands(const std::vector<std::pair<std::string, std::string>>& renames);

    void permissions_changed() override;
    bool debug_allowed(const Client&) const override;
    bool protected_config_allowed(const Client&) const override;
    void close_client(Client&) override;
    void send_to(Client&, Slice wire) override;
    void set_monitor(Client&, bool on) override;
    void pause_clients(PauseMode, int64_t until_ms) override;
    void unpause_clients() override;
    void block(Client&, std::unique_ptr<BlockedState>, int64_t timeout_ms) override;
    void unblock(Client&, UnblockReason) override;
    int64_t publish(Subscription, Slice channel, Slice message) override;
    void run_queued(Ctx& exec) override;
    void run_script(Ctx&, const ScriptCall&) override;
    std::optional<std::string> shutdown(const ShutdownRequest&) override;
    void abort_shutdown() override;
    Result<> reload_aof() override;
    Result<> rewrite_config() override;
    void reset_statistics() override;
    void set_active_expire(bool on) override { active_expire_ = on; }
    void set_cron_paused(bool on) override { cron_paused_ = on; }
    const char* config_file() const override { return config_file_.c_str(); }
    MemoryOverview memory_overview() override;
    size_t used_memory() override;
    CommandStats command_stats(const RegisteredCommand&) override;

private:
    friend struct InfoSections;

    struct Listening {
        ListenerId id;
        Endpoint endpoint;  // as asked for
    };

    void add_commands();
    void watch_config();
    void watch_store_config();
    void watch_security();
    void watch_listeners();
    void watch_memory_options();
    void cron();
    void on_signal(int signal);
    size_t client_memory();
    size_t table_memory();
    IoCounters io_counters() const;
    IoThreadStats io_stats();
    ServerStats total_stats() const;
    Result<> listen_on(const std::vector<std::string>& addresses, uint16_t port,
                       std::vector<Listening>& out, Endpoint::Kind kind = Endpoint::Kind::tcp);
    Result<> listen_again(std::vector<Listening>& listeners, Result<> (Server::*open)());
    Result<> listen_tcp();
    Result<> listen_rdma();
    Result<> listen_tls();
    Result<> use_tls();
    void update_listeners();
    ListenOptions listen_options() const;
    void apply_metrics_options();
    void apply_io_options();
    void apply_memory_limit();
    Result<> switch_aof();
    void guard_reads();
    void flush_output();
    void expire_fast();
    void free_some();

    AllOptions& options_;
    ConfigTable& config_;
    Clock& clock_;
    std::unique_ptr<Transport> transport_;
    Effects effects_;
    Keyspace keyspace_;
    ClientRegistry clients_;
    BlockedClients blocked_;
    WatchTable watched_;
    PubSub pubsub_;
    Tracking tracking_;
    AclUsers users_;
    Permissions permissions_;
    CommandTable commands_;
    ServerStats stats_;  // the executor's share
    // Of all loops and of the executor's own, at the last CONFIG RESETSTAT.
    IoCounters io_baseline_, own_baseline_;
    ErrorStats errors_;
    ServerRates rates_;
    CommandLog command_log_;
    LatencyMonitor latency_;
    InfoRegistry info_;
    Snapshots snapshots_;
    Scripts scripts_;
    SavedFunctions saved_functions_;
    Aof aof_;
    Parts parts_;
    Executor executor_;
    std::optional<ThreadControl> threads_;

    std::vector<Listening> tcp_listeners_, unix_listeners_, rdma_listeners_, tls_listeners_;
    std::string config_file_;
    std::string run_id_;
    std::atomic<int> shutdown_signal_{0};
    bool stopping_ = false;
    bool active_expire_ = true;
    bool cron_paused_ = false;
    bool freeing_ = false;  // the next turn has more of it to do
    int64_t started_ms_ = 0;
    int64_t next_cron_us_ = 0;
    int64_t next_rates_us_ = 0;
    size_t peak_memory_ = 0;
    size_t startup_memory_ = 0;
};

}  // namespace rota
