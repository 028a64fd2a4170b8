// SPDX-License-Identifier: BSD-3-Clause
// The expiry options that SET, GETEX, MSETEX and the EXPIRE family share: numbers with a unit and a
// base, turned into an absolute time in milliseconds.
// Threading: executor only.
#pragma once

#include <cstdint>
#include <optional>

#include "commands/ctx.h"

namespace rota {

enum class TimeUnit : uint8_t { seconds, milliseconds };
enum class TimeBase : uint8_t { relative, absolute };

// The absolute time that args[index] means; nullopt after having replied with an error: not an
// integer, not above zero (unless any_sign), or out of range.
std::optional<int64_t> expire_at_arg(Ctx&, size_t index, TimeUnit, TimeBase, bool any_sign = false);

// Tells others of an expiry that was set, PEXPIREAT, or of a key that had to go at once.
void propagate_expiry(Ctx&, Slice key, int64_t at_ms);
void propagate_removal(Ctx&, Slice key, bool lazy);

// What the options behind the arguments of SET and friends say.
struct SetOptions {
    enum class Condition : uint8_t { none, if_absent, if_present, if_equal };
    Condition condition = Condition::none;
    Slice compare;  // IFEQ's value
    bool get = false;
    bool keep_ttl = false;
    bool persist = false;
    int64_t expire_at_ms = -1;  // -1: none given
    size_t unit_at = 0;         // where EX or one of its kin stands, its number behind it
};

// Which words are allowed beside EX PX EXAT PXAT.
enum SetOptionWords : unsigned {
    kAllowConditions = 1,
    kAllowIfEq = 2,
    kAllowGet = 4,
    kAllowKeepTtl = 8,
    kAllowPersist = 16
};

// Reads args[first..] as options; nullopt after having replied with an error.
std::optional<SetOptions> parse_set_options(Ctx&, size_t first, unsigned words);

}  // namespace rota
