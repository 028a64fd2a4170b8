// SPDX-License-Identifier: BSD-3-Clause
#include "server/server.h"

#include <algorithm>
#include <csignal>

#include "platform/log.h"
#include "platform/memory.h"
#include "platform/process.h"
#include "platform/version.h"
#include "server/info_sections.h"
#include "store/slab.h"

namespace rota {
namespace {

constexpr int64_t kStoreStepUs = 1000;                 // rehashing and reclaiming, per cron
constexpr int64_t kFreeMinUs = 20, kFreeMaxUs = 1000;  // of cleared databases, per turn
constexpr size_t kRunIdDigits = 40;

}  // namespace

Server::Server(AllOptions& options, ConfigTable& config, Clock& clock,
               std::unique_ptr<Transport> transport, ThreadControl::TransportFactory more)
    : options_(options),
      config_(config),
      clock_(clock),
      transport_(std::move(transport)),
      keyspace_(options.server.databases, options.store, effects_),
      blocked_(options.server.databases, keyspace_.seed()),
      watched_(options.server.databases, keyspace_.seed()),
      pubsub_(keyspace_.seed()),
      tracking_(clients_, keyspace_.seed()),
      users_(options.acl),
      permissions_(options.acl, options.server.databases, clock_, stats_),
      snapshots_(keyspace_, effects_, options.inert.rdb, options.store, clock_,
                 std::string(kValkeyVersion)),
      saved_functions_(scripts_, clock_),
      aof_({.keyspace = keyspace_,
            .effects = effects_,
            .options = options.inert.aof,
            .rdb_options = options.inert.rdb,
            .store_options = options.store,
            .snapshots = snapshots_,
            .clock = clock_},
           [this] { transport_->wake(); }),
      parts_{.keyspace = keyspace_,
             .effects = effects_,
             .clients = clients_,
             .blocked = blocked_,
             .watched = watched_,
             .pubsub = pubsub_,
             .tracking = tracking_,
             .users = users_,
             .permissions = permissions_,
             .commands = commands_,
             .config = config_,
             .clock = clock_,
             .stats = stats_,
             .errors = errors_,
             .command_log = command_log_,
             .latency = latency_,
             .info = info_,
             .store_options = options.store,
             .client_options = options.client,
             .metrics_options = options.metrics,
             .rdb_options = options.inert.rdb,
             .snapshots = snapshots_,
             .scripts = scripts_,
             .script_options = options.inert.script,
             .aof = aof_,
             .control = *this},
      executor_(parts_, *transport_, options.server),
      run_id_(random_hex(kRunIdDigits)) {
    if (more) threads_.emplace(executor_, parts_, options_, *transport_, std::move(more));
    if (auto lua = make_lua_engine()) scripts_.add_engine(std::move(lua));
    snapshots_.set_functions(&saved_functions_);
    add_commands();
    users_.set_default_password(options_.server.requirepass);
    add_info_sections(*this, info_);
    watch_config();
    apply_metrics_options();
    apply_memory_limit();
    executor_.set_events(options_.store.notify_keyspace_events);
    options_.store.hz = options_.server.hz;
    started_ms_ = clock_.wall_ms();
    next_cron_us_ = next_rates_us_ = clock_.monotonic_us();
    startup_memory_ = used_memory();
}

Server::~Server() = default;

Result<> Server::start_threads() { return threads_ ? threads_->start() : Result<>{}; }

CommandStats Server::command_stats(const RegisteredCommand& command) {
    CommandStats sum;
    sum.merge(command.stats);
    if (threads_) threads_->threads().add_stats(command.id, sum);
    return sum;
}

void Server::add_commands() {
    for (const auto rows :
         {string_commands(),      list_commands(),         blocking_commands(),
          set_commands(),         hash_commands(),         hash_expire_commands(),
          stream_commands(),      stream_read_commands(),  stream_group_commands(),
          stream_info_commands(), bitmap_commands(),       hyperloglog_commands(),
          generic_commands(),     expire_commands(),       scan_commands(),
          connection_commands(),  client_commands(),       acl_commands(),
          server_commands(),      config_commands(),       object_commands(),
          memory_commands(),      debug_commands(),        monitoring_commands(),
          command_commands(),     dump_commands(),         transaction_commands(),
          pubsub_commands(),      save_commands(),         zset_commands(),
          zset_range_commands(),  zset_combine_commands(), eval_commands(),
          function_commands(),    geo_commands(),          sort_commands()})
        commands_.add(rows);
    for (const RegisteredCommand& command : commands_.all())
        users_.catalog().add(command.full_name, command.row->acl,
                             command.parent != nullptr ? command.parent->id : -1);
}

void Server::rename_commands(const std::vector<std::pair<std::string, std::string>>& renames) {
    for (const auto& [from, to] : renames) commands_.rename(from, to);
}

int Server::run() {
    while (!stopping_) {
        const int64_t next_us = std::min(next_cron_us_, blocked_.next_deadline_us());
        const int64_t wait_us = std::max<int64_t>(next_us - executor_.turn_end_us(), 0);
        turn(wait_us * 1000);
    }
    aof_.finish();
    log(LogLevel::warning, "%s is now ready to exit, bye bye...", "Rota");
    return 0;
}

void Server::turn(int64_t wait_max_ns) {
    if (threads_ && threads_->threads().has_results()) wait_max_ns = 0;
    if (freeing_ || executor_.is_evicting()) wait_max_ns = 0;
    executor_.begin_turn(wait_max_ns);
    if (threads_) {
        threads_->threads().drain();
        executor_.end_turn();
        threads_->threads().commit();
        threads_->tick(executor_.turn_end_us());
    } else {
        executor_.end_turn();
    }
    keyspace_.reclaim();
    if (keyspace_.is_freeing()) [[unlikely]]
        free_some();
    if (executor_.is_evicting()) [[unlikely]] {
        executor_.memory_limit().enforce();
        flush_output();
    }
    // A signal interrupts the wait of poll(), so it is seen at once.
    if (shutdown_signal_.load(std::memory_order_relaxed) != 0) [[unlikely]]
        on_signal(shutdown_signal_.exchange(0, std::memory_order_relaxed));
    // Expired keys that the last slow cycle had no time for should not wait for the next one.
    if (active_expire_ && keyspace_.expiry_ran_out_of_time()) expire_fast();
    if (executor_.turn_end_us() >= next_cron_us_) cron();
}

// ---- Cron
// ------------------------------------------------------------------------------------------

void Server::cron() {
    const int64_t begin_us = clock_.monotonic_us();
    const int64_t period_us = 1000000 / std::max(options_.server.hz, 1);
    next_cron_us_ = begin_us + period_us;
    clock_.resync();
    executor_.refresh_clock();
    if (cron_paused_) return;
    executor_.tend_clients();
    executor_.memory_limit().measure_soon();
    if (threads_) threads_->tend();
    if (active_expire_) keyspace_.active_expire(false, clock_);
    keyspace_.step(kStoreStepUs);
    executor_.limit_tracking();
    flush_output();
    snapshots_.tick(!aof_.rewriting());
    aof_.tick();
    aof_.settle();
    peak_memory_ = std::max(peak_memory_, used_memory());
    if (begin_us >= next_rates_us_) {
        next_rates_us_ = begin_us + static_cast<int64_t>(kRateSampleUs);
        rates_.sample(total_stats(), static_cast<uint64_t>(begin_us));
    }
    stats_.loop_cron_us += static_cast<uint64_t>(clock_.monotonic_us() - begin_us);
}

// A fifth of the time while there is something else to do, and all of it else. What readers on
// other threads have yet to pass waits for them, and nobody for it.
void Server::free_some() {
    const int64_t turn_us = executor_.turn_end_us() - executor_.turn_begin_us();
    freeing_ = keyspace_.free_some(std::clamp<int64_t>(turn_us / 4, kFreeMinUs, kFreeMaxUs));
}

void Server::expire_fast() {
    keyspace_.active_expire(true, clock_);
    flush_output();
}

// What was written for clients outside of a turn.
void Server::flush_output() {
    if (!executor_.flush_pushes()) return;
    executor_.loop().finish_turn();
    if (threads_) threads_->threads().commit();
}

void Server::on_signal(int signal) {
    const auto& flags =
        signal == SIGINT ? options_.server.shutdown_on_sigint : options_.server.shutdown_on_sigterm;
    log(LogLevel::warning, "Received %s scheduling shutdown...",
        signal == SIGINT ? "SIGINT" : "SIGTERM");
    shutdown({.save = has(flags, ShutdownFlag::save),
              .nosave = has(flags, ShutdownFlag::nosave),
              .now = has(flags, ShutdownFlag::now),
              .force = has(flags, ShutdownFlag::force)});
}

// ---- Numbers for INFO
// ------------------------------------------------------------------------------

// The allocator's blocks, and what comes from the kernel without it: entries and tables.
size_t Server::used_memory() {
    const size_t slabs = threads_ ? threads_->threads().slab_bytes() : 0;
    return memory_in_use() + entry_slab().own_bytes() + slabs + keyspace_.mapped_bytes();
}

MemoryOverview Server::memory_overview() {
    const size_t used = used_memory();
    peak_memory_ = std::max(peak_memory_, used);
    return {.used = used,
            .peak = peak_memory_,
            .startup = startup_memory_,
            .clients = client_memory(),
            .tables = table_memory()};
}

size_t Server::client_memory() {
    size_t bytes = 0;
    clients_.for_each([&](const Client& client) { bytes += client.memory(); });
    return bytes;
}

size_t Server::table_memory() {
    size_t bytes = 0;
    for (int i = 0; i < keyspace_.count(); ++i)
        bytes += keyspace_.db(i).table().memory_bytes() + keyspace_.db(i).expires().memory_bytes();
    return bytes;
}

IoThreadStats Server::io_stats() {
    IoThreadStats stats;
    if (threads_) threads_->show(stats);
    return stats;
}

IoCounters Server::io_counters() const {
    IoCounters sum;
    sum.add(executor_.loop().counters());
    if (threads_) sum.add(threads_->threads().counters());
    return sum;
}

// The executor's counters, with those of the IO loops and of the store.
ServerStats Server::total_stats() const {
    ServerStats total = stats_;
    const IoCounters io = io_counters();
    const IoCounters& base = io_baseline_;
    total.reads_processed = io.reads - base.reads;
    total.writes_processed = io.writes - base.writes;
    const IoCounters& own = executor_.loop().counters();
    total.io_threaded_reads = total.reads_processed - (own.reads - own_baseline_.reads);
    total.io_threaded_writes = total.writes_processed - (own.writes - own_baseline_.writes);
    total.io_threaded_polls = io.polls - base.polls;
    total.io_threaded_freed_objects = io.freed - base.freed - (own.freed - own_baseline_.freed);
    total.net_input_bytes = io.net_in - base.net_in;
    total.net_output_bytes = io.net_out - base.net_out;
    if (threads_) {
        const IoPending pending = threads_->threads().pending();
        total.io_threaded_reads_pending = pending.reads;
        total.io_threaded_writes_pending = pending.writes;
    }
    const uint64_t off_executor = io.commands - base.commands;
    total.commands_processed += off_executor;
    total.evicted_scripts = scripts_.cache().evicted();
    const StoreStats& store = keyspace_.stats();
    total.keyspace_hits = store.hits + io.hits - base.hits;
    total.keyspace_misses = store.misses + io.misses - base.misses;
    total.expired_keys = store.expired_keys;
    total.evicted_keys = store.evicted_keys;
    total.expired_time_cap_reached = store.expired_time_cap_reached;
    total.expired_stale_perc = store.expired_stale_perc;
    total.expire_cycle_us = store.expire_cycle_us;
    return total;
}

}  // namespace rota
