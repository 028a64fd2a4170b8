// SPDX-License-Identifier: BSD-3-Clause
#include "store/entry.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "store/db.h"
#include "store/slab.h"

namespace rota {
namespace {

struct Destroy {
    void operator()(Entry* entry) const { Entry::destroy(entry); }
};
using Owned = std::unique_ptr<Entry, Destroy>;

void resize(Owned& entry, size_t size) {
    Entry* resized = Entry::resize_string(entry.get(), size);
    if (resized != entry.get()) entry.reset(resized);
}

constexpr size_t kKeySizes[] = {0, 1, 16, 31, 32, 255, 4093, 4094, 4095, 4096, 4097, 70'000};
constexpr size_t kValueSizes[] = {0, 1, 16, 64, 512, 4095, 4096, 4097, 100'000};

std::string text(size_t size, char first) {
    std::string out(size, first);
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(first + i % 23);
    return out;
}

TEST(Entry, GivesBackKeyValueAndExpiryOfEveryLayout) {
    for (const size_t key_size : kKeySizes)
        for (const size_t value_size : kValueSizes)
            for (const int64_t expiry : {int64_t{-1}, int64_t{0}, int64_t{1'700'000'000'000}}) {
                const std::string key = text(key_size, 'A');
                const std::string value = text(value_size, 'a');
                Owned entry(Entry::make_string(key, value, Encoding::raw, expiry));
                ASSERT_EQ(entry->key(), key);
                ASSERT_EQ(entry->value(), value);
                ASSERT_EQ(entry->string_size(), value_size);
                ASSERT_EQ(entry->expire_at_ms(), expiry);
                ASSERT_EQ(entry->has_expiry(), expiry >= 0);
                ASSERT_EQ(entry->type(), Type::string);
                ASSERT_EQ(entry->encoding(), Encoding::raw);
            }
}

TEST(Entry, OfSixteenAndSixteenCostsFortyBytes) {
    Owned entry(Entry::make_string(text(16, 'k'), text(16, 'v'), Encoding::embstr, -1));
    EXPECT_EQ(entry->allocated_size(), 40u);
}

TEST(Entry, HoldsIntegersInEightBytes) {
    for (const int64_t number : {int64_t{0}, int64_t{-1}, INT64_MAX, INT64_MIN}) {
        Owned entry(Entry::make_integer("counter", number, -1));
        char scratch[24];
        EXPECT_EQ(entry->integer(), number);
        EXPECT_EQ(entry->string(scratch), std::to_string(number));
        EXPECT_EQ(entry->string_size(), std::to_string(number).size());
        EXPECT_EQ(entry->encoding(), Encoding::integer);
        entry->set_integer(7);
        EXPECT_EQ(entry->string(scratch), "7");
    }
    Owned parsed(Entry::make_string("k", "-42", Encoding::integer, -1));
    EXPECT_EQ(parsed->integer(), -42);
}

TEST(Entry, KeepsItsKindWhenItsAccessBitsChange) {
    Owned entry(Entry::make_string("k", "v", Encoding::embstr, -1));
    entry->set_access(0xffffff);
    EXPECT_EQ(entry->access(), 0xffffffu);
    EXPECT_EQ(entry->encoding(), Encoding::embstr);
    EXPECT_EQ(entry->type(), Type::string);
}

TEST(Entry, RebuildsUnderAnotherKeyOrExpiryWithTheSameValue) {
    for (const size_t key_size : kKeySizes)
        for (const size_t value_size : kValueSizes)
            for (const int64_t expiry : {int64_t{-1}, int64_t{5}}) {
                const std::string value = text(value_size, 'a');
                Owned old(Entry::make_string("old", value, Encoding::raw, 9));
                old->set_access(77);
                const std::string key = text(key_size, 'K');
                Owned entry(Entry::rebuild(old.get(), key, expiry));
                Entry::destroy_shell(old.release());
                ASSERT_EQ(entry->key(), key);
                ASSERT_EQ(entry->value(), value);
                ASSERT_EQ(entry->expire_at_ms(), expiry);
                ASSERT_EQ(entry->access(), 77u);
            }
}

TEST(Entry, ResizesStringsBothWaysAcrossTheInlineLimit) {
    for (const size_t from : kValueSizes)
        for (const size_t to : kValueSizes) {
            const std::string value = text(from, 'a');
            Owned entry(Entry::make_string("key", value, Encoding::raw, 123));
            resize(entry, to);
            ASSERT_EQ(entry->string_size(), to);
            const size_t kept = std::min(from, to);
            ASSERT_EQ(entry->value().substr(0, kept), Slice(value).substr(0, kept));
            ASSERT_EQ(entry->key(), "key");
            ASSERT_EQ(entry->expire_at_ms(), 123);
        }
}

TEST(Entry, ResizingAnIntegerLeavesItsDigits) {
    for (const size_t size : {1, 3, 5, 8, 9, 100, 5000}) {
        Owned entry(Entry::make_integer("key", 12345, -1));
        resize(entry, size);
        const size_t kept = std::min<size_t>(size, 5);
        EXPECT_EQ(entry->encoding(), Encoding::raw);
        EXPECT_EQ(entry->value().substr(0, kept), Slice("12345").substr(0, kept));
    }
}

TEST(Entry, CopyingResizedLeavesTheOldOneAlone) {
    for (const size_t from : {5, 9000})
        for (const size_t to : {3, 5, 100, 9001}) {
            const std::string value = text(from, 'a');
            Owned old(Entry::make_string("key", value, Encoding::raw, 123));
            Owned entry(Entry::copy_resized(old.get(), to));
            const size_t kept = std::min(from, to);
            EXPECT_EQ(old->value(), value);
            EXPECT_EQ(entry->value().substr(0, kept), Slice(value).substr(0, kept));
            EXPECT_EQ(entry->string_size(), to);
            EXPECT_EQ(entry->expire_at_ms(), 123);
        }
}

TEST(Entry, StaysPrivateUntilItIsSetAgain) {
    Owned entry(Entry::make_string("key", "value", Encoding::raw, -1));
    EXPECT_TRUE(entry->is_shared_string());
    entry->set_private();
    EXPECT_FALSE(entry->is_shared_string());
    EXPECT_EQ(entry->value(), "value");
    resize(entry, 9000);
    EXPECT_TRUE(entry->is_private());
    Owned rebuilt(Entry::rebuild(entry.get(), "other", 5));
    Entry::destroy_shell(entry.release());
    EXPECT_TRUE(rebuilt->is_private());
    Owned small(Entry::make_string("key", "value", Encoding::raw, -1));
    small->set_private();
    EXPECT_TRUE(small->try_overwrite("other", Encoding::raw, -1));
    EXPECT_TRUE(small->is_shared_string());
}

TEST(Entry, IsOverwrittenInPlaceOnlyInABlockOfTheSameSize) {
    Owned entry(Entry::make_string("sixteen bytes ky", text(16, 'v'), Encoding::embstr, -1));
    EXPECT_TRUE(entry->try_overwrite(text(9, 'w'), Encoding::embstr, -1));
    EXPECT_EQ(entry->value(), text(9, 'w'));
    EXPECT_FALSE(entry->try_overwrite(text(17, 'w'), Encoding::embstr, -1));
    EXPECT_FALSE(entry->try_overwrite("1", Encoding::integer, -1));
    EXPECT_FALSE(entry->try_overwrite(text(9, 'x'), Encoding::embstr, 5));
    EXPECT_EQ(entry->value(), text(9, 'w'));
    EXPECT_FALSE(entry->try_overwrite(text(5000, 'x'), Encoding::raw, -1));
    EXPECT_EQ(entry->allocated_size(), 40u);
}

TEST(Entry, ReturnsAllItsMemory) {
    const size_t before = entry_slab().used_bytes();
    {
        Owned a(Entry::make_string(text(16, 'k'), text(512, 'v'), Encoding::raw, -1));
        Owned b(Entry::make_string(text(9000, 'k'), text(512, 'v'), Encoding::raw, 4));
        EXPECT_EQ(entry_slab().used_bytes(), before + a->allocated_size() + b->allocated_size());
    }
    EXPECT_EQ(entry_slab().used_bytes(), before);
}

TEST(StringEncoding, IsIntegerForCanonicalNumbersOnly) {
    for (const char* number : {"0", "-1", "9223372036854775807", "-9223372036854775808"})
        EXPECT_EQ(string_encoding(3, number, false), Encoding::integer) << number;
    for (const char* other : {"", "01", "+1", "-0", " 1", "1 ", "1.0", "9223372036854775808"})
        EXPECT_EQ(string_encoding(3, other, false), Encoding::embstr) << other;
}

// 8 + (1 + header + key + 1) + (3 + value + 1) + 8 with an expiry <= 128; header 1 below 32,
// else 3.
TEST(StringEncoding, DependsOnTheLengthOfTheKeyAndOnTheExpiry) {
    auto longest = [](size_t key_size, bool has_expiry) {
        size_t size = 0;
        while (string_encoding(key_size, std::string(size + 1, 'x'), has_expiry) ==
               Encoding::embstr)
            ++size;
        return size;
    };
    EXPECT_EQ(longest(1, false), 112u);
    EXPECT_EQ(longest(16, false), 97u);
    EXPECT_EQ(longest(16, true), 89u);
    EXPECT_EQ(longest(31, false), 82u);
    EXPECT_EQ(longest(32, false), 79u);
    EXPECT_EQ(string_encoding(112, "x", false), Encoding::raw);
}

TEST(Names, OfTypesAndEncodingsAreTheOnesClientsKnow) {
    EXPECT_EQ(type_name(Type::zset), "zset");
    EXPECT_EQ(type_name(Type::stream), "stream");
    EXPECT_EQ(encoding_name(Encoding::integer), "int");
    EXPECT_EQ(encoding_name(Encoding::embstr), "embstr");
    EXPECT_EQ(encoding_name(Encoding::skiplist), "skiplist");
}

}  // namespace
}  // namespace rota
