// SPDX-License-Identifier: BSD-3-Clause
// SharedThread: an IO thread of shared mode. It has no connections of its own: it takes jobs, first
// from its private inbox, then from the queue that all of them share, and does what they say with a
// client on loan: receive and parse, or send. What it has read goes to the executor as a batch, for
// all the reads that it took together.
//
// It never spins: without work it parks. Batches come home through the inbox, where what they held
// is freed.
//
// Threading: start(), post(), commit(), wake() and ask_to_stop() by the executor; the rest is the
// thread's own.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "platform/parker.h"
#include "platform/thread_usage.h"
#include "ring/spsc_ring.h"
#include "server/io_thread.h"
#include "server/job_exchange.h"
#include "server/jobs.h"
#include "server/request_reader.h"
#include "store/slab.h"

namespace rota {

// What the threads of shared mode have in common beside IoThreadParts.
struct SharedParts {
    const IoThreadParts& io;
    JobExchange& exchange;
    const std::atomic<int>& active;  // threads 1 to this may claim jobs
};

class SharedThread final : private RequestReader::Host {
public:
    SharedThread(int index, const SharedParts&);
    ~SharedThread() override;

    void start();
    // It ends as soon as it has seen it, with nothing in its hands; stopped() is true then.
    void ask_to_stop();
    bool is_asked_to_stop() const { return stopping_.load(std::memory_order_relaxed); }
    bool stopped() const { return stopped_.load(std::memory_order_acquire); }

    // Work for this thread alone. Visible after commit(), seen at the latest after wake().
    void post(SharedJob);
    void commit();
    bool wake() { return parker_.wake(); }  // true if it slept
    bool has_posts() const { return !overflow_.empty() || inbox_.size() > 0; }

    // Any time.
    IoCounters counters() const;
    LocalReads& reads() { return reads_; }
    Slab& slab() { return slab_; }
    ThreadUsage& usage() { return *usage_; }

private:
    // Of batches that are home: more are freed, and so is more room for replies in each.
    static constexpr size_t kFreeBatchesMax = 4;
    static constexpr size_t kOutputKeptMax = size_t{64} << 10;
    static constexpr size_t kClaimMax = 16;  // jobs taken at once

    void run();
    bool take_inbox();
    bool take_shared();
    void take(SharedJob);
    void receive(Client&);
    void send_output(Batch&);
    void send(Client&, Slice bytes);
    void give_batch();
    void tell(ExecutorJob);
    void wake_executor();
    Batch& take_free_batch();
    void put_away(Batch&);

    Batch& take(Batch&) override;
    void held(Client&) override {}  // the executor sees to it when the client is back
    void resumed(Client&) override {}
    void gave_up(Client& client) override { client.io.input_over = true; }

    const int index_;
    const SharedParts& parts_;
    const Transport& transport_;

    // The executor's side.
    std::deque<SharedJob> overflow_;
    std::thread thread_;

    // Between the two.
    SpscRing<SharedJob, kInboxMax> inbox_;
    Parker parker_;
    std::atomic<bool> stopping_{false}, stopped_{false};

    // The thread's side.
    Slab slab_;  // of the entries that it builds
    std::vector<std::unique_ptr<Batch>> batches_;
    std::vector<Batch*> free_batches_;
    LocalReads reads_;
    RequestReader reader_;
    bool giving_ = false;  // the batch is to go
    JobExchange::Answerer answers_;
    bool told_ = false;
    IoCounters counters_;
    std::optional<ThreadUsage> usage_;
};

}  // namespace rota
