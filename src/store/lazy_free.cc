// SPDX-License-Identifier: BSD-3-Clause
#include "store/lazy_free.h"

#include <algorithm>
#include <new>
#include <system_error>

#include "platform/cpu.h"
#include "platform/memory.h"
#include "types/object.h"

namespace rota {
namespace {

constexpr size_t kSamples = 5;         // elements that the estimate is made from
constexpr size_t kStepsAtOnce = 1024;  // between two looks at what is left

}  // namespace

LazyFree::~LazyFree() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        paused_ = false;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void LazyFree::free(Type type, Encoding encoding, void* object) {
    if (object_blocks(type, encoding, object) <= kBlocksMin)
        return destroy_object(type, encoding, object);
    const Value value{type, encoding, object, object_bytes(type, encoding, object, kSamples)};
    pending_objects_.fetch_add(1, std::memory_order_relaxed);
    pending_bytes_.fetch_add(value.bytes, std::memory_order_relaxed);
    try {
        if (!thread_.joinable())
            thread_ = std::thread([this, settle = settle_] {
                if (settle) settle();
                run();
            });
        const std::lock_guard lock(mutex_);
        waiting_.push_back(value);
    } catch (const std::exception&) {  // neither memory nor a thread to be had
        return free_slowly(value);
    }
    changed_.notify_one();
}

void LazyFree::set_paused(bool paused) {
    {
        const std::lock_guard lock(mutex_);
        paused_ = paused;
    }
    changed_.notify_one();
}

void LazyFree::run() {
    set_thread_name("rota-lazy-free");
    memory_count_thread();
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || may_work(); });
        if (waiting_.empty()) return;
        const Value value = waiting_.front();
        waiting_.pop_front();
        lock.unlock();
        free_slowly(value);
        lock.lock();
    }
}

void LazyFree::free_slowly(const Value& value) {
    const auto& [type, encoding, object, bytes] = value;
    const size_t all = std::max<size_t>(object_size(type, encoding, object), 1);
    size_t left = bytes;
    while (drain_object(type, encoding, object, kStepsAtOnce)) {
        const size_t size = object_size(type, encoding, object);
        const auto now_left = static_cast<size_t>(
            static_cast<double>(bytes) * static_cast<double>(size) / static_cast<double>(all));
        pending_bytes_.fetch_sub(left - now_left, std::memory_order_relaxed);
        left = now_left;
    }
    destroy_object(type, encoding, object);
    pending_bytes_.fetch_sub(left, std::memory_order_relaxed);
    freed_objects_.fetch_add(1, std::memory_order_relaxed);
    pending_objects_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace rota
