// SPDX-License-Identifier: BSD-3-Clause
// CommandDocs: what the server says about its commands (COMMAND DOCS): completion, hints and help
// at the prompt. It knows no command by itself, so it is right for every server and version.
// Threading: one owner. A server without COMMAND DOCS means: no hints, no completion.
#pragma once

#include <string>
#include <vector>

#include "platform/slice.h"
#include "proto/reply_parser.h"

namespace rota {

struct CommandDoc {
    struct Piece {         // one argument of the syntax line
        std::string text;  // "[EX seconds | PX milliseconds]"
        bool optional = false;
        bool multiple = false;
        size_t words = 1;  // of the command line that one use of it takes
        std::vector<std::string>
            tokens;  // the words that may begin it, if it begins with a keyword
    };

    std::string name;  // "SET", "CONFIG GET"
    std::string summary, since, group;
    std::vector<Piece> pieces;
    bool container = false;  // only its subcommands can be called

    std::string syntax() const;
};

class CommandDocs {
public:
    CommandDocs() = default;
    static CommandDocs from_reply(const ReplyValue& reply);

    bool empty() const { return commands_.empty(); }

    // All commands (or the arguments of "help ") that the line can become.
    std::vector<std::string> complete(Slice line) const;

    // The arguments that are still to come.
    std::string hint(Slice line) const;

    // help <command> [subcommand], help @group. `style`: with colours.
    std::string help(const std::vector<std::string>& words, bool style) const;

private:
    const CommandDoc* longest_match(const std::vector<std::string>& words, size_t& used) const;

    std::vector<CommandDoc> commands_;  // sorted by name
};

}  // namespace rota
