// SPDX-License-Identifier: BSD-3-Clause
#include "server/thread_control.h"

#include <algorithm>

#include "metrics/server_stats.h"
#include "platform/log.h"
#include "platform/process.h"
#include "server/server.h"
#include "server/shared_threads.h"

namespace rota {
namespace {

std::unique_ptr<IoPool> make_shared_pool(Executor& executor, Parts& parts,
                                         const IoThreadParts& thread_parts) {
    return std::make_unique<SharedThreads>(executor, parts, thread_parts);
}

// Reads that take longer are for the executor, which knows how to log them.
constexpr int64_t kSlowestReadUs = 1000;

}  // namespace

ThreadControl::ThreadControl(Executor& executor, Parts& parts, const AllOptions& options,
                             Transport& executor_transport, TransportFactory make_transport)
    : executor_(executor),
      parts_(parts),
      options_(options),
      machine_(read_machine()),
      thread_parts_{.clock = parts.clock,
                    .commands = parts.commands,
                    .keyspace = parts.keyspace,
                    .gate = executor.read_gate(),
                    .options = io_options(),
                    .results = results_,
                    .executor_transport = executor_transport,
                    .make_transport = std::move(make_transport),
                    .settle = [this](int index) { settle(index); }},
      threads_(options.server.io_dispatch == IoDispatch::shared &&
                       options.inert.tls.tls_port == 0 && executor_transport.can_share()
                   ? make_shared_pool(executor, parts, thread_parts_)
                   : std::make_unique<IoThreads>(executor, parts, thread_parts_)),
      policy_({}) {}

IoOptions ThreadControl::io_options() const {
    const MetricsOptions& metrics = options_.metrics;
    const int64_t slow_us = metrics.commandlog_execution_slower_than;
    const int64_t large = metrics.commandlog_reply_larger_than;
    constexpr size_t kValueMax = size_t{256} << 10;  // one reader must not hold up the others
    return {.client = options_.client,
            .reads = {.enabled = options_.server.io_threads_do_command_reads &&
                                 (slow_us < 0 || slow_us >= kSlowestReadUs),
                      .track_latency = metrics.latency_tracking,
                      .value_max = large < 0 ? kValueMax
                                             : std::min(kValueMax, static_cast<size_t>(large) / 2)},
            .gather_max_us = options_.server.io_gather_max_us};
}

void ThreadControl::plan() {
    const ServerOptions& server = options_.server;
    placement_ = plan_placement(machine_, {.threads = static_cast<size_t>(server.io_threads),
                                           .server_cpulist = server.server_cpulist,
                                           .io_threads_cpulist = server.io_threads_cpulist,
                                           .numa = server.numa_policy});
    parts_.keyspace.lazy_free().set_settle([placement = placement_, list = server.bio_cpulist] {
        leave_place(placement, "bio-cpulist", list);
    });
    const int cpus = std::max<int>(static_cast<int>(machine_.allowed.size()), 1);
    policy_.set_limits({.io_threads = server.io_threads,
                        .cpus = cpus,
                        .always_active = server.io_threads_always_active});
    threads_->set_always_active(server.io_threads_always_active);
}

Result<> ThreadControl::start() {
    usage_.emplace();
    plan();
    log_placement(placement_);
    take_place(placement_, 0);
    return resize();
}

Result<> ThreadControl::resize() {
    plan();
    const auto resized = threads_->resize(options_.server.io_threads);
    threads_->set_active(policy_.active());
    return resized;
}

void ThreadControl::settle(int index) {
    set_thread_name(("rota-io-" + std::to_string(index)).c_str());
    take_place(placement_, static_cast<size_t>(index));
}

void ThreadControl::apply_options() {
    thread_parts_.options = io_options();
    executor_.loop().apply(thread_parts_.options);
    threads_->apply(thread_parts_.options);
}

void ThreadControl::decide(int64_t now_us) {
    const int64_t now_ns = now_us * 1000;
    executor_shares_ = usage_->sample(now_ns);
    ScalingSample sample{.executor_busy = executor_shares_.busy(),
                         .waiting = executor_shares_.waiting,
                         .ops = parts_.stats.commands_processed + threads_->counters().commands};
    threads_->sample(now_ns, sample);
    const int before = policy_.active();
    const int active = policy_.decide(now_us / 1000, sample);
    if (policy_.crowded()) revoke_placement(placement_, {});
    if (active == before) return;
    log(LogLevel::verbose, "IO threads active: %d (executor busy %.0f%%, IO threads %.0f%%)",
        active, sample.executor_busy * 100, sample.io_busy * 100);
    threads_->set_active(active);
}

void ThreadControl::show(IoThreadStats& stats) {
    stats.active = static_cast<size_t>(threads_->active());
    stats.pending_jobs = threads_->pending().jobs;
    stats.commands = threads_->counters().commands;
    stats.executor = executor_shares_;
    stats.busy_us = threads_->busy_us();
    stats.places.clear();
    for (const ThreadPlace& place : placement_.threads) stats.places.push_back(place.text);
}

}  // namespace rota
