// SPDX-License-Identifier: BSD-3-Clause
#include "store/table.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace rota {
namespace {

constexpr SipKey kSeed{.first = 11, .second = 22};

uint64_t hash_of(Slice key) { return hash_bytes(kSeed, key); }

// A table that owns its entries, which have no value.
struct OwningTable {
    ~OwningTable() { table.drain_all(Entry::destroy); }

    void insert(Slice key) {
        Entry* entry = Entry::make_string(key, {}, Encoding::embstr, -1);
        table.insert(hash_of(key), entry);
    }
    bool erase(Slice key) {
        Table::Slot* slot = table.find_slot(hash_of(key), key);
        if (slot == nullptr) return false;
        Entry* entry = Table::entry_of(*slot);
        table.erase(hash_of(key), slot);
        Entry::destroy(entry);
        return true;
    }
    bool has(Slice key) { return table.find(hash_of(key), key) != nullptr; }

    Table table{kSeed};
};

std::string key_number(size_t number) { return "key:" + std::to_string(number); }

TEST(Table, StartsEmptyAndCostsNothing) {
    OwningTable t;
    EXPECT_EQ(t.table.size(), 0u);
    EXPECT_EQ(t.table.memory_bytes(), 0u);
    EXPECT_FALSE(t.has("a"));
    uint64_t random = 1;
    EXPECT_EQ(t.table.random(random), nullptr);
    EXPECT_EQ(t.table.scan(0, [](Entry*) { FAIL(); }), 0u);
    EXPECT_FALSE(t.table.step(1));
}

TEST(Table, CostsNothingAgainOnceEmptied) {
    OwningTable t;
    for (size_t i = 0; i < 30; ++i) t.insert(key_number(i));
    EXPECT_GT(t.table.memory_bytes(), 0u);
    for (size_t i = 0; i < 30; ++i) EXPECT_TRUE(t.erase(key_number(i)));
    while (t.table.step(8)) {
    }
    EXPECT_LE(t.table.memory_bytes(), 64u);
}

TEST(Table, AgreesWithAMapUnderRandomUse) {
    std::mt19937_64 random(7);
    OwningTable t;
    std::unordered_set<std::string> model;
    for (int op = 0; op < 100'000; ++op) {
        // Phases that grow and phases that shrink, so that resizes go both ways.
        const bool growing = op / 20'000 % 2 == 0;
        std::string key = key_number(random() % 20'000);
        if (random() % 1000 == 0) key += std::string(5000, 'x');
        if (random() % 10 < (growing ? 8u : 2u)) {
            if (model.insert(key).second) t.insert(key);
        } else {
            EXPECT_EQ(t.erase(key), model.erase(key) == 1);
        }
        const std::string probe = key_number(random() % 20'000);
        ASSERT_EQ(t.has(probe), model.contains(probe)) << op;
        ASSERT_EQ(t.table.size(), model.size());
    }
    size_t visited = 0;
    t.table.for_each([&](Entry* entry) {
        EXPECT_TRUE(model.contains(std::string(entry->key())));
        ++visited;
    });
    EXPECT_EQ(visited, model.size());
}

TEST(Table, FindsEverythingAtEveryMomentOfAResize) {
    OwningTable t;
    std::vector<std::string> keys;
    bool resized = false;
    for (size_t i = 0; i < 600; ++i) {
        keys.push_back(key_number(i));
        t.insert(keys.back());
        resized |= t.table.resizing();
        for (const std::string& key : keys) ASSERT_TRUE(t.has(key)) << key << " after " << i;
    }
    EXPECT_TRUE(resized);
}

TEST(Table, ReplacesAndErasesByIdentity) {
    OwningTable t;
    for (size_t i = 0; i < 100; ++i) t.insert(key_number(i));
    const uint64_t hash = hash_of("key:50");
    Entry* old = t.table.find(hash, "key:50");
    Entry* other = Entry::make_string("key:50", "new", Encoding::embstr, -1);
    EXPECT_FALSE(t.table.erase(hash, other));
    EXPECT_TRUE(t.table.replace(hash, old, other));
    EXPECT_FALSE(t.table.replace(hash, old, other));
    EXPECT_EQ(t.table.find(hash, "key:50"), other);
    EXPECT_TRUE(t.table.erase(hash, other));
    EXPECT_FALSE(t.has("key:50"));
    EXPECT_EQ(t.table.size(), 99u);
    Entry::destroy(old);
    Entry::destroy(other);
}

// All in one bucket and its chain, which no hash function would do to us.
TEST(Table, KeepsLongChainsWholeWhateverIsErased) {
    std::mt19937_64 random(3);
    Table table(kSeed);
    std::vector<Entry*> entries;
    const uint64_t hash = 0x1234'5678'9abc'0000;
    for (int round = 0; round < 3000; ++round) {
        const bool add = entries.empty() || (entries.size() < 40 && random() % 2 == 0);
        if (add) {
            entries.push_back(Entry::make_string(key_number(static_cast<size_t>(round)), {},
                                                 Encoding::embstr, -1));
            // Only as many as do not start a resize, which would hash the keys honestly.
            table.reserve(1000);
            table.insert(hash, entries.back());
        } else {
            const size_t at = random() % entries.size();
            ASSERT_TRUE(table.erase(hash, entries[at]));
            Entry::destroy(entries[at]);
            entries[at] = entries.back();
            entries.pop_back();
        }
        if (table.resizing()) break;
        for (Entry* entry : entries) ASSERT_EQ(table.find(hash, entry->key()), entry);
        const size_t chained = entries.size() > 8 ? entries.size() - 7 : 0;
        ASSERT_EQ(table.stats().overflow_nodes, chained == 0   ? 0
                                                : chained <= 4 ? 1
                                                               : (chained - 4 + 2) / 3 + 1);
    }
    table.drain_all(Entry::destroy);
}

TEST(Scan, ReturnsWhateverStaysThroughoutHoweverTheTableChanges) {
    std::mt19937_64 random(5);
    for (int round = 0; round < 40; ++round) {
        OwningTable t;
        std::vector<std::string> staying;
        for (size_t i = 0; i < 50 + random() % 1000; ++i) {
            staying.push_back("stays:" + std::to_string(i));
            t.insert(staying.back());
        }
        std::vector<std::string> passing;
        std::unordered_set<std::string> seen;
        uint64_t cursor = 0;
        size_t serial = 0;
        do {
            cursor = t.table.scan(cursor, [&](Entry* e) { seen.emplace(e->key()); });
            // A burst of growth, or of shrinking, or steps of a resize under way.
            const size_t burst = random() % 200;
            const auto what = random() % 3;
            for (size_t i = 0; i < burst && what == 0; ++i) {
                passing.push_back("passes:" + std::to_string(serial++));
                t.insert(passing.back());
            }
            for (size_t i = 0; i < burst && what == 1 && !passing.empty(); ++i) {
                ASSERT_TRUE(t.erase(passing.back()));
                passing.pop_back();
            }
            if (what == 2) t.table.step(random() % 20);
        } while (cursor != 0);
        for (const std::string& key : staying) ASSERT_TRUE(seen.contains(key)) << key;
    }
}

TEST(Scan, SurvivesShrinkingToAFewKeys) {
    OwningTable t;
    for (size_t i = 0; i < 20'000; ++i) t.insert(key_number(i));
    std::unordered_set<std::string> seen;
    uint64_t cursor = 0;
    size_t erased = 0;
    do {
        cursor = t.table.scan(cursor, [&](Entry* e) { seen.emplace(e->key()); });
        for (int i = 0; i < 20 && erased < 19'990; ++i) t.erase(key_number(erased++));
    } while (cursor != 0);
    for (size_t i = 19'990; i < 20'000; ++i) EXPECT_TRUE(seen.contains(key_number(i)));
}

TEST(Scan, VisitsEachKeyOnceWhereNothingChanges) {
    OwningTable t;
    for (size_t i = 0; i < 5000; ++i) t.insert(key_number(i));
    std::multiset<std::string> seen;
    uint64_t cursor = 0;
    do {
        cursor = t.table.scan(cursor, [&](Entry* e) { seen.emplace(e->key()); });
    } while (cursor != 0);
    EXPECT_EQ(seen.size(), 5000u);
}

TEST(Scan, TakesAnyCursorAClientMayInvent) {
    OwningTable t;
    for (size_t i = 0; i < 100; ++i) t.insert(key_number(i));
    for (const uint64_t cursor : {uint64_t{1}, ~uint64_t{0}, uint64_t{1} << 63}) {
        const uint64_t next = t.table.scan(cursor, [](Entry*) {});
        EXPECT_TRUE(next == 0 || next > cursor);
    }
}

TEST(Random, ChoosesEveryKeyAboutEquallyOften) {
    OwningTable t;
    constexpr size_t kKeys = 100;
    constexpr size_t kDraws = 50'000;
    for (size_t i = 0; i < kKeys; ++i) t.insert(key_number(i));
    while (t.table.resizing()) t.table.step(1);
    std::unordered_map<const Entry*, size_t> drawn;
    uint64_t random = 9;
    for (size_t i = 0; i < kDraws; ++i) ++drawn[t.table.random(random)];
    EXPECT_EQ(drawn.size(), kKeys);
    for (const auto& [entry, times] : drawn) {  // mean 500, standard deviation 22
        EXPECT_GT(times, 350u);
        EXPECT_LT(times, 650u);
    }
}

TEST(Random, FindsTheOnlyKeyOfASparseTable) {
    OwningTable t;
    t.table.reserve(100'000);
    t.insert("alone");
    uint64_t random = 9;
    EXPECT_EQ(t.table.random(random)->key(), "alone");
}

TEST(Sample, ReturnsDifferentEntriesAndAllOfASmallTable) {
    OwningTable t;
    for (size_t i = 0; i < 12; ++i) t.insert(key_number(i));
    uint64_t random = 1;
    for (int round = 0; round < 100; ++round) {
        Entry* out[16];
        const size_t count = t.table.sample(out, random);
        EXPECT_EQ(std::set<Entry*>(out, out + count).size(), 12u);
        EXPECT_EQ(count, 12u);
        EXPECT_EQ(t.table.sample({out, 5}, random), 5u);
        EXPECT_EQ(std::set<Entry*>(out, out + 5).size(), 5u);
    }
}

TEST(Drain, GivesEveryEntryOutInBoundedSteps) {
    Table table(kSeed);
    for (size_t i = 0; i < 10'000; ++i) {
        const std::string key = key_number(i);
        table.insert(hash_of(key), Entry::make_string(key, {}, Encoding::embstr, -1));
    }
    size_t most = 0;
    size_t out = 0;
    bool more = true;
    while (more) {
        size_t in_step = 0;
        more = table.drain(4, [&](Entry* entry) {
            Entry::destroy(entry);
            ++in_step;
        });
        out += in_step;
        most = std::max(most, in_step);
    }
    EXPECT_EQ(out, 10'000u);
    EXPECT_LT(most, 200u);
    EXPECT_EQ(table.memory_bytes(), 0u);
}

TEST(TableStats, CountsWhatIsThere) {
    OwningTable t;
    for (size_t i = 0; i < 1000; ++i) t.insert(key_number(i));
    const Table::Stats stats = t.table.stats();
    EXPECT_EQ(stats.entries, 1000u);
    size_t entries = 0;
    size_t buckets = 0;
    for (size_t fill = 0; fill < std::size(stats.fill); ++fill) {
        entries += fill * stats.fill[fill];
        buckets += stats.fill[fill];
    }
    EXPECT_EQ(entries, 1000u);
    EXPECT_EQ(buckets, stats.buckets + stats.buckets_old - stats.buckets_moved);
    EXPECT_GE(stats.longest_chain, 8u);
}

}  // namespace
}  // namespace rota
