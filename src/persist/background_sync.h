// SPDX-License-Identifier: BSD-3-Clause
// BackgroundSync: a thread that makes files durable, one job after the other. It starts with the
// first job.
//
// What the disk has refused once is lost, even if it says yes the next time: the kernel has dropped
// it. So after a failure nothing counts as synced any more until forgive().
//
// Threading: the owner's, but for what says "any thread".
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "platform/file.h"

namespace rota {

class BackgroundSync {
public:
    // `done` is called on the thread after each job.
    explicit BackgroundSync(std::function<void()> done) : done_(std::move(done)) {}
    BackgroundSync(const BackgroundSync&) = delete;
    ~BackgroundSync();  // after all jobs

    // All bytes of the file so far, which are those up to `mark`. It stays open until then.
    void sync(int fd, uint64_t mark) { add({fd, mark, false}); }
    // The same, and closes it.
    void sync_and_close(FileDescriptor file, uint64_t mark) { add({file.release(), mark, true}); }
    // Returns when there is nothing left to do.
    void wait();

    bool busy() const { return jobs_left_.load(std::memory_order_relaxed) > 0; }  // any thread
    uint64_t jobs_left() const { return jobs_left_.load(std::memory_order_relaxed); }
    // Up to where everything is durable. Any thread; acquire pairs with the release in run().
    uint64_t synced() const { return synced_.load(std::memory_order_acquire); }
    // The first failure since the beginning or forgive(); 0: none. Any thread.
    int error() const { return error_.load(std::memory_order_acquire); }
    // What failed has been written anew elsewhere. Nothing may be under way.
    void forgive() { error_.store(0, std::memory_order_relaxed); }

private:
    struct Job {
        int fd;
        uint64_t mark;
        bool close;
    };
    void add(Job);
    void run();
    void do_job(const Job&);

    std::function<void()> done_;
    std::mutex mutex_;  // guards jobs_ and stopping_
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::atomic<uint64_t> jobs_left_{0}, synced_{0};
    std::atomic<int> error_{0};
    std::thread thread_;
};

}  // namespace rota
