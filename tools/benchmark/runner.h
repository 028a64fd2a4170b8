// SPDX-License-Identifier: BSD-3-Clause
// run_benchmark(): everything between the options and the exit code. Texts go to stdout, complaints
// to stderr. Called by main() alone.
#pragma once

#include "tools/benchmark/options.h"

namespace rota {

int run_benchmark(const BenchmarkOptions& options);

}  // namespace rota
