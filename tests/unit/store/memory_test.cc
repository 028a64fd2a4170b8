// SPDX-License-Identifier: BSD-3-Clause
// What a key costs, so that nobody makes it cost more unnoticed.
#include <algorithm>

#include "store/slab.h"
#include "store_fixture.h"

namespace rota {
namespace {

using MemoryTest = StoreTest;

TEST_F(MemoryTest, AKeyCostsItsBytesAndLittleElse) {
    constexpr size_t kKeys = 200'000;
    const size_t used_before = entry_slab().used_bytes();
    const size_t reserved_before = entry_slab().reserved_bytes();
    double worst_table = 0;
    for (size_t i = 0; i < kKeys; ++i) {
        std::string name = std::to_string(i);
        name.insert(0, 16 - name.size(), 'k');
        set(name, "sixteen bytes va");
        if (i > kKeys / 4)  // over more than one growth, in the middle of it too
            worst_table = std::max(worst_table, static_cast<double>(db().table().memory_bytes()) /
                                                    static_cast<double>(i));
    }
    EXPECT_LT(worst_table, 14);
    // The nodes of the table come from the same slab.
    const size_t nodes = db().table().stats().overflow_nodes * 32;
    const size_t used = entry_slab().used_bytes() - used_before;
    EXPECT_EQ(used, kKeys * 40 + nodes);
    if (Slab::kUsesMalloc) return;
    const auto reserved = static_cast<double>(entry_slab().reserved_bytes() - reserved_before);
    EXPECT_LT(reserved, 1.03 * static_cast<double>(used));
}

}  // namespace
}  // namespace rota
