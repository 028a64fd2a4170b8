// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/latency_monitor.h"

#include <algorithm>
#include <cmath>

namespace rota {

namespace {

constexpr size_t kGraphColumns = 80;  // a wider series goes on in a second block
constexpr size_t kGraphRows = 4;

// Heights from low to high within one row; a column that goes on above its row is '|'.
constexpr char kGraphTops[] = {'_', 'o', '#'};
constexpr size_t kGraphTopCount = sizeof kGraphTops;

// "12s", "3m", "5h", "2d": how long ago, in one unit.
std::string short_age(int64_t seconds) {
    if (seconds < 60) return std::to_string(seconds) + "s";
    if (seconds < 3600) return std::to_string(seconds / 60) + "m";
    if (seconds < 24 * 3600) return std::to_string(seconds / 3600) + "h";
    return std::to_string(seconds / (24 * 3600)) + "d";
}

struct Column {
    double height;      // 0..1
    std::string label;  // written downwards
};

void draw_block(std::string& out, std::span<const Column> columns) {
    std::string row(columns.size(), ' ');
    for (size_t r = 0; r < kGraphRows; ++r) {
        const int floor = static_cast<int>((kGraphRows - 1 - r) * kGraphTopCount);
        for (size_t c = 0; c < columns.size(); ++c) {
            const int steps = static_cast<int>(
                columns[c].height * static_cast<double>(kGraphRows * kGraphTopCount - 1));
            const int here = steps - floor;
            row[c] = here < 0 ? ' ' : here < int(kGraphTopCount) ? kGraphTops[here] : '|';
        }
        out.append(row).push_back('\n');
    }
    for (size_t depth = 0;; ++depth) {
        bool any = false;
        for (size_t c = 0; c < columns.size(); ++c) {
            const bool has = depth < columns[c].label.size();
            row[c] = has ? columns[c].label[depth] : ' ';
            any |= has;
        }
        if (!any) return;
        out.append(row).push_back('\n');
    }
}

struct Summary {
    size_t samples = 0;
    uint64_t min_ms = 0, max_ms = 0;
    double mean_ms = 0;
    double deviation_ms = 0;  // mean absolute deviation
    double period_s = 0;      // mean distance between samples
};

Summary summarize(const LatencySeries& series, int64_t now_s) {
    const auto history = series.history();
    Summary sum;
    sum.samples = history.size();
    if (history.empty()) return sum;
    sum.min_ms = history[0].latency_ms;
    for (const LatencySample& sample : history) {
        sum.min_ms = std::min(sum.min_ms, sample.latency_ms);
        sum.max_ms = std::max(sum.max_ms, sample.latency_ms);
        sum.mean_ms += static_cast<double>(sample.latency_ms);
    }
    const double count = static_cast<double>(history.size());
    sum.mean_ms /= count;
    for (const LatencySample& sample : history) {
        sum.deviation_ms += std::abs(static_cast<double>(sample.latency_ms) - sum.mean_ms);
    }
    sum.deviation_ms /= count;
    sum.period_s = static_cast<double>(std::max<int64_t>(now_s - history[0].time_s, 1)) / count;
    return sum;
}

// What usually stands behind an event, and what helps. First match by prefix.
struct Advice {
    Slice event;
    Slice text;
};
constexpr Advice kAdvice[] = {
    {"command",
     "Slow commands: `COMMANDLOG GET 10 slow` names them. Prefer commands that touch few "
     "elements, and SCAN over KEYS."},
    {"fast-command",
     "Commands that should be instant were not: look for a busy CPU, swapping or a "
     "noisy virtual machine. The CLI's --intrinsic-latency measures the machine."},
    {"fork",
     "Forking is slow where page tables are large: try huge pages for the heap off, a smaller "
     "instance, or fewer saves."},
    {"expire", "Many keys expire together: spread their times, or lower active-expire-effort."},
    {"eviction",
     "Evicting keys takes long: raise maxmemory, store smaller values, or turn "
     "lazyfree-lazy-eviction on."},
    {"aof",
     "The append-only file waits for the disk: use a faster or less busy one, appendfsync "
     "everysec, or no-appendfsync-on-rewrite yes."},
    {"rdb", "Removing or writing RDB files is slow: look at the disk and its file system."},
    {"active-defrag", "Defragmentation takes large steps: lower active-defrag-cycle-us."},
    {"while-blocked", "A command or script kept the server from its periodic work: shorten it."},
    {"cluster", "Writing the cluster's configuration is slow: look at the disk that holds it."},
    {"module", "A module kept the global lock for long: ask its author."},
};

Slice advice_for(Slice event) {
    for (const Advice& advice : kAdvice) {
        if (event.starts_with(advice.event)) return advice.text;
    }
    return {};
}

std::string fixed1(double value) {
    const auto tenths = static_cast<uint64_t>(std::llround(value * 10));
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

std::vector<LatencySample> LatencySeries::history() const {
    std::vector<LatencySample> filled;
    filled.reserve(kLatencySamples);
    for (size_t i = 0; i < kLatencySamples; ++i) {
        const LatencySample& sample = ring[(next + i) % kLatencySamples];
        if (sample.time_s != 0) filled.push_back(sample);
    }
    return filled;
}

void LatencyMonitor::record(Slice event, uint64_t latency_ms, int64_t now_s) {
    auto at = events_.find(event);
    if (at == events_.end()) at = events_.emplace(std::string(event), LatencySeries()).first;
    LatencySeries& series = at->second;
    series.max_ms = std::max(series.max_ms, latency_ms);
    series.sum_ms += latency_ms;
    ++series.count;
    LatencySample& last = series.ring[(series.next + kLatencySamples - 1) % kLatencySamples];
    if (last.time_s == now_s) {
        last.latency_ms = std::max(last.latency_ms, latency_ms);
        return;
    }
    series.ring[series.next] = {now_s, latency_ms};
    series.next = (series.next + 1) % kLatencySamples;
}

const LatencySeries* LatencyMonitor::find(Slice event) const {
    const auto at = events_.find(event);
    return at == events_.end() ? nullptr : &at->second;
}

size_t LatencyMonitor::reset(std::span<const Slice> events) {
    size_t forgotten = 0;
    if (events.empty()) {
        forgotten = events_.size();
        events_.clear();
    }
    for (Slice event : events) {
        const auto at = events_.find(event);
        if (at == events_.end()) continue;
        events_.erase(at);
        ++forgotten;
    }
    return forgotten;
}

std::string LatencyMonitor::graph(Slice event, int64_t now_s) const {
    const LatencySeries* series = find(event);
    if (series == nullptr) return "";
    const auto history = series->history();
    const auto [low, high] = std::minmax_element(
        history.begin(), history.end(),
        [](const LatencySample& a, const LatencySample& b) { return a.latency_ms < b.latency_ms; });
    std::string out(event);
    out += " - high " + std::to_string(high->latency_ms) + " ms, low " +
           std::to_string(low->latency_ms) + " ms (all time high " +
           std::to_string(series->max_ms) + " ms)\n";
    out.append(kGraphColumns, '-').push_back('\n');
    const uint64_t span_ms = high->latency_ms - low->latency_ms;
    std::vector<Column> columns;
    for (const LatencySample& sample : history) {
        const double above = static_cast<double>(sample.latency_ms - low->latency_ms);
        columns.push_back({span_ms == 0 ? 0.0 : above / static_cast<double>(span_ms),
                           short_age(std::max<int64_t>(now_s - sample.time_s, 0))});
    }
    for (size_t at = 0; at < columns.size(); at += kGraphColumns) {
        if (at != 0) out.push_back('\n');
        draw_block(out,
                   std::span(columns).subspan(at, std::min(kGraphColumns, columns.size() - at)));
    }
    return out;
}

std::string LatencyMonitor::doctor(int64_t now_s) const {
    if (threshold_ms_ == 0 && events_.empty()) {
        return "The latency monitor is off, so there is nothing to report. Turn it on with\n"
               "\"CONFIG SET latency-monitor-threshold <milliseconds>\" and come back later.\n";
    }
    if (events_.empty()) {
        return "Nothing took " + std::to_string(threshold_ms_) +
               " ms or longer since the monitor was turned on or reset. All is well.\n";
    }
    std::string out = "Latency events, slowest of each kind since the last reset:\n\n";
    std::string hints;
    Slice last_advice;
    size_t number = 0;
    for (const auto& [event, series] : events_) {
        const Summary sum = summarize(series, now_s);
        out += std::to_string(++number) + ". " + event + ": " + std::to_string(sum.samples) +
               " samples, mean " + fixed1(sum.mean_ms) + " ms (mean deviation " +
               fixed1(sum.deviation_ms) + " ms), one every " + fixed1(sum.period_s) + " s, worst " +
               std::to_string(series.max_ms) + " ms.\n";
        const Slice advice = advice_for(event);
        if (!advice.empty() && advice != last_advice)
            hints.append("- ").append(advice).append("\n");
        last_advice = advice;
    }
    if (!hints.empty()) out += "\nWhat may help:\n" + hints;
    return out;
}

}  // namespace rota
