// SPDX-License-Identifier: BSD-3-Clause
#include "scripting/script_cache.h"

#include <utility>

#include "platform/sha1.h"
#include "platform/text.h"

namespace rota {

size_t ScriptCache::memory_of(const Script& script) {
    return sizeof(Kept) + 2 * script.sha.size() + script.text.size() + script.code->memory();
}

Script* ScriptCache::find(Slice sha) {
    constexpr size_t kDigits = 40;
    if (sha.size() != kDigits) return nullptr;
    const auto found = scripts_.find(to_lower(sha));
    return found == scripts_.end() ? nullptr : &found->second.script;
}

Script* ScriptCache::find_text(Slice text) { return find(sha1_hex(text)); }

Script& ScriptCache::add(Script script) {
    if (!script.loaded && used_.size() >= kEvalMax) {
        const auto oldest = scripts_.find(used_.front());
        memory_ -= memory_of(oldest->second.script);
        scripts_.erase(oldest);
        used_.pop_front();
        ++evicted_;
    }
    const std::string sha = script.sha;
    Kept& kept = scripts_[sha];
    kept.script = std::move(script);
    if (!kept.script.loaded) kept.place = used_.insert(used_.end(), sha);
    memory_ += memory_of(kept.script);
    return kept.script;
}

void ScriptCache::touch(Script& script) {
    if (script.loaded) return;
    used_.splice(used_.end(), used_, scripts_.find(script.sha)->second.place);
}

void ScriptCache::keep(Script& script) {
    if (std::exchange(script.loaded, true)) return;
    used_.erase(scripts_.find(script.sha)->second.place);
}

void ScriptCache::clear() {
    scripts_.clear();
    used_.clear();
    memory_ = 0;
}

}  // namespace rota
