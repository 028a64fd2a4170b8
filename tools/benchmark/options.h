// SPDX-License-Identifier: BSD-3-Clause
// What the command line of rota-benchmark asks for. parse_benchmark_options() is a pure function of
// its arguments, so that the tests can drive it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/result.h"
#include "tools/net/client_connection.h"

namespace rota {

inline constexpr int64_t kBenchmarkClientsMax = 1'000'000;
inline constexpr int64_t kBenchmarkThreadsMax = 500;
inline constexpr int64_t kBenchmarkPipelineMax = 1'000'000;
inline constexpr int64_t kBenchmarkDataMax = int64_t{1} << 30;
inline constexpr int kBenchmarkPrecisionMax = 6;

struct BenchmarkOptions {
    ConnectTarget target;
    Login login;
    bool tracking = false;  // CLIENT TRACKING on, on every connection
    int64_t clients = 50;
    int64_t threads = 0;     // 0: --threads was not given, which means one
    bool keep_alive = true;  // no: a connection for every pipeline

    int64_t requests = 100'000;
    double duration_s = 0;  // > 0: instead of requests
    double warmup_s = 0;
    int64_t rps = 0;  // 0: as fast as replies come back
    bool loop = false;
    bool idle = false;

    int64_t pipeline = 1;
    int64_t data_size = 3;
    std::optional<uint64_t> keyspace;  // -r; without it placeholders stay as they are
    bool sequential = false;
    std::optional<uint64_t> seed;  // none: the time
    int64_t functions = 10;
    int64_t fcall_keys = 1;
    std::vector<std::string> tests;    // -t, lower case; empty: the default set
    std::vector<std::string> command;  // what follows the options, ';' still in it
    bool stdin_is_last_argument = false;

    bool quiet = false;
    bool csv = false;
    int precision = 3;
    std::string json_path;              // "-": standard output, and nothing else there
    std::vector<std::string> warnings;  // for stderr
    std::string print;                  // --help, --version: print this and leave

    bool json_to_stdout() const { return json_path == "-"; }
    int64_t thread_count() const { return threads == 0 ? 1 : threads; }
};

// `args` without the program's name. An Error is for stderr, exit code 1.
Result<BenchmarkOptions> parse_benchmark_options(const std::vector<std::string>& args);

}  // namespace rota
