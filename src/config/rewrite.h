// SPDX-License-Identifier: BSD-3-Clause
// CONFIG REWRITE: the configuration file as it would have to be for a restart to give today's
// values, with the least change. Comments and order stay; a directive's own lines are used again;
// lines too many become empty; what is not at its default and has no line goes to the end. Lines
// that nobody understands become comments ("# ??? ..."), except those of modules. Threading: the
// executor; the file is written before the call returns.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/table.h"
#include "platform/result.h"

namespace rota {

// The lines that parts of the server want instead of those in the file, e.g. "user alice on ...".
// nullopt: the ones in the file stay.
struct OwnerLines {
    std::optional<std::vector<std::string>> users;
    std::optional<std::vector<std::string>> modules;
};

enum class RewriteScope : uint8_t { changed, everything };  // everything: defaults, too

std::string rewrite_text(const ConfigTable& table, Slice old_text, const OwnerLines& owners = {},
                         RewriteScope scope = RewriteScope::changed);

// A file that is not there is made. On failure the old one is untouched; the error's code is errno.
Result<> rewrite_file(const ConfigTable& table, const std::string& path,
                      const OwnerLines& owners = {}, RewriteScope scope = RewriteScope::changed);

}  // namespace rota
