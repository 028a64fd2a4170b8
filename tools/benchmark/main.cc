// SPDX-License-Identifier: BSD-3-Clause
// rota-benchmark: puts a server under load. See options.cc for what it can be asked.
#include <cstdio>
#include <string>
#include <vector>

#include "tools/benchmark/options.h"
#include "tools/benchmark/runner.h"

int main(int argc, char** argv) {
    const auto options =
        rota::parse_benchmark_options(std::vector<std::string>(argv + 1, argv + argc));
    if (!options) {
        std::fprintf(stderr, "%s\n", options.error().message.c_str());
        return 1;
    }
    if (!options->print.empty()) {
        std::fputs(options->print.c_str(), stdout);
        return 0;
    }
    return rota::run_benchmark(*options);
}
