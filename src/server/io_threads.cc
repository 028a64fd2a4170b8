// SPDX-License-Identifier: BSD-3-Clause
#include "server/io_threads.h"

#include <algorithm>
#include <array>

#include "platform/log.h"
#include "transports/transports.h"

namespace rota {

IoThreads::IoThreads(Executor& executor, Parts& parts, const IoThreadParts& thread_parts)
    : executor_(executor),
      parts_(parts),
      thread_parts_(thread_parts),
      results_(thread_parts.results),
      clients_(1, 0) {
    executor_.set_remote(this);
}

// At the end of the process: clients stay with the registry, whatever their loops still do.
IoThreads::~IoThreads() {
    for (Remote& remote : threads_) {
        remote.thread->ask_to_stop();
        std::array<ExecutorJob, 64> jobs;
        while (!remote.thread->stopped()) (void)results_.pop(jobs);
    }
    threads_.clear();
    executor_.set_remote(nullptr);
}

// ---- How many

Result<> IoThreads::resize(int io_threads) {
    wanted_ = io_threads - 1;
    if (wanted_ < active_) set_active(wanted_);
    while (count() < wanted_) {
        auto thread = std::make_unique<IoThread>(count() + 1, thread_parts_);
        if (auto started = thread->start(); !started) {
            wanted_ = count();
            return std::unexpected(started.error());
        }
        threads_.push_back({.thread = std::move(thread), .own = {}, .spare = {}});
        clients_.push_back(0);
    }
    return {};  // those that are too many go in stop_surplus(): the caller may be a command
}

// A thread ends when its last client has left it.
void IoThreads::stop_surplus() {
    while (count() > wanted_ && clients_.back() == 0) {
        IoThread& last = *threads_.back().thread;
        commit();
        last.ask_to_stop();
        // It has no client, so it is about to end; what it still says are batches that come back.
        while (!last.stopped()) drain();
        drain();
        ended_.add(last.counters());
        threads_.pop_back();
        clients_.pop_back();
    }
}

void IoThreads::set_active(int count) {
    count = std::min(count, this->count());
    if (count == active_) return;
    active_ = count;
    rebalance();
}

bool IoThreads::takes_clients(uint16_t loop) const {
    return loop == 0 ? active_ <= kExecutorPollsUpTo : loop <= active_;
}

uint16_t IoThreads::choose_loop() const {
    uint16_t best = active_ == 0 ? 0 : 1;
    for (uint16_t loop = 0; loop < clients_.size(); ++loop) {
        if (takes_clients(loop) && clients_[loop] < clients_[best]) best = loop;
    }
    return best;
}

// The fewest moves that leave every loop with its share.
void IoThreads::rebalance() {
    size_t taking = 0;
    for (uint16_t loop = 0; loop < clients_.size(); ++loop) taking += takes_clients(loop);
    const size_t share = (parts_.clients.size() + taking - 1) / taking;
    parts_.clients.for_each([&](Client& client) {
        if (client.moving || client.closing || client.internal) return;
        if (takes_clients(client.loop) && clients_[client.loop] <= share) return;
        move(client, choose_loop());
    });
}

// ---- Clients

void IoThreads::accepted(Client& client) {
    ++clients_[0];
    move(client, choose_loop());
}

void IoThreads::move(Client& client, uint16_t to) {
    if (client.loop == to) return;
    client.moving = true;
    client.next_loop = to;
    --clients_[client.loop];
    ++clients_[to];
    if (client.loop == 0)
        executor_.loop().leave(client);
    else
        post(client.loop, {ToLoop::leave, &client});
}

void IoThreads::left(Client& client) {
    const int descriptor = client.io.descriptor;
    if (descriptor < 0) {
        --clients_[client.next_loop];
        ++clients_[client.loop];
        client.next_loop = client.loop;
        return executor_.settle(client);
    }
    if (client.closing) {
        abandon(descriptor);
        return executor_.gone(client);
    }
    client.loop = client.next_loop;
    if (client.loop != 0)
        post(client.loop, {ToLoop::adopt, &client});
    else if (!executor_.loop().adopt(client, descriptor))
        return executor_.loop().bury(client);
    executor_.settle(client);
}

void IoThreads::close(Client& client) { post(client.loop, {ToLoop::close, &client}); }

void IoThreads::forgotten(Client& client) {
    --clients_[client.moving ? client.next_loop : client.loop];
    if (client.loop != 0) post(client.loop, {ToLoop::release, &client});
}

void IoThreads::apply(const IoOptions& options) {
    for (uint16_t loop = 1; loop <= threads_.size(); ++loop)
        post(loop, {ToLoop::options, new IoOptions(options)});
    commit();
}

// ---- Numbers

void IoThreads::sample(int64_t now_ns, ScalingSample& sample) {
    double busy = 0;
    for (int i = 0; i < count(); ++i) {
        const ThreadShares shares = threads_[static_cast<size_t>(i)].thread->usage().sample(now_ns);
        if (i >= active_) continue;
        busy += shares.busy();
        sample.waiting = std::max(sample.waiting, shares.waiting);
    }
    if (active_ > 0) sample.io_busy = busy / active_;
}

std::vector<uint64_t> IoThreads::busy_us() const {
    std::vector<uint64_t> all;
    for (const Remote& remote : threads_) {
        const ThreadTimes times = remote.thread->usage().read();
        all.push_back(static_cast<uint64_t>(times.user_ns + times.system_ns) / 1000);
    }
    return all;
}

size_t IoThreads::slab_bytes() const {
    size_t bytes = 0;
    for (const Remote& remote : threads_) bytes += remote.thread->slab().own_bytes();
    return bytes;
}

void IoThreads::add_stats(int command_id, CommandStats& sum) {
    for (Remote& remote : threads_) {
        if (const CommandStats* stats = remote.thread->reads().stats_of(command_id))
            sum.merge(*stats);
    }
}

void IoThreads::reset_stats() {
    for (Remote& remote : threads_) remote.thread->reads().reset_stats();
}

// ---- Jobs

// Where a script is busy this is called from within a job, and goes on with those behind it.
bool IoThreads::drain() {
    for (const ExecutorJob job : std::exchange(postponed_, {})) do_job(job);
    for (size_t done = 0; done < kJobsPerTurn; ++done) {
        if (next_job_ == job_count_) {
            next_job_ = 0;
            job_count_ = results_.pop(jobs_);
            if (job_count_ == 0) return true;
        }
        do_job(jobs_[next_job_++]);
    }
    return false;
}

void IoThreads::serve_while_busy() {
    drain();
    commit();
}

void IoThreads::do_job(ExecutorJob job) {
    if (executor_.busy() && job.kind() != ToExecutor::batch) return postponed_.push_back(job);
    switch (job.kind()) {
        case ToExecutor::batch:
            return ran(*job.pointer<Batch>());
        case ToExecutor::gone:
            return executor_.gone(*job.pointer<Client>());
        case ToExecutor::failed:
            return executor_.failed(*job.pointer<Client>());
        case ToExecutor::left:
            return left(*job.pointer<Client>());
        case ToExecutor::written:
        case ToExecutor::polled:
        case ToExecutor::ended:
            UNREACHABLE();  // of shared mode
    }
}

void IoThreads::ran(Batch& batch) {
    if (batch.own) {
        --batches_out_;
        return threads_[batch.loop - 1u].spare.push_back(&batch);
    }
    post_pushes(batch.loop);
    executor_.run(batch);
    ran_.push_back(&batch);
}

// All at once: what they have written may have to be made durable first.
void IoThreads::release_ran() {
    if (ran_.empty()) return;
    executor_.about_to_send();
    for (Batch* batch : ran_) threads_[batch->loop - 1u].thread->post({ToLoop::batch, batch});
    ran_.clear();
}

Batch& IoThreads::pushes(uint16_t loop) {
    Remote& remote = threads_[loop - 1u];
    if (remote.pushes != nullptr) return *remote.pushes;
    if (remote.spare.empty()) {
        remote.own.push_back(std::make_unique<Batch>());
        remote.own.back()->loop = loop;
        remote.own.back()->own = true;
        remote.spare.push_back(remote.own.back().get());
    }
    remote.pushes = remote.spare.back();
    remote.spare.pop_back();
    return *remote.pushes;
}

void IoThreads::post_pushes(uint16_t loop) {
    release_ran();  // it was written before
    Remote& remote = threads_[loop - 1u];
    if (remote.pushes == nullptr) return;
    executor_.about_to_send();
    ++batches_out_;
    remote.thread->post({ToLoop::batch, std::exchange(remote.pushes, nullptr)});
}

// Pushes go first: whatever the job is about, they were written before it.
void IoThreads::post(uint16_t loop, LoopJob job) {
    post_pushes(loop);
    threads_[loop - 1u].thread->post(job);
}

void IoThreads::commit() {
    release_ran();
    for (uint16_t loop = 1; loop <= threads_.size(); ++loop) {
        post_pushes(loop);
        threads_[loop - 1u].thread->commit();
    }
}

IoCounters IoThreads::counters() const {
    IoCounters sum = ended_;
    for (const Remote& remote : threads_) sum.add(remote.thread->counters());
    return sum;
}

}  // namespace rota
