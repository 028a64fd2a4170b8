// SPDX-License-Identifier: BSD-3-Clause
#include "store/slab.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>
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

// -- Between threads: with spans under a sanitizer too --

TEST(Slab, TakesBackWhatAnotherHasFreed) {
    Slab owner(Slab::Source::spans);
    Slab other(Slab::Source::spans);
    std::vector<void*> blocks;
    for (const size_t size : {8, 100, 2000, 8448}) {
        for (int i = 0; i < 100; ++i) blocks.push_back(owner.allocate(size));
        for (void* block : blocks) other.free(block, size);
        blocks.clear();
    }
    EXPECT_EQ(owner.used_bytes() + other.used_bytes(), 0u);
    const size_t reserved = owner.reserved_bytes();
    for (int i = 0; i < 100; ++i) blocks.push_back(owner.allocate(8448));  // the ones given back
    EXPECT_EQ(owner.reserved_bytes(), reserved);
    for (void* block : blocks) owner.free(block, 8448);
    owner.collect();
    EXPECT_EQ(owner.used_bytes() + other.used_bytes(), 0u);
}

TEST(Slab, AdoptsWhatAThreadLeavesBehind) {
    Slab heir(Slab::Source::spans);
    std::vector<void*> blocks;
    std::vector<void*> returned;
    {
        Slab ended(Slab::Source::spans);
        for (unsigned char i = 0; i < 200; ++i) {
            blocks.push_back(ended.allocate(1000));
            std::memset(blocks.back(), i, 1000);
            returned.push_back(ended.allocate(100));
        }
        ended.free(ended.allocate(5000), 5000);  // leaves a spare span
        for (void* block : returned) heir.free(block, 100);
        heir.adopt(ended);
        EXPECT_EQ(ended.used_bytes(), 0u);
        EXPECT_EQ(ended.reserved_bytes(), 0u);
    }
    EXPECT_EQ(heir.used_bytes(), 200u * 1000);
    for (unsigned char i = 0; i < 200; ++i) {
        for (size_t at = 0; at < 1000; ++at)
            ASSERT_EQ(static_cast<unsigned char*>(blocks[i])[at], i);
        heir.free(blocks[i], 1000);
    }
    EXPECT_EQ(heir.used_bytes(), 0u);
    const size_t reserved = heir.reserved_bytes();
    void* block = heir.allocate(1000);  // from a span that came with the rest
    EXPECT_EQ(heir.reserved_bytes(), reserved);
    heir.free(block, 1000);
}

// One thread makes blocks and marks them, another checks and frees them.
TEST(Slab, BlocksTravelBetweenThreads) {
    constexpr size_t kBlocks = 100'000;
    constexpr size_t kWays = 64;
    struct Block {
        uint64_t size;
        uint64_t mark;
    };
    Slab maker(Slab::Source::spans);
    Slab freer(Slab::Source::spans);
    std::atomic<Block*> ways[kWays] = {};
    std::thread thread([&] {
        for (uint64_t i = 0; i < kBlocks; ++i) {
            const size_t size = 16 + i * 37 % 1500;
            auto* block = new (maker.allocate(size)) Block{size, i};
            std::atomic<Block*>& way = ways[i % kWays];
            while (way.load(std::memory_order_relaxed) != nullptr) std::this_thread::yield();
            way.store(block, std::memory_order_release);  // pairs with the exchange below
            if (i % 100 == 0) maker.collect();
        }
    });
    size_t wrong = 0;
    for (uint64_t i = 0; i < kBlocks; ++i) {
        Block* block;
        while ((block = ways[i % kWays].exchange(nullptr, std::memory_order_acquire)) == nullptr)
            std::this_thread::yield();
        wrong += block->mark != i;
        freer.free(block, block->size);
    }
    thread.join();
    EXPECT_EQ(wrong, 0u);
    maker.collect();
    EXPECT_EQ(maker.used_bytes() + freer.used_bytes(), 0u);
    EXPECT_LT(maker.reserved_bytes(), size_t{64} << 20);
}

TEST(Slab, EachThreadHasTheOneItSaid) {
    Slab& executors = entry_slab();
    Slab own;
    std::thread thread([&] {
        EXPECT_EQ(&entry_slab(), &executors);
        use_entry_slab(own);
        EXPECT_EQ(&entry_slab(), &own);
    });
    thread.join();
    EXPECT_EQ(&entry_slab(), &executors);
}

}  // namespace
}  // namespace rota
