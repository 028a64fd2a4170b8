// SPDX-License-Identifier: BSD-3-Clause
#include "types/bitmap.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <string>
#include <vector>

namespace rota::bitmap {
namespace {

// Bytes in which runs of equal ones are likely, so that skipping over them is tried too.
std::string random_bytes(std::mt19937_64& random, size_t size) {
    std::string bytes;
    while (bytes.size() < size) {
        const char byte = random() % 3 == 0 ? static_cast<char>(random())
                          : random() % 2    ? '\0'
                                            : '\xff';
        bytes.append(1 + random() % 40, byte);
    }
    bytes.resize(size);
    return bytes;
}

bool plain_get(Slice bytes, uint64_t bit) {
    return bit / 8 < bytes.size() &&
           (static_cast<unsigned char>(bytes[bit / 8]) >> (7 - bit % 8) & 1);
}

TEST(Bitmap, BitsAreCountedFromTheHighestOfTheFirstByte) {
    EXPECT_TRUE(get("\x80", 0));
    EXPECT_TRUE(get("\x01", 7));
    EXPECT_FALSE(get("\x01", 6));
    EXPECT_FALSE(get("\xff", 8));
    EXPECT_FALSE(get("", UINT64_MAX));
}

TEST(Bitmap, SetReturnsTheOldBit) {
    char bytes[2] = {};
    EXPECT_FALSE(set(bytes, 9, true));
    EXPECT_EQ(bytes[1], 0x40);
    EXPECT_TRUE(set(bytes, 9, false));
    EXPECT_EQ(bytes[1], 0);
}

TEST(Bitmap, CountsAnyRangeAsOneBitAtATimeDoes) {
    std::mt19937_64 random(1);
    for (size_t size = 1; size < 1200; size += 1 + size / 9) {
        const std::string bytes = random_bytes(random, size);
        for (int i = 0; i < 20; ++i) {
            uint64_t first = random() % (size * 8), last = random() % (size * 8);
            if (first > last) std::swap(first, last);
            uint64_t expected = 0;
            for (uint64_t bit = first; bit <= last; ++bit) expected += plain_get(bytes, bit);
            ASSERT_EQ(count(bytes, first, last), expected) << size << " " << first << " " << last;
        }
        ASSERT_EQ(count(bytes), count(bytes, 0, size * 8 - 1));
    }
    EXPECT_EQ(count(""), 0u);
}

TEST(Bitmap, FindsTheFirstBitOfEitherValue) {
    std::mt19937_64 random(2);
    for (size_t size = 1; size < 300; size += 1 + size / 9) {
        const std::string bytes = random_bytes(random, size);
        for (int i = 0; i < 20; ++i) {
            uint64_t first = random() % (size * 8), last = random() % (size * 8);
            if (first > last) std::swap(first, last);
            for (const bool value : {false, true}) {
                std::optional<uint64_t> expected;
                for (uint64_t bit = first; bit <= last && !expected; ++bit) {
                    if (plain_get(bytes, bit) == value) expected = bit;
                }
                ASSERT_EQ(find(bytes, value, first, last), expected)
                    << size << " " << first << " " << last << " " << value;
            }
        }
    }
}

TEST(Bitmap, CombinesStringsOfDifferentLengths) {
    std::mt19937_64 random(3);
    for (const size_t size : {1, 7, 100, 4096, 4097, 10'000}) {
        std::vector<std::string> texts;
        for (size_t i = 0; i < 3; ++i)
            texts.push_back(random_bytes(random, i == 1 ? size : random() % size));
        const std::vector<Slice> sources(texts.begin(), texts.end());
        std::string out(size, 'x');
        combine(Operation::conjunction, sources, out.data(), size);
        std::string either(size, 'x'), odd(size, 'x'), inverse(size, 'x');
        combine(Operation::disjunction, sources, either.data(), size);
        combine(Operation::exclusive, sources, odd.data(), size);
        combine(Operation::negation, std::span(sources).subspan(1, 1), inverse.data(), size);
        for (uint64_t bit = 0; bit < size * 8; ++bit) {
            const int sum =
                plain_get(texts[0], bit) + plain_get(texts[1], bit) + plain_get(texts[2], bit);
            ASSERT_EQ(get(out, bit), sum == 3) << bit;
            ASSERT_EQ(get(either, bit), sum > 0) << bit;
            ASSERT_EQ(get(odd, bit), sum % 2 == 1) << bit;
            ASSERT_EQ(get(inverse, bit), !plain_get(texts[1], bit)) << bit;
        }
    }
}

TEST(Bitmap, FieldsAreNamedByTheirSignAndWidth) {
    EXPECT_EQ(parse_field("i64")->bits, 64);
    EXPECT_TRUE(parse_field("i1")->is_signed);
    EXPECT_FALSE(parse_field("u63")->is_signed);
    for (const char* text : {"", "i", "u0", "i0", "u64", "i65", "I8", "8", "u-1", "u 8", "i08"})
        EXPECT_FALSE(parse_field(text)) << text;
}

TEST(Bitmap, FieldsReadWhatWasWrittenAndLeaveTheRestAlone) {
    std::mt19937_64 random(4);
    for (int i = 0; i < 20'000; ++i) {
        const bool is_signed = random() % 2;
        const Field field{is_signed, static_cast<uint8_t>(1 + random() % (is_signed ? 64 : 63))};
        std::string bytes = random_bytes(random, 24);
        const std::string before = bytes;
        const uint64_t bit = random() % (24 * 8 - field.bits + 1);
        const auto value = static_cast<int64_t>(random());
        write(bytes.data(), bit, field, value);
        const unsigned unused = 64u - field.bits;
        const uint64_t low = static_cast<uint64_t>(value) << unused;
        ASSERT_EQ(read(bytes, bit, field), is_signed ? static_cast<int64_t>(low) >> unused
                                                     : static_cast<int64_t>(low >> unused));
        for (uint64_t other = 0; other < 24 * 8; ++other) {
            if (other >= bit && other < bit + field.bits) {
                ASSERT_EQ(get(bytes, other), low << (other - bit) >> 63);
            } else {
                ASSERT_EQ(get(bytes, other), get(before, other));
            }
        }
    }
}

TEST(Bitmap, FieldsBeyondTheEndAreZero) {
    EXPECT_EQ(read("", 1000, {false, 63}), 0);
    EXPECT_EQ(read("\xff", 4, {false, 8}), 0xf0);
    EXPECT_EQ(read("\xff", 4, {true, 8}), -16);
}

TEST(Bitmap, SumsThatDoNotFitWrapSaturateOrFail) {
    constexpr Field kByte{false, 8}, kNibble{true, 4}, kLong{true, 64}, kUnsigned{false, 63};
    EXPECT_EQ(add(kByte, 250, 10, Overflow::wrap), 4);
    EXPECT_EQ(add(kByte, 250, 10, Overflow::saturate), 255);
    EXPECT_EQ(add(kByte, 250, 10, Overflow::fail), std::nullopt);
    EXPECT_EQ(add(kByte, 5, -6, Overflow::wrap), 255);
    EXPECT_EQ(add(kByte, 5, -6, Overflow::saturate), 0);
    EXPECT_EQ(add(kByte, 5, INT64_MIN, Overflow::saturate), 0);
    EXPECT_EQ(add(kByte, -1, 0, Overflow::saturate), 255) << "-1 stands for the largest number";
    EXPECT_EQ(add(kNibble, 7, 1, Overflow::wrap), -8);
    EXPECT_EQ(add(kNibble, -8, -1, Overflow::wrap), 7);
    EXPECT_EQ(add(kNibble, -8, -1, Overflow::saturate), -8);
    EXPECT_EQ(add(kNibble, -100, 0, Overflow::saturate), -8);
    EXPECT_EQ(add(kNibble, INT64_MIN, 0, Overflow::saturate), 7) << "too far below, as in Valkey";
    EXPECT_EQ(add(kLong, INT64_MAX, 1, Overflow::wrap), INT64_MIN);
    EXPECT_EQ(add(kLong, INT64_MAX, INT64_MAX, Overflow::saturate), INT64_MAX);
    EXPECT_EQ(add(kLong, INT64_MIN, INT64_MIN, Overflow::wrap), 0);
    EXPECT_EQ(add(kUnsigned, INT64_MAX, 1, Overflow::wrap), 0);
    EXPECT_EQ(add(kUnsigned, INT64_MAX, INT64_MAX, Overflow::fail), std::nullopt);
}

}  // namespace
}  // namespace rota::bitmap
