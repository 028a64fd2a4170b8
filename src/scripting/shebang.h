// SPDX-License-Identifier: BSD-3-Clause
// The first line of a script or a library: "#!<engine> <option>...", which says what runs it and
// under which rules. Pure; errors are texts for the client, without the code.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "platform/slice.h"

namespace rota {

struct ScriptHead {
    std::string engine = "lua";
    uint64_t flags = 0;  // ScriptFlag
};

// Of an EVAL script; one without such a line is kScriptPlain.
std::expected<ScriptHead, std::string> script_head(Slice code);

struct LibraryHead {
    std::string engine, name;
};

std::expected<LibraryHead, std::string> library_head(Slice code);

// Names of libraries and functions.
bool is_script_name(Slice name);

// The code with its first line, if that is such a head, emptied: line numbers stay right.
Slice without_head(Slice code);

}  // namespace rota
