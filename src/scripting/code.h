// SPDX-License-Identifier: BSD-3-Clause
// What a ScriptEngine makes of source code. Threading: executor only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace rota {

// What the engine has made of a script or of one function.
class CompiledCode {
public:
    virtual ~CompiledCode() = default;
    virtual size_t memory() const = 0;  // beside the engine's own
};

struct CompiledFunction {
    std::string name;
    std::optional<std::string> description;
    uint64_t flags = 0;  // ScriptFlag
    std::unique_ptr<CompiledCode> code;
};

enum class ScriptKind : uint8_t { script, function };  // EVAL and its kin, or FCALL

}  // namespace rota
