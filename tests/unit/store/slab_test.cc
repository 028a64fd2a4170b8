// SPDX-License-Identifier: BSD-3-Clause
#include "store/slab.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace rota {
namespace {

TEST(Slab, RoundsToEightBytesUpToAKilobyte) {
    EXPECT_EQ(Slab::rounded_size(1), 8u);
    EXPECT_EQ(Slab::rounded_size(40), 40u);
    EXPECT_EQ(Slab::rounded_size(41), 48u);
    EXPECT_EQ(Slab::rounded_size(1024), 1024u);
    EXPECT_EQ(Slab::rounded_size(1025), 1088u);
    EXPECT_EQ(Slab::rounded_size(4097), 4352u);
    EXPECT_EQ(Slab::rounded_size(Slab::kBlockMax), Slab::kBlockMax);
}

TEST(Slab, KeepsBlocksOfAllSizesApart) {
    Slab slab;
    struct Block {
        unsigned char* at;
        size_t size;
        unsigned char mark;
    };
    std::mt19937 random(1);
    std::vector<Block> blocks;
    size_t used = 0;
    for (unsigned step = 0; step < 60'000; ++step) {
        if (blocks.empty() || random() % 5 < 3) {
            // Mostly small, sometimes up to beyond the largest class.
            const size_t size = 1 + random() % (step % 50 == 0 ? 10'000 : 300);
            auto* at = static_cast<unsigned char*>(slab.allocate(size));
            ASSERT_EQ(reinterpret_cast<uintptr_t>(at) % 8, 0u);
            std::memset(at, static_cast<int>(step & 0xff), size);
            blocks.push_back({at, size, static_cast<unsigned char>(step)});
            used += Slab::rounded_size(size);
        } else {
            const size_t which = random() % blocks.size();
            const Block block = blocks[which];
            for (size_t i = 0; i < block.size; ++i) ASSERT_EQ(block.at[i], block.mark);
            slab.free(block.at, block.size);
            used -= Slab::rounded_size(block.size);
            blocks[which] = blocks.back();
            blocks.pop_back();
        }
        ASSERT_EQ(slab.used_bytes(), used);
    }
    for (const Block& block : blocks) slab.free(block.at, block.size);
    EXPECT_EQ(slab.used_bytes(), 0u);
}

TEST(Slab, SpendsLittleBesideTheBlocks) {
    if (Slab::kUsesMalloc) GTEST_SKIP() << "blocks come from malloc under a sanitizer";
    for (const size_t size : {40, 88, 536, 1000, 2000, 4120, 8200}) {
        Slab slab;
        std::vector<void*> blocks;
        for (size_t i = 0; i < 4'000'000 / size; ++i) blocks.push_back(slab.allocate(size));
        const double ratio =
            static_cast<double>(slab.reserved_bytes()) / static_cast<double>(slab.used_bytes());
        // One span is on the way to being full; of the full ones, the rest is under 3 %.
        EXPECT_LT(ratio, 1.03 + 262144.0 / 4e6) << size;
    }
}

TEST(Slab, GivesEmptySpansBack) {
    if (Slab::kUsesMalloc) GTEST_SKIP() << "blocks come from malloc under a sanitizer";
    Slab slab;
    std::vector<void*> blocks;
    for (int i = 0; i < 100'000; ++i) blocks.push_back(slab.allocate(100));
    const size_t full = slab.reserved_bytes();
    for (void* block : blocks) slab.free(block, 100);
    EXPECT_EQ(slab.used_bytes(), 0u);
    EXPECT_LT(slab.reserved_bytes(), full / 5);
    void* block = slab.allocate(48);  // another size takes over what the first has left
    EXPECT_LT(slab.reserved_bytes(), full / 5);
    slab.free(block, 48);
}

}  // namespace
}  // namespace rota
