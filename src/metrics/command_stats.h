// SPDX-License-Identifier: BSD-3-Clause
// CommandStats: what one command or subcommand has cost so far. The owner of the command table
// keeps one per row; the histogram takes its memory with the first call that is tracked, so that
// the many commands nobody uses cost nothing. Threading: one owner; once prepare()d, any thread may
// merge() from it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "platform/histogram.h"
#include "platform/slice.h"

namespace rota {

class InfoWriter;

// Latencies are kept from 1 ns to 1 s with two digits; a longer one counts as 1 s.
inline constexpr uint64_t kCommandLatencyMaxNs = 1'000'000'000;

struct LatencyBucket {
    uint64_t usec;        // upper end
    uint64_t cumulative;  // calls that took no longer
};

class CommandStats {
public:
    // A call that ran. `track`: latency-tracking is on. `failed`: it replied with an error.
    void add_call(uint64_t duration_ns, bool failed, bool track) {
        ++calls_;
        duration_ns_ += duration_ns;
        failed_ += failed;
        if (track) latency_.record(duration_ns);
    }
    // A call that did not get to run: arity, ACL, memory, loading, ...
    void add_rejected() { ++rejected_; }
    // An error that belongs to a call counted elsewhere (a queued command that fails in EXEC).
    void add_failed() { ++failed_; }

    uint64_t calls() const { return calls_; }
    uint64_t usec() const { return duration_ns_ / 1000; }
    uint64_t rejected() const { return rejected_; }
    uint64_t failed() const { return failed_; }
    const Histogram& latency() const { return latency_; }
    bool used() const { return calls_ != 0 || rejected_ != 0 || failed_ != 0; }

    // LATENCY HISTOGRAM: one bucket for each power of two of 1024 ns in which calls were added,
    // cumulative. Empty without tracked calls.
    std::vector<LatencyBucket> latency_buckets() const;

    void reset();
    // For one that other threads look at: takes the histogram's memory and keeps it.
    void prepare() { latency_.prepare(); }
    void clear();
    void merge(const CommandStats& other);
    void reset_latency() { latency_.reset(); }

private:
    Counter calls_;
    Counter duration_ns_;
    Counter rejected_;
    Counter failed_;
    Histogram latency_{kCommandLatencyMaxNs, 2};
};

// INFO lines; name is the full one ("config|get"). Commands that were never used write nothing.
void write_commandstat(InfoWriter& out, Slice name, const CommandStats& stats);
// percentiles: latency-tracking-info-percentiles, each 0..100.
void write_latencystat(InfoWriter& out, Slice name, const CommandStats& stats,
                       std::span<const double> percentiles);

}  // namespace rota
