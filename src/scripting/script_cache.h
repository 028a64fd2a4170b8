// SPDX-License-Identifier: BSD-3-Clause
// ScriptCache: the scripts that EVALSHA finds, by the SHA-1 of their text. What SCRIPT LOAD has
// brought stays; of what only EVAL has brought, the last 500 used stay. Threading: executor only.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "platform/slice.h"
#include "scripting/engine.h"

namespace rota {

struct Script {
    std::string sha;  // 40 digits, lower case
    std::string text;
    ScriptEngine* engine = nullptr;
    uint64_t flags = 0;   // ScriptFlag
    bool loaded = false;  // by SCRIPT LOAD, or found by EVALSHA since
    std::unique_ptr<CompiledCode> code;
};

class ScriptCache {
public:
    static constexpr size_t kEvalMax = 500;  // scripts; beyond, the one used longest ago goes

    // By its digits, in any case; null: it is not here. The script stays until the next add().
    Script* find(Slice sha);
    Script* find_text(Slice text);
    Script& add(Script);
    // It is in use: the last to be evicted.
    void touch(Script&);
    // From now on it is never evicted.
    void keep(Script&);
    void clear();

    size_t size() const { return scripts_.size(); }
    uint64_t evicted() const { return evicted_; }
    size_t memory() const { return memory_; }
    void reset_statistics() { evicted_ = 0; }

private:
    struct Kept {
        Script script;
        std::list<std::string>::iterator place;  // in used_, unless it is kept for ever
    };
    static size_t memory_of(const Script&);

    std::unordered_map<std::string, Kept> scripts_;
    std::list<std::string> used_;  // of those that may be evicted, the one used last at the end
    uint64_t evicted_ = 0;
    size_t memory_ = 0;
};

}  // namespace rota
