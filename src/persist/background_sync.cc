// SPDX-License-Identifier: BSD-3-Clause
#include "persist/background_sync.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/cpu.h"

namespace rota {

BackgroundSync::~BackgroundSync() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void BackgroundSync::add(Job job) {
    jobs_left_.fetch_add(1, std::memory_order_relaxed);
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(job);
    }
    if (thread_.joinable()) return changed_.notify_all();
    // Signals are for the thread that started the process.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void BackgroundSync::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return jobs_left_.load(std::memory_order_relaxed) == 0; });
}

void BackgroundSync::run() {
    set_thread_name("rota-sync");
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        const Job job = jobs_.front();
        jobs_.pop_front();
        lock.unlock();
        do_job(job);
        lock.lock();
        jobs_left_.fetch_sub(1, std::memory_order_relaxed);
        changed_.notify_all();
        lock.unlock();
        done_();
        lock.lock();
    }
}

void BackgroundSync::do_job(const Job& job) {
    const bool failed = ::fdatasync(job.fd) != 0 && errno != EBADF && errno != EINVAL;
    if (failed && error_.load(std::memory_order_relaxed) == 0)
        error_.store(errno, std::memory_order_release);
    if (error_.load(std::memory_order_relaxed) == 0)
        synced_.store(std::max(job.mark, synced_.load(std::memory_order_relaxed)),
                      std::memory_order_release);
    if (job.close) ::close(job.fd);
}

}  // namespace rota
