// SPDX-License-Identifier: BSD-3-Clause
// Strings as options and JSON output spell them; platform/text.h has the rest of the quoting.
// Pure functions, any thread.
#pragma once

#include <optional>
#include <string>

#include "platform/slice.h"

namespace rota {

// One quoted (or plain) string; nothing if it is not exactly one.
std::optional<std::string> unquote(Slice text);

// Appends a JSON string; bytes above 0x7f pass unchanged, so the text is JSON if they are UTF-8.
void append_json_string(std::string& out, Slice bytes);

// Appends an ASCII-only JSON string: what append_repr() writes, with its backslashes doubled.
void append_ascii_json_string(std::string& out, Slice bytes);

}  // namespace rota
