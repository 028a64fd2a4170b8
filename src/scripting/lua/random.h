// SPDX-License-Identifier: BSD-3-Clause
// LuaRandom: the numbers behind math.random, the same in each new environment, and those that
// Valkey gives: the usual linear congruential generator of 48 bits, of which the upper 31 are used.
// Not for secrets. Threading: one owner.
#pragma once

#include <cstdint>

namespace rota {

class LuaRandom {
public:
    static constexpr int32_t kMax = INT32_MAX;

    void seed(int32_t value) { state_ = (uint64_t{static_cast<uint32_t>(value)} << 16) | 0x330e; }
    int32_t next() {  // 0 .. kMax
        state_ = (state_ * 0x5deece66dull + 0xb) & ((uint64_t{1} << 48) - 1);
        return static_cast<int32_t>(state_ >> 17);
    }

private:
    uint64_t state_ = 0x1234abcd330e;
};

}  // namespace rota
