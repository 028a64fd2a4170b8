// SPDX-License-Identifier: BSD-3-Clause
#include "server/shared_threads.h"

#include <algorithm>
#include <array>

namespace rota {

SharedThreads::SharedThreads(Executor& executor, Parts&, const IoThreadParts& thread_parts)
    : executor_(executor),
      loop_(executor.loop()),
      transport_(thread_parts.executor_transport),
      thread_parts_(thread_parts),
      exchange_(thread_parts.results),
      shared_parts_{thread_parts, exchange_, active_},
      report_(transport_.make_report()) {
    executor_.set_remote(this);
}

// At the end of the process: clients stay with the registry.
SharedThreads::~SharedThreads() {
    active_.store(0, std::memory_order_relaxed);
    for (auto& ending : threads_) {
        ending->ask_to_stop();
        std::array<ExecutorJob, 64> jobs;
        while (!ending->stopped()) (void)exchange_.answers(jobs);
    }
    threads_.clear();
    executor_.set_remote(nullptr);
}

// ---- How many

Result<> SharedThreads::resize(int io_threads) {
    wanted_ = io_threads - 1;
    grow();
    set_active(active_wanted_);
    return {};  // those that are too many go in stop_surplus()
}

void SharedThreads::grow() {
    while (count() < wanted_ && !last_is_stopping()) {
        exchange_.prepare(count() + 1);
        threads_.push_back(std::make_unique<SharedThread>(count() + 1, shared_parts_));
        batches_here_.push_back(0);
        threads_.back()->start();
    }
}

void SharedThreads::set_active(int count) {
    active_wanted_ = count;
    count = std::min({count, this->count() - last_is_stopping(), wanted_});
    if (count == active()) return;
    active_.store(count, std::memory_order_relaxed);
    transport_.share_input(count > 0);
    for (int i = 0; i < count; ++i) threads_[static_cast<size_t>(i)]->wake();
}

// A thread that is not active takes no more jobs. It has ended when it has said so and its batches
// are home; nobody waits for that.
void SharedThreads::stop_surplus() {
    for (auto& one : threads_) {
        if (one->has_posts()) one->wake();  // what lies in its inbox is memory
    }
    while (count() > wanted_ || last_is_stopping()) {
        SharedThread& last = *threads_.back();
        if (!last.is_asked_to_stop()) last.ask_to_stop();
        if (!last_has_ended_ || !last.stopped() || batches_here_.back() > 0) return;
        last_has_ended_ = false;
        ended_.add(last.counters());
        threads_.pop_back();
        batches_here_.pop_back();
    }
    if (count() == wanted_) return;
    grow();  // it was wanted again meanwhile
    set_active(active_wanted_);
}

void SharedThreads::apply(const IoOptions& options) {
    for (auto& one : threads_) {
        one->post({SharedJobKind::options, new IoOptions(options)});
        one->commit();
        one->wake();
    }
}

// ---- Handing out

// What own requests have written goes first: nothing is sent here for a client on loan.
void SharedThreads::hand_out_reads() {
    do_all_here();  // of a call further up, in whose job a script is busy
    if (readable_.empty()) return;
    loop_.deliver_own();
    jobs_.clear();
    std::vector<Client*> later;
    for (Client* client : readable_) {
        if (client->io.finished) continue;
        if (!can_be_read(*client)) {
            later.push_back(client);
        } else if (loop_.lend(*client)) {
            jobs_.push_back({SharedJobKind::read, client});
        }
    }
    readable_.swap(later);
    pending_.jobs += jobs_.size();
    pending_.reads += jobs_.size();
    const size_t taken = active() > 0 ? exchange_.hand_out(jobs_, active()) : 0;
    here_.assign(jobs_.begin() + static_cast<ptrdiff_t>(taken), jobs_.end());
    next_here_ = 0;
    do_all_here();
}

// While a script is busy: not who waits for it, nor who is being read further up; and who was told
// to be readable then may have been lent since.
bool SharedThreads::can_be_read(const Client& client) const {
    return !client.io.lent && !client.behind_script && !loop_.is_being_read(client);
}

void SharedThreads::do_all_here() {
    while (next_here_ < here_.size()) do_here(here_[next_here_++]);
}

void SharedThreads::serve_while_busy() {
    drain();
    commit();
}

void SharedThreads::hand_out_output(Batch& batch) {
    const size_t clients = loop_.lend_output(batch);
    if (clients == 0) return send_home(batch);
    ++pending_.jobs;
    pending_.writes += clients;
    const SharedJob job(SharedJobKind::write, &batch);
    if (active() == 0 || exchange_.hand_out({&job, 1}, active()) == 0) do_here(job);
}

// Only where the executor has something else to do meanwhile: else it waits for events itself.
void SharedThreads::hand_out_poll() {
    if (poll_out_ || active() == 0 || pending_.jobs == 0) return;
    if (!always_active_ && !exchange_.has_answers()) return;
    poll_out_ = true;
    ++pending_.jobs;
    transport_.lend_poll();
    if (!post_poll()) do_here({SharedJobKind::poll, report_.get()});
}

bool SharedThreads::post_poll() {
    const SharedJob job(SharedJobKind::poll, report_.get());
    if (active() + 1 <= kPollsSharedUpTo) return exchange_.hand_out({&job, 1}, active()) == 1;
    next_poller_ = next_poller_ % static_cast<size_t>(active()) + 1;
    thread(next_poller_).post(job);
    thread(next_poller_).commit();
    thread(next_poller_).wake();
    return true;
}

// As many as the queue has work for, those with low numbers first; the others sleep on. One that is
// awake may be busy for long: only where the executor helps out does it count as one that comes.
void SharedThreads::wake_threads() {
    const size_t depth = exchange_.depth();
    if (depth == 0) return;
    const size_t spared = helps() ? kJobsToWake / 2 : kJobsToWake - 1;
    const size_t wanted = std::min((depth + spared) / kJobsToWake, static_cast<size_t>(active()));
    if (!JobExchange::kAnyThread) {
        for (int i = 1; i <= count(); ++i) {
            if (exchange_.has_jobs_of(i)) threads_[static_cast<size_t>(i) - 1]->wake();
        }
        return;
    }
    size_t coming = 0;
    for (size_t i = 1; i <= static_cast<size_t>(active()) && coming < wanted; ++i)
        coming += thread(i).wake() || helps();
}

void SharedThreads::commit() {
    for (auto& one : threads_) one->commit();
    hand_out_poll();
    wake_threads();
}

// ---- Doing it here

size_t SharedThreads::help() {
    if (!helps()) return 0;
    std::array<SharedJob, kHelpAtOnce> jobs;
    const size_t count = exchange_.take_back(jobs);
    loop_.deliver_own();
    here_.assign(jobs.begin(), jobs.begin() + static_cast<ptrdiff_t>(count));
    next_here_ = 0;
    do_all_here();
    return count;
}

// The queue has not taken it, or gives it back: what its loan has begun is undone here.
void SharedThreads::do_here(SharedJob job) {
    --pending_.jobs;
    switch (job.kind()) {
        case SharedJobKind::read:
            --pending_.reads;
            return loop_.receive_here(*job.pointer<Client>());
        case SharedJobKind::write: {
            auto* batch = job.pointer<Batch>();
            pending_.writes -= loop_.send_here(*batch);
            return send_home(*batch);
        }
        case SharedJobKind::poll:
            transport_.poll_lent(*report_);
            poll_out_ = false;
            return transport_.take_report(*report_);
        default:
            UNREACHABLE();
    }
}

// ---- Results

bool SharedThreads::drain() {
    depth_seen_ = exchange_.depth();
    hand_out_reads();
    wake_threads();
    size_t done = 0;
    for (; done < kJobsPerTurn; ++done) {
        if (next_answer_ == answer_count_) {
            next_answer_ = 0;
            answer_count_ = exchange_.answers(answers_);
            if (answer_count_ == 0) break;
        }
        do_job(answers_[next_answer_++]);
    }
    if (done == 0) (void)help();
    return done < kJobsPerTurn;
}

void SharedThreads::do_job(ExecutorJob job) {
    if (job.kind() == ToExecutor::ended) {
        last_has_ended_ = true;
        return;
    }
    --pending_.jobs;
    switch (job.kind()) {
        case ToExecutor::batch:
            return ran(*job.pointer<Batch>());
        case ToExecutor::written:
            return written(*job.pointer<Batch>());
        case ToExecutor::polled:
            poll_out_ = false;
            return transport_.take_report(*job.pointer<PollReport>());
        default:
            UNREACHABLE();
    }
}

void SharedThreads::ran(Batch& batch) {
    pending_.jobs -= batch.readers.size() - 1;  // one message for all of them
    pending_.reads -= batch.readers.size();
    ++batches_here_[batch.home - 1u];
    loop_.deliver_own();
    executor_.run_read(batch);
    executor_.about_to_send();
    hand_out_output(batch);
}

void SharedThreads::written(Batch& batch) {
    for (const Outgoing& segment : batch.outgoing) {
        if (!segment.client->io.lent) continue;  // twice in it
        --pending_.writes;
        executor_.returned(*segment.client);
    }
    send_home(batch);
}

void SharedThreads::send_home(Batch& batch) {
    // Its thread may be asleep: what may be large does not wait for it.
    batch.borrowed.clear();
    batch.clear_output();
    --batches_here_[batch.home - 1u];
    thread(batch.home).post({SharedJobKind::home, &batch});
}

// ---- Numbers

void SharedThreads::sample(int64_t now_ns, ScalingSample& sample) {
    double busy = 0;
    for (int i = 0; i < count(); ++i) {
        const ThreadShares shares = threads_[static_cast<size_t>(i)]->usage().sample(now_ns);
        if (i >= active()) continue;
        busy += shares.busy();
        sample.waiting = std::max(sample.waiting, shares.waiting);
    }
    if (active() > 0) sample.io_busy = busy / active();
}

std::vector<uint64_t> SharedThreads::busy_us() const {
    std::vector<uint64_t> all;
    for (const auto& one : threads_) {
        const ThreadTimes times = one->usage().read();
        all.push_back(static_cast<uint64_t>(times.user_ns + times.system_ns) / 1000);
    }
    return all;
}

size_t SharedThreads::slab_bytes() const {
    size_t bytes = 0;
    for (const auto& one : threads_) bytes += one->slab().own_bytes();
    return bytes;
}

void SharedThreads::add_stats(int command_id, CommandStats& sum) {
    for (auto& one : threads_) {
        if (const CommandStats* stats = one->reads().stats_of(command_id)) sum.merge(*stats);
    }
}

void SharedThreads::reset_stats() {
    for (auto& one : threads_) one->reads().reset_stats();
}

IoCounters SharedThreads::counters() const {
    IoCounters sum = ended_;
    for (const auto& one : threads_) sum.add(one->counters());
    return sum;
}

}  // namespace rota
