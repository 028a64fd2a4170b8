// SPDX-License-Identifier: BSD-3-Clause
// Without memory for the arrays of a table: a command may fail, and then nothing has changed. The
// linker leads aligned_alloc(), which the arrays come from, through here.
#include <cstdlib>
#include <new>

#include "store_fixture.h"

namespace {

bool refuses_arrays = false;

}  // namespace

extern "C" void* __real_aligned_alloc(size_t alignment, size_t size);
extern "C" void* __wrap_aligned_alloc(size_t alignment, size_t size);
extern "C" void* __wrap_aligned_alloc(size_t alignment, size_t size) {
    return refuses_arrays ? nullptr : __real_aligned_alloc(alignment, size);
}

namespace rota {
namespace {

class NoMemory : public StoreTest {
protected:
    ~NoMemory() override { refuses_arrays = false; }

    template <class Work>
    bool fails(Work&& work) {
        refuses_arrays = true;
        bool failed = false;
        try {
            work();
        } catch (const std::bad_alloc&) {
            failed = true;
        }
        refuses_arrays = false;
        return failed;
    }
};

TEST_F(NoMemory, ANewKeyWithAnExpiryIsInBothTablesOrInNone) {
    set("other", "v");
    Entry* entry = Entry::make_string("k", "v", Encoding::embstr, kStart + 1000);
    EXPECT_TRUE(fails([&] { db().put(key("k"), entry); }));
    EXPECT_EQ(db().size(), 1u);
    EXPECT_EQ(db().expires_size(), 0u);
    EXPECT_EQ(db().peek(key("k")), nullptr);
    db().put(key("k"), entry);
    EXPECT_EQ(db().expires_size(), 1u);
    EXPECT_TRUE(db().erase(key("k")));
    EXPECT_EQ(db().expires_size(), 0u);
}

TEST_F(NoMemory, TheFirstKeyOfAllWithAnExpiryIsInNone) {
    Entry* entry = Entry::make_string("k", "v", Encoding::embstr, kStart + 1000);
    db().expires().reserve(1);  // so that it is the keys' own table that finds no memory
    EXPECT_TRUE(fails([&] { db().put(key("k"), entry); }));
    EXPECT_EQ(db().size(), 0u);
    EXPECT_EQ(db().expires_size(), 0u);
    db().put(key("k"), entry);
    EXPECT_TRUE(db().erase(key("k")));
}

TEST_F(NoMemory, AnExpiryThatFindsNoneLeavesTheKeyAsItWas) {
    const std::string value(10'000, 'x');  // a block of its own, which both entries would lead to
    set("k", value);
    Entry* entry = db().peek(key("k"));
    EXPECT_TRUE(fails([&] { db().set_expiry(key("k"), entry, kStart + 1000); }));
    EXPECT_EQ(db().peek(key("k")), entry);
    EXPECT_FALSE(entry->has_expiry());
    EXPECT_EQ(get("k"), value);
    EXPECT_EQ(db().expires_size(), 0u);
    entry = db().set_expiry(key("k"), entry, kStart + 1000);
    EXPECT_EQ(db().expires_size(), 1u);
    EXPECT_TRUE(db().erase(key("k")));
}

TEST_F(NoMemory, AReplacementWithAnExpiryThatFindsNoneLeavesTheOldOne) {
    set("k", "v");
    Entry* entry = Entry::make_string("k", "w", Encoding::embstr, kStart + 1000);
    EXPECT_TRUE(fails([&] { db().put(key("k"), entry); }));
    EXPECT_EQ(get("k"), "v");
    EXPECT_EQ(db().expires_size(), 0u);
    db().put(key("k"), entry);
    EXPECT_EQ(get("k"), "w");
    EXPECT_TRUE(db().erase(key("k")));
}

TEST_F(NoMemory, ATableThatCannotGrowTakesKeysAllTheSame) {
    constexpr size_t kKeys = 100;
    set("key:0", "v", kStart + 1000);
    EXPECT_FALSE(fails([&] {
        for (size_t i = 1; i < kKeys; ++i) set(numbered("key:", i), "v", kStart + 1000);
    }));
    EXPECT_EQ(db().table().bucket_count(), 1u);
    EXPECT_EQ(db().size(), kKeys);
    EXPECT_EQ(db().expires_size(), kKeys);
    set("last", "v");
    EXPECT_GT(db().table().bucket_count(), 1u) << "grows as soon as it can";
    for (size_t i = 0; i < kKeys; ++i) EXPECT_TRUE(db().erase(key(numbered("key:", i))));
    EXPECT_EQ(db().expires_size(), 0u);
}

}  // namespace
}  // namespace rota
