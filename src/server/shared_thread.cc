// SPDX-License-Identifier: BSD-3-Clause
#include "server/shared_thread.h"

#include <array>
#include <future>

#include "platform/clock.h"
#include "platform/memory.h"

namespace rota {
namespace {

// All requests of one receive wait together for the executor: strangers get a small one.
constexpr size_t kReceiveBeforeAuth = size_t{4} << 10;

}  // namespace

SharedThread::SharedThread(int index, const SharedParts& parts)
    : index_(index),
      parts_(parts),
      transport_(parts.io.executor_transport),
      reads_(parts.io.keyspace, parts.io.gate, parts.io.clock),
      reader_(parts.io.commands, parts.io.keyspace, *this, counters_, take_free_batch(), &reads_),
      answers_(parts.exchange, index) {
    reader_.apply(parts.io.options);
}

SharedThread::~SharedThread() {
    if (thread_.joinable()) thread_.join();
    batches_.clear();
    entry_slab().adopt(slab_);
}

void SharedThread::start() {
    std::promise<void> ready;
    thread_ = std::thread([this, &ready] {
        parts_.io.settle(index_);
        use_entry_slab(slab_);
        memory_count_thread();
        usage_.emplace();
        ready.set_value();
        run();
    });
    ready.get_future().get();
}

// ---- The executor's side

void SharedThread::post(SharedJob job) {
    if (!overflow_.empty() || !inbox_.push(job)) overflow_.push_back(job);
}

void SharedThread::commit() {
    while (!overflow_.empty() && inbox_.push(overflow_.front())) overflow_.pop_front();
    inbox_.commit();
}

void SharedThread::ask_to_stop() {
    // Release pairs with the acquire in run(): all that was posted before is seen before it.
    stopping_.store(true, std::memory_order_release);
    wake();
}

IoCounters SharedThread::counters() const {
    IoCounters counters = counters_;
    counters.commands = reads_.commands();
    counters.hits = reads_.hits();
    counters.misses = reads_.misses();
    return counters;
}

// ---- The thread's side

void SharedThread::run() {
    while (!stopping_.load(std::memory_order_acquire)) {  // pairs with ask_to_stop()
        reads_.quiescence().online();
        const bool had_own = take_inbox();
        const bool had_shared = take_shared();
        give_batch();
        slab_.collect();
        reads_.quiescence().offline();
        const bool all_out = answers_.retry();
        wake_executor();
        // What is pushed after this look at the rings comes with a wake().
        if (!had_own && !had_shared && all_out) parker_.park();
    }
    take_inbox();
    while (take_shared()) give_batch();
    tell({ToExecutor::ended, this});
    do wake_executor();
    while (!answers_.retry());
    // Release pairs with the acquire in stopped(): the executor may take the thread apart.
    stopped_.store(true, std::memory_order_release);
}

bool SharedThread::take_inbox() {
    std::array<SharedJob, 128> jobs;
    const size_t count = inbox_.pop(jobs);
    for (const SharedJob job : std::span(jobs.data(), count)) take(job);
    return count > 0;
}

bool SharedThread::take_shared() {
    const int active = parts_.active.load(std::memory_order_relaxed);
    std::array<SharedJob, kClaimMax> jobs;
    const size_t count = parts_.exchange.claim(index_, active, jobs);
    if (count == 0) return false;
    reader_.set_now(parts_.io.clock.wall_ms());
    for (const SharedJob job : std::span(jobs.data(), count)) take(job);
    return true;
}

void SharedThread::take(SharedJob job) {
    switch (job.kind()) {
        case SharedJobKind::read:
            return receive(*job.pointer<Client>());
        case SharedJobKind::write: {
            auto* batch = job.pointer<Batch>();
            send_output(*batch);
            return tell({ToExecutor::written, batch});
        }
        case SharedJobKind::poll: {
            auto* report = job.pointer<PollReport>();
            transport_.poll_lent(*report);
            ++counters_.polls;
            return tell({ToExecutor::polled, report});
        }
        case SharedJobKind::home:
            return put_away(*job.pointer<Batch>());
        case SharedJobKind::options: {
            const std::unique_ptr<IoOptions> options(job.pointer<IoOptions>());
            return reader_.apply(*options);
        }
    }
}

// ---- Reads

void SharedThread::receive(Client& client) {
    if (!reader_.batch().has_input_room()) give_batch();
    Batch& batch = reader_.batch();
    ClientIo& io = client.io;
    std::span<char> room = batch.input_room(io.loan.big);
    if (!io.terms.authenticated) room = room.first(kReceiveBeforeAuth);
    const size_t got = transport_.receive_lent(io.loan, room);
    batch.readers.push_back(&client);
    if (got == 0) return;
    ++counters_.reads;
    counters_.net_in += got;
    reader_.receive(client, Slice(room.data(), got));
    batch.keep_input(room, got);
}

// All requests of one read are in one batch: then the client is back with it.
Batch& SharedThread::take(Batch& batch) {
    if (!giving_) return batch;
    if (reads_.output().has_output()) {
        for (const Outgoing& segment : reads_.output().outgoing) {
            const size_t size = segment.end - segment.begin;
            counters_.net_out += size;
            segment.client->io.net_out += size;
            send(*segment.client, reads_.output().out.view().substr(segment.begin, size));
        }
        reads_.output().clear_output();
    }
    ++counters_.batches;
    tell({ToExecutor::batch, &batch});
    return take_free_batch();
}

void SharedThread::give_batch() {
    if (reader_.batch().readers.empty()) return;
    giving_ = true;
    reader_.submit();
    giving_ = false;
}

Batch& SharedThread::take_free_batch() {
    if (free_batches_.empty()) {
        batches_.push_back(std::make_unique<Batch>());
        batches_.back()->home = static_cast<uint16_t>(index_);
        return *batches_.back();
    }
    Batch& batch = *free_batches_.back();
    free_batches_.pop_back();
    return batch;
}

void SharedThread::put_away(Batch& batch) {
    counters_.freed += batch.requests.size();
    batch.clear_requests();
    batch.clear_output();
    if (batch.out.capacity() > kOutputKeptMax) batch.out.release();
    if (free_batches_.size() < kFreeBatchesMax) return free_batches_.push_back(&batch);
    std::erase_if(batches_, [&](const auto& owned) { return owned.get() == &batch; });
}

// ---- Writes

void SharedThread::send_output(Batch& batch) {
    for (const Outgoing& segment : batch.outgoing)
        send(*segment.client, batch.out.view().substr(segment.begin, segment.end - segment.begin));
}

// What the socket does not take is the executor's to send on.
void SharedThread::send(Client& client, Slice bytes) {
    ClientIo& io = client.io;
    if (io.send_pending || !io.queued.empty()) {
        io.queued.append(bytes);
    } else if (!io.in_flight.empty()) {
        io.in_flight.append(bytes);
    } else {
        ++counters_.writes;
        const size_t taken = transport_.send_lent(io.loan, bytes);
        if (taken == bytes.size()) [[likely]]
            return;
        io.in_flight.append(bytes.substr(taken));
    }
    counters_.show_sizes(io);
}

// ---- Results

void SharedThread::tell(ExecutorJob job) {
    answers_.push(job);
    told_ = true;
}

void SharedThread::wake_executor() {
    if (!told_) return;
    told_ = false;
    parts_.io.executor_transport.wake();
}

}  // namespace rota
