// SPDX-License-Identifier: BSD-3-Clause
// ThreadControl: the threads as a whole. How many there are is io-threads; how many are active is
// decided by ScalingPolicy from what they do; where they run and whose memory they use is planned
// by Placement. This is where the three meet.
//
// Threading: the executor, but for settle(), which each IO thread calls first.
#pragma once

#include <memory>
#include <optional>

#include "platform/placement.h"
#include "platform/thread_usage.h"
#include "server/io_stats.h"
#include "server/io_threads.h"
#include "server/scaling.h"

namespace rota {

struct ServerOptions;
struct AllOptions;

class ThreadControl {
public:
    using TransportFactory = std::function<Result<std::unique_ptr<Transport>>()>;

    ThreadControl(Executor&, Parts&, const AllOptions&, Transport& executor_transport,
                  TransportFactory);

    // Takes the executor's place and starts io-threads. By the executor's thread.
    Result<> start();
    // CONFIG SET io-threads.
    Result<> resize();
    // CONFIG SET of anything that IO loops go by.
    void apply_options();
    // Decides anew how many threads are active, where that is due. Once per turn.
    void tick(int64_t now_us) {
        if (threads_->count() == 0) return;
        policy_.sample_depth(now_us / 1000, threads_->depth());
        if (policy_.due(now_us / 1000)) decide(now_us);
    }
    // Threads whose last client has left end. From cron.
    void tend() { threads_->stop_surplus(); }

    IoPool& threads() { return *threads_; }
    const IoPool& threads() const { return *threads_; }
    void show(IoThreadStats&);

private:
    IoOptions io_options() const;
    void plan();
    void settle(int index);
    void decide(int64_t now_us);

    Executor& executor_;
    Parts& parts_;
    const AllOptions& options_;
    const Machine machine_;  // before any thread is bound
    Placement placement_;
    ResultRing results_;
    IoThreadParts thread_parts_;
    std::unique_ptr<IoPool> threads_;
    ScalingPolicy policy_;
    std::optional<ThreadUsage> usage_;  // the executor's
    ThreadShares executor_shares_;
};

}  // namespace rota
