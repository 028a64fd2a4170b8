// SPDX-License-Identifier: BSD-3-Clause
// LineEditor: the prompt of a terminal, by libedit: history in a file, TAB completion, and a hint
// at the right edge that follows what is typed. Keys and history size can be changed in ~/.editrc.
// Threading: one per process (libedit's callbacks and the terminal are the process's).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/slice.h"

namespace rota {

class LineEditor {
public:
    struct Callbacks {
        // All continuations of the line so far, each a whole line.
        std::function<std::vector<std::string>(Slice line)> complete;
        std::function<std::string(Slice line)> hint;
    };

    // history_path may be empty: nothing is kept.
    LineEditor(std::string history_path, Callbacks callbacks);
    ~LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    // One line without its newline. Nothing: end of input. Ctrl-C empties the line and asks again;
    // on an empty line it means end of input.
    std::optional<std::string> read_line(const std::string& prompt);

    // Adds to the history and to its file.
    void remember(const std::string& line);

    struct State;  // libedit's types stay out of this header

private:
    std::unique_ptr<State> state_;
};

}  // namespace rota
