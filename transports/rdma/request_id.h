// SPDX-License-Identifier: BSD-3-Clause
// What a completion brings back of its request: which connection, which direction, which one.
#pragma once

#include <cstdint>

namespace rota::rdma {

inline constexpr uint32_t kSlotBits = 20, kGenerationBits = 28, kNumberBits = 15;
inline constexpr uint32_t kSlotsMost = 1u << kSlotBits;

struct RequestId {
    bool send;
    uint32_t number;      // of a send: counted for ever; of a receive: its buffer. Low 15 bits
    uint32_t generation;  // low 28 bits
    uint32_t slot;

    constexpr uint64_t word() const {
        return uint64_t{send} << 63 | uint64_t{number & mask(kNumberBits)} << 48 |
               uint64_t{generation & mask(kGenerationBits)} << kSlotBits | slot;
    }
    static constexpr RequestId of(uint64_t word) {
        return {.send = word >> 63 != 0,
                .number = static_cast<uint32_t>(word >> 48) & mask(kNumberBits),
                .generation = static_cast<uint32_t>(word >> kSlotBits) & mask(kGenerationBits),
                .slot = static_cast<uint32_t>(word) & mask(kSlotBits)};
    }
    static constexpr uint32_t mask(uint32_t bits) { return (1u << bits) - 1; }
};

}  // namespace rota::rdma
