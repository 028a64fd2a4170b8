// SPDX-License-Identifier: BSD-3-Clause
// The instantaneous_* fields: the mean of the last 16 samples, one every 100 ms, taken by the cron.
// Threading: one owner (the executor).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rota {

struct ServerStats;

inline constexpr size_t kRateSamples = 16;
inline constexpr uint64_t kRateSampleUs = 100'000;  // how often sample() is to be called

// How fast `value` grows per `scale` of `base` (base in microseconds, scale 1'000'000: per second).
class RateMeter {
public:
    explicit RateMeter(uint64_t scale) : scale_(scale) {}

    // The first call only remembers where both stand. A value that went back (RESETSTAT) counts as
    // 0.
    void sample(uint64_t value, uint64_t base);
    uint64_t value() const;
    void reset() { *this = RateMeter(scale_); }

private:
    uint64_t scale_;
    uint64_t last_value_ = 0;
    uint64_t last_base_ = 0;
    bool started_ = false;
    size_t next_ = 0;
    std::array<uint64_t, kRateSamples>
        samples_{};  // zeros until filled, and they count, as in Valkey
};

struct ServerRates {
    RateMeter commands{1'000'000};
    RateMeter net_input{1'000'000};  // bytes a second
    RateMeter net_output{1'000'000};
    RateMeter net_repl_input{1'000'000};
    RateMeter net_repl_output{1'000'000};
    RateMeter loop_cycles{1'000'000};
    RateMeter loop_duration{1};  // microseconds a cycle

    void sample(const ServerStats& stats, uint64_t monotonic_us);
    void reset() { *this = ServerRates(); }
};

}  // namespace rota
