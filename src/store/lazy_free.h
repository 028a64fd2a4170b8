// SPDX-License-Identifier: BSD-3-Clause
// LazyFree: frees values of many elements on a thread of its own, so that no command takes as long
// as there are elements. The thread starts with the first of them and sleeps while there are none.
//
// Threading: the executor, but for what the thread does. A value handed over is the thread's alone:
// no reader on another thread may look at it, and none does, since they read strings only.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "types/kind.h"

namespace rota {

class LazyFree {
public:
    // Values of no more blocks are freed faster than handed over. Valkey's figure: INFO shows it.
    static constexpr size_t kBlocksMin = 64;

    LazyFree() = default;
    LazyFree(const LazyFree&) = delete;
    ~LazyFree();  // frees what waits

    // What the thread does first, wherever it starts from now on.
    void set_settle(std::function<void()> settle) { settle_ = std::move(settle); }

    // Frees it, here and now if it is small.
    void free(Type, Encoding, void* object);

    size_t pending_objects() const { return pending_objects_.load(std::memory_order_relaxed); }
    // What they will give back, estimated as MEMORY USAGE does and less as it goes on.
    size_t pending_bytes() const { return pending_bytes_.load(std::memory_order_relaxed); }
    // How many have been freed so far.
    uint64_t freed_objects() const { return freed_objects_.load(std::memory_order_relaxed); }
    void reset_freed() { freed_objects_.store(0, std::memory_order_relaxed); }

    // For tests: holds the thread before its next piece of work, or lets it go on.
    void set_paused(bool);

private:
    struct Value {
        Type type;
        Encoding encoding;
        void* object;
        size_t bytes;
    };

    void run();
    void free_slowly(const Value&);
    bool may_work() const { return !paused_ && !waiting_.empty(); }

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<Value> waiting_;
    bool stopping_ = false;
    bool paused_ = false;

    std::atomic<size_t> pending_objects_{0};
    std::atomic<size_t> pending_bytes_{0};
    std::atomic<uint64_t> freed_objects_{0};
    std::function<void()> settle_;
    std::thread thread_;
};

}  // namespace rota
