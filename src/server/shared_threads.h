// SPDX-License-Identifier: BSD-3-Clause
// SharedThreads: the executor's side of shared mode. The executor's loop has all connections; what
// is to be done with them is handed out as jobs to whichever IO thread is free:
//
//     read    receive and parse; back as a batch, of several clients if a thread took several
//     write   the output of a batch that has run
//     poll    ask the kernel, while the executor has other things to do
//
// A client is on loan to at most one job: its write is handed out when its read is back, and the
// other way round. What happens to it meanwhile (output, the end) waits in its executor half until
// returned(). So nobody ever waits for an IO thread to let go of a client.
//
// Nothing asks whether the queue is full: what it does not take, the executor does itself, at once.
// An executor without anything else to do takes jobs back from the queue, so that few jobs wake
// nobody; unless io-threads-always-active wants all IO on the threads.
//
// Threading: the executor.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "server/io_pool.h"
#include "server/shared_thread.h"

namespace rota {

class SharedThreads final : public IoPool {
public:
    // More threads at work than this, the executor among them: poll jobs go to the private inboxes
    // in turn, else they would always be last in a long queue.
    static constexpr int kPollsSharedUpTo = 9;

    // `parts.results`, its transport and the executor outlive this.
    SharedThreads(Executor&, Parts&, const IoThreadParts&);
    ~SharedThreads() override;

    Result<> resize(int io_threads) override;
    void set_active(int count) override;
    int active() const override { return active_.load(std::memory_order_relaxed); }
    int count() const override { return static_cast<int>(threads_.size()); }
    void set_always_active(bool on) override { always_active_ = on; }

    bool drain() override;
    bool has_results() const override {
        return exchange_.has_answers() || (helps() && exchange_.depth() > 0);
    }
    void commit() override;
    void stop_surplus() override;
    void apply(const IoOptions&) override;

    void sample(int64_t now_ns, ScalingSample&) override;
    size_t depth() const override { return depth_seen_; }
    std::vector<uint64_t> busy_us() const override;
    size_t slab_bytes() const override;
    IoPending pending() const override { return pending_; }
    void add_stats(int command_id, CommandStats& sum) override;
    void reset_stats() override;
    IoCounters counters() const override;

    void readable(Client& client) override { readable_.push_back(&client); }
    void serve_while_busy() override;
    // All connections are the executor's.
    void accepted(Client&) override {}
    void forgotten(Client& client) override { std::erase(readable_, &client); }
    void close(Client&) override { UNREACHABLE(); }
    Batch& pushes(uint16_t) override { UNREACHABLE(); }
    void left(Client&) override { UNREACHABLE(); }

private:
    static constexpr size_t kJobsPerTurn = 256;
    static constexpr size_t kHelpAtOnce = 8;  // then the executor looks for results again
    // Jobs that a thread must find before it is worth its waking up.
    static constexpr size_t kJobsToWake = 8;

    bool helps() const { return JobExchange::kAnyThread && (!always_active_ || active() == 0); }
    void grow();
    bool last_is_stopping() const {
        return !threads_.empty() && threads_.back()->is_asked_to_stop();
    }
    void hand_out_reads();
    void hand_out_output(Batch&);
    void hand_out_poll();
    bool post_poll();
    void wake_threads();
    size_t help();
    void do_here(SharedJob);
    void do_all_here();
    bool can_be_read(const Client&) const;
    void do_job(ExecutorJob);
    void ran(Batch&);
    void written(Batch&);
    void send_home(Batch&);
    SharedThread& thread(size_t index) { return *threads_[index - 1]; }

    Executor& executor_;
    IoLoop& loop_;
    Transport& transport_;
    const IoThreadParts& thread_parts_;
    JobExchange exchange_;
    std::atomic<int> active_{0};
    SharedParts shared_parts_;
    std::vector<std::unique_ptr<SharedThread>> threads_;  // [i] is thread i + 1
    std::vector<uint64_t> batches_here_;  // of each thread: with the executor or in the queue
    bool last_has_ended_ = false;         // said so; it may still have batches here
    std::vector<Client*> readable_;       // told by this turn's poll
    std::vector<SharedJob> jobs_;
    // To be done by the executor itself, and taken from the ring; each done up to an index.
    std::vector<SharedJob> here_;
    std::array<ExecutorJob, 64> answers_;
    size_t next_here_ = 0, answer_count_ = 0, next_answer_ = 0;
    std::unique_ptr<PollReport> report_;
    bool poll_out_ = false;
    size_t next_poller_ = 0;
    bool always_active_ = false;
    int wanted_ = 0;  // threads
    int active_wanted_ = 0;
    size_t depth_seen_ = 0;
    IoPending pending_;
    IoCounters ended_;
};

}  // namespace rota
