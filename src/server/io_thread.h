// SPDX-License-Identifier: BSD-3-Clause
// IoThread: an IO loop with a thread and a transport of its own. Work comes through its inbox (an
// SPSC ring from the executor), results leave through the MPSC ring to the executor.
//
// It never spins: without work it sleeps in its transport, where the network or the executor wakes
// it. A thread that has no clients costs nothing.
//
// Threading: start(), post(), commit() and stop() by the executor; the rest is the thread's own.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "platform/result.h"
#include "platform/thread_usage.h"
#include "ring/spsc_ring.h"
#include "server/io_loop.h"
#include "server/jobs.h"
#include "store/slab.h"

namespace rota {

class Clock;

inline constexpr size_t kInboxMax = 4096;     // more wait with the executor

// What all IO threads share.
struct IoThreadParts {
    Clock& clock;
    const CommandTable& commands;
    Keyspace& keyspace;
    const ReadGate& gate;
    IoOptions options;
    ResultRing& results;
    Transport& executor_transport;  // woken when results wait
    std::function<Result<std::unique_ptr<Transport>>()> make_transport;
    std::function<void(int index)> settle;  // called by the thread first: name, CPU, memory
};

class IoThread final : public IoLoop::Upstream {
public:
    IoThread(int index, const IoThreadParts&);
    ~IoThread() override;

    // Returns when the thread stands, or could not make its transport.
    Result<> start();
    // The thread ends as soon as it has seen it; true once it has. Its results are to be drained
    // until then.
    void ask_to_stop();
    bool stopped() const { return stopped_.load(std::memory_order_acquire); }

    void post(LoopJob);
    // Publishes what was posted, and wakes the thread if it sleeps.
    void commit();
    // Jobs that found the inbox full and wait here.
    size_t overflow() const { return overflow_.size(); }

    // Any time, like the usage below.
    IoCounters counters() const;
    LocalReads& reads() { return reads_; }
    // Any thread asks for its size; the executor adopts it when the thread has ended.
    Slab& slab() { return slab_; }
    // Its time, for the executor to sample.
    ThreadUsage& usage() { return *usage_; }

private:
    void run();
    void turn();
    bool take_jobs();
    void take(LoopJob);
    void send(ExecutorJob);
    void tell_executor();
    void tell_growth();
    void free_released();

    Batch& submit(Batch&) override;
    void accepted(const Event&) override;
    void gone(Client& client) override { send({ToExecutor::gone, &client}); }
    void failed(Client& client) override { send({ToExecutor::failed, &client}); }
    void left(Client& client) override { send({ToExecutor::left, &client}); }
    Batch& take_free_batch();

    const int index_;
    const IoThreadParts& parts_;

    // The executor's side.
    std::deque<LoopJob> overflow_;
    bool posted_ = false;
    std::thread thread_;

    // Between the two.
    SpscRing<LoopJob, kInboxMax> inbox_;
    std::atomic<bool> stopping_{false}, stopped_{false};

    // The thread's side.
    Slab slab_;  // of the entries that it builds
    std::unique_ptr<Transport> transport_;
    std::vector<std::unique_ptr<Batch>> batches_;
    std::vector<Batch*> free_batches_;
    LocalReads reads_;
    std::unique_ptr<IoLoop> loop_;
    ResultRing::Producer results_;
    bool sent_ = false;
    uint64_t bytes_told_ = 0;        // what its clients held when the executor was last told
    std::vector<Client*> released_;  // to be freed at the end of the turn
    std::optional<ThreadUsage> usage_;
    int64_t tended_ms_ = 0;
};

}  // namespace rota
