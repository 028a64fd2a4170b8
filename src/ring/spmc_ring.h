// SPDX-License-Identifier: BSD-3-Clause
// SpmcRing: a bounded queue from one thread to many, for work that any of them may do. Items are
// claimed in order; each goes to one consumer.
// Threading: push() by the producer only, pop() by any consumer, size() by anybody. Nothing waits
// for another thread: a consumer that is preempted in pop() keeps only what it has claimed. Full:
// push() takes what fits and returns that number (or false); the rest is still the caller's. There
// is no need to ask before.
//
// A cell is one cache line: its state and up to seven items. One push() fills one cell, or several
// when it has more items, so what is pushed together travels together: one line for seven items,
// and no two pushes share a line. The state word says
//     which item is the first (items are numbered from the beginning of time),
//     how many there are,
//     how many of them are not yet read: with none left, the cell is free.
// The head counts items too, and has the index of their cell beside it. A consumer looks at the
// states from the head on, and claims as many items as it wants by one compare-and-swap of the
// head, be they several cells or a part of one. What it has read, it takes off `left`; with the
// last item gone the producer may fill the cell again. No item number comes back for years, so a
// consumer that was asleep between looking and swapping swaps nothing.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "platform/slice.h"
#include "ring/atomics.h"

namespace rota {

// `kCapacity` counts cells: items, if they are pushed one by one.
template <class T, size_t kCapacity, class Atomics = StdAtomics>
class SpmcRing {
    static_assert(std::has_single_bit(kCapacity) && std::is_trivially_copyable_v<T>);
    static_assert(kCapacity <= 1u << 16, "48 bits must be left to number the items");

public:
    static constexpr size_t kCellItems = std::min<size_t>((kCacheLine - 8) / sizeof(T), 7);
    static_assert(kCellItems > 0);

    SpmcRing() = default;
    SpmcRing(const SpmcRing&) = delete;
    SpmcRing& operator=(const SpmcRing&) = delete;

    [[nodiscard]] bool push(T item) { return push(std::span<const T>(&item, 1)) == 1; }

    [[nodiscard]] size_t push(std::span<const T> items) {
        const uint64_t pushed = producer_.pushed.load(std::memory_order_relaxed);
        size_t done = 0;
        while (done < items.size()) {
            Cell& cell = cells_[producer_.cell];
            // Pairs with the releases in give_back(): its items have been read.
            if (State(cell.state.load(std::memory_order_acquire)).left() > 0) break;
            const size_t count = std::min(items.size() - done, kCellItems);
            copy(items.begin() + static_cast<ptrdiff_t>(done), cell.items.begin(), count);
            // Pairs with the acquire in look(): the items.
            cell.state.store(State(pushed + done, count).word, std::memory_order_release);
            producer_.cell = (producer_.cell + 1) % kCapacity;
            done += count;
            // A consumer wrote the next cell last: let its line be on its way.
            __builtin_prefetch(&cells_[(producer_.cell + 1) % kCapacity], 1);
        }
        producer_.pushed.store(pushed + done, std::memory_order_relaxed);
        return done;
    }

    // Claims as many as there are, at most out.size(), and returns their number.
    size_t pop(std::span<T> out) {
        uint64_t head = head_.load(std::memory_order_relaxed);
        for (;;) {
            const Claim claim = look(head, out.size());
            if (claim.count == 0) {
                // Nothing there, unless others have moved the head since.
                const uint64_t old = head;
                head = head_.load(std::memory_order_relaxed);
                if (head == old) return 0;
            } else if (head_.compare_exchange_weak(head, claim.end, std::memory_order_relaxed)) {
                // Relaxed: the swap decides whose the items are; the states say when.
                take(head, out.first(claim.count));
                return claim.count;
            }
        }
    }

    // How many were pushed and not yet claimed, at some moment not long ago.
    size_t size() const {
        const uint64_t claimed = head_.load(std::memory_order_relaxed) / kCapacity;
        const uint64_t pushed = producer_.pushed.load(std::memory_order_relaxed);
        const uint64_t size = (pushed - claimed) & kItemMask;
        return size <= kCapacity * kCellItems ? size : 0;  // the two are not of the same moment
    }

private:
    template <class Value>
    using Atomic = typename Atomics::template Atomic<Value>;
    template <class Value>
    using Shared = typename Atomics::template Shared<Value>;

    // Numbers of items are compared modulo what both the head and a state have room for.
    static constexpr int kItemBits = std::min(58, 64 - std::countr_zero(kCapacity));
    static constexpr uint64_t kItemMask = (uint64_t{1} << kItemBits) - 1;

    // | first: 58 bits | count: 3 | left: 3 |
    struct State {
        explicit State(uint64_t value) : word(value) {}
        State(uint64_t first, size_t count) : word(first << 6 | count << 3 | count) {}

        uint64_t first() const { return word >> 6; }
        size_t count() const { return word >> 3 & 7; }
        size_t left() const { return word & 7; }
        // The place of item `number` in this cell: less than count() if it is here.
        uint64_t place(uint64_t number) const { return (number - first()) & kItemMask; }

        uint64_t word;
    };
    struct alignas(kCacheLine) Cell {
        Atomic<uint64_t> state{0};
        std::array<Shared<T>, kCellItems> items;
    };
    struct alignas(kCacheLine) Producer {
        Atomic<uint64_t> pushed{0};  // items; shared for size() only
        size_t cell = 0;             // the next to fill
    };
    struct Claim {
        size_t count;
        uint64_t end;  // the head after it
    };

    // A whole cell has a length that the compiler knows.
    static void copy(auto from, auto to, size_t count) {
        if (count == kCellItems) {
            for (size_t i = 0; i < kCellItems; ++i) to[i] = from[i];
        } else {
            for (size_t i = 0; i < count; ++i) to[i] = from[i];
        }
    }

    // What pop() could claim, were `head` still the head.
    Claim look(uint64_t head, size_t most) const {
        const uint64_t number = head / kCapacity;
        size_t cell = head % kCapacity;
        size_t count = 0;
        while (count < most) {
            // Pairs with the release in push(): the items.
            const State state(cells_[cell].state.load(std::memory_order_acquire));
            const uint64_t place = state.place(number + count);
            if (place >= state.count()) break;  // not filled yet
            const size_t taken = std::min(state.count() - place, most - count);
            count += taken;
            if (place + taken < state.count()) break;
            cell = (cell + 1) % kCapacity;
        }
        return {count, (number + count) * kCapacity + cell};
    }

    void take(uint64_t head, std::span<T> out) {
        uint64_t number = head / kCapacity;
        size_t index = head % kCapacity;
        while (!out.empty()) {
            Cell& cell = cells_[index];
            const State state(cell.state.load(std::memory_order_relaxed));  // acquired by look()
            const uint64_t place = state.place(number);
            const size_t count = std::min<size_t>(state.count() - place, out.size());
            copy(cell.items.begin() + place, out.begin(), count);
            give_back(cell, state, count);
            out = out.subspan(count);
            number += count;
            index = (index + 1) % kCapacity;
        }
    }

    static void give_back(Cell& cell, State state, size_t count) {
        // Both pair with the acquire in push(): the items have been read. Who read the whole cell
        // is alone with it, and need not pay for an atomic subtraction.
        if (count == state.count()) {
            cell.state.store(state.word - count, std::memory_order_release);
        } else {
            cell.state.fetch_sub(count, std::memory_order_release);
        }
    }

    Producer producer_;
    alignas(kCacheLine) Atomic<uint64_t> head_{
        0};  // number of the next item * kCapacity + its cell
    std::array<Cell, kCapacity> cells_;
};

}  // namespace rota
