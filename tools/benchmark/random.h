// SPDX-License-Identifier: BSD-3-Clause
// Numbers for placeholders: random below a limit, or counting up. A few instructions each, because
// one is drawn for every request.
// Threading: RandomNumbers has one owner; SequenceCounters is shared by all threads of a test.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "platform/slice.h"

namespace rota {

// splitmix64: 64 bits of state, passes the usual batteries, no warm-up whatever the seed.
class RandomNumbers {
public:
    explicit RandomNumbers(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    // 0..limit-1 by multiplying instead of dividing; limit 0 gives 0. The bias is limit / 2^64.
    uint64_t below(uint64_t limit) {
        __extension__ using Wide = unsigned __int128;
        return static_cast<uint64_t>(static_cast<Wide>(next()) * limit >> 64);
    }

private:
    uint64_t state_;
};

inline constexpr size_t kPlaceholderNames = 10;  // __rand_int__, __rand_1st__ .. __rand_9th__

// --sequential: each name counts for itself.
struct SequenceCounters {
    struct alignas(kCacheLine) Counter {
        std::atomic<uint64_t> next{0};
    };
    std::array<Counter, kPlaceholderNames> counters;

    // Relaxed: only that each number is drawn once matters.
    uint64_t take(size_t name) {
        return counters[name].next.fetch_add(1, std::memory_order_relaxed);
    }
};

}  // namespace rota
