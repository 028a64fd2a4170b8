// SPDX-License-Identifier: BSD-3-Clause
#include "commands/sha1.h"

#include <bit>
#include <cstring>

namespace rota {
namespace {

constexpr size_t kBlock = 64;
using State = std::array<uint32_t, 5>;

uint32_t load_big_endian(const uint8_t* at) {
    return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | uint32_t{at[3]};
}

// What a round adds: a function of three words and a constant, by quarter.
uint32_t mixed(size_t round, uint32_t b, uint32_t c, uint32_t d) {
    if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
    if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
    if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
}

void add_block(State& state, const uint8_t* block) {
    uint32_t words[80];
    for (size_t i = 0; i < 16; ++i) words[i] = load_big_endian(block + i * 4);
    for (size_t i = 16; i < 80; ++i)
        words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    auto [a, b, c, d, e] = state;
    for (size_t i = 0; i < 80; ++i) {
        const uint32_t next = std::rotl(a, 5) + mixed(i, b, c, d) + e + words[i];
        e = d;
        d = c;
        c = std::rotl(b, 30);
        b = a;
        a = next;
    }
    const State sums = {a, b, c, d, e};
    for (size_t i = 0; i < state.size(); ++i) state[i] += sums[i];
}

}  // namespace

Sha1Digest sha1(Slice bytes) {
    State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    const auto* at = reinterpret_cast<const uint8_t*>(bytes.data());
    size_t left = bytes.size();
    for (; left >= kBlock; at += kBlock, left -= kBlock) add_block(state, at);

    // The rest, a one bit, zeros, and the length in bits: one block or two.
    uint8_t tail[2 * kBlock] = {};
    if (left > 0) std::memcpy(tail, at, left);
    tail[left] = 0x80;
    const size_t size = left + 9 <= kBlock ? kBlock : 2 * kBlock;
    const uint64_t bits = uint64_t{bytes.size()} * 8;
    for (size_t i = 0; i < 8; ++i) tail[size - 1 - i] = static_cast<uint8_t>(bits >> (8 * i));
    for (size_t i = 0; i < size; i += kBlock) add_block(state, tail + i);

    Sha1Digest digest;
    for (size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
    return digest;
}

}  // namespace rota
