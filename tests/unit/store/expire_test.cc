// SPDX-License-Identifier: BSD-3-Clause
#include "platform/clock.h"
#include "store_fixture.h"

namespace rota {
namespace {

using ExpireTest = StoreTest;

// Every look at it lets some time pass.
class TickingClockSource : public ClockSource {
public:
    explicit TickingClockSource(int64_t step_us) : step_ns_(step_us * 1000) {}
    int64_t monotonic_ns() override { return now_ns_ += step_ns_; }
    int64_t wall_ns() override { return now_ns_; }

private:
    const int64_t step_ns_;
    int64_t now_ns_ = 1'000'000'000;
};

TEST_F(ExpireTest, AKeyIsThereUntilItsMillisecondHasPassed) {
    set("k", "v", kStart + 100);
    advance_ms(100);
    EXPECT_EQ(get("k"), "v");
    advance_ms(1);
    EXPECT_EQ(get("k"), "(none)");
    EXPECT_EQ(db().size(), 0u);
    EXPECT_EQ(db().expires_size(), 0u);
}

TEST_F(ExpireTest, ALookupThatMeetsAnExpiredKeyReportsIt) {
    set("k", "v", kStart + 100);
    effects.clear();  // the event of a new key
    advance_ms(101);
    const uint64_t dirty = effects.dirty();
    EXPECT_EQ(db().peek(key("k")), nullptr);
    ASSERT_EQ(effects.events().size(), 1u);
    EXPECT_EQ(effects.events()[0].kind, EventClass::expired);
    EXPECT_STREQ(effects.events()[0].event, "expired");
    EXPECT_EQ(effects.events()[0].key, "k");
    EXPECT_EQ(effects.dirty(), dirty);
    EXPECT_EQ(keyspace.stats().expired_keys, 1u);
}

TEST_F(ExpireTest, AWriteToAnExpiredKeyStartsAfresh) {
    set("k", "5", kStart + 100);
    advance_ms(101);
    db().set_string(key("k"), "6", -1, Expiry::keep);
    EXPECT_EQ(db().peek(key("k"))->expire_at_ms(), -1);
    EXPECT_EQ(keyspace.stats().expired_keys, 1u);
}

TEST_F(ExpireTest, TheCycleRemovesWhatNobodyAsksFor) {
    FakeClockSource source;
    const Clock clock(source);
    for (size_t i = 0; i < 5000; ++i) set(numbered("dead", i), "v", kStart + 10);
    for (size_t i = 0; i < 500; ++i) set(numbered("alive", i), "v", kStart + 10'000'000);
    for (size_t i = 0; i < 500; ++i) set(numbered("eternal", i), "v");
    effects.clear();
    advance_ms(11);
    for (int cycle = 0; cycle < 200; ++cycle) keyspace.active_expire(false, clock);
    EXPECT_EQ(db().size(), 1000u);
    EXPECT_EQ(db().expires_size(), 500u);
    EXPECT_EQ(keyspace.stats().expired_keys, 5000u);
    EXPECT_EQ(effects.events().size(), 5000u);
    EXPECT_LT(keyspace.stats().expired_stale_perc, 1);
}

TEST_F(ExpireTest, TheCycleReachesEveryDatabase) {
    FakeClockSource source;
    const Clock clock(source);
    for (int i = 0; i < keyspace.count(); ++i)
        keyspace.db(i).set_string(key("k"), "v", kStart + 10);
    advance_ms(11);
    keyspace.active_expire(false, clock);
    for (int i = 0; i < keyspace.count(); ++i) EXPECT_EQ(keyspace.db(i).size(), 0u);
}

TEST_F(ExpireTest, TheCycleStopsWhenItsTimeIsUp) {
    TickingClockSource source(20'000);  // of the 25 ms that effort 1 has at 10 Hz
    const Clock clock(source);
    for (size_t i = 0; i < 20'000; ++i) set(numbered("k", i), "v", kStart + 10);
    advance_ms(11);
    keyspace.active_expire(false, clock);
    EXPECT_TRUE(keyspace.expiry_ran_out_of_time());
    EXPECT_EQ(keyspace.stats().expired_time_cap_reached, 1u);
    EXPECT_GT(db().size(), 15'000u);
    EXPECT_LT(db().size(), 20'000u);
    EXPECT_GT(keyspace.stats().expired_stale_perc, 4.9);
}

TEST_F(ExpireTest, TheFastCycleRunsOnlyWhereTheSlowOneFellBehind) {
    FakeClockSource source;
    const Clock clock(source);
    for (size_t i = 0; i < 100; ++i) set(numbered("k", i), "v", kStart + 10);
    advance_ms(11);
    keyspace.active_expire(true, clock);
    EXPECT_EQ(db().size(), 100u);

    TickingClockSource slow(20'000);
    for (size_t i = 0; i < 20'000; ++i) set(numbered("more", i), "v", kStart + 10);
    keyspace.active_expire(false, Clock(slow));
    ASSERT_TRUE(keyspace.expiry_ran_out_of_time());
    const size_t before = db().size();
    keyspace.active_expire(true, clock);
    EXPECT_LT(db().size(), before);
}

TEST_F(ExpireTest, MoreEffortSamplesMoreAtATime) {
    for (size_t i = 0; i < 1000; ++i) set(numbered("k", i), "v", kStart + 1'000'000);
    const Db::ExpireSample sample = db().expire_some(65);
    EXPECT_GE(sample.sampled, 65u);
    EXPECT_EQ(sample.expired, 0u);
    EXPECT_EQ(sample.ttl_sum_ms, 1'000'000 * static_cast<int64_t>(sample.sampled));
}

TEST_F(ExpireTest, AverageTtlFollowsTheSamples) {
    FakeClockSource source;
    const Clock clock(source);
    EXPECT_EQ(db().average_ttl_ms(), 0);
    for (size_t i = 0; i < 1000; ++i) set(numbered("k", i), "v", kStart + 1'000'000);
    keyspace.active_expire(false, clock);
    EXPECT_NEAR(static_cast<double>(db().average_ttl_ms()), 1e6, 100);
    advance_ms(500'000);
    for (int i = 0; i < 400; ++i) keyspace.active_expire(false, clock);
    EXPECT_NEAR(static_cast<double>(db().average_ttl_ms()), 5e5, 5e3);
}

}  // namespace
}  // namespace rota
