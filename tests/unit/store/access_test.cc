// SPDX-License-Identifier: BSD-3-Clause
#include "store/access.h"

#include "store_fixture.h"

namespace rota {
namespace {

constexpr int64_t kMinute = 60'000;

TEST(Lru, CountsWholeSecondsOfIdleness) {
    const StoreOptions options;
    const int64_t now_ms = 1'700'000'000'000;
    const uint32_t bits = access::fresh(options, now_ms);
    EXPECT_EQ(access::idle_ms(bits, now_ms), 0);
    EXPECT_EQ(access::idle_ms(bits, now_ms + 999), 0);
    EXPECT_EQ(access::idle_ms(bits, now_ms + 61'000), 61'000);
    EXPECT_EQ(access::idle_ms(access::from_idle(300, now_ms), now_ms), 300'000);
}

TEST(Lru, SurvivesTheClockGoingRound) {
    const StoreOptions options;
    const int64_t before_ms = (int64_t{1} << 24) * 1000 - 5000;
    const uint32_t bits = access::fresh(options, before_ms);
    EXPECT_EQ(access::idle_ms(bits, before_ms + 10'000), 10'000);
}

TEST(Lfu, StartsAtFiveAndLosesOneForEveryDecayTime) {
    StoreOptions options;
    options.lfu = true;
    const int64_t now_ms = 1'700'000'000'000;
    const uint32_t bits = access::fresh(options, now_ms);
    EXPECT_EQ(access::frequency(bits, options, now_ms), 5u);
    EXPECT_EQ(access::frequency(bits, options, now_ms + 2 * kMinute), 3u);
    EXPECT_EQ(access::frequency(bits, options, now_ms + 100 * kMinute), 0u);
    options.lfu_decay_time = 0;
    EXPECT_EQ(access::frequency(bits, options, now_ms + 100 * kMinute), 5u);
    EXPECT_EQ(access::frequency(access::from_frequency(200, now_ms), options, now_ms), 200u);
}

TEST(Lfu, RisesSurelyAtFirstAndRarelyLater) {
    EXPECT_EQ(access::count_use(0, 10, UINT32_MAX - 1), 1u);
    EXPECT_EQ(access::count_use(5, 10, UINT32_MAX - 1), 6u);
    const uint32_t chance = UINT32_MAX / 11;  // of a counter of 6: 1 / (1 * 10 + 1)
    EXPECT_EQ(access::count_use(6, 10, chance - 1), 7u);
    EXPECT_EQ(access::count_use(6, 10, chance + 2), 6u);
    EXPECT_EQ(access::count_use(255, 0, 0), 255u);
}

using AccessTest = StoreTest;

TEST_F(AccessTest, IsRefreshedByReadsUnlessToldNotTo) {
    set("k", "v");
    advance_ms(10'000);
    auto idle = [&] { return access::idle_ms(db().peek(key("k"))->access(), kStart + 10'000); };
    EXPECT_EQ(idle(), 10'000);
    db().find_read(key("k"), true);
    EXPECT_EQ(idle(), 10'000);
    keyspace.clock().no_touch = true;  // CLIENT NO-TOUCH
    db().find_read(key("k"));
    db().find_write(key("k"));
    EXPECT_EQ(idle(), 10'000);
    keyspace.clock().no_touch = false;
    db().find_read(key("k"));
    EXPECT_EQ(idle(), 0);
}

TEST_F(AccessTest, IsRefreshedByALookupForWriting) {
    set("k", "v");
    advance_ms(10'000);
    db().find_write(key("k"));
    EXPECT_EQ(access::idle_ms(db().peek(key("k"))->access(), keyspace.clock().now_ms), 0);
}

TEST_F(AccessTest, IsRefreshedByWritesInPlaceOrNot) {
    set("k", "v");
    for (const char* value : {"w", "a value that takes a larger block"}) {
        advance_ms(10'000);
        set("k", value);
        EXPECT_EQ(access::idle_ms(db().peek(key("k"))->access(), keyspace.clock().now_ms), 0);
    }
}

TEST_F(AccessTest, FrequencyOutlivesAnOverwrite) {
    options.lfu = true;
    set("k", "v");
    db().peek(key("k"))->set_access(access::from_frequency(100, kStart));
    set("k", "a value that takes a larger block");
    EXPECT_GE(access::frequency(db().peek(key("k"))->access(), options, kStart), 100u);
}

}  // namespace
}  // namespace rota
