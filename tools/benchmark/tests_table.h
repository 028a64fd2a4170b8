// SPDX-License-Identifier: BSD-3-Clause
// The tests that rota-benchmark knows by name, in the order in which a default run takes them.
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/result.h"
#include "tools/benchmark/options.h"
#include "tools/benchmark/request_template.h"

namespace rota {

struct BenchmarkTest {
    std::string name;   // what -t says
    std::string title;  // what reports say
    std::vector<UnitCommand> unit;
    std::string inline_request;  // sent as it is, instead of unit
    bool preparation = false;    // fills a list for the tests that follow
};

// The tests that the options ask for. Fails if -t names none that exist; names that do not exist
// beside others that do are put into `unknown`.
Result<std::vector<BenchmarkTest>> choose_tests(const BenchmarkOptions& options,
                                                std::vector<std::string>& unknown);

// The one test of a command line; stdin_text is the last argument under -x.
Result<BenchmarkTest> command_test(const BenchmarkOptions& options, const std::string& stdin_text);

// The library that function_load loads and fcall calls.
std::string function_library(int64_t functions);

}  // namespace rota
