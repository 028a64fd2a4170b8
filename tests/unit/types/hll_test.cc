// SPDX-License-Identifier: BSD-3-Clause
#include "types/hll.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace rota::hll {
namespace {

constexpr size_t kAnySize = 1 << 20;  // never too large to stay sparse

Mark mark_of_number(uint64_t number) {
    return mark_of({reinterpret_cast<const char*>(&number), sizeof number});
}

Registers registers_of(Slice bytes) {
    Registers registers{};
    EXPECT_TRUE(merge(registers, bytes));
    return registers;
}

std::string with_runs(Slice runs) {
    return make_empty().substr(0, kHeaderBytes) + std::string(runs);
}

TEST(HyperLogLog, EmptyIsOneRunOfZeros) {
    const std::string empty = make_empty();
    EXPECT_EQ(empty, std::string("HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18));
    EXPECT_EQ(form_of(empty), Form::sparse);
    EXPECT_EQ(count(empty), 0u);
    EXPECT_EQ(describe(empty), "Z:16384");
}

TEST(HyperLogLog, OnlyItsHeaderMakesIt) {
    std::string bytes = make_empty();
    EXPECT_EQ(form_of(""), std::nullopt);
    EXPECT_EQ(form_of(Slice(bytes).substr(0, 15)), std::nullopt);
    bytes[4] = 0;
    EXPECT_EQ(form_of(bytes), std::nullopt) << "dense ones have one size";
    bytes.resize(kDenseBytes);
    EXPECT_EQ(form_of(bytes), Form::dense);
    bytes[4] = 2;
    EXPECT_EQ(form_of(bytes), std::nullopt);
    bytes[0] = 'h';
    EXPECT_EQ(form_of(bytes), std::nullopt);
}

TEST(HyperLogLog, SparseAndDenseHoldTheSameRegisters) {
    std::mt19937_64 random(1);
    std::string sparse = make_empty();
    Registers model{};
    for (int i = 0; i < 4000; ++i) {
        const Mark mark{static_cast<uint16_t>(random() % (i % 2 ? 300 : kRegisters)),
                        static_cast<uint8_t>(1 + random() % 6)};
        const bool changes = model[mark.index] < mark.rank;
        ASSERT_EQ(add(sparse, mark, kAnySize), changes ? Outcome::changed : Outcome::unchanged);
        if (changes) model[mark.index] = mark.rank;
        if (i % 97 != 0) continue;
        ASSERT_EQ(registers_of(sparse), model);
        ASSERT_EQ(registers_of(*to_dense(sparse)), model);
        ASSERT_EQ(count(sparse), count(model));
        ASSERT_EQ(count(*to_dense(sparse)), count(model));
    }
    EXPECT_EQ(form_of(sparse), Form::sparse);
}

TEST(HyperLogLog, NeighboursOfOneValueShareARun) {
    std::string sparse = make_empty();
    for (const uint16_t index : {10, 12, 11, 13, 14}) add(sparse, {index, 3}, kAnySize);
    EXPECT_EQ(describe(sparse), "z:10 v:3,4 v:3,1 Z:16369");
    add(sparse, {11, 5}, kAnySize);
    EXPECT_EQ(describe(sparse), "z:10 v:3,1 v:5,1 v:3,3 Z:16369");
}

TEST(HyperLogLog, TurnsDenseForItsSizeOrForAValueThatRunsCannotSay) {
    std::string bytes = make_empty();
    EXPECT_EQ(add(bytes, {0, 33}, kAnySize), Outcome::changed);
    EXPECT_EQ(form_of(bytes), Form::dense);
    EXPECT_EQ(registers_of(bytes)[0], 33);
    bytes = make_empty();
    for (uint64_t i = 0; form_of(bytes) == Form::sparse; ++i) {
        ASSERT_LE(bytes.size(), 3000u);
        ASSERT_LT(i, 3000u);
        add(bytes, mark_of_number(i), 3000);
    }
    EXPECT_EQ(bytes.size(), kDenseBytes);
}

TEST(HyperLogLog, CountsWithinThreeStandardErrors) {
    std::string bytes = make_empty();
    uint64_t next = 0;
    for (const uint64_t elements : {1, 10, 100, 1000, 10'000, 100'000}) {
        while (next < elements) add(bytes, mark_of_number(next++), 3000);
        const auto estimate = static_cast<double>(*count(bytes));
        EXPECT_NEAR(estimate, static_cast<double>(elements), 0.03 * static_cast<double>(elements))
            << elements;
    }
}

TEST(HyperLogLog, RunsThatDoNotCoverTheRegistersAreCorrupt) {
    for (const Slice runs : {Slice(""), Slice("\x7f\xfe"), Slice("\x7f\xff\x80"), Slice("\x7f"),
                             Slice("\x7f\xff\x7f\xff"), Slice("\x7f\xfe\x81")}) {
        const std::string bytes = with_runs(runs);
        Registers registers{};
        EXPECT_FALSE(merge(registers, bytes));
        EXPECT_EQ(count(bytes), std::nullopt);
        EXPECT_EQ(to_dense(bytes), std::nullopt);
    }
    std::string cut = with_runs("\x3f\x3f\x40");
    EXPECT_EQ(add(cut, {200, 1}, kAnySize), Outcome::corrupt);
    EXPECT_EQ(cut, with_runs("\x3f\x3f\x40"));
}

TEST(HyperLogLog, TheCountInTheHeaderCanBeOutOfDate) {
    std::string bytes = make_empty();
    EXPECT_EQ(cached_count(bytes), 0u);
    forget_count(bytes.data());
    EXPECT_EQ(cached_count(bytes), std::nullopt);
    cache_count(bytes.data(), 12345);
    EXPECT_EQ(cached_count(bytes), 12345u);
}

TEST(HyperLogLog, StoresRegistersOfAllValues) {
    std::mt19937_64 random(2);
    Registers registers;
    for (uint8_t& value : registers) value = static_cast<uint8_t>(random() % 64);
    std::string bytes = *to_dense(make_empty());
    store_dense(bytes.data(), registers);
    EXPECT_EQ(registers_of(bytes), registers);
    count(bytes);
}

}  // namespace
}  // namespace rota::hll
