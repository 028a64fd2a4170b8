// SPDX-License-Identifier: BSD-3-Clause
// CommandStream: what changes the keyspace, as commands that give the same result whenever and
// wherever they run again: times are absolute, chance has been decided, nothing waits. The
// append-only file is made of it, and what replicas are sent.
//
// A command is told as it came if it has changed anything, and as something else where its handler
// says so (Ctx::propagate). What one command did, or one transaction, is a unit: it counts together
// or not at all.
//
// Threading: executor only. Where nobody listens, nothing is kept.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "platform/buffer.h"
#include "platform/slice.h"

namespace rota {

class CommandUnit {
public:
    bool empty() const { return commands_.empty(); }
    void add(int db, std::span<const Slice> args);
    void clear();
    // With MULTI and EXEC around more than one, and SELECT before each whose database is not the
    // one selected so far; -1: it is not known.
    void append_to(Buffer& out, int& selected_db) const;

private:
    struct Command {
        int db;
        size_t end;  // in bytes_; it begins where the one before it ends
    };
    Buffer bytes_;
    std::vector<Command> commands_;
};

class CommandSink {
public:
    virtual ~CommandSink() = default;
    // The unit has been done and nothing else since. `number` counts up from 1.
    virtual void done(const CommandUnit&, uint64_t number) = 0;
};

class CommandStream {
public:
    void attach(CommandSink&);
    void detach(CommandSink&);
    bool wanted() const { return wanted_; }
    // What is read from a file is not written to one.
    void pause(bool on) {
        paused_ = on;
        wanted_ = !paused_ && !sinks_.empty();
    }

    // What is told until close() is one unit; outside, each command is one of its own.
    void open() { open_ = true; }
    void close() {
        open_ = false;
        if (!unit_.empty()) [[unlikely]]
            pass_on();
    }
    void tell(int db, std::span<const Slice> args);
    void tell(int db, std::initializer_list<Slice> args) {
        tell(db, std::span(args.begin(), args.size()));
    }
    uint64_t units() const { return units_; }  // so far

    // Whether the handler that runs has said by itself what is to be told.
    bool handler_tells() const { return handler_tells_; }
    void set_handler_tells(bool on) { handler_tells_ = on; }

private:
    void pass_on();

    std::vector<CommandSink*> sinks_;
    CommandUnit unit_;
    uint64_t units_ = 0;
    bool wanted_ = false, paused_ = false;
    bool open_ = false;
    bool handler_tells_ = false;
};

}  // namespace rota
