// SPDX-License-Identifier: BSD-3-Clause
#include "store/quiescence.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace rota {
namespace {

// Retired ints add their bytes to this when they are freed.
size_t freed_bytes = 0;
void retire(Quiescence& quiescence, size_t bytes) {
    quiescence.retire(new int, bytes, [](void* what, size_t size) {
        delete static_cast<int*>(what);
        freed_bytes += size;
    });
}

class QuiescenceTest : public ::testing::Test {
protected:
    QuiescenceTest() { freed_bytes = 0; }
    void reclaim() {  // closes the generation, and looks at what readers have passed
        quiescence.reclaim();
        quiescence.reclaim();
    }
    Quiescence quiescence;
};

TEST_F(QuiescenceTest, FreesOnTheSpotWithoutReaders) {
    retire(quiescence, 10);
    EXPECT_EQ(freed_bytes, 10u);
    EXPECT_EQ(quiescence.pending(), 0u);
}

TEST_F(QuiescenceTest, WaitsForEveryOnlineReader) {
    Quiescence::Reader& a = quiescence.add_reader();
    Quiescence::Reader& b = quiescence.add_reader();
    a.online();
    b.online();
    retire(quiescence, 10);
    reclaim();
    EXPECT_EQ(quiescence.pending_bytes(), 10u);
    a.quiescent();
    reclaim();
    EXPECT_EQ(freed_bytes, 0u);
    b.quiescent();
    quiescence.reclaim();
    EXPECT_EQ(freed_bytes, 10u);
    EXPECT_EQ(quiescence.pending_bytes(), 0u);
    a.offline();
    b.offline();
    quiescence.remove_reader(a);
    quiescence.remove_reader(b);
}

TEST_F(QuiescenceTest, APassBeforeTheGenerationWasClosedDoesNotCount) {
    Quiescence::Reader& reader = quiescence.add_reader();
    reader.online();
    retire(quiescence, 1);
    reader.quiescent();
    reclaim();
    EXPECT_EQ(freed_bytes, 0u);
    retire(quiescence, 2);
    reader.quiescent();
    quiescence.reclaim();  // frees the first generation and closes the second
    EXPECT_EQ(freed_bytes, 1u);
    reader.quiescent();
    quiescence.reclaim();
    EXPECT_EQ(freed_bytes, 3u);
    reader.offline();
    quiescence.remove_reader(reader);
}

TEST_F(QuiescenceTest, SleepersHoldNothingUp) {
    Quiescence::Reader& sleeper = quiescence.add_reader();
    retire(quiescence, 10);
    reclaim();
    EXPECT_EQ(freed_bytes, 10u);
    sleeper.online();
    retire(quiescence, 10);
    reclaim();
    EXPECT_EQ(freed_bytes, 10u);
    sleeper.offline();
    quiescence.reclaim();
    EXPECT_EQ(freed_bytes, 20u);
    quiescence.remove_reader(sleeper);
}

TEST_F(QuiescenceTest, FreesTheRestWhenTheLastReaderLeaves) {
    Quiescence::Reader& reader = quiescence.add_reader();
    retire(quiescence, 10);
    quiescence.reclaim();
    retire(quiescence, 10);
    EXPECT_EQ(quiescence.pending(), 2u);
    quiescence.remove_reader(reader);
    EXPECT_EQ(freed_bytes, 20u);
}

TEST_F(QuiescenceTest, ATicketIsOverWhenNobodyCanSeeWhatWasTakenOut) {
    EXPECT_TRUE(quiescence.over(quiescence.ticket()));
    Quiescence::Reader& reader = quiescence.add_reader();
    reader.online();
    const uint64_t ticket = quiescence.ticket();
    reclaim();
    EXPECT_FALSE(quiescence.over(ticket));
    reader.quiescent();
    quiescence.reclaim();
    EXPECT_TRUE(quiescence.over(ticket));
    reader.offline();
    quiescence.remove_reader(reader);
}

// A reader that holds what it has loaded never sees it freed, however it comes and goes.
TEST_F(QuiescenceTest, NeverFreesWhatAReaderHolds) {
    struct Thing {
        std::atomic<bool> alive{true};
    };
    std::atomic<Thing*> published{new Thing};
    std::atomic<bool> stop{false};
    std::atomic<size_t> dead_seen{0};
    std::vector<Quiescence::Reader*> readers{&quiescence.add_reader(), &quiescence.add_reader()};
    auto read = [&](Quiescence::Reader& reader) {
        for (unsigned turn = 0; !stop.load(std::memory_order_relaxed); ++turn) {
            reader.online();
            for (unsigned i = 0; i < turn % 5; ++i) {
                for (int looks = 0; looks < 3; ++looks) {
                    const Thing* thing = published.load(std::memory_order_acquire);
                    if (!thing->alive.load(std::memory_order_relaxed)) ++dead_seen;
                }
                reader.quiescent();
            }
            reader.offline();
        }
    };
    std::vector<std::thread> threads;
    for (Quiescence::Reader* reader : readers) threads.emplace_back(read, std::ref(*reader));
    for (int i = 0; i < 20'000; ++i) {
        Thing* old = published.exchange(new Thing, std::memory_order_acq_rel);
        quiescence.retire(old, sizeof *old, [](void* what, size_t) {
            auto* thing = static_cast<Thing*>(what);
            thing->alive.store(false, std::memory_order_relaxed);
            delete thing;
        });
        quiescence.reclaim();
    }
    stop.store(true, std::memory_order_relaxed);
    for (std::thread& thread : threads) thread.join();
    for (Quiescence::Reader* reader : readers) quiescence.remove_reader(*reader);
    EXPECT_EQ(dead_seen, 0u);
    EXPECT_EQ(quiescence.pending(), 0u);
    delete published.load();
}

}  // namespace
}  // namespace rota
