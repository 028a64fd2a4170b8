// SPDX-License-Identifier: BSD-3-Clause
// What the stress tests of the rings share: numbered items of several producers, and the check that
// each arrived exactly once, and in the order of its producer.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <thread>
#include <vector>

namespace rota {

// A producer's n-th item, n from 1: never 0.
inline uint64_t numbered_item(size_t producer, uint64_t n) { return uint64_t{producer} << 32 | n; }

// What one consumer saw.
class Arrivals {
public:
    explicit Arrivals(size_t producers) : last_(producers), sums_(producers) {}

    void note(std::span<const uint64_t> items) {
        for (const uint64_t item : items) {
            const size_t producer = item >> 32;
            const uint64_t n = item & 0xffff'ffff;
            in_order_ = in_order_ && n > last_[producer];
            last_[producer] = n;
            sums_[producer] += n;
            ++count_;
        }
    }

    bool in_order() const { return in_order_; }
    uint64_t count() const { return count_; }
    uint64_t sum(size_t producer) const { return sums_[producer]; }

private:
    std::vector<uint64_t> last_;
    std::vector<uint64_t> sums_;
    uint64_t count_ = 0;
    bool in_order_ = true;
};

inline uint64_t sum_up_to(uint64_t n) { return n * (n + 1) / 2; }

}  // namespace rota
