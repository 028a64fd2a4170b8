// SPDX-License-Identifier: BSD-3-Clause
// What the 24 access bits of an entry mean. One of two things, by maxmemory-policy:
//
//     LRU: seconds of the wall clock, modulo 2^24
//     LFU: minutes of the wall clock, modulo 2^16 (upper 16 bits) | logarithmic counter (lower 8)
//
// Clients see both through OBJECT IDLETIME and OBJECT FREQ. Pure functions. Options is
// StoreOptions, or whatever else has its lfu, lfu_log_factor and lfu_decay_time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace rota::access {

inline constexpr uint32_t kLruMax = 0xffffff;
inline constexpr uint32_t kLfuStart = 5;  // so that a new key is not the first to go

inline uint32_t lru_clock(int64_t now_ms) { return static_cast<uint32_t>(now_ms / 1000) & kLruMax; }
inline uint32_t lfu_minutes(int64_t now_ms) {
    return static_cast<uint32_t>(now_ms / 60'000) & 0xffff;
}

// For an entry that has just been made.
template <class Options>
inline uint32_t fresh(const Options& options, int64_t now_ms) {
    return options.lfu ? lfu_minutes(now_ms) << 8 | kLfuStart : lru_clock(now_ms);
}

// How long nobody asked for it, to the second. Only under LRU.
inline int64_t idle_ms(uint32_t bits, int64_t now_ms) {
    return static_cast<int64_t>((lru_clock(now_ms) - bits) & kLruMax) * 1000;
}

// The counter after it has lost one for every lfu-decay-time minutes. Only under LFU.
template <class Options>
inline uint32_t frequency(uint32_t bits, const Options& options, int64_t now_ms) {
    const uint32_t counter = bits & 0xff;
    if (options.lfu_decay_time == 0) return counter;
    const uint32_t elapsed = (lfu_minutes(now_ms) - (bits >> 8)) & 0xffff;
    const uint32_t lost = elapsed / static_cast<uint32_t>(options.lfu_decay_time);
    return counter - std::min(counter, lost);
}

// One more use: the fuller the counter, the less likely it rises. `random` is uniform over 32 bits.
inline uint32_t count_use(uint32_t counter, int log_factor, uint32_t random) {
    if (counter == 255) return counter;
    const double above = counter > kLfuStart ? counter - kLfuStart : 0;
    const double chance = 1.0 / (above * log_factor + 1);
    return counter + (random < chance * 4294967296.0 ? 1 : 0);
}

// The bits after a use.
template <class Options>
inline uint32_t touched(uint32_t bits, const Options& options, int64_t now_ms, uint32_t random) {
    if (!options.lfu) return lru_clock(now_ms);
    const uint32_t counter = frequency(bits, options, now_ms);
    return lfu_minutes(now_ms) << 8 | count_use(counter, options.lfu_log_factor, random);
}

// The bits that give an entry this idle time (RESTORE IDLETIME) or frequency (RESTORE FREQ).
inline uint32_t from_idle(int64_t idle_s, int64_t now_ms) {
    return (lru_clock(now_ms) - static_cast<uint32_t>(idle_s)) & kLruMax;
}
inline uint32_t from_frequency(uint32_t counter, int64_t now_ms) {
    return lfu_minutes(now_ms) << 8 | (counter & 0xff);
}

}  // namespace rota::access
