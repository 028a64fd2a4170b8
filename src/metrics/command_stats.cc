// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/command_stats.h"

#include <string>

#include "metrics/info.h"
#include "platform/text.h"

namespace rota {

void CommandStats::reset() {
    calls_ = duration_ns_ = rejected_ = failed_ = 0;
    latency_.reset();
}

void CommandStats::clear() {
    calls_ = duration_ns_ = rejected_ = failed_ = 0;
    latency_.clear();
}

void CommandStats::merge(const CommandStats& other) {
    calls_ += other.calls_;
    duration_ns_ += other.duration_ns_;
    rejected_ += other.rejected_;
    failed_ += other.failed_;
    latency_.merge(other.latency_);
}

std::vector<LatencyBucket> CommandStats::latency_buckets() const {
    // A bucket ends with the histogram's cell in which its power of two lies, which is why 32 us is
    // called 33 and followed by 66.
    constexpr uint64_t kFirstNs = 1024;
    constexpr uint64_t kCellsPerPower = 128;
    std::vector<LatencyBucket> buckets;
    uint64_t power_ns = kFirstNs, seen = 0, told = 0;
    const auto tell = [&] {
        if (seen == told) return;
        const bool beyond = power_ns > kCommandLatencyMaxNs;
        const uint64_t end_ns = power_ns - 1 + (beyond ? 0 : power_ns / kCellsPerPower);
        buckets.push_back({end_ns / 1000, seen});
        told = seen;
    };
    latency_.for_each_bucket([&](uint64_t low_ns, uint64_t, uint64_t count) {
        for (; low_ns > power_ns; power_ns *= 2) tell();
        seen += count;
    });
    tell();
    return buckets;
}

void write_commandstat(InfoWriter& out, Slice name, const CommandStats& stats) {
    if (!stats.used()) return;
    const double usec = static_cast<double>(stats.usec());
    const double per_call = stats.calls() == 0 ? 0 : usec / static_cast<double>(stats.calls());
    std::string field("cmdstat_");
    out.format(field.append(name),
               "calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu",
               static_cast<unsigned long long>(stats.calls()),
               static_cast<unsigned long long>(stats.usec()), per_call,
               static_cast<unsigned long long>(stats.rejected()),
               static_cast<unsigned long long>(stats.failed()));
}

void write_latencystat(InfoWriter& out, Slice name, const CommandStats& stats,
                       std::span<const double> percentiles) {
    if (stats.latency().count() == 0 || percentiles.empty()) return;
    std::string value;
    for (double percentile : percentiles) {
        const double usec =
            static_cast<double>(stats.latency().value_at_percentile(percentile)) / 1000;
        // %.17g would print 99.9 as 99.900000000000006; 15 digits name every percentile as written.
        append_format(value, "%sp%.15g=%.3f", value.empty() ? "" : ",", percentile, usec);
    }
    std::string field("latency_percentiles_usec_");
    out.text(field.append(name), value);
}

}  // namespace rota
