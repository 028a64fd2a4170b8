// SPDX-License-Identifier: BSD-3-Clause
#include "server/io_thread.h"

#include <array>
#include <future>

#include "platform/clock.h"
#include "platform/memory.h"
#include "transports/transports.h"

namespace rota {
namespace {

constexpr size_t kJobsPerTurn = 128;
constexpr uint64_t kGrowthTold = 64 << 10;  // of all its clients' memory
constexpr int64_t kTendMs = 100;            // how often idle memory and soft limits are looked at

}  // namespace

IoThread::IoThread(int index, const IoThreadParts& parts)
    : index_(index),
      parts_(parts),
      reads_(parts.keyspace, parts.gate, parts.clock),
      results_(parts.results) {}

IoThread::~IoThread() {
    if (thread_.joinable()) thread_.join();
    batches_.clear();
    entry_slab().adopt(slab_);
}

Result<> IoThread::start() {
    std::promise<Result<>> ready;
    thread_ = std::thread([this, &ready] {
        parts_.settle(index_);
        use_entry_slab(slab_);
        memory_count_thread();
        usage_.emplace();
        auto transport = parts_.make_transport();
        if (!transport) {
            stopped_.store(true, std::memory_order_release);
            return ready.set_value(std::unexpected(transport.error()));
        }
        transport_ = std::move(*transport);
        loop_ = std::make_unique<IoLoop>(index_, *transport_, parts_.commands, parts_.keyspace,
                                         *this, take_free_batch(), parts_.options, &reads_);
        ready.set_value({});
        run();
    });
    return ready.get_future().get();
}

// ---- The executor's side

void IoThread::post(LoopJob job) {
    posted_ = true;
    if (!overflow_.empty() || !inbox_.push(job)) overflow_.push_back(job);
}

void IoThread::commit() {
    while (!overflow_.empty() && inbox_.push(overflow_.front())) overflow_.pop_front();
    if (!posted_) return;
    posted_ = !overflow_.empty();
    inbox_.commit();
    transport_->wake();
}

void IoThread::ask_to_stop() {
    // Release pairs with the acquire in run(): all that was posted before is seen before it.
    stopping_.store(true, std::memory_order_release);
    transport_->wake();
}

IoCounters IoThread::counters() const {
    IoCounters counters = loop_->counters();
    counters.commands = reads_.commands();
    counters.hits = reads_.hits();
    counters.misses = reads_.misses();
    return counters;
}

// ---- The thread's side

void IoThread::run() {
    while (!stopping_.load(std::memory_order_acquire)) turn();  // pairs with ask_to_stop()
    reads_.quiescence().offline();
    while (take_jobs() || !results_.retry()) tell_executor();
    free_released();
    tell_executor();
    // Release pairs with the acquire in stopped(): the executor may take the thread apart.
    stopped_.store(true, std::memory_order_release);
}

void IoThread::turn() {
    // A post() after the last look at the inbox comes with a wake(), and then wait() returns.
    const bool all_out = results_.retry();
    const bool idle = inbox_.empty() && all_out;
    reads_.quiescence().offline();
    loop_->wait(!idle ? 0 : loop_->client_count() == 0 ? -1 : kTendMs * 1'000'000);
    reads_.quiescence().online();
    const Clock::Moment now = parts_.clock.now();
    loop_->gather(now);
    tell_executor();  // so that it can begin while this thread sends
    loop_->send_reads();
    take_jobs();
    if (now.wall_ms - tended_ms_ >= kTendMs) {
        tended_ms_ = now.wall_ms;
        loop_->tend();
    }
    loop_->finish_turn();
    free_released();
    slab_.collect();
    tell_growth();
    tell_executor();
}

// In its next turn the executor sees to maxmemory-clients: it is to have one, though the memory may
// be that of requests which are not whole yet.
void IoThread::tell_growth() {
    const uint64_t bytes = loop_->counters().client_bytes;
    const auto grown = static_cast<int64_t>(bytes - bytes_told_);
    if (grown >= 0 && grown < static_cast<int64_t>(kGrowthTold)) return;
    bytes_told_ = bytes;
    sent_ |= grown > 0 && loop_->limits_memory();
}

void IoThread::free_released() {
    for (Client* client : released_) delete client;
    released_.clear();
}

bool IoThread::take_jobs() {
    std::array<LoopJob, kJobsPerTurn> jobs;
    const size_t count = inbox_.pop(jobs);
    for (const LoopJob job : std::span(jobs.data(), count)) take(job);
    return count > 0;
}

void IoThread::take(LoopJob job) {
    auto* client = job.pointer<Client>();
    switch (job.kind()) {
        case ToLoop::batch: {
            auto* batch = job.pointer<Batch>();
            loop_->deliver(*batch);
            if (batch->own) return send({ToExecutor::batch, batch});
            free_batches_.push_back(batch);
            return;
        }
        case ToLoop::adopt:
            if (!loop_->adopt(*client, client->io.descriptor)) loop_->bury(*client);
            return;
        case ToLoop::close:
            return loop_->close(*client);
        case ToLoop::leave:
            return loop_->leave(*client);
        case ToLoop::release:
            released_.push_back(client);  // this turn may still name it
            return;
        case ToLoop::options: {
            const std::unique_ptr<IoOptions> options(job.pointer<IoOptions>());
            return loop_->apply(*options);
        }
    }
}

void IoThread::send(ExecutorJob job) {
    results_.push(job);
    sent_ = true;
}

void IoThread::tell_executor() {
    if (!sent_) return;
    sent_ = false;
    parts_.executor_transport.wake();
}

Batch& IoThread::submit(Batch& batch) {
    send({ToExecutor::batch, &batch});
    return take_free_batch();
}

// More than a few are out only if the executor is behind; what bounds them is the transport, which
// reads no more when too many received bytes are not yet recycled.
Batch& IoThread::take_free_batch() {
    if (free_batches_.empty()) {
        batches_.push_back(std::make_unique<Batch>());
        batches_.back()->loop = static_cast<uint16_t>(index_);
        return *batches_.back();
    }
    Batch& batch = *free_batches_.back();
    free_batches_.pop_back();
    return batch;
}

// Listeners are the executor's.
void IoThread::accepted(const Event& event) {
    if (event.descriptor >= 0) abandon(event.descriptor);
}

}  // namespace rota
