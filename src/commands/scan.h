// SPDX-License-Identifier: BSD-3-Clause
// What SCAN, SSCAN, HSCAN and ZSCAN share: their options and the shape of their replies.
// Threading: executor only.
#pragma once

#include "commands/ctx.h"

namespace rota {

enum class ScanOf : uint8_t { keys, members, fields, scores };

struct ScanOptions {
    uint64_t count = 10;
    Slice pattern = "*", type;  // no type: any
    bool values = true;

    bool matches(Slice name) const;
    // COUNT bounds what is seen, and ten times as many buckets the time in a nearly empty table.
    uint64_t steps_max() const { return count > UINT64_MAX / 10 ? UINT64_MAX : count * 10; }
};

// Both reply with an error where they return nullopt.
std::optional<uint64_t> cursor_arg(Ctx&, size_t index);
std::optional<ScanOptions> parse_scan_options(Ctx&, size_t first, ScanOf);

// `begin` is where the elements begin, which have been written already.
void end_scan(Ctx&, size_t begin, uint64_t cursor, size_t elements);

}  // namespace rota
