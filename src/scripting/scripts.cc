// SPDX-License-Identifier: BSD-3-Clause
#include "scripting/scripts.h"

#include <utility>

#include "platform/sha1.h"
#include "platform/text.h"
#include "scripting/flags.h"
#include "scripting/shebang.h"

namespace rota {

void Scripts::add_engine(std::unique_ptr<ScriptEngine> engine) {
    engines_.push_back(std::move(engine));
}

ScriptEngine* Scripts::engine(Slice name) const {
    for (const auto& engine : engines_) {
        if (equals_ignore_case(engine->name(), name)) return engine.get();
    }
    return nullptr;
}

// ---- Scripts

std::expected<Script*, std::string> Scripts::script_of(Slice text) {
    std::string sha = sha1_hex(text);
    Script* known = cache_.find(sha);
    if (known == nullptr) return compile_script(text, std::move(sha), false);
    cache_.touch(*known);
    return known;
}

std::expected<Script*, std::string> Scripts::load(Slice text) {
    std::string sha = sha1_hex(text);
    Script* known = cache_.find(sha);
    if (known == nullptr) return compile_script(text, std::move(sha), true);
    cache_.keep(*known);
    return known;
}

std::expected<Script*, std::string> Scripts::compile_script(Slice text, std::string sha,
                                                            bool loaded) {
    auto head = script_head(text);
    if (!head) return std::unexpected(std::move(head.error()));
    ScriptEngine* const by = engine(head->engine);
    if (by == nullptr)
        return std::unexpected("Could not find scripting engine '" + head->engine + "'");
    auto code = by->compile_script(text);
    if (!code) return std::unexpected(std::move(code.error()));
    return &cache_.add({.sha = std::move(sha),
                        .text = std::string(text),
                        .engine = by,
                        .flags = head->flags,
                        .loaded = loaded,
                        .code = std::move(*code)});
}

void Scripts::flush_scripts() {
    cache_.clear();
    for (const auto& engine : engines_) engine->reset(ScriptKind::script);
}

// ---- Functions

std::expected<std::unique_ptr<Library>, std::string> Scripts::compile(Slice code,
                                                                      ScriptHost& host) {
    auto head = library_head(code);
    if (!head) return std::unexpected(std::move(head.error()));
    ScriptEngine* const by = engine(head->engine);
    if (by == nullptr) return std::unexpected("Engine '" + head->engine + "' not found");
    auto functions = by->compile_library(code, host);
    if (!functions) return std::unexpected(std::move(functions.error()));
    auto library = std::make_unique<Library>();
    library->name = std::move(head->name);
    library->code = code;
    library->engine = by;
    for (CompiledFunction& made : *functions)
        library->functions.push_back(std::make_unique<Function>(library.get(), std::move(made)));
    return library;
}

void Scripts::flush_functions() {
    libraries_.clear();
    for (const auto& engine : engines_) engine->reset(ScriptKind::function);
}

// ---- Memory

size_t Scripts::vm_memory(ScriptKind kind) const {
    size_t bytes = 0;
    for (const auto& engine : engines_) bytes += engine->used_memory(kind);
    return bytes;
}

void Scripts::set_memory_max(size_t bytes) {
    for (const auto& engine : engines_) engine->set_memory_max(bytes);
}

}  // namespace rota
