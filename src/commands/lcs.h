// SPDX-License-Identifier: BSD-3-Clause
// The longest common subsequence of two byte strings by the textbook table of lengths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/slice.h"

namespace rota {

// A run of bytes that both strings share, as part of the subsequence.
struct LcsMatch {
    size_t first_a, first_b, length;
};

struct Lcs {
    size_t length = 0;
    std::string text;               // empty unless details were asked for
    std::vector<LcsMatch> matches;  // from the end of the strings to their beginning
};

// The most that the table may ever take, and so a bound on the time.
inline constexpr uint64_t kLcsTableMax = uint64_t{4} << 30;

// Time and, with details, memory are O(|a|*|b|). nullopt: the table would pass table_max bytes or
// kLcsTableMax. Without details there is no table, but the same bound: it would take as long.
std::optional<Lcs> longest_common_subsequence(Slice a, Slice b, bool details, uint64_t table_max);

}  // namespace rota
