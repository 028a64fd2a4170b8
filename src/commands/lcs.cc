// SPDX-License-Identifier: BSD-3-Clause
#include "commands/lcs.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace rota {
namespace {

size_t length_only(Slice a, Slice b) {
    std::vector<uint32_t> row(b.size() + 1);
    for (const char byte : a) {
        uint32_t diagonal = 0;
        for (size_t j = 1; j <= b.size(); ++j) {
            const uint32_t above = row[j];
            row[j] = byte == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

std::optional<Lcs> longest_common_subsequence(Slice a, Slice b, bool details, uint64_t table_max) {
    uint64_t bytes;
    if (__builtin_mul_overflow(a.size() + 1, b.size() + 1, &bytes) ||
        __builtin_mul_overflow(bytes, sizeof(uint32_t), &bytes) ||
        bytes > std::min(table_max, kLcsTableMax))
        return std::nullopt;
    Lcs lcs;
    if (!details) {
        lcs.length = length_only(a, b);
        return lcs;
    }
    // calloc: pages that are never touched cost nothing, and failure is an answer.
    const std::unique_ptr<uint32_t, void (*)(void*)> table(
        static_cast<uint32_t*>(std::calloc(1, bytes)), std::free);
    if (!table) return std::nullopt;
    const size_t width = b.size() + 1;
    const auto at = [&](size_t i, size_t j) -> uint32_t& { return table.get()[i * width + j]; };
    for (size_t i = 1; i <= a.size(); ++i) {
        for (size_t j = 1; j <= b.size(); ++j)
            at(i, j) =
                a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
    }
    lcs.length = at(a.size(), b.size());
    // Walk back from the end; equal neighbours extend the run that is being collected.
    for (size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
        if (a[i - 1] == b[j - 1]) {
            lcs.text.push_back(a[i - 1]);
            --i, --j;
            if (!lcs.matches.empty() && lcs.matches.back().first_a == i + 1 &&
                lcs.matches.back().first_b == j + 1) {
                lcs.matches.back() = {i, j, lcs.matches.back().length + 1};
            } else {
                lcs.matches.push_back({i, j, 1});
            }
        } else if (at(i - 1, j) > at(i, j - 1)) {
            --i;
        } else {
            --j;
        }
    }
    std::ranges::reverse(lcs.text);
    return lcs;
}

}  // namespace rota
