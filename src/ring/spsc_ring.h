// SPDX-License-Identifier: BSD-3-Clause
// SpscRing: a bounded queue from one thread to one other, in order.
// Threading: push() and commit() by the producer only, pop() and empty() by the consumer only,
// size() by anybody. Nothing waits. Pushed items are invisible until commit(), which publishes all
// of them by one store. Full: push() publishes what it has, so that the consumer can make room, and
// returns false; the item is still the caller's.
//
// Each side keeps a copy of what it last saw of the other's index, and looks again only when that
// is not enough: in a stream, the two lines of indices move once for many items.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <type_traits>

#include "platform/slice.h"
#include "ring/atomics.h"

namespace rota {

template <class T, size_t kCapacity, class Atomics = StdAtomics>
class SpscRing {
    static_assert(std::has_single_bit(kCapacity) && std::is_trivially_copyable_v<T>);

public:
    SpscRing() = default;
    SpscRing(const SpscRing&) = delete;
    SpscRing& operator=(const SpscRing&) = delete;

    [[nodiscard]] bool push(T item) { return push(std::span<const T>(&item, 1)) == 1; }

    // Takes as many as fit and returns their number; less than items.size() means full.
    [[nodiscard]] size_t push(std::span<const T> items) {
        size_t room = producer_.head_seen + kCapacity - producer_.pushed;
        if (room < items.size()) {
            // Pairs with the release in pop(): the slots before it have been read.
            producer_.head_seen = consumer_.head.load(std::memory_order_acquire);
            room = producer_.head_seen + kCapacity - producer_.pushed;
        }
        const size_t count = std::min(room, items.size());
        const Runs runs(producer_.pushed, count);
        for (size_t i = 0; i < runs.first; ++i) slots_[runs.at + i] = items[i];
        for (size_t i = runs.first; i < count; ++i) slots_[i - runs.first] = items[i];
        producer_.pushed += count;
        if (count < items.size()) commit();
        return count;
    }

    // Costs nothing when nothing was pushed.
    void commit() {
        if (producer_.tail.load(std::memory_order_relaxed) == producer_.pushed) return;
        // Pairs with the acquire in pop(): the slots before it are filled.
        producer_.tail.store(producer_.pushed, std::memory_order_release);
    }

    // Takes as many as there are, at most out.size(), and returns their number.
    size_t pop(std::span<T> out) {
        const size_t head = consumer_.head.load(std::memory_order_relaxed);
        if (consumer_.tail_seen - head < out.size()) {
            // Pairs with the release in commit(): the slots before it are filled.
            consumer_.tail_seen = producer_.tail.load(std::memory_order_acquire);
        }
        const size_t count = std::min(consumer_.tail_seen - head, out.size());
        if (count == 0) return 0;
        const Runs runs(head, count);
        for (size_t i = 0; i < runs.first; ++i) out[i] = slots_[runs.at + i];
        for (size_t i = runs.first; i < count; ++i) out[i] = slots_[i - runs.first];
        // Pairs with the acquire in push(): the slots before it have been read.
        consumer_.head.store(head + count, std::memory_order_release);
        return count;
    }

    bool empty() const {
        return producer_.tail.load(std::memory_order_relaxed) ==
               consumer_.head.load(std::memory_order_relaxed);
    }

    // How many were published and not yet taken, at some moment not long ago.
    size_t size() const {
        const size_t head = consumer_.head.load(std::memory_order_relaxed);
        const size_t tail = producer_.tail.load(std::memory_order_relaxed);
        // The two are not of the same moment.
        return static_cast<size_t>(
            std::clamp<ptrdiff_t>(static_cast<ptrdiff_t>(tail - head), 0, kCapacity));
    }

private:
    template <class Value>
    using Atomic = typename Atomics::template Atomic<Value>;
    template <class Value>
    using Shared = typename Atomics::template Shared<Value>;

    // Where `count` items from `index` on lie: `first` of them at `at`, the others at the
    // beginning.
    struct Runs {
        Runs(size_t index, size_t count)
            : at(index % kCapacity), first(std::min(count, kCapacity - at)) {}
        size_t at;
        size_t first;
    };

    // Indices count items from the beginning of time.
    struct alignas(kCacheLine) Producer {
        Atomic<size_t> tail{0};
        size_t pushed = 0;  // tail, and what is not yet committed
        size_t head_seen = 0;
    };
    struct alignas(kCacheLine) Consumer {
        Atomic<size_t> head{0};
        size_t tail_seen = 0;
    };

    Producer producer_;
    Consumer consumer_;
    alignas(kCacheLine) std::array<Shared<T>, kCapacity> slots_;
};

}  // namespace rota
