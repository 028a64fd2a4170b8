// SPDX-License-Identifier: BSD-3-Clause
// The texts of rota-benchmark: valkey-benchmark's report, its one-liners and its CSV, and JSON.
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/slice.h"
#include "tools/benchmark/load.h"
#include "tools/benchmark/options.h"

namespace rota {

struct TestReport {
    std::string title;
    size_t payload_bytes = 0;  // -d, or the length of a command line's request
    LoadResult result;
};

// What CONFIG GET said; empty values where it refused.
struct ServerSettings {
    bool known = false;
    std::string save, appendonly;
};

// The whole report of one test, an empty line at its end.
std::string full_report(const TestReport&, const BenchmarkOptions&, const ServerSettings&);
// "SET: 81234.00 requests per second, p50=0.311 msec"
std::string quiet_report(const TestReport&, const BenchmarkOptions&);
std::string csv_header();
std::string csv_row(const TestReport&);
std::string json_report(const std::vector<TestReport>&, const BenchmarkOptions&);

// "SET: rps=81234.0 (overall: 80123.1) avg_msec=0.311 (overall: 0.312)". `last` is where the test
// stood when the line was written before.
std::string progress_line(const std::string& title, const LoadProgress& now,
                          const LoadProgress& last);

}  // namespace rota
