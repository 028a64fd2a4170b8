// SPDX-License-Identifier: BSD-3-Clause
// One command from the command line, with what -x, -X, --quoted-input and --eval do to its
// arguments. Threading: the main thread. Returns the exit code.
#pragma once

#include <cstdio>

#include "platform/result.h"
#include "tools/cli/options.h"
#include "tools/cli/session.h"

namespace rota {

int run_one_shot(Session& session, const CliOptions& options);

// The arguments to send; reads `input` (standard input) and the script's file where asked to.
Result<std::vector<std::string>> command_to_send(const CliOptions& options, std::FILE* input);

}  // namespace rota
