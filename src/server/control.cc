// SPDX-License-Identifier: BSD-3-Clause
// What handlers may ask of the server, and what CONFIG SET sets in motion.
#include "config/rewrite.h"
#include "platform/log.h"
#include "platform/process.h"
#include "platform/version.h"
#include "server/replay.h"
#include "server/server.h"

namespace rota {
namespace {

bool allowed(Permission permission, const Client& client) {
    if (permission == Permission::local) return client.peer_is_local;
    return permission == Permission::yes;
}

}  // namespace

void Server::permissions_changed() { executor_.permissions_changed(); }

Result<> Server::load_users(std::span<const ConfigLine> lines) {
    if (options_.acl.aclfile.empty()) {
        for (const ConfigLine& line : lines) {
            const auto added = users_.add_from_config(std::span(line.words).subspan(1));
            if (!added) return fail(fatal_config_text(kRotaVersion, added.error().message, &line));
        }
        return {};
    }
    if (!lines.empty()) {
        return fail(
            "There are users in the configuration and an ACL file at the same time, which is "
            "invalid: one of them would be ignored. Define all users either by lines of the "
            "configuration or in the file that aclfile names.");
    }
    auto set = users_.read_file();
    if (!set) return fail("Aborting Rota startup because of ACL errors: " + set.error().message);
    users_.replace(std::move(*set));
    return {};
}

bool Server::debug_allowed(const Client& client) const {
    return allowed(options_.server.enable_debug_command, client);
}

bool Server::protected_config_allowed(const Client& client) const {
    return allowed(options_.server.enable_protected_configs, client);
}

void Server::close_client(Client& client) { executor_.close(client); }

void Server::send_to(Client& client, Slice wire) { executor_.push(client, wire); }

void Server::set_monitor(Client& client, bool on) { executor_.set_monitor(client, on); }

void Server::pause_clients(PauseMode mode, int64_t until_ms) { executor_.pause(mode, until_ms); }

void Server::unpause_clients() { executor_.unpause(); }

void Server::block(Client& client, std::unique_ptr<BlockedState> state, int64_t timeout_ms) {
    executor_.block(client, std::move(state), timeout_ms);
}

int64_t Server::publish(Subscription kind, Slice channel, Slice message) {
    return executor_.publish(kind, channel, message);
}

void Server::run_queued(Ctx& exec) { executor_.run_queued(exec); }

void Server::run_script(Ctx& ctx, const ScriptCall& call) { executor_.run_script(ctx, call); }

void Server::unblock(Client& client, UnblockReason reason) { executor_.unblock(client, reason); }

// Nothing waits yet: there are no replicas.
std::optional<std::string> Server::shutdown(const ShutdownRequest& request) {
    log(LogLevel::warning, "User requested shutdown...");
    if (snapshots_.in_progress()) {
        log(LogLevel::warning, "There is a child saving an .rdb. Killing it!");
        snapshots_.cancel();
    }
    if (aof_.starting() && !request.force) {
        log(LogLevel::warning, "Writing initial AOF. Can't exit.");
        return "ERR Errors trying to SHUTDOWN. Check logs.";
    }
    if (request.save || (!request.nosave && snapshots_.wanted_at_end())) {
        log(LogLevel::notice, "Saving the final RDB snapshot before exiting.");
        if (!snapshots_.save() && !request.force) {
            log(LogLevel::warning, "Error trying to save the DB, can't exit.");
            return "ERR Errors trying to SHUTDOWN. Check logs.";
        }
    }
    stopping_ = true;
    return std::nullopt;
}

Result<> Server::load() {
    executor_.refresh_clock();
    if (!options_.inert.aof.appendonly) return snapshots_.load();
    Replay replay(parts_);
    if (const auto loaded = aof_.load(replay); !loaded) return loaded;
    snapshots_.forget_changes();
    if (const auto begun = aof_.begin(); !begun)
        return fail("Fatal error: the append-only file cannot be written: " +
                    begun.error().message);
    guard_reads();
    return {};
}

Result<> Server::reload_aof() {
    if (!aof_.on() || aof_.starting()) return fail("there is no append-only file yet");
    if (!aof_.flush()) return fail("the append-only file cannot be written");
    effects_.commands().pause(true);
    for (int i = 0; i < keyspace_.count(); ++i) keyspace_.db(i).clear(false);
    Replay replay(parts_);
    const auto loaded = aof_.load(replay);
    effects_.commands().pause(false);
    return loaded;
}

Result<> Server::switch_aof() {
    const bool wanted = options_.inert.aof.appendonly;
    if (!wanted) aof_.turn_off();
    if (wanted && !aof_.on()) {
        if (const auto on = aof_.turn_on(); !on) {
            log(LogLevel::warning, "%s", on.error().message.c_str());
            return fail("Unable to turn on AOF. Check server logs.");
        }
    }
    guard_reads();
    return {};
}

// Where nothing is told to anybody before it is durable, IO threads cannot know what may be told.
void Server::guard_reads() {
    executor_.answer_all(aof_.on() && options_.inert.aof.appendfsync == AofFsync::always);
}

void Server::abort_shutdown() { stopping_ = false; }

Result<> Server::rewrite_config() {
    if (config_file_.empty()) return fail("The server is running without a config file");
    OwnerLines owners;
    if (options_.acl.aclfile.empty()) owners.users = users_.config_lines();
    return rewrite_file(config_, config_file_, owners);
}

void Server::reset_statistics() {
    stats_.reset();
    io_baseline_ = io_counters();
    own_baseline_ = executor_.loop().counters();
    if (threads_) threads_->threads().reset_stats();
    errors_.reset();
    rates_.reset();
    scripts_.cache().reset_statistics();
    keyspace_.stats() = {};
    keyspace_.lazy_free().reset_freed();
    for (RegisteredCommand& command : commands_.all()) command.stats.reset();
}

void Server::apply_metrics_options() {
    const MetricsOptions& options = options_.metrics;
    command_log_.set_limits(CommandLogKind::slow, {options.commandlog_execution_slower_than,
                                                   options.commandlog_slow_execution_max_len});
    command_log_.set_limits(
        CommandLogKind::large_request,
        {options.commandlog_request_larger_than, options.commandlog_large_request_max_len});
    command_log_.set_limits(CommandLogKind::large_reply, {options.commandlog_reply_larger_than,
                                                          options.commandlog_large_reply_max_len});
    latency_.set_threshold_ms(static_cast<uint64_t>(options.latency_monitor_threshold));
}

// A script's own values count as memory in use: beyond maxmemory they are refused, but for a few
// that any script may have.
void Server::apply_memory_limit() {
    constexpr uint64_t kAlwaysAllowed = uint64_t{64} << 20;
    const uint64_t limit = options_.store.maxmemory;
    scripts_.set_memory_max(limit == 0 ? SIZE_MAX : std::max(limit, kAlwaysAllowed));
}

// What IO loops go by, which have copies.
void Server::apply_io_options() {
    if (threads_)
        threads_->apply_options();
    else
        executor_.loop().apply({.client = options_.client,
                                .reads = {},
                                .gather_max_us = options_.server.io_gather_max_us});
}

void Server::watch_security() {
    config_.on_change("requirepass", [this]() -> Result<> {
        users_.set_default_password(options_.server.requirepass);
        permissions_changed();
        return {};
    });
}

void Server::watch_listeners() {
    config_.on_change({"port", "bind"},
                      [this] { return listen_again(tcp_listeners_, &Server::listen_tcp); });
    config_.on_change({"tls-port", "bind"},
                      [this] { return listen_again(tls_listeners_, &Server::listen_tls); });
    config_.on_change({"rdma-port", "rdma-bind"},
                      [this] { return listen_again(rdma_listeners_, &Server::listen_rdma); });
    config_.on_change({"tls-cert-file", "tls-key-file", "tls-key-file-pass", "tls-ca-cert-file",
                       "tls-ca-cert-dir", "tls-dh-params-file", "tls-auth-clients", "tls-protocols",
                       "tls-ciphers", "tls-ciphersuites", "tls-prefer-server-ciphers",
                       "tls-session-caching", "tls-session-cache-size",
                       "tls-session-cache-timeout"},
                      [this] { return use_tls(); });
}

// Of the keyspace and its append-only file.
void Server::watch_store_config() {
    config_.on_change("hz", [this]() -> Result<> {
        options_.store.hz = options_.server.hz;
        return {};
    });
    config_.on_change("appendonly", [this] { return switch_aof(); });
    config_.on_change("appendfsync", [this]() -> Result<> {
        guard_reads();
        return {};
    });
}

void Server::watch_config() {
    watch_store_config();
    watch_security();
    watch_listeners();
    config_.on_change({"tcp-keepalive", "max-new-connections-per-cycle"}, [this]() -> Result<> {
        update_listeners();
        return {};
    });
    config_.on_change({"commandlog-execution-slower-than", "commandlog-slow-execution-max-len",
                       "commandlog-request-larger-than", "commandlog-large-request-max-len",
                       "commandlog-reply-larger-than", "commandlog-large-reply-max-len",
                       "latency-monitor-threshold"},
                      [this]() -> Result<> {
                          apply_metrics_options();
                          apply_io_options();
                          return {};
                      });
    config_.on_change(
        {"io-gather-max-us", "client-output-buffer-limit", "client-query-buffer-limit",
         "proto-max-bulk-len", "io-threads-do-command-reads", "maxmemory-clients"},
        [this]() -> Result<> {
            apply_io_options();
            executor_.count_clients();
            return {};
        });
    config_.on_change({"io-threads", "io-threads-always-active"},
                      [this] { return threads_ ? threads_->resize() : Result<>{}; });
    config_.on_change("notify-keyspace-events", [this]() -> Result<> {
        executor_.set_events(options_.store.notify_keyspace_events);
        return {};
    });
    watch_memory_options();
    config_.on_change({"loglevel", "log-format", "log-timestamp-format", "hide-user-data-from-log"},
                      [this] { return log_configure(options_.server.log); });
    // A file may ask for it, so that files from elsewhere serve; whoever asks now must hear no.
    config_.on_change("activedefrag", [this]() -> Result<> {
        if (!options_.store.activedefrag) return {};
        return fail(
            "Active defragmentation cannot be enabled: it requires a server compiled with a "
            "modified Jemalloc like the one shipped by default with the source distribution");
    });
    config_.on_change("latency-tracking", [this]() -> Result<> {
        apply_io_options();
        if (options_.metrics.latency_tracking) return {};
        for (RegisteredCommand& command : commands_.all()) command.stats.reset_latency();
        return {};
    });
    config_.on_change("maxclients", [this]() -> Result<> {
        const uint32_t wanted = options_.client.maxclients;
        const auto got = raise_open_files_limit(wanted + kReservedFiles);
        if (got >= wanted + kReservedFiles) return {};
        return fail(
            "The operating system is not able to handle the specified number of clients, try "
            "with " +
            std::to_string(got > kReservedFiles ? got - kReservedFiles : 0));
    });
}

void Server::watch_memory_options() {
    config_.on_change("maxmemory", [this]() -> Result<> {
        const size_t used = used_memory();
        if (options_.store.maxmemory != 0 && used > options_.store.maxmemory)
            log(LogLevel::warning,
                "WARNING: the new maxmemory value set via CONFIG SET (%llu) is smaller than the "
                "current memory usage (%zu). This will result in key eviction and/or the inability "
                "to accept new write commands depending on the maxmemory-policy.",
                static_cast<unsigned long long>(options_.store.maxmemory), used);
        executor_.memory_limit().changed();
        apply_memory_limit();
        return {};
    });
    config_.on_change("maxmemory-policy", [this]() -> Result<> {
        const auto policy = options_.store.maxmemory_policy;
        options_.store.lfu =
            policy == EvictionPolicy::allkeys_lfu || policy == EvictionPolicy::volatile_lfu;
        executor_.memory_limit().changed();
        return {};
    });
}

}  // namespace rota
