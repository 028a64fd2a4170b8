// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/options.h"

#include "platform/text.h"

namespace rota {

namespace {

using enum ConfigFlag;
using Percentiles = std::vector<double>;

std::string parse_percentiles(Percentiles& percentiles, std::span<const Slice> words, bool) {
    if (words.size() == 1 && words[0].empty()) words = {};
    Percentiles next;
    for (Slice word : words) {
        const auto value = parse_double(word);
        if (!value || *value != *value)
            return "Invalid latency-tracking-info-percentiles parameters";
        if (*value < 0 || *value > 100)
            return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
        next.push_back(*value);
    }
    percentiles = std::move(next);
    return {};
}

// Six decimals, without zeros at the end: "99.9".
std::string print_percentiles(const Percentiles& percentiles) {
    std::string text;
    for (double value : percentiles) {
        std::string digits = format("%f", value);
        digits.erase(digits.find_last_not_of('0') + 1);
        if (digits.back() == '.') digits.pop_back();
        if (!text.empty()) text += ' ';
        text += digits;
    }
    return text;
}

// An empty list has to be said, or the default would come back.
std::vector<std::string> percentile_lines(const Percentiles& percentiles) {
    return {percentiles.empty() ? "\"\"" : print_percentiles(percentiles)};
}

constexpr Codec<Percentiles> kPercentiles{parse_percentiles, print_percentiles, percentile_lines};

constexpr Range kThreshold{-1, kMaxLong};
constexpr Range kLength{0, kMaxLong};

constexpr ConfigRow rows[] = {
    row<&MetricsOptions::commandlog_execution_slower_than>(
        "commandlog-execution-slower-than",
        "Log commands that run for at least so many microseconds; -1 is never.",
        {.alias = "slowlog-log-slower-than", .range = kThreshold}),
    row<&MetricsOptions::commandlog_slow_execution_max_len>(
        "commandlog-slow-execution-max-len", "How many slow commands are remembered.",
        {.alias = "slowlog-max-len", .range = kLength}),
    row<&MetricsOptions::commandlog_request_larger_than>(
        "commandlog-request-larger-than",
        "Log commands whose request has at least so many bytes; -1 is never.",
        {.range = kThreshold}),
    row<&MetricsOptions::commandlog_large_request_max_len>(
        "commandlog-large-request-max-len", "How many large requests are remembered.",
        {.range = kLength}),
    row<&MetricsOptions::commandlog_reply_larger_than>(
        "commandlog-reply-larger-than",
        "Log commands whose reply has at least so many bytes; -1 is never.", {.range = kThreshold}),
    row<&MetricsOptions::commandlog_large_reply_max_len>("commandlog-large-reply-max-len",
                                                         "How many large replies are remembered.",
                                                         {.range = kLength}),
    row<&MetricsOptions::latency_monitor_threshold>(
        "latency-monitor-threshold",
        "Sample events that take at least so many milliseconds; 0 is off.", {.range = kLength}),
    row<&MetricsOptions::latency_tracking>("latency-tracking",
                                           "Keep a latency histogram of every command."),
    special<&MetricsOptions::latency_tracking_info_percentiles, kPercentiles>(
        "latency-tracking-info-percentiles", "The percentiles that INFO latencystats shows.",
        {.flags = multi_arg}),
};

}  // namespace

std::span<const ConfigRow> metrics_config_rows() { return rows; }

}  // namespace rota
