// SPDX-License-Identifier: BSD-3-Clause
// SipHash-c-d (Aumasson and Bernstein): 64 bits of keyed hash that nobody without the key can
// steer. hash_bytes is SipHash-1-3, for hash tables. Pure functions; any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "platform/slice.h"

namespace rota {

struct SipKey {
    uint64_t first = 0;
    uint64_t second = 0;
};

namespace siphash_internal {

static_assert(std::endian::native == std::endian::little, "words are loaded as they lie in memory");

struct State {
    uint64_t v0, v1, v2, v3;

    void round() {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    template <int kRounds>
    void rounds() {
        for (int done = 0; done < kRounds; ++done) round();
    }
};

inline uint64_t load_word(const char* at) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

// The last size % 8 bytes, as the low bytes of a word. Reads nothing outside [data, data + size).
inline uint64_t load_tail(const char* data, size_t size) {
    const size_t left = size % 8;
    if (left == 0) return 0;
    if (size >= 8) return load_word(data + size - 8) >> (8 * (8 - left));
    if (left >= 4) {
        uint32_t low, high;
        std::memcpy(&low, data, 4);
        std::memcpy(&high, data + left - 4, 4);  // overlaps low; the overlap holds equal bytes
        return low | (static_cast<uint64_t>(high) << (8 * (left - 4)));
    }
    const auto byte = [&](size_t at) {
        return static_cast<uint64_t>(static_cast<uint8_t>(data[at]));
    };
    return byte(0) | byte(left / 2) << (8 * (left / 2)) | byte(left - 1) << (8 * (left - 1));
}

}  // namespace siphash_internal

template <int kCompress, int kFinish>
inline uint64_t siphash(const SipKey& key, Slice bytes) {
    using namespace siphash_internal;
    State state{key.first ^ 0x736f6d6570736575, key.second ^ 0x646f72616e646f6d,
                key.first ^ 0x6c7967656e657261, key.second ^ 0x7465646279746573};
    const char* at = bytes.data();
    for (const char* end = at + bytes.size() / 8 * 8; at != end; at += 8) {
        const uint64_t word = load_word(at);
        state.v3 ^= word;
        state.rounds<kCompress>();
        state.v0 ^= word;
    }
    const uint64_t last =
        static_cast<uint64_t>(bytes.size()) << 56 | load_tail(bytes.data(), bytes.size());
    state.v3 ^= last;
    state.rounds<kCompress>();
    state.v0 ^= last;
    state.v2 ^= 0xff;
    state.rounds<kFinish>();
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

inline uint64_t hash_bytes(const SipKey& key, Slice bytes) { return siphash<1, 3>(key, bytes); }

}  // namespace rota
