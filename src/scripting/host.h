// SPDX-License-Identifier: BSD-3-Clause
// ScriptHost: what a running script may ask of the server that runs it. One object for each run; an
// engine forgets it when the run is over. Threading: executor only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "platform/buffer.h"
#include "platform/slice.h"

namespace rota {

class ScriptHost {
public:
    virtual ~ScriptHost() = default;

    // Runs a command. Its reply is appended to `out`, as RESP of the version that set_resp() chose,
    // 2 unless it did. A command that is refused is an error reply like any other. The arguments
    // are the caller's until this returns; commands that run may be observed, and their keys
    // written, but no other script runs in here.
    virtual void call(std::span<const Slice> args, Buffer& out) = 0;
    virtual void set_resp(int version) = 0;
    virtual int resp() const = 0;
    // Whether the user may run this; nullopt: no such command.
    virtual std::optional<bool> may_call(std::span<const Slice> args) = 0;
    // To the server's log: 0 debug, 1 verbose, 2 notice, 3 warning.
    virtual void log(int level, Slice text) = 0;

    // To be asked every so many steps: others are served meanwhile if it has run for too long. Not
    // empty: the script must end with this error, whatever it does about it.
    virtual Slice interrupted() = 0;
};

}  // namespace rota
