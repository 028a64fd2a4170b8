// SPDX-License-Identifier: BSD-3-Clause
// Libraries: what FUNCTION LOAD has brought, and the functions in it by name (without regard to
// case). Threading: executor only.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/slice.h"
#include "scripting/engine.h"

namespace rota {

struct Library;

struct Function {
    Library* library = nullptr;
    CompiledFunction made;
};

struct Library {
    std::string name, code;
    ScriptEngine* engine = nullptr;
    std::vector<std::unique_ptr<Function>> functions;
};

class Libraries {
public:
    using Map = std::map<std::string, std::unique_ptr<Library>, std::less<>>;

    // An error says why not, and nothing has changed.
    std::expected<void, std::string> add(std::unique_ptr<Library>, bool replace);
    bool remove(Slice name);
    void clear();
    // All of `others` join, or none; names that clash are an error unless they may be replaced.
    std::expected<void, std::string> join(Libraries& others, bool replace);

    Function* find_function(Slice name) const;
    const Library* find(Slice name) const;
    const Map& all() const { return libraries_; }
    size_t size() const { return libraries_.size(); }
    size_t function_count() const;
    size_t memory() const;
    void swap(Libraries& other) noexcept;

private:
    std::expected<void, std::string> check(const Library&, bool replace) const;
    void insert(std::unique_ptr<Library>);

    Map libraries_;
    std::map<std::string, Function*, std::less<>> functions_;  // by their names in lower case
};

}  // namespace rota
