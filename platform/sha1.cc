// SPDX-License-Identifier: BSD-3-Clause
#include "platform/sha1.h"

#include <bit>

#include "platform/block_hash.h"

namespace rota {
namespace {

using State = std::array<uint32_t, 5>;

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
    hash_blocks(bytes, [&](const uint8_t* block) { add_block(state, block); });
    return digest_of(state);
}

std::string sha1_hex(Slice bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string hex;
    for (const uint8_t byte : sha1(bytes)) {
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
    }
    return hex;
}

}  // namespace rota
