// SPDX-License-Identifier: BSD-3-Clause
// Choosing at random, and estimating from a few, for values of many members. The state of the
// generator is the caller's and never 0. Threading: one owner of the table and of the state.
#pragma once

#include <unordered_set>
#include <utility>
#include <vector>

#include "platform/memory.h"
#include "types/member_table.h"

namespace rota {

// Where fewer than one in so many are wanted, drawing until they differ is cheaper than a list.
inline constexpr size_t kFewOfMany = 3;

inline size_t random_below(uint64_t& state, size_t bound) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<size_t>((state >> 1) % bound);
}

// Leaves `count` of them, each subset with the same probability, in random order.
template <class T>
void keep_random(std::vector<T>& all, size_t count, uint64_t& state) {
    if (count >= all.size()) return;
    for (size_t i = 0; i < count; ++i)
        std::swap(all[i], all[i + random_below(state, all.size() - i)]);
    all.resize(count);
}

inline std::vector<const Member*> distinct_members(const MemberTable& table, size_t count,
                                                   uint64_t& state) {
    std::unordered_set<const Member*> seen;
    std::vector<const Member*> chosen;
    while (chosen.size() < count) {
        const Member* member = table.random(state);
        if (seen.insert(member).second) chosen.push_back(member);
    }
    return chosen;
}

// The bytes of all members, told from the first `samples` of them; 0: from all.
inline size_t sampled_member_bytes(const MemberTable& table, size_t samples) {
    size_t bytes = 0, seen = 0;
    uint64_t cursor = 0;
    do {
        cursor = table.scan(cursor, [&](const Member* member) {
            bytes += memory_block_bytes(member);
            ++seen;
        });
    } while (cursor != 0 && (samples == 0 || seen < samples));
    return seen == 0 ? 0 : bytes * table.size() / seen;
}

}  // namespace rota
