// SPDX-License-Identifier: BSD-3-Clause
#include "store/db.h"

#include <random>
#include <unordered_map>
#include <unordered_set>

#include "store/slab.h"
#include "store_fixture.h"

namespace rota {
namespace {

using DbTest = StoreTest;

TEST_F(DbTest, ReadsBackWhatWasSet) {
    EXPECT_EQ(get("k"), "(none)");
    set("k", "v");
    EXPECT_EQ(get("k"), "v");
    set("k", std::string(10'000, 'x'));
    EXPECT_EQ(get("k"), std::string(10'000, 'x'));
    set("k", "12");
    EXPECT_EQ(get("k"), "12");
    EXPECT_EQ(db().peek(key("k"))->encoding(), Encoding::integer);
    EXPECT_EQ(db().size(), 1u);
}

TEST_F(DbTest, CountsHitsAndMissesOfReadsAlone) {
    set("k", "v");
    get("k");
    get("other");
    db().peek(key("k"));
    db().find_write(key("other"));
    EXPECT_EQ(keyspace.stats().hits, 1u);
    EXPECT_EQ(keyspace.stats().misses, 1u);
}

TEST_F(DbTest, SetTakesTheExpiryAwayUnlessToldToKeepIt) {
    set("k", "v", kStart + 1000);
    EXPECT_EQ(db().expires_size(), 1u);
    db().set_string(key("k"), "w", -1, Expiry::keep);
    EXPECT_EQ(db().peek(key("k"))->expire_at_ms(), kStart + 1000);
    EXPECT_EQ(db().expires_size(), 1u);
    set("k", "x");
    EXPECT_EQ(db().peek(key("k"))->expire_at_ms(), -1);
    EXPECT_EQ(db().expires_size(), 0u);
}

TEST_F(DbTest, SetIntegerWorksInPlaceAndKeepsTheExpiry) {
    set("n", "5", kStart + 1000);
    Entry* before = db().peek(key("n"));
    EXPECT_EQ(db().set_integer(key("n"), 6), before);
    EXPECT_EQ(get("n"), "6");
    EXPECT_EQ(before->expire_at_ms(), kStart + 1000);
    db().set_string(key("n"), "7");
    EXPECT_EQ(db().peek(key("n"))->expire_at_ms(), -1);
    EXPECT_EQ(db().expires_size(), 0u);
    db().set_integer(key("new"), -1);
    EXPECT_EQ(get("new"), "-1");
}

TEST_F(DbTest, AppendsByteByByteAcrossAllSizes) {
    set("k", "1", kStart + 1000);
    std::string model = "1";
    for (int i = 0; i < 6000; ++i) {
        const char byte = static_cast<char>('a' + i % 26);
        db().append_string(key("k"), db().find_write(key("k")), {&byte, 1});
        model += byte;
    }
    EXPECT_EQ(get("k"), model);
    EXPECT_EQ(db().peek(key("k"))->encoding(), Encoding::raw);
    EXPECT_EQ(db().peek(key("k"))->expire_at_ms(), kStart + 1000);
    EXPECT_EQ(db().expires_size(), 1u);
}

TEST_F(DbTest, AppendingToALongStringRarelyCopiesIt) {
    set("k", std::string(100'000, 'x'));
    int moves = 0;
    Slice last = db().peek(key("k"))->value();
    for (int i = 0; i < 50'000; ++i) {
        db().append_string(key("k"), db().find_write(key("k")), "y");
        const Slice now = db().peek(key("k"))->value();
        moves += now.data() != last.data();
        last = now;
    }
    EXPECT_LE(moves, 1);
    EXPECT_EQ(last.size(), 150'000u);
}

TEST_F(DbTest, GrowsWithZerosAndNeverShrinks) {
    Entry* entry = db().grow_string(key("k"), 5);
    EXPECT_EQ(entry->value(), Slice("\0\0\0\0\0", 5));
    entry->mutable_value()[0] = 'a';
    EXPECT_EQ(db().grow_string(key("k"), 3)->value().size(), 5u);
    entry = db().grow_string(key("k"), 9000);
    EXPECT_EQ(entry->value(), "a" + std::string(8999, '\0'));
    set("n", "123");
    EXPECT_EQ(db().grow_string(key("n"), 4)->value(), Slice("123\0", 4));
}

TEST_F(DbTest, EncodingFollowsTheExpiry) {
    const std::string value(97, 'x');  // as much as fits beside a key of 16 without an expiry
    set("sixteen bytes ky", value);
    EXPECT_EQ(db().peek(key("sixteen bytes ky"))->encoding(), Encoding::embstr);
    Entry* entry =
        db().set_expiry(key("sixteen bytes ky"), db().peek(key("sixteen bytes ky")), kStart + 9);
    EXPECT_EQ(entry->encoding(), Encoding::raw);
    EXPECT_EQ(get("sixteen bytes ky"), value);
}

TEST_F(DbTest, SetsMovesAndTakesExpiries) {
    set("k", "v");
    Entry* entry = db().set_expiry(key("k"), db().find_write(key("k")), kStart + 10);
    EXPECT_EQ(entry->expire_at_ms(), kStart + 10);
    EXPECT_EQ(db().set_expiry(key("k"), entry, kStart + 20), entry);
    EXPECT_EQ(db().expires_size(), 1u);
    entry = db().set_expiry(key("k"), entry, -1);
    EXPECT_FALSE(entry->has_expiry());
    EXPECT_EQ(db().expires_size(), 0u);
    EXPECT_EQ(get("k"), "v");
}

TEST_F(DbTest, TakeAndPutRename) {
    set("old", "v", kStart + 1000);
    set("new", "w");
    Entry* entry = db().take(key("old"));
    EXPECT_EQ(db().expires_size(), 0u);
    entry = db().put(key("new"), entry);
    EXPECT_EQ(entry->key(), "new");
    EXPECT_EQ(entry->expire_at_ms(), kStart + 1000);
    EXPECT_EQ(get("old"), "(none)");
    EXPECT_EQ(get("new"), "v");
    EXPECT_EQ(db().size(), 1u);
    EXPECT_EQ(db().expires_size(), 1u);
    EXPECT_EQ(db().take(key("none")), nullptr);
}

TEST_F(DbTest, ErasesAndClears) {
    set("a", "1", kStart + 1000);
    set("b", std::string(5000, 'x'));
    EXPECT_TRUE(db().erase(key("a")));
    EXPECT_FALSE(db().erase(key("a")));
    EXPECT_EQ(db().expires_size(), 0u);
    db().clear(false);
    EXPECT_EQ(db().size(), 0u);
    EXPECT_EQ(get("b"), "(none)");
    EXPECT_EQ(db().random(), nullptr);
}

TEST_F(DbTest, LazyClearIsEmptyAtOnceAndFreesStepByStep) {
    const size_t before = entry_slab().used_bytes();
    for (size_t i = 0; i < 20'000; ++i) set(numbered("k", i), "some value", kStart + 1000);
    db().clear(true);
    EXPECT_EQ(db().size(), 0u);
    EXPECT_EQ(db().expires_size(), 0u);
    EXPECT_EQ(keyspace.pending_free(), 20'000u);
    set("k1", "again");
    EXPECT_TRUE(db().step(0));
    EXPECT_LT(keyspace.pending_free(), 20'000u);
    EXPECT_GT(keyspace.pending_free(), 15'000u);
    while (keyspace.step(0)) {
    }
    EXPECT_EQ(keyspace.pending_free(), 0u);
    EXPECT_EQ(get("k1"), "again");
    EXPECT_LT(entry_slab().used_bytes(), before + 100);
}

TEST_F(DbTest, SwapsContents) {
    set("k", "v", kStart + 1000);
    keyspace.swap(0, 2);
    EXPECT_EQ(get("k"), "(none)");
    EXPECT_EQ(keyspace.db(2).expires_size(), 1u);
    EXPECT_NE(keyspace.db(2).find_read(key("k")), nullptr);
    EXPECT_EQ(keyspace.db(2).index(), 2);
    keyspace.swap(0, 2);
    EXPECT_EQ(get("k"), "v");
}

TEST_F(DbTest, SameSeedSameCursors) {
    Keyspace other(1, options, effects);
    EXPECT_EQ(other.key("k").hash, key("k").hash);
    StoreOptions unseeded;
    Keyspace third(1, unseeded, effects);
    EXPECT_NE(third.key("k").hash, key("k").hash);
}

// The model: value and expiry of every key, by the rules of db.h.
TEST_F(DbTest, AgreesWithAModelUnderRandomUse) {
    struct Value {
        std::string bytes;
        int64_t expire_at_ms;
    };
    std::mt19937_64 random(11);
    std::unordered_map<std::string, Value> model;
    for (int op = 0; op < 100'000; ++op) {
        const std::string name = random() % 500 == 0 ? std::string(4090 + random() % 10, 'k')
                                                     : numbered("key:", random() % 3000);
        if (auto at = model.find(name); at != model.end() && at->second.expire_at_ms >= 0 &&
                                        at->second.expire_at_ms < keyspace.clock().now_ms)
            model.erase(at);
        const Key k = key(name);
        const std::string value = random() % 100 == 0 ? std::string(4090 + random() % 12, 'v')
                                                      : std::to_string(random() >> random() % 64) +
                                                            (random() % 2 == 0 ? "x" : "");
        auto at = model.find(name);
        switch (random() % 8) {
            case 0:
            case 1:
                db().set_string(k, value);
                model[name] = {value, -1};
                break;
            case 2: {
                const int64_t expiry =
                    keyspace.clock().now_ms + static_cast<int64_t>(random() % 50);
                db().set_string(k, value, expiry);
                model[name] = {value, expiry};
                break;
            }
            case 3:
                db().set_string(k, value, -1, Expiry::keep);
                model[name] = {value, at == model.end() ? -1 : at->second.expire_at_ms};
                break;
            case 4:
                ASSERT_EQ(db().erase(k), model.erase(name) == 1);
                break;
            case 5:
                if (Entry* entry = db().find_write(k); entry != nullptr) {
                    ASSERT_NE(at, model.end());
                    db().append_string(k, entry, value);
                    at->second.bytes += value;
                }
                break;
            case 6:
                if (Entry* entry = db().find_write(k); entry != nullptr) {
                    ASSERT_NE(at, model.end());
                    const bool take_away = random() % 2 == 0;
                    const int64_t expiry =
                        take_away ? -1
                                  : keyspace.clock().now_ms + static_cast<int64_t>(random() % 50);
                    db().set_expiry(k, entry, expiry);
                    at->second.expire_at_ms = expiry;
                }
                break;
            case 7:
                ASSERT_EQ(get(name), at == model.end() ? "(none)" : at->second.bytes);
                break;
        }
        if (op % 100 == 0) advance_ms(1);
    }
    size_t with_expiry = 0;
    for (const auto& [name, value] : model) {
        const bool gone = value.expire_at_ms >= 0 && value.expire_at_ms < keyspace.clock().now_ms;
        ASSERT_EQ(get(name), gone ? "(none)" : value.bytes);
        with_expiry += !gone && value.expire_at_ms >= 0;
    }
    EXPECT_EQ(db().expires_size(), with_expiry);
}

}  // namespace
}  // namespace rota
