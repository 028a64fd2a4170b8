// SPDX-License-Identifier: BSD-3-Clause
#include "store/lazy_free.h"

#include <thread>

#include "platform/memory.h"
#include "store_fixture.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/object.h"
#include "types/set.h"
#include "types/stream.h"
#include "types/zset.h"

namespace rota {
namespace {

template <class Value>
Entry* entry_of(Slice key, Type type, Value value) {
    const Encoding encoding = value.encoding();
    return Entry::make_object(key, type, encoding, value.release(), -1);
}

// A value of every type, each with `count` elements.
Entry* made(Type type, size_t count, Slice key = "k") {
    const SipKey seed{1, 2};
    if (type == Type::list) {
        List list = List::make();
        for (size_t i = 0; i < count; ++i) {
            const std::string value = numbered("a value of some length, ", i);
            list.expect(value.size(), 1, 4);
            list.push(List::End::tail, value);
        }
        return entry_of(key, type, std::move(list));
    }
    if (type == Type::set) {
        Set set = Set::make("x", count, {.seed = seed});
        for (size_t i = 0; i < count; ++i) set.add(numbered("member ", i), {.seed = seed});
        return entry_of(key, type, std::move(set));
    }
    if (type == Type::hash) {
        Hash hash = Hash::make();
        for (size_t i = 0; i < count; ++i)
            hash.set(numbered("field ", i), "value", Hash::kNever, 0, {.seed = seed});
        return entry_of(key, type, std::move(hash));
    }
    if (type == Type::zset) {
        ZSet zset = ZSet::make(count, 64, {.seed = seed});
        for (size_t i = 0; i < count; ++i)
            zset.add(numbered("member ", i), static_cast<double>(i), {.seed = seed});
        return entry_of(key, type, std::move(zset));
    }
    Stream stream = Stream::make();
    const Slice pairs[] = {"field", "value"};
    for (size_t i = 1; i <= count; ++i) stream.add(StreamId{i, 0}, pairs, {.node_entries = 5});
    return entry_of(key, type, std::move(stream));
}

constexpr Type kTypes[] = {Type::list, Type::set, Type::hash, Type::zset, Type::stream};

class LazyFreeTest : public StoreTest {
protected:
    LazyFree& lazy() { return keyspace.lazy_free(); }
    void wait() {
        lazy().set_paused(false);
        while (lazy().pending_objects() > 0) std::this_thread::yield();
    }
};

TEST_F(LazyFreeTest, ABigValueOfAnyTypeIsFreedByAnotherThread) {
    for (const Type type : kTypes) {
        lazy().reset_freed();
        db().put(key("k"), made(type, 10'000));
        const Entry* entry = db().peek(key("k"));
        const size_t bytes = object_bytes(type, entry->encoding(), entry->object(), 0);
        lazy().set_paused(true);
        const uint64_t before = memory_of_thread();
        EXPECT_TRUE(db().erase(key("k"), true));
        EXPECT_LT(static_cast<int64_t>(before - memory_of_thread()), 1000)
            << "nothing is freed by the command itself";
        EXPECT_EQ(db().size(), 0u);
        EXPECT_EQ(keyspace.pending_free(), 1u);
        EXPECT_NEAR(static_cast<double>(keyspace.bytes_on_their_way()), static_cast<double>(bytes),
                    0.15 * static_cast<double>(bytes));
        EXPECT_EQ(keyspace.freed_lazily(), 0u);
        wait();
        EXPECT_EQ(keyspace.freed_lazily(), 1u);
        EXPECT_EQ(keyspace.bytes_on_their_way(), 0u);
    }
}

TEST_F(LazyFreeTest, SmallValuesAndThoseNotToBeLazyAreFreedAtOnce) {
    lazy().set_paused(true);
    for (const Type type : kTypes) {
        db().put(key("k"), made(type, 20));
        EXPECT_TRUE(db().erase(key("k"), true));
        db().put(key("k"), made(type, 10'000));
        EXPECT_TRUE(db().erase(key("k"), false));
    }
    EXPECT_EQ(keyspace.pending_free(), 0u);
    EXPECT_EQ(keyspace.freed_lazily(), 0u);
}

TEST_F(LazyFreeTest, EachWayToLoseAValueHasItsDirective) {
    struct Way {
        bool StoreOptions::*directive;
        std::function<void()> lose;
    };
    const Way ways[] = {
        {&StoreOptions::lazyfree_lazy_server_del, [&] { set("k", "v"); }},
        {&StoreOptions::lazyfree_lazy_server_del,
         [&] { db().put(key("k"), Entry::make_string("k", "v", Encoding::embstr, -1)); }},
        {&StoreOptions::lazyfree_lazy_expire,
         [&] {
             db().set_expiry(key("k"), db().peek(key("k")), kStart + 1);
             advance_ms(2);
             EXPECT_EQ(db().peek(key("k")), nullptr);
             advance_ms(-2);
         }},
        {&StoreOptions::lazyfree_lazy_eviction, [&] { db().evict(key("k")); }},
    };
    lazy().set_paused(true);
    size_t pending = 0;
    for (const Way& way : ways) {
        for (const bool on : {true, false}) {
            options.*way.directive = on;
            db().put(key("k"), made(Type::set, 1000));
            way.lose();
            pending += on;
            EXPECT_EQ(keyspace.pending_free(), pending);
            db().erase(key("k"));
        }
    }
    wait();
}

TEST_F(LazyFreeTest, BigValuesOfAClearedDatabaseAreLeftToTheThread) {
    for (size_t i = 0; i < 10; ++i) {
        const std::string name = numbered("big", i);
        db().put(key(name), made(Type::set, 1000, name));
        set(numbered("small", i), "v");
    }
    lazy().set_paused(true);
    db().clear(true);
    EXPECT_EQ(keyspace.pending_free(), 20u);
    EXPECT_GT(keyspace.bytes_on_their_way(), 10 * 1000 * 16u);
    while (keyspace.free_some(0)) {
    }
    EXPECT_FALSE(keyspace.is_freeing());
    EXPECT_EQ(keyspace.pending_free(), 10u);
    wait();
    EXPECT_EQ(keyspace.pending_free(), 0u);
    EXPECT_EQ(keyspace.bytes_on_their_way(), 0u);
}

TEST_F(LazyFreeTest, TheEndWaitsForAllOfIt) {
    db().put(key("k"), made(Type::set, 10'000));
    lazy().set_paused(true);
    db().erase(key("k"), true);  // leaks, for the sanitizer to see, if the end forgets it
}

}  // namespace
}  // namespace rota
