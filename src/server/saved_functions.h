// SPDX-License-Identifier: BSD-3-Clause
// SavedFunctions: the server's libraries of functions, for snapshots. Threading: the executor; the
// child that saves has a copy.
#pragma once

#include "commands/function_load.h"
#include "persist/function_store.h"
#include "scripting/scripts.h"

namespace rota {

class SavedFunctions final : public FunctionStore {
public:
    SavedFunctions(Scripts& scripts, const Clock& clock) : scripts_(scripts), clock_(clock) {}

    void for_each_library(const std::function<void(Slice code)>& visit) const override {
        for (const auto& [name, library] : scripts_.libraries().all()) visit(library->code);
    }
    Result<> load_library(Slice code) override {
        LoadHost host(clock_);
        auto library = scripts_.compile(code, host);
        if (!library) return fail(std::move(library.error()));
        auto added = scripts_.libraries().add(std::move(*library), true);
        if (!added) return fail(std::move(added.error()));
        return {};
    }

private:
    Scripts& scripts_;
    const Clock& clock_;
};

}  // namespace rota
