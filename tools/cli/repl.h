// SPDX-License-Identifier: BSD-3-Clause
// The prompt: reads commands from a terminal (with history, completion and hints) or, without any
// of these, from a file or pipe on standard input. Threading: the main thread. Returns the exit
// code.
#pragma once

#include <functional>
#include <string>

#include "tools/cli/options.h"
#include "tools/cli/session.h"

namespace rota {

using EnvironmentLookup = std::function<const char*(const char*)>;

int run_repl(Session& session, const CliOptions& options, const EnvironmentLookup& variable);

// Where history and preferences are kept; empty: nowhere.
std::string history_path(const EnvironmentLookup& variable);
std::string preferences_path(const EnvironmentLookup& variable);

}  // namespace rota
