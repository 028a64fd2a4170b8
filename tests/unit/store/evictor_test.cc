// SPDX-License-Identifier: BSD-3-Clause
// Which key goes. With at least as many samples as keys all of them are looked at, so the choice is
// that of a plain model.
#include "store/evictor.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store/access.h"
#include "store/shared_reader.h"
#include "store_fixture.h"

namespace rota {
namespace {

constexpr EvictionPolicy kPolicies[] = {
    EvictionPolicy::volatile_lru,  EvictionPolicy::volatile_lfu, EvictionPolicy::volatile_random,
    EvictionPolicy::volatile_ttl,  EvictionPolicy::allkeys_lru,  EvictionPolicy::allkeys_lfu,
    EvictionPolicy::allkeys_random};

class EvictorTest : public StoreTest {
protected:
    void choose(EvictionPolicy policy, int samples = 64) {
        options.maxmemory_policy = policy;
        options.maxmemory_samples = samples;
        options.lfu =
            policy == EvictionPolicy::allkeys_lfu || policy == EvictionPolicy::volatile_lfu;
    }
    bool there(Slice name, int index = 0) { return keyspace.db(index).peek(key(name)) != nullptr; }

    Evictor evictor{keyspace, options};
};

TEST_F(EvictorTest, UnderNoevictionNothingGoes) {
    set("k", "v", kStart + 1000);
    EXPECT_FALSE(evictor.evict_one());
    EXPECT_TRUE(there("k"));
}

TEST_F(EvictorTest, VolatilePoliciesLeaveKeysWithoutAnExpiry) {
    for (const EvictionPolicy policy :
         {EvictionPolicy::volatile_lru, EvictionPolicy::volatile_lfu,
          EvictionPolicy::volatile_random, EvictionPolicy::volatile_ttl}) {
        choose(policy);
        set("stays", "v");
        EXPECT_FALSE(evictor.evict_one());
        set("goes", "v", kStart + 1000);
        EXPECT_TRUE(evictor.evict_one());
        EXPECT_FALSE(there("goes"));
        EXPECT_FALSE(evictor.evict_one());
        EXPECT_TRUE(there("stays"));
    }
}

TEST_F(EvictorTest, LruTakesTheOneThatWasNotUsedForLongest) {
    choose(EvictionPolicy::allkeys_lru);
    for (const char* name : {"a", "b", "c"}) {
        set(name, "v");
        advance_ms(1000);
    }
    get("a");
    EXPECT_TRUE(evictor.evict_one());
    EXPECT_FALSE(there("b"));
    EXPECT_TRUE(evictor.evict_one());
    EXPECT_FALSE(there("c"));
    EXPECT_TRUE(there("a"));
}

TEST_F(EvictorTest, ACandidateThatIsUsedMeanwhileStays) {
    choose(EvictionPolicy::allkeys_lru);
    for (const char* name : {"a", "b", "c", "d"}) {
        set(name, "v");
        advance_ms(1000);
    }
    EXPECT_TRUE(evictor.evict_one());  // a; the others are remembered in this order
    get("b");
    EXPECT_TRUE(evictor.evict_one());
    EXPECT_TRUE(there("b"));
    EXPECT_FALSE(there("c"));
}

TEST_F(EvictorTest, LfuTakesTheOneThatIsUsedLeastAndForgets) {
    choose(EvictionPolicy::allkeys_lfu);
    options.lfu_log_factor = 0;  // each use counts
    set("often", "v");
    set("seldom", "v");
    for (int i = 0; i < 20; ++i) get("often");
    for (int i = 0; i < 3; ++i) get("seldom");
    set("fresh", "v");
    EXPECT_TRUE(evictor.evict_one());
    EXPECT_FALSE(there("fresh"));
    advance_ms(30 * 60'000);
    for (int i = 0; i < 9; ++i) get("seldom");
    EXPECT_TRUE(evictor.evict_one());
    EXPECT_FALSE(there("often"));
}

TEST_F(EvictorTest, TtlTakesTheOneThatExpiresFirst) {
    choose(EvictionPolicy::volatile_ttl);
    set("later", "v", kStart + 2000);
    set("soon", "v", kStart + 1000);
    set("never", "v");
    EXPECT_TRUE(evictor.evict_one());
    EXPECT_FALSE(there("soon"));
}

TEST_F(EvictorTest, RandomPoliciesTakeFromAllDatabasesInTurn) {
    for (const EvictionPolicy policy :
         {EvictionPolicy::allkeys_random, EvictionPolicy::volatile_random}) {
        choose(policy);
        for (int index : {0, 2})
            for (size_t i = 0; i < 10; ++i)
                keyspace.db(index).set_string(key(numbered("k", i)), "v", kStart + 1000);
        for (int i = 0; i < 10; ++i) EXPECT_TRUE(evictor.evict_one());
        EXPECT_EQ(keyspace.db(0).size(), 5u);
        EXPECT_EQ(keyspace.db(2).size(), 5u);
        while (evictor.evict_one()) {
        }
        EXPECT_EQ(keyspace.db(0).size() + keyspace.db(2).size(), 0u);
        EXPECT_EQ(keyspace.db(2).expires_size(), 0u);
    }
}

TEST_F(EvictorTest, AnEvictionIsCountedAndTold) {
    choose(EvictionPolicy::allkeys_lru);
    set("k", "v");
    effects.clear();
    const uint64_t dirty = effects.dirty();
    EXPECT_TRUE(evictor.evict_one());
    EXPECT_EQ(keyspace.stats().evicted_keys, 1u);
    EXPECT_EQ(effects.dirty(), dirty) << "no change since the last save, as an expiry is none";
    ASSERT_EQ(effects.events().size(), 1u);
    EXPECT_EQ(effects.events()[0].kind, EventClass::evicted);
    EXPECT_EQ(effects.events()[0].event, Slice("evicted"));
    EXPECT_EQ(effects.events()[0].key, "k");
}

// reliability: all eight policies against a model.
TEST_F(EvictorTest, EveryPolicyAgreesWithAModel) {
    std::mt19937 random(1);
    const auto below = [&](size_t bound) { return random() % bound; };
    options.lfu_log_factor = 0;
    options.lfu_decay_time = 1;
    for (const EvictionPolicy policy : kPolicies) {
        choose(policy);
        for (int round = 0; round < 300; ++round) {
            const std::string name = numbered("k", below(40));
            if (below(3) == 0)
                get(name);
            else if (db().size() < 40)
                set(name, "v", below(2) == 0 ? -1 : kStart + 10'000'000'000 + 1000 * below(50));
            advance_ms(static_cast<int64_t>(below(90'000)));
            if (below(4) != 0) continue;
            // What may go, each with its measure: the least goes.
            std::map<std::string, int64_t> may_go;
            db().for_each([&](const Entry* entry) {
                const bool all = policy >= EvictionPolicy::allkeys_lru;
                if (!all && !entry->has_expiry()) return;
                int64_t measure = 0;
                if (policy == EvictionPolicy::volatile_ttl)
                    measure = entry->expire_at_ms();
                else if (options.lfu)
                    measure = access::frequency(entry->access(), options, keyspace.clock().now_ms);
                else if (policy == EvictionPolicy::allkeys_lru ||
                         policy == EvictionPolicy::volatile_lru)
                    measure = -access::idle_ms(entry->access(), keyspace.clock().now_ms);
                may_go[std::string(entry->key())] = measure;
            });
            const size_t before = db().size();
            EXPECT_EQ(evictor.evict_one(), !may_go.empty());
            EXPECT_EQ(db().size(), before - !may_go.empty());
            if (may_go.empty()) continue;
            int64_t least = INT64_MAX;
            for (const auto& [key_name, measure] : may_go) least = std::min(least, measure);
            for (const auto& [key_name, measure] : may_go) {
                if (!there(key_name)) {
                    EXPECT_EQ(measure, least);
                }
            }
        }
        db().clear(false);
    }
}

// With few samples, over time it still loses old keys rather than new ones.
TEST_F(EvictorTest, FiveSamplesComeNearToTheTruth) {
    choose(EvictionPolicy::allkeys_lru, 5);
    constexpr size_t kKeys = 2000;
    for (size_t i = 0; i < kKeys; ++i) {
        set(numbered("k", i), "v");
        advance_ms(1000);
    }
    for (size_t i = 0; i < kKeys / 2; ++i) ASSERT_TRUE(evictor.evict_one());
    size_t old_left = 0;
    for (size_t i = 0; i < kKeys / 4; ++i) old_left += there(numbered("k", i));
    size_t new_left = 0;
    for (size_t i = kKeys - kKeys / 4; i < kKeys; ++i) new_left += there(numbered("k", i));
    EXPECT_LT(old_left, kKeys / 4 / 5);
    EXPECT_GT(new_left, kKeys / 4 * 4 / 5);
}

// What readers may still see is not given back yet, but it is known.
TEST_F(EvictorTest, WhatReadersHoldIsOnItsWay) {
    choose(EvictionPolicy::allkeys_lru);
    SharedReader reader(keyspace);
    reader.quiescence().online();
    for (size_t i = 0; i < 100; ++i) set(numbered("k", i), std::string(1000, 'x'));
    keyspace.reclaim();
    reader.quiescence().quiescent();
    keyspace.reclaim();
    keyspace.reclaim();
    const size_t before = keyspace.bytes_on_their_way();
    const size_t cost = db().peek(key("k1"))->allocated_size();
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(evictor.evict_one());
    EXPECT_GE(keyspace.bytes_on_their_way(), before + 49 * cost);
    reader.quiescence().offline();
    keyspace.reclaim();
    keyspace.reclaim();
    EXPECT_EQ(keyspace.bytes_on_their_way(), 0u);
}

}  // namespace
}  // namespace rota
