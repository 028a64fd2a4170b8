// SPDX-License-Identifier: BSD-3-Clause
// MpscRing: a queue from many threads to one. What one producer pushes is popped in its order.
// Threading: pop() and has_items() by the consumer only; each producing thread has a Producer of
// its own, which no other touches. Nothing waits for another thread. Full: a push never fails. What
// finds no room waits in the Producer, in order, until retry().
//
// A producer reserves slots, as many as it pushes at once, by one increment of the tail. The
// numbers it gets are its tickets: only it will fill those slots, and the consumer takes them in
// the order of the numbers. A slot may be filled when the consumer has emptied it for the last time
// round; a ticket that comes too early is kept, with its item, and later items wait behind it
// without tickets. So each producer holds back one reservation at most, and order is kept.
//
// The consumer stops at the first slot that is reserved and not filled. Hence what a thread owes
// once it has taken tickets: while waiting() is not 0 it calls retry() again and again, and does
// not sleep. The consumer need not do anything for it but pop.
//
// T is one word whose default value means "empty slot", and is never pushed: a slot then carries
// its own "filled" mark, and to see whether there is something costs one load.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <deque>
#include <span>
#include <type_traits>

#include "platform/assert.h"
#include "platform/slice.h"
#include "ring/atomics.h"

namespace rota {

template <class T, size_t kCapacity, class Atomics = StdAtomics>
class MpscRing {
    static_assert(std::has_single_bit(kCapacity) && std::is_trivially_copyable_v<T>);
    static_assert(sizeof(T) <= sizeof(void*));

public:
    class Producer;

    MpscRing() = default;
    MpscRing(const MpscRing&) = delete;
    MpscRing& operator=(const MpscRing&) = delete;

    // Takes as many as there are, at most out.size(), and returns their number.
    size_t pop(std::span<T> out) {
        const size_t head = head_.load(std::memory_order_relaxed);
        const size_t at = head % kCapacity;
        const size_t first = std::min(out.size(), kCapacity - at);
        size_t count = pop_run(at, out.first(first));
        if (count == first)
            count += pop_run(0, out.subspan(first, std::min(out.size() - first, at)));
        // Pairs with the acquire in Producer::room(): the slots before it are empty.
        if (count > 0) head_.store(head + count, std::memory_order_release);
        return count;
    }

    bool has_items() const {
        const size_t head = head_.load(std::memory_order_relaxed);  // the consumer's own
        return slots_[head % kCapacity].load(std::memory_order_relaxed) != T{};
    }

private:
    template <class Value>
    using Atomic = typename Atomics::template Atomic<Value>;

    // Empties filled slots from `at` on, at most out.size() of them, and returns their number.
    size_t pop_run(size_t at, std::span<T> out) {
        size_t count = 0;
        for (; count < out.size(); ++count) {
            Atomic<T>& slot = slots_[at + count];
            // Pairs with the release in Producer::fill(): what the item points to.
            const T item = slot.load(std::memory_order_acquire);
            if (item == T{}) break;
            out[count] = item;
            slot.store(T{}, std::memory_order_relaxed);  // published by the head, in pop()
        }
        return count;
    }

    // Indices count items from the beginning of time.
    alignas(kCacheLine) Atomic<size_t> tail_{0};  // the next ticket
    alignas(kCacheLine) Atomic<size_t> head_{0};  // the next to be popped
    alignas(kCacheLine) std::array<Atomic<T>, kCapacity> slots_{};
};

template <class T, size_t kCapacity, class Atomics>
class MpscRing<T, kCapacity, Atomics>::Producer {
public:
    explicit Producer(MpscRing& ring) : ring_(ring) {}
    ~Producer() { ASSERT(waiting_.empty()); }  // its ticket would stop the ring for ever
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    void push(T item) { push(std::span<const T>(&item, 1)); }

    void push(std::span<const T> items) {
        if (waiting_.empty()) {
            reserve(items.size());
            items = items.subspan(fill(items));
            if (items.empty()) return;
        }
        waiting_.insert(waiting_.end(), items.begin(), items.end());
    }

    // Moves on what waits. True when nothing waits any more.
    bool retry() {
        while (!waiting_.empty()) {
            if (tickets_ == 0) reserve(std::min(waiting_.size(), kCapacity));
            const size_t filled = fill(waiting_);
            if (filled == 0) return false;
            waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(filled));
        }
        return true;
    }

    size_t waiting() const { return waiting_.size(); }

private:
    void reserve(size_t count) {
        // Relaxed: the number is all that is shared here.
        ticket_ = ring_.tail_.fetch_add(count, std::memory_order_relaxed);
        tickets_ = count;
    }

    // How many of the tickets may be used now.
    size_t room() {
        if (ticket_ + tickets_ - head_seen_ > kCapacity) {
            // Pairs with the release in pop(): the slots before it are empty.
            head_seen_ = ring_.head_.load(std::memory_order_acquire);
        }
        // A ticket may be more than one round ahead of the head.
        const size_t ahead = ticket_ - head_seen_;
        return ahead < kCapacity ? std::min(kCapacity - ahead, tickets_) : 0;
    }

    // Puts the first of `items` into the reserved slots that are free; returns how many.
    template <class Items>
    size_t fill(const Items& items) {
        const size_t count = room();
        size_t slot = ticket_ % kCapacity;
        for (size_t i = 0; i < count; ++i) {
            ASSERT(items[i] != T{});
            // Pairs with the acquire in pop_run(): what the item points to.
            ring_.slots_[slot].store(items[i], std::memory_order_release);
            slot = (slot + 1) % kCapacity;
        }
        ticket_ += count;
        tickets_ -= count;
        return count;
    }

    MpscRing& ring_;
    size_t ticket_ = 0;   // the first that is not used
    size_t tickets_ = 0;  // how many, for as many items at the front of waiting_
    size_t head_seen_ = 0;
    std::deque<T> waiting_;
};

}  // namespace rota
