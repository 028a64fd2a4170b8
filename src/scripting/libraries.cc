// SPDX-License-Identifier: BSD-3-Clause
#include "scripting/libraries.h"

#include <set>
#include <utility>

#include "platform/text.h"
#include "scripting/shebang.h"

namespace rota {

namespace {

std::unexpected<std::string> refuse(std::string text) { return std::unexpected(std::move(text)); }

std::expected<void, std::string> check_functions(const Library& library) {
    if (library.functions.empty()) return refuse("No functions registered");
    std::set<std::string> names;
    for (const auto& function : library.functions) {
        const std::string& name = function->made.name;
        if (!is_script_name(name))
            return refuse(
                "Function names can only contain letters, numbers, or underscores(_) and "
                "must be at least one character long");
        if (!names.insert(name).second) return refuse("Function already exists in the library");
    }
    return {};
}

}  // namespace

std::expected<void, std::string> Libraries::check(const Library& library, bool replace) const {
    const Library* old = find(library.name);
    if (old != nullptr && !replace) return refuse("Library '" + library.name + "' already exists");
    if (auto sound = check_functions(library); !sound) return sound;
    for (const auto& function : library.functions) {
        const Function* same = find_function(function->made.name);
        if (same != nullptr && same->library != old)
            return refuse("Function " + function->made.name + " already exists");
    }
    return {};
}

void Libraries::insert(std::unique_ptr<Library> library) {
    for (const auto& function : library->functions) {
        function->library = library.get();
        functions_[to_lower(function->made.name)] = function.get();
    }
    std::string name = library->name;
    libraries_[std::move(name)] = std::move(library);
}

std::expected<void, std::string> Libraries::add(std::unique_ptr<Library> library, bool replace) {
    if (auto sound = check(*library, replace); !sound) return sound;
    remove(library->name);
    insert(std::move(library));
    return {};
}

bool Libraries::remove(Slice name) {
    const auto found = libraries_.find(name);
    if (found == libraries_.end()) return false;
    for (const auto& function : found->second->functions)
        functions_.erase(to_lower(function->made.name));
    libraries_.erase(found);
    return true;
}

void Libraries::clear() {
    functions_.clear();
    libraries_.clear();
}

std::expected<void, std::string> Libraries::join(Libraries& others, bool replace) {
    for (const auto& [name, library] : others.libraries_) {
        if (find(name) != nullptr && !replace) return refuse("Library " + name + " already exists");
    }
    for (const auto& [name, function] : others.functions_) {
        const Function* same = find_function(name);
        // One of a library that is about to be replaced makes room.
        if (same != nullptr && others.find(same->library->name) == nullptr)
            return refuse("Function " + function->made.name + " already exists");
    }
    for (const auto& [name, library] : others.libraries_) remove(name);
    for (auto& [name, library] : others.libraries_) insert(std::move(library));
    others.clear();
    return {};
}

Function* Libraries::find_function(Slice name) const {
    const auto found = functions_.find(to_lower(name));
    return found == functions_.end() ? nullptr : found->second;
}

const Library* Libraries::find(Slice name) const {
    const auto found = libraries_.find(name);
    return found == libraries_.end() ? nullptr : found->second.get();
}

size_t Libraries::function_count() const {
    size_t count = 0;
    for (const auto& [name, library] : libraries_) count += library->functions.size();
    return count;
}

size_t Libraries::memory() const {
    size_t bytes = 0;
    for (const auto& [name, library] : libraries_) {
        bytes += sizeof(Library) + 2 * name.size() + library->code.size();
        for (const auto& function : library->functions)
            bytes +=
                sizeof(Function) + 2 * function->made.name.size() + function->made.code->memory();
    }
    return bytes;
}

void Libraries::swap(Libraries& other) noexcept {
    libraries_.swap(other.libraries_);
    functions_.swap(other.functions_);
}

}  // namespace rota
