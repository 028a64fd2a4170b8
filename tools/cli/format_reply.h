// SPDX-License-Identifier: BSD-3-Clause
// Replies as text, byte for byte as valkey-cli prints them, so that scripts need no change.
// Pure functions, any thread.
#pragma once

#include <string>

#include "proto/reply_parser.h"
#include "tools/cli/options.h"

namespace rota {

struct FormatOptions {
    OutputMode mode = OutputMode::standard;
    std::string bulk_delimiter = "\n";
    std::string command_delimiter = "\n";
};

// The reply with all that belongs behind it. `verbatim`: the command answers with text made for
// reading (INFO, CLIENT LIST), which standard mode too shows as it is.
std::string format_reply(const ReplyValue& reply, const FormatOptions& options, bool verbatim);

// A push outside of pub/sub: what standard mode shows of an invalidation, or format_reply().
std::string format_push(const ReplyValue& push, const FormatOptions& options);

}  // namespace rota
