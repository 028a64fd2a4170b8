// SPDX-License-Identifier: BSD-3-Clause
// Reading a configuration: file, standard input and command line, in this order, the last word
// wins. A line is a directive and its words, quoted as split_args() reads them; '#' opens a
// comment. Whatever cannot be understood ends the start: the error's message is the whole text for
// stderr. Threading: main(), before anything runs. Values go into the table; nothing is applied.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "config/table.h"
#include "platform/result.h"

namespace rota {

inline constexpr int kIncludeDepthMax = 16;  // deeper: refused, since a file may include itself

// A line that belongs to a part of the server. number and text tell a later error where it was.
struct ConfigLine {
    std::vector<std::string> words;
    int number = 0;
    std::string text;
};

// What a configuration says beyond directives with a value.
struct OwnerDirectives {
    std::vector<ConfigLine> rename_commands;           // rename-command <from> <to>; to "" removes
    std::vector<ConfigLine> users;                     // user <name> <rule>...
    std::vector<ConfigLine> modules;                   // loadmodule <path> <argument>...
    std::vector<ConfigLine> sentinel;                  // sentinel <words>..., only in sentinel mode
    std::map<std::string, std::string> module_values;  // <module>.<name>, words joined by blanks
};

// Arguments of the program, without its name.
struct CommandLine {
    std::string config_file;   // "": none
    bool reads_stdin = false;  // a "-" first or last
    std::string options;       // --name value ... as lines of a configuration
};
// An argument that follows a name without a value is that value, even if it starts with "--".
CommandLine parse_command_line(std::span<const std::string> arguments);

struct LoadRequest {
    CommandLine source;
    int stdin_fd = 0;
    bool sentinel_mode = false;
    std::string version;  // for the error text
};
Result<OwnerDirectives> load_config(ConfigTable& table, const LoadRequest& request);

// The text that ends a start; line null: the reason has none.
std::string fatal_config_text(Slice version, Slice reason, const ConfigLine* line = nullptr);

// A commented configuration with every directive that is not hidden, at its default.
std::string sample_config(const ConfigTable& table);

}  // namespace rota
