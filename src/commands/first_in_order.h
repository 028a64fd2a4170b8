// SPDX-License-Identifier: BSD-3-Clause
// Sorting what a command replies with, of which often only the beginning is wanted.
// Pure functions; any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace rota {

// Pointers to the items of which the first `count` are in order, equal ones as they are in `items`.
// order(a, b) is negative, zero or positive, or such a std::strong_ordering.
template <class Item, class Order>
std::vector<const Item*> first_in_order(const std::vector<Item>& items, size_t count,
                                        Order&& order) {
    std::vector<const Item*> sorted;
    sorted.reserve(items.size());
    for (const Item& item : items) sorted.push_back(&item);
    const auto in_front = [&order](const Item* a, const Item* b) {
        const auto difference = order(*a, *b);
        return difference == 0 ? a < b : difference < 0;
    };
    if (count == 0) return sorted;
    if (count < items.size())
        std::partial_sort(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(count),
                          sorted.end(), in_front);
    else
        std::sort(sorted.begin(), sorted.end(), in_front);
    return sorted;
}

}  // namespace rota
