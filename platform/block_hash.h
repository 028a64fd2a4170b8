// SPDX-License-Identifier: BSD-3-Clause
// What hashes of 64-byte blocks (SHA-1, SHA-256) have in common: how bytes become blocks, and how
// words become bytes. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "platform/slice.h"

namespace rota {

inline constexpr size_t kHashBlock = 64;

inline uint32_t load_big_endian(const uint8_t* at) {
    return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | uint32_t{at[3]};
}

// Calls add_block(const uint8_t*) for each block of `bytes`, padded as FIPS 180-4 says.
template <class AddBlock>
void hash_blocks(Slice bytes, AddBlock add_block) {
    const auto* at = reinterpret_cast<const uint8_t*>(bytes.data());
    size_t left = bytes.size();
    for (; left >= kHashBlock; at += kHashBlock, left -= kHashBlock) add_block(at);

    // The rest, a one bit, zeros, and the length in bits: one block or two.
    uint8_t tail[2 * kHashBlock] = {};
    if (left > 0) std::memcpy(tail, at, left);
    tail[left] = 0x80;
    const size_t size = left + 9 <= kHashBlock ? kHashBlock : 2 * kHashBlock;
    const uint64_t bits = uint64_t{bytes.size()} * 8;
    for (size_t i = 0; i < 8; ++i) tail[size - 1 - i] = static_cast<uint8_t>(bits >> (8 * i));
    for (size_t i = 0; i < size; i += kHashBlock) add_block(tail + i);
}

template <size_t kWords>
std::array<uint8_t, kWords * 4> digest_of(const std::array<uint32_t, kWords>& state) {
    std::array<uint8_t, kWords * 4> digest;
    for (size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
    return digest;
}

}  // namespace rota
