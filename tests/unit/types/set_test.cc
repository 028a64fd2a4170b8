// SPDX-License-Identifier: BSD-3-Clause
#include "types/set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "types/hash.h"

namespace rota {
namespace {

constexpr SetLimits kSmall{.intset_entries = 8, .listpack_entries = 6, .listpack_value = 10};
constexpr HashLimits kSmallHash{.listpack_entries = 4, .listpack_value = 10};
constexpr int64_t kNow = 1000;

TEST(Intset, AgreesWithASetAtEveryWidth) {
    Intset ints;
    std::set<int64_t> model;
    std::mt19937_64 random(1);
    for (int step = 0; step < 3000; ++step) {
        const auto value = static_cast<int64_t>(random()) >> (step < 1000   ? 57
                                                              : step < 2000 ? 40
                                                                            : random() % 60);
        if (random() % 3 != 0)
            EXPECT_EQ(ints.add(value), model.insert(value).second);
        else
            EXPECT_EQ(ints.remove(value), model.erase(value) == 1);
        EXPECT_EQ(ints.contains(value), model.contains(value));
    }
    ASSERT_EQ(ints.size(), model.size());
    size_t i = 0;
    for (const int64_t value : model) EXPECT_EQ(ints.at(i++), value);
    EXPECT_TRUE(Intset::parse(ints.bytes()).has_value());
}

TEST(Intset, RefusesForeignBytesThatAreNotSound) {
    const auto parse = [](std::initializer_list<int> bytes) {
        std::string text;
        for (const int byte : bytes) text += static_cast<char>(byte);
        return Intset::parse(text).has_value();
    };
    EXPECT_TRUE(parse({2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 0}));
    EXPECT_FALSE(parse({2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0}));  // not ascending
    EXPECT_FALSE(parse({2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0}));  // twice the same
    EXPECT_FALSE(parse({3, 0, 0, 0, 0, 0, 0, 0}));              // no such width
    EXPECT_FALSE(parse({2, 0, 0, 0, 0, 0, 0, 128, 1, 0}));      // longer than it is
    EXPECT_FALSE(parse({2, 0, 0, 0}));
}

TEST(Set, ChangesItsFormWhereValkeyDoes) {
    Set set = Set::make("1", 1, kSmall);
    for (int i = 0; i < 5; ++i) set.add(std::to_string(i), kSmall);
    EXPECT_EQ(set.encoding(), Encoding::intset);
    set.add("a", kSmall);
    EXPECT_EQ(set.encoding(), Encoding::listpack);
    set.add("b", kSmall);
    EXPECT_EQ(set.encoding(), Encoding::hashtable);
    EXPECT_EQ(set.size(), 7u);
    Set ints = Set::make("1", 1, kSmall);
    for (int i = 0; i < 9; ++i) ints.add(std::to_string(i), kSmall);
    EXPECT_EQ(ints.encoding(), Encoding::hashtable);
}

TEST(Set, SamplesDifferentMembersOfEveryForm) {
    for (const size_t size : {5u, 6u, 500u}) {
        Set set = Set::make(size == 5 ? "1" : "a", 1, kSmall);
        for (size_t i = 0; i < size; ++i)
            set.add((size == 5 ? "" : "m") + std::to_string(i), kSmall);
        uint64_t random = 9;
        for (const size_t count : {size_t{1}, size_t{3}, size, size + 1}) {
            const auto chosen = set.sample(count, random);
            EXPECT_EQ(std::set(chosen.begin(), chosen.end()).size(), std::min(count, size));
            for (const std::string& member : chosen) EXPECT_TRUE(set.contains(member));
        }
        EXPECT_TRUE(set.contains(set.random(random)));
        EXPECT_EQ(set.copy().size(), size);
    }
}

std::string value_of(const Hash& hash, Slice field, int64_t now_ms = kNow) {
    char scratch[kIntegerTextMax];
    const auto value = hash.get(field, now_ms);
    return value ? std::string(value->text(scratch)) : "(none)";
}

TEST(Hash, BecomesATableByNumberByLengthAndByExpiry) {
    Hash many = Hash::make();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(many.encoding(), Encoding::listpack);
        many.set(std::to_string(i), "v", Hash::kNever, kNow, kSmallHash);
    }
    EXPECT_EQ(many.encoding(), Encoding::hashtable);
    Hash longer = Hash::make();
    longer.set("f", "longer than ten", Hash::kNever, kNow, kSmallHash);
    EXPECT_EQ(longer.encoding(), Encoding::hashtable);
    Hash expiring = Hash::make();
    expiring.set("f", "v", kNow + 1, kNow, kSmallHash);
    EXPECT_EQ(expiring.encoding(), Encoding::hashtable);
}

TEST(Hash, KeepsValuesOfAnyLengthWithAndWithoutExpiry) {
    for (const size_t size : {0u, 126u, 127u, 128u, 70000u}) {
        for (const int64_t at : {Hash::kNever, kNow + 5}) {
            Hash hash = Hash::make();
            const std::string value(size, 'v');
            EXPECT_TRUE(hash.set("f", value, at, kNow, kSmallHash));
            EXPECT_EQ(value_of(hash, "f"), value);
            EXPECT_EQ(hash.expiry("f", kNow), at);
        }
    }
}

TEST(Hash, AnExpiredFieldIsOnlyCounted) {
    Hash hash = Hash::make();
    hash.set("gone", "v", kNow + 1, kNow, kSmallHash);
    hash.set("kept", "w", Hash::kNever, kNow, kSmallHash);
    const int64_t later = kNow + 2;
    EXPECT_EQ(value_of(hash, "gone", later), "(none)");
    EXPECT_EQ(hash.size(), 2u);
    EXPECT_FALSE(hash.expiry("gone", later).has_value());
    uint64_t random = 1;
    EXPECT_EQ(hash.sample(5, later, random).size(), 1u);
    EXPECT_EQ(hash.random(later, random)->first, "kept");
    EXPECT_TRUE(hash.copy().set("gone", "new", Hash::kKeep, later, kSmallHash));
    EXPECT_EQ(hash.remove_expired(10, later), 1u);
    EXPECT_EQ(hash.size(), 1u);
    EXPECT_EQ(hash.expiring(), 0u);
}

}  // namespace
}  // namespace rota
