// SPDX-License-Identifier: BSD-3-Clause
#include "platform/memory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <regex>

namespace rota {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr const char* kNoFigures =
    "the sanitizer's allocator keeps no figures and holds freed blocks";

TEST(Memory, NamesItsAllocator) {
    const std::regex known(R"(libc|(jemalloc|mimalloc)-\d+\.\d+\.\d+)");
    EXPECT_TRUE(std::regex_match(memory_allocator_name(), known)) << memory_allocator_name();
}

// Fails if the facade speaks of one allocator while malloc belongs to another.
TEST(Memory, CountsWhatMallocAndNewHandOut) {
    if (kSanitized) GTEST_SKIP() << kNoFigures;
    constexpr size_t kBytes = size_t{64} << 20;
    const MemoryStats before = memory_stats();
    void* block = std::malloc(kBytes);
    std::memset(block, 1, kBytes);
    const auto array = std::make_unique<char[]>(kBytes);
    const MemoryStats after = memory_stats();
    constexpr size_t kSlack = size_t{1} << 20;  // caches of this thread that were flushed meanwhile
    EXPECT_GE(after.allocated + kSlack, before.allocated + 2 * kBytes);
    EXPECT_GE(after.active, after.allocated);
    EXPECT_GE(after.resident, 2 * kBytes);
    EXPECT_GE(memory_block_bytes(block), kBytes);
    std::free(block);
}

TEST(Memory, GivesFreedBlocksBack) {
    if (kSanitized) GTEST_SKIP() << kNoFigures;
    constexpr size_t kBytes = size_t{64} << 20;
    void* block = std::malloc(kBytes);
    std::memset(block, 1, kBytes);
    const uint64_t full = memory_stats().resident;
    std::free(block);
    memory_purge();
    EXPECT_LT(memory_stats().resident, full - kBytes / 2);
}

TEST(Memory, TellsAboutItself) {
    EXPECT_GT(memory_report().size(), 100u);
    if (memory_set_background_thread(true)) {
        EXPECT_TRUE(memory_set_background_thread(false));
    }
}

}  // namespace
}  // namespace rota
