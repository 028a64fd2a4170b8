// SPDX-License-Identifier: BSD-3-Clause
// ScriptEngine: a language that scripts and functions are written in. The server knows engines by
// name and does the rest itself: it keeps scripts, libraries and their flags, checks what a script
// may do, and runs its commands.
//
// Compiled code belongs to whoever asked for it and may outlive a reset(), but not the engine.
// Threading: executor only.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/slice.h"
#include "proto/reply.h"
#include "scripting/code.h"
#include "scripting/host.h"

namespace rota {

class ScriptEngine {
public:
    virtual ~ScriptEngine() = default;

    virtual Slice name() const = 0;  // as FUNCTION LIST shows it; found without regard to case

    // An error is what is wrong with the code.
    virtual std::expected<std::unique_ptr<CompiledCode>, std::string> compile_script(Slice) = 0;
    // Runs the library's code, which registers its functions. `host` may only interrupt.
    virtual std::expected<std::vector<CompiledFunction>, std::string> compile_library(
        Slice, ScriptHost&) = 0;

    // Runs what was compiled, and replies with what it returns, or with its error.
    virtual void call(CompiledCode&, ScriptKind, ScriptHost&, std::span<const Slice> keys,
                      std::span<const Slice> args, Reply&) = 0;

    // Code of this kind is compiled into a fresh environment from now on.
    virtual void reset(ScriptKind) = 0;
    virtual size_t used_memory(ScriptKind) const = 0;
    // Scripts that would need more fail.
    virtual void set_memory_max(size_t bytes) = 0;
};

// The engine for Lua; null where the server was built without it.
std::unique_ptr<ScriptEngine> make_lua_engine();

}  // namespace rota
