// SPDX-License-Identifier: BSD-3-Clause
#include "store/command_stream.h"

#include <algorithm>

#include "platform/text.h"
#include "proto/command_writer.h"

namespace rota {

void CommandUnit::add(int db, std::span<const Slice> args) {
    append_command(bytes_, args);
    commands_.push_back({db, bytes_.size()});
}

void CommandUnit::clear() {
    constexpr size_t kKeep = size_t{1} << 20;  // more is given back
    if (bytes_.capacity() > kKeep) bytes_.release();
    bytes_.clear();
    commands_.clear();
}

void CommandUnit::append_to(Buffer& out, int& selected_db) const {
    const bool several = commands_.size() > 1;
    if (several) append_command(out, {"MULTI"});
    size_t begin = 0;
    for (const Command& command : commands_) {
        if (command.db != selected_db) {
            char digits[kIntegerTextMax];
            append_command(out, {"SELECT", {digits, write_integer(digits, command.db)}});
            selected_db = command.db;
        }
        out.append(bytes_.view().substr(begin, command.end - begin));
        begin = command.end;
    }
    if (several) append_command(out, {"EXEC"});
}

void CommandStream::attach(CommandSink& sink) {
    sinks_.push_back(&sink);
    pause(paused_);
}

void CommandStream::detach(CommandSink& sink) {
    std::erase(sinks_, &sink);
    pause(paused_);
}

void CommandStream::tell(int db, std::span<const Slice> args) {
    if (!wanted()) return;
    unit_.add(db, args);
    if (!open_) pass_on();
}

void CommandStream::pass_on() {
    ++units_;
    for (CommandSink* sink : sinks_) sink->done(unit_, units_);
    unit_.clear();
}

}  // namespace rota
