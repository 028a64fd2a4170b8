// SPDX-License-Identifier: BSD-3-Clause
// IoThreads: all IO threads, as the executor sees them: who is there, who is active, which client
// lives where. In owner mode a connection belongs to one loop, which polls it, parses what it says
// and sends its replies; the executor's own loop keeps a share while it has time for it.
//
// Threading: the executor.
#pragma once

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "server/io_pool.h"
#include "server/io_thread.h"

namespace rota {

class IoThreads final : public IoPool {
public:
    // `parts.results` and the executor outlive this.
    IoThreads(Executor&, Parts&, const IoThreadParts&);
    ~IoThreads() override;

    // io-threads has changed: so many threads, the executor among them.
    Result<> resize(int io_threads) override;
    // Clients live on the executor's loop and on the first so many IO threads.
    void set_active(int count) override;
    int active() const override { return active_; }
    int count() const override { return static_cast<int>(threads_.size()); }

    // Does what the IO threads have sent. Bounded: false if there is more.
    bool drain() override;
    bool has_results() const override { return results_.has_items(); }
    // Publishes all that this turn has made for the threads. At its end.
    void commit() override;
    // Ends threads that are too many and have no client any more. From cron.
    void stop_surplus() override;
    // What loops go by has changed.
    void apply(const IoOptions&) override;

    // For the scaling policy: what the active threads do with their time.
    void sample(int64_t now_ns, ScalingSample&) override;
    std::vector<uint64_t> busy_us() const override;
    size_t slab_bytes() const override;
    IoPending pending() const override { return {.jobs = batches_out_}; }
    // What IO threads have counted for a command, added to what the executor has.
    void add_stats(int command_id, CommandStats& sum) override;
    void reset_stats() override;

    // Sums over all threads, the ended ones included.
    IoCounters counters() const override;

    void accepted(Client&) override;
    void close(Client&) override;
    void forgotten(Client&) override;
    Batch& pushes(uint16_t loop) override;
    void left(Client&) override;
    void readable(Client&) override {}  // input is not shared
    void serve_while_busy() override;

private:
    // While no more than so many IO threads are active, the executor has time for clients of its
    // own; beyond, it only executes.
    static constexpr int kExecutorPollsUpTo = 2;
    static constexpr size_t kJobsPerTurn = 256;

    struct Remote {
        std::unique_ptr<IoThread> thread;
        Batch* pushes = nullptr;  // not posted yet
        std::vector<std::unique_ptr<Batch>> own;
        std::vector<Batch*> spare;
    };

    void post(uint16_t loop, LoopJob);
    void release_ran();
    void post_pushes(uint16_t loop);
    void do_job(ExecutorJob);
    void ran(Batch&);
    void move(Client&, uint16_t to);
    void rebalance();
    uint16_t choose_loop() const;
    bool takes_clients(uint16_t loop) const;

    Executor& executor_;
    Parts& parts_;
    const IoThreadParts& thread_parts_;
    ResultRing& results_;
    std::vector<Remote> threads_;    // [i] is loop i + 1
    std::vector<uint32_t> clients_;  // of each loop, those on their way to it included
    IoCounters ended_;
    int wanted_ = 0;  // threads; more are there while the last clients leave them
    int active_ = 0;
    uint64_t batches_out_ = 0;          // of the executor's own, not yet back
    std::vector<Batch*> ran_;           // and not yet sent back
    std::array<ExecutorJob, 64> jobs_;  // taken from the ring; done up to next_job_
    size_t job_count_ = 0, next_job_ = 0;
    std::vector<ExecutorJob> postponed_;  // until no script is busy: clients must not go
};

}  // namespace rota
