// SPDX-License-Identifier: BSD-3-Clause
// MetricsOptions: the directives of the command log, the latency monitor and the latency
// histograms. Field = directive, '_' for '-'. Threading: written by the executor or before it
// starts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "config/row.h"

namespace rota {

struct MetricsOptions {
    // Thresholds: logged from this value on; -1: never.
    int64_t commandlog_execution_slower_than = 10000;  // microseconds
    int64_t commandlog_request_larger_than = 1 << 20;  // bytes
    int64_t commandlog_reply_larger_than = 1 << 20;    // bytes
    uint64_t commandlog_slow_execution_max_len = 128;
    uint64_t commandlog_large_request_max_len = 128;
    uint64_t commandlog_large_reply_max_len = 128;

    int64_t latency_monitor_threshold = 0;  // milliseconds; 0: off
    bool latency_tracking = true;
    std::vector<double> latency_tracking_info_percentiles = {50, 99, 99.9};
};

std::span<const ConfigRow> metrics_config_rows();

}  // namespace rota
