// SPDX-License-Identifier: BSD-3-Clause
#include "types/member_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace rota {
namespace {

constexpr SipKey kSeed{.first = 3, .second = 4};

std::string numbered(size_t number) { return "member:" + std::to_string(number); }

void insert(MemberTable& table, const std::string& name) { table.insert(Member::make(name, 0)); }

TEST(Member, KeepsNamesOfAnyLengthAndATail) {
    for (const size_t size : {0u, 1u, 254u, 255u, 256u, 70000u}) {
        const std::string name(size, 'n');
        Member* member = Member::make(name, 3);
        std::memcpy(member->tail(), "xyz", 3);
        EXPECT_EQ(member->name(), name);
        Member::destroy(member);
    }
}

TEST(MemberTable, AgreesWithASetWhileItGrowsAndShrinks) {
    MemberTable table(kSeed);
    std::set<std::string> model;
    std::mt19937 random(1);
    for (int step = 0; step < 60000; ++step) {
        const std::string name = numbered(random() % 6000);
        const bool growing = step / 15000 % 2 == 0;
        if (random() % 4 < (growing ? 3u : 1u)) {
            if (table.find(name) == nullptr) insert(table, name);
            model.insert(name);
        } else {
            EXPECT_EQ(table.erase(name), model.erase(name) == 1);
        }
        ASSERT_EQ(table.size(), model.size());
    }
    std::set<std::string> all;
    table.for_each([&all](const Member* member) { all.emplace(member->name()); });
    EXPECT_EQ(all, model);
    for (size_t i = 0; i < 6000; ++i)
        EXPECT_EQ(table.find(numbered(i)) != nullptr, model.contains(numbered(i)));
}

TEST(MemberTable, NeedsTwoToSixMembersABucket) {
    MemberTable table(kSeed);
    for (size_t i = 0; i < 20000; ++i) insert(table, numbered(i));
    EXPECT_NEAR(static_cast<double>(table.size() / table.bucket_count()), 5.5, 1);
    for (size_t i = 0; i < 19990; ++i) EXPECT_TRUE(table.erase(numbered(i)));
    EXPECT_LE(table.bucket_count(), 5u);
}

TEST(MemberTable, AWalkReturnsWhateverStaysThroughout) {
    std::mt19937 random(2);
    for (const bool growing : {true, false}) {
        MemberTable table(kSeed);
        for (size_t i = 0; i < 3000; ++i) insert(table, numbered(i));
        std::set<std::string> seen;
        uint64_t cursor = 0;
        size_t next = growing ? 3000 : 1000;
        do {
            cursor =
                table.scan(cursor, [&](const Member* member) { seen.emplace(member->name()); });
            for (size_t i = random() % 8; i > 0; --i, ++next) {
                if (growing)
                    insert(table, numbered(next));
                else
                    table.erase(numbered(next));
            }
        } while (cursor != 0);
        for (size_t i = 0; i < 1000; ++i) EXPECT_TRUE(seen.contains(numbered(i))) << i;
    }
}

TEST(MemberTable, TakesAnyCursorAClientMayInvent) {
    MemberTable table(kSeed);
    for (size_t i = 0; i < 100; ++i) insert(table, numbered(i));
    for (const uint64_t cursor : {uint64_t{1}, UINT64_MAX, uint64_t{1} << 63}) {
        uint64_t at = cursor;
        for (int steps = 0; steps < 200 && at != 0; ++steps) at = table.scan(at, [](Member*) {});
        EXPECT_EQ(at, 0u);
    }
}

TEST(MemberTable, ChoosesEveryMemberAboutEquallyOften) {
    MemberTable table(kSeed);
    for (size_t i = 0; i < 100; ++i) insert(table, numbered(i));
    std::map<std::string, int> chosen;
    uint64_t random = 1;
    for (int i = 0; i < 100000; ++i) ++chosen[std::string(table.random(random)->name())];
    EXPECT_EQ(chosen.size(), 100u);
    for (const auto& [name, count] : chosen) EXPECT_NEAR(count, 1000, 250) << name;
}

TEST(MemberTable, DrainsInBoundedSteps) {
    MemberTable table(kSeed);
    for (size_t i = 0; i < 1000; ++i) insert(table, numbered(i));
    size_t steps = 1;
    while (table.drain(10)) ++steps;
    EXPECT_GT(steps, 10u);
    EXPECT_EQ(table.size(), 0u);
    insert(table, "again");
    EXPECT_NE(table.find("again"), nullptr);
}

}  // namespace
}  // namespace rota
