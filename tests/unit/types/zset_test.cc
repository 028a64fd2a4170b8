// SPDX-License-Identifier: BSD-3-Clause
#include "types/zset.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace rota {
namespace {

constexpr ZSetLimits kSmall{.listpack_entries = 8, .listpack_value = 10, .seed = {}};
using Order = std::set<std::pair<double, std::string>>;

void expect_same(const ZSet& zset, const Order& model) {
    ASSERT_EQ(zset.size(), model.size());
    auto at = model.begin();
    zset.for_each([&](Slice name, double score) {
        EXPECT_EQ(std::pair(score, std::string(name)), *at);
        ++at;
    });
    auto back = model.rbegin();
    zset.visit_ranks(0, zset.size(), true, [&](Slice name, double score) {
        EXPECT_EQ(std::pair(score, std::string(name)), *back);
        ++back;
    });
    if (zset.table() != nullptr) {
        EXPECT_TRUE(zset.table()->order.sound());
    }
}

// Names from a range of this size: small ones keep to the listpack.
void compare_with_model(size_t names, int steps, unsigned seed) {
    std::mt19937_64 random(seed);
    ZSet zset = ZSet::make(1, 1, kSmall);
    std::map<std::string, double> scores;
    Order order;
    for (int step = 0; step < steps; ++step) {
        const std::string name = "n" + std::to_string(random() % names);
        const auto score = static_cast<double>(random() % 50) / 2;
        const auto old = scores.find(name);
        if (random() % 3 == 0) {
            EXPECT_EQ(zset.remove(name), old != scores.end());
            if (old != scores.end()) {
                order.erase({old->second, name});
                scores.erase(old);
            }
        } else {
            if (old != scores.end()) order.erase({old->second, name});
            zset.set(name, score, kSmall);
            scores[name] = score;
            order.insert({score, name});
        }
        if (step % 97 == 0) expect_same(zset, order);
        const auto below = [score](Slice, double other) { return other < score; };
        const auto bound = order.lower_bound({score, ""});
        EXPECT_EQ(zset.count_while(below),
                  static_cast<size_t>(std::distance(order.begin(), bound)));
    }
    expect_same(zset, order);
    for (const auto& [name, score] : scores) {
        EXPECT_EQ(zset.score(name), score);
        const auto place = order.find({score, name});
        EXPECT_EQ(zset.rank(name), static_cast<size_t>(std::distance(order.begin(), place)));
    }
}

TEST(ZSet, AgreesWithASetAsAListpack) { compare_with_model(7, 2000, 1); }
TEST(ZSet, AgreesWithASetAsATable) { compare_with_model(500, 5000, 2); }

TEST(ZSet, GrowsInOrderAndEmptiesFromEitherEndAndTheMiddle) {
    for (const bool upward : {true, false}) {
        ZSet zset = ZSet::make_table({});
        Order order;
        for (int i = 0; i < 5000; ++i) {
            const double score = upward ? i : -i;
            zset.add(std::to_string(i), score, kSmall);
            order.insert({score, std::to_string(i)});
        }
        expect_same(zset, order);
        while (!order.empty()) {
            const size_t begin = order.size() % 3 == 0   ? 0
                                 : order.size() % 3 == 1 ? order.size() / 2
                                                         : order.size() - 1;
            const size_t count = std::min<size_t>(37, order.size() - begin);
            zset.remove_ranks(begin, count);
            const auto first = std::next(order.begin(), static_cast<long>(begin));
            order.erase(first, std::next(first, static_cast<long>(count)));
            if (order.size() % 7 == 0) expect_same(zset, order);
        }
        EXPECT_EQ(zset.size(), 0u);
    }
}

TEST(ZSet, ChangesItsFormByNumberAndByLength) {
    ZSet many = ZSet::make(1, 1, kSmall);
    for (int i = 0; i < 8; ++i) many.add(std::to_string(i), i, kSmall);
    EXPECT_EQ(many.encoding(), Encoding::listpack);
    many.add("8", 8, kSmall);
    EXPECT_EQ(many.encoding(), Encoding::skiplist);
    ZSet longer = ZSet::make(1, 1, kSmall);
    longer.add("longer than ten", 1, kSmall);
    EXPECT_EQ(longer.encoding(), Encoding::skiplist);
    many.remove("0");
    many.compact(kSmall);
    EXPECT_EQ(many.encoding(), Encoding::listpack);
    EXPECT_EQ(many.copy().size(), 8u);
}

TEST(ZSet, KeepsEveryScoreExactly) {
    for (const double score : {0.1, 1e300, -1e-300, 5e-324, 4503599627370497.0, 1e20, HUGE_VAL}) {
        ZSet zset = ZSet::make(1, 1, kSmall);
        zset.add("m", score, kSmall);
        EXPECT_EQ(zset.encoding(), Encoding::listpack);
        EXPECT_EQ(zset.score("m"), score);
    }
}

TEST(ZSet, SamplesDifferentMembersOfEveryForm) {
    for (const int size : {5, 500}) {
        ZSet zset = ZSet::make(1, 1, kSmall);
        for (int i = 0; i < size; ++i) zset.add("m" + std::to_string(i), i, kSmall);
        uint64_t random = 9;
        for (const size_t count : {size_t{1}, size_t{3}, static_cast<size_t>(size) + 1}) {
            std::set<std::string> names;
            for (const auto& [name, score] : zset.sample(count, random)) names.insert(name);
            EXPECT_EQ(names.size(), std::min(count, zset.size()));
        }
        EXPECT_TRUE(zset.score(zset.random(random).first).has_value());
    }
}

}  // namespace
}  // namespace rota
