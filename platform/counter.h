// SPDX-License-Identifier: BSD-3-Clause
// Counter: a number that one thread writes and any thread may read. Adding is a plain load, add and
// store: no locked instruction. A reader sees a recent value, and never half of one.
#pragma once

#include <atomic>
#include <cstdint>

namespace rota {

class Counter {
public:
    Counter() = default;
    Counter(uint64_t value) : value_(value) {}
    Counter(const Counter& other) : value_(other.get()) {}
    Counter& operator=(const Counter& other) { return *this = other.get(); }

    uint64_t get() const { return value_.load(std::memory_order_relaxed); }
    operator uint64_t() const { return get(); }

    Counter& operator=(uint64_t value) {
        value_.store(value, std::memory_order_relaxed);
        return *this;
    }
    Counter& operator+=(uint64_t more) { return *this = get() + more; }
    Counter& operator-=(uint64_t less) { return *this = get() - less; }
    Counter& operator++() { return *this += 1; }
    Counter& operator--() { return *this -= 1; }

private:
    std::atomic<uint64_t> value_{0};
};

}  // namespace rota
