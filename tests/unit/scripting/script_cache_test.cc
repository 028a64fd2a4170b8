// SPDX-License-Identifier: BSD-3-Clause
#include "scripting/script_cache.h"

#include <gtest/gtest.h>

#include "platform/sha1.h"
#include "platform/text.h"

namespace rota {
namespace {

class Code : public CompiledCode {
public:
    size_t memory() const override { return 1; }
};

Script script(int number, bool loaded = false) {
    const std::string text = "return " + std::to_string(number);
    return {
        .sha = sha1_hex(text), .text = text, .loaded = loaded, .code = std::make_unique<Code>()};
}

std::string digits(int number) { return sha1_hex("return " + std::to_string(number)); }

TEST(ScriptCache, FindsByDigitsInAnyCase) {
    ScriptCache cache;
    cache.add(script(1));
    EXPECT_EQ(digits(1), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    EXPECT_NE(cache.find(to_upper(digits(1))), nullptr);
    EXPECT_EQ(cache.find("e0e1"), nullptr);
    EXPECT_EQ(cache.find(digits(2)), nullptr);
}

TEST(ScriptCache, ForgetsTheScriptThatWasUsedLongestAgo) {
    ScriptCache cache;
    const int most = static_cast<int>(ScriptCache::kEvalMax);
    for (int i = 0; i < most; ++i) cache.add(script(i));
    cache.touch(*cache.find(digits(0)));
    cache.add(script(most));
    EXPECT_EQ(cache.size(), ScriptCache::kEvalMax);
    EXPECT_EQ(cache.evicted(), 1u);
    EXPECT_NE(cache.find(digits(0)), nullptr);
    EXPECT_EQ(cache.find(digits(1)), nullptr);
}

TEST(ScriptCache, NeverForgetsWhatWasLoaded) {
    ScriptCache cache;
    cache.add(script(-1, true));
    cache.keep(cache.add(script(-2)));
    for (int i = 0; i < 2 * static_cast<int>(ScriptCache::kEvalMax); ++i) cache.add(script(i));
    EXPECT_NE(cache.find(digits(-1)), nullptr);
    EXPECT_NE(cache.find(digits(-2)), nullptr);
    EXPECT_EQ(cache.size(), ScriptCache::kEvalMax + 2);
}

TEST(ScriptCache, CountsItsMemory) {
    ScriptCache cache;
    cache.add(script(1));
    const size_t one = cache.memory();
    EXPECT_GT(one, 0u);
    cache.add(script(2));
    EXPECT_EQ(cache.memory(), 2 * one);
    cache.clear();
    EXPECT_EQ(cache.memory(), 0u);
    EXPECT_EQ(cache.find(digits(1)), nullptr);
}

}  // namespace
}  // namespace rota
