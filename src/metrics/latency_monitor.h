// SPDX-License-Identifier: BSD-3-Clause
// Latency monitor: for every kind of event that took longer than latency-monitor-threshold, the
// last 160 samples, one a second at most (the worst of that second), and the sums since the last
// RESET. Behind LATENCY LATEST, HISTORY, RESET, GRAPH and DOCTOR. Threading: one owner (the
// executor). Memory: a series per event name; names are ours, so they are few.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "platform/slice.h"

namespace rota {

inline constexpr size_t kLatencySamples = 160;

struct LatencySample {
    int64_t time_s = 0;  // unix time; 0: never filled
    uint64_t latency_ms = 0;
};

struct LatencySeries {
    std::array<LatencySample, kLatencySamples> ring{};
    size_t next = 0;
    uint64_t max_ms = 0;  // since the last reset
    uint64_t sum_ms = 0;  // of every event, also those that share a second with a worse one
    uint64_t count = 0;

    const LatencySample& latest() const {
        return ring[(next + kLatencySamples - 1) % kLatencySamples];
    }
    std::vector<LatencySample> history() const;  // oldest first, filled ones only
};

class LatencyMonitor {
public:
    // 0: off. Measured events below it are not worth a sample.
    void set_threshold_ms(uint64_t threshold_ms) { threshold_ms_ = threshold_ms; }
    uint64_t threshold_ms() const { return threshold_ms_; }

    bool wants(uint64_t latency_ms) const {
        return threshold_ms_ != 0 && latency_ms >= threshold_ms_;
    }
    void record_if_slow(Slice event, uint64_t latency_ms, int64_t now_s) {
        if (wants(latency_ms)) record(event, latency_ms, now_s);
    }
    void record(Slice event, uint64_t latency_ms, int64_t now_s);

    // nullptr: no such event has been seen.
    const LatencySeries* find(Slice event) const;
    // By name.
    const std::map<std::string, LatencySeries, std::less<>>& events() const { return events_; }

    // No names: everything. Returns how many series were forgotten.
    size_t reset(std::span<const Slice> events);

    // LATENCY GRAPH: when the worst and best were, and the samples as columns, oldest left, each
    // with its age below. "" when the event is unknown.
    std::string graph(Slice event, int64_t now_s) const;
    // LATENCY DOCTOR: what was seen and what to try, in prose.
    std::string doctor(int64_t now_s) const;

private:
    uint64_t threshold_ms_ = 0;
    std::map<std::string, LatencySeries, std::less<>> events_;
};

}  // namespace rota
