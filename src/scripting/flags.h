// SPDX-License-Identifier: BSD-3-Clause
// The flags that a script or a function says of itself. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "platform/slice.h"

namespace rota {

enum ScriptFlag : uint64_t {
    kScriptNoWrites = 1u << 0,
    kScriptAllowOom = 1u << 1,
    kScriptAllowStale = 1u << 2,
    kScriptNoCluster = 1u << 3,
    kScriptAllowCrossSlotKeys = 1u << 4,
    kScriptPlain = 1u << 5,  // an EVAL script that says nothing of itself: the older, laxer rules
};

struct ScriptFlagName {
    Slice name;
    uint64_t flag;
};

// As FUNCTION LIST shows them, in this order.
inline constexpr ScriptFlagName kScriptFlagNames[] = {
    {"no-writes", kScriptNoWrites},
    {"allow-oom", kScriptAllowOom},
    {"allow-stale", kScriptAllowStale},
    {"no-cluster", kScriptNoCluster},
    {"allow-cross-slot-keys", kScriptAllowCrossSlotKeys},
};

constexpr std::optional<uint64_t> script_flag(Slice name) {
    for (const auto& known : kScriptFlagNames) {
        if (known.name == name) return known.flag;
    }
    return std::nullopt;
}

}  // namespace rota
