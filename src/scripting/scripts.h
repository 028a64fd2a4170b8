// SPDX-License-Identifier: BSD-3-Clause
// Scripts: the engines, what has been compiled by them, and the script that runs. Threading:
// executor only.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/slice.h"
#include "scripting/engine.h"
#include "scripting/libraries.h"
#include "scripting/script_cache.h"

namespace rota {

// What is to run, and under which rules.
struct ScriptCall {
    ScriptKind kind;
    Slice name;  // the script's digits, the function's name
    ScriptEngine& engine;
    CompiledCode& code;
    uint64_t flags;  // ScriptFlag
    bool read_only;  // by the command that was used, whatever the flags are
    std::span<const Slice> keys, args;
};

// The run under way, for those who ask about it or end it.
struct ScriptRun {
    const ScriptCall& call;
    std::span<const Slice> command;  // as the client sent it
    int64_t started_us;              // monotonic
    bool wrote = false;              // then it cannot be killed
    bool busy = false;               // it has run for so long that others are told
    bool killed = false;
};

class Scripts {
public:
    void add_engine(std::unique_ptr<ScriptEngine>);
    ScriptEngine* engine(Slice name) const;  // null: there is none of that name
    const std::vector<std::unique_ptr<ScriptEngine>>& engines() const { return engines_; }

    // Of an EVAL: the one that is cached, or a new one. The pointer is good until the next call of
    // this or load(). An error is a text for the client, without its code.
    std::expected<Script*, std::string> script_of(Slice text);
    // Of SCRIPT LOAD: it stays.
    std::expected<Script*, std::string> load(Slice text);
    ScriptCache& cache() { return cache_; }
    const ScriptCache& cache() const { return cache_; }
    void flush_scripts();

    // The library in `code`, not yet among libraries(). The host is asked while its code runs.
    std::expected<std::unique_ptr<Library>, std::string> compile(Slice code, ScriptHost&);
    Libraries& libraries() { return libraries_; }
    const Libraries& libraries() const { return libraries_; }
    void flush_functions();

    size_t vm_memory(ScriptKind) const;
    void set_memory_max(size_t bytes);

    ScriptRun* running = nullptr;

private:
    std::expected<Script*, std::string> compile_script(Slice text, std::string sha, bool loaded);

    std::vector<std::unique_ptr<ScriptEngine>> engines_;  // outlive what they have compiled
    ScriptCache cache_;
    Libraries libraries_;
};

}  // namespace rota
