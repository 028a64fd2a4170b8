// SPDX-License-Identifier: BSD-3-Clause
// Readers on other threads: what they may see while the executor works.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "platform/text.h"
#include "store/shared_reader.h"
#include "store/slab.h"
#include "store_fixture.h"

namespace rota {
namespace {

using Status = SharedRead::Status;

// The executor and one reader in one thread: what is read is kept until quiescent().
class SharedTest : public StoreTest {
protected:
    SharedTest() { reader.quiescence().online(); }
    ~SharedTest() override { reader.quiescence().offline(); }

    SharedRead read(Slice name) { return reader.read(0, key(name), keyspace.clock().now_ms); }
    std::string shared_get(Slice name) {
        const auto [status, entry] = read(name);
        if (status != Status::hit) return "(none)";
        if (!entry->is_shared_string()) return "(private)";
        char scratch[24];
        return std::string(entry->string(scratch));
    }
    void pass() {
        keyspace.reclaim();
        reader.quiescence().quiescent();
        keyspace.reclaim();
    }
    SharedReader reader{keyspace};
};

TEST_F(SharedTest, SeesWhatTheExecutorHasWritten) {
    EXPECT_EQ(read("k").status, Status::miss);
    set("k", "v");
    EXPECT_EQ(shared_get("k"), "v");
    set("k", "12");
    EXPECT_EQ(shared_get("k"), "12");
    set("k", std::string(9000, 'x'));
    EXPECT_EQ(shared_get("k"), std::string(9000, 'x'));
    EXPECT_EQ(read("other").status, Status::miss);
    db().erase(key("k"));
    EXPECT_EQ(read("k").status, Status::miss);
    EXPECT_EQ(reader.hits(), 3u);
    EXPECT_EQ(reader.misses(), 3u);
}

TEST_F(SharedTest, WhatItHoldsOutlivesEveryChangeUntilItHasPassed) {
    const std::string big(9000, 'x');
    const size_t before = entry_slab().used_bytes();
    for (const Slice value : {Slice("v"), Slice("12"), Slice(big)}) {
        auto held = [&] {
            set("k", value);
            const Entry* entry = read("k").entry;
            return entry;
        };
        char scratch[24];
        const Entry* entry = held();
        set("k", "w");
        EXPECT_EQ(entry->string(scratch), value);
        entry = held();
        db().erase(key("k"));
        EXPECT_EQ(entry->string(scratch), value);
        entry = held();
        db().append_string(key("k"), db().find_write(key("k")), "tail");
        EXPECT_EQ(entry->string(scratch), value);
        entry = held();
        db().grow_string(key("k"), 1)->mutable_value()[0] = '?';
        EXPECT_EQ(entry->string(scratch), value);
        entry = held();
        db().set_integer(key("k"), 13);
        EXPECT_EQ(entry->string(scratch), value);
        entry = held();
        db().set_expiry(key("k"), db().find_write(key("k")), kStart + 9);
        EXPECT_EQ(entry->string(scratch), value);
        entry = held();
        db().put(key("to"), db().take(key("k")));
        EXPECT_EQ(entry->string(scratch), value);
        entry = held();
        db().set_prepared(key("k"), prepared_string("k", "prepared"));
        EXPECT_EQ(entry->string(scratch), value);
        entry = held();
        db().clear(false);
        EXPECT_EQ(entry->string(scratch), value);
    }
    EXPECT_GT(keyspace.quiescence().pending(), 20u);
    EXPECT_GT(keyspace.quiescence().pending_bytes(), 9000u);
    pass();
    while (keyspace.step(0)) {  // empties what clear() has detached
    }
    pass();
    EXPECT_EQ(keyspace.quiescence().pending(), 0u);
    EXPECT_EQ(keyspace.quiescence().pending_bytes(), 0u);
    EXPECT_EQ(entry_slab().used_bytes(), before);
}

TEST_F(SharedTest, AnEntryThatIsDisposedOfNeverComesBackAsTheSameBlock) {
    set("k", "v");
    const Entry* entry = read("k").entry;
    keyspace.db(1).put(key("k"), db().take(key("k")));
    db().put(key("k"), keyspace.db(1).take(key("k")));
    EXPECT_NE(read("k").entry, entry);
    EXPECT_EQ(entry->value(), "v");
}

TEST_F(SharedTest, WhatIsWrittenInPlaceIsPrivateUntilSetAgain) {
    set("k", "v");
    Entry* entry = db().grow_string(key("k"), 3);
    entry->mutable_value()[1] = 'w';
    EXPECT_EQ(shared_get("k"), "(private)");
    EXPECT_EQ(get("k"), Slice("vw\0", 3));
    EXPECT_EQ(db().grow_string(key("k"), 3), entry);  // one copy is enough
    db().append_string(key("k"), db().find_write(key("k")), "x");
    EXPECT_EQ(shared_get("k"), "(private)");
    EXPECT_EQ(get("k"), Slice("vw\0x", 4));
    set("k", "again");
    EXPECT_EQ(shared_get("k"), "again");
    db().grow_string(key("new"), 2);
    EXPECT_EQ(shared_get("new"), "(private)");
}

TEST_F(SharedTest, AppendingKeepsShortStringsSharedAndLongOnesInPlace) {
    set("k", "a");
    std::string model = "a";
    int moves = 0;
    const char* last = nullptr;
    for (int i = 0; i < 6000; ++i) {
        db().append_string(key("k"), db().find_write(key("k")), "b");
        model += 'b';
        const char* now = db().peek(key("k"))->value().data();
        moves += now != last && model.size() > Entry::kInlineMax;
        last = now;
        if (i % 100 == 0) pass();
        ASSERT_EQ(shared_get("k"), model.size() > Entry::kInlineMax ? "(private)" : model);
    }
    EXPECT_EQ(get("k"), model);
    EXPECT_LE(moves, 2);
}

TEST_F(SharedTest, LeavesTheExpiredToTheExecutor) {
    set("k", "v", kStart + 10);
    EXPECT_EQ(shared_get("k"), "v");
    advance_ms(11);
    EXPECT_EQ(read("k").status, Status::expired);
    EXPECT_EQ(db().size(), 1u);
    EXPECT_EQ(reader.misses(), 0u);
    EXPECT_EQ(get("k"), "(none)");
    EXPECT_EQ(read("k").status, Status::miss);
}

TEST_F(SharedTest, SeesAnExpiryThatMovesInPlace) {
    set("k", "v", kStart + 10);
    const Entry* entry = read("k").entry;
    db().set_expiry(key("k"), db().find_write(key("k")), kStart + 20);
    EXPECT_EQ(read("k").entry, entry);
    EXPECT_EQ(entry->expire_at_ms(), kStart + 20);
}

TEST_F(SharedTest, RefreshesTheAccessBitsUnlessToldNotTo) {
    set("k", "v");
    advance_ms(10'000);
    auto idle = [&] { return access::idle_ms(db().peek(key("k"))->access(), kStart + 10'000); };
    reader.read(0, key("k"), kStart + 10'000, true);
    EXPECT_EQ(idle(), 10'000);
    read("k");
    EXPECT_EQ(idle(), 0);
    EXPECT_EQ(db().peek(key("k"))->encoding(), Encoding::embstr);
    options.lfu = true;
    keyspace.reclaim();
    db().peek(key("k"))->set_access(access::from_frequency(1, kStart + 10'000));
    read("k");  // a counter that low rises surely
    EXPECT_EQ(access::frequency(db().peek(key("k"))->access(), options, kStart + 10'000), 2u);
}

TEST_F(StoreTest, ChangesInPlaceOnlyWhileThereIsNoReader) {
    set("n", "5");
    Entry* entry = db().peek(key("n"));
    {
        const SharedReader sleeper(keyspace);
        EXPECT_NE(db().set_integer(key("n"), 6), entry);
        entry = db().peek(key("n"));
    }
    EXPECT_EQ(db().set_integer(key("n"), 7), entry);
}

TEST_F(SharedTest, PreparedEntriesAreWhatSetWouldHaveMade) {
    const std::string big(5000, 'x');
    for (const Slice value : {Slice(""), Slice("12"), Slice("short"), Slice(big)})
        for (const int64_t old_expiry : {int64_t{-1}, kStart + 1000}) {
            set("k", "old", old_expiry);
            advance_ms(5000 * (old_expiry > 0));  // live, and expired
            set("model", value);
            Entry* prepared = prepared_string("k", value);
            const Key name{prepared->key(), key("k").hash};
            EXPECT_EQ(db().set_prepared(name, prepared), prepared);
            EXPECT_EQ(get("k"), value);
            EXPECT_EQ(prepared->encoding(), db().peek(key("model"))->encoding());
            EXPECT_EQ(prepared->access(), db().peek(key("model"))->access());
            EXPECT_EQ(db().expires_size(), 0u);
            keyspace.clock().now_ms = kStart;
        }
    db().set_prepared(key("new"), prepared_string("new", "v"));
    EXPECT_EQ(get("new"), "v");
}

TEST_F(SharedTest, AnotherThreadPreparesFromItsOwnSlab) {
    const size_t before = entry_slab().used_bytes();
    Slab slab;
    Entry* prepared = nullptr;
    std::thread([&] {
        use_entry_slab(slab);
        Entry::destroy(prepared_string("k", "not handed on"));
        prepared = prepared_string("k", "v");
    }).join();
    EXPECT_EQ(slab.used_bytes(), prepared->allocated_size());
    db().set_prepared(key("k"), prepared);
    entry_slab().adopt(slab);  // its thread is gone
    EXPECT_EQ(shared_get("k"), "v");
    db().erase(key("k"));
    pass();
    EXPECT_EQ(entry_slab().used_bytes(), before);
}

// The executor writes the value, and the size of it, where readers look at key, type and shape.
TEST_F(StoreTest, ReadersLookAtAStringThatIsWrittenInPlace) {
    constexpr size_t kSizes = 8;  // of one block
    std::atomic<bool> stop{false};
    std::atomic<size_t> reads{0};
    size_t foreign = 0;
    {
        SharedReader reader(keyspace);
        db().grow_string(key("k"), 1)->mutable_value()[0] = '0';
        std::thread thread([&] {
            reader.quiescence().online();
            const Key wanted = key("k");
            while (!stop.load(std::memory_order_relaxed)) {
                const SharedRead found = reader.read(0, wanted, kStart);
                foreign += found.status != Status::hit || found.entry->key() != "k" ||
                           found.entry->is_shared_string();
                reads.fetch_add(1, std::memory_order_relaxed);
                reader.quiescence().quiescent();
            }
            reader.quiescence().offline();
        });
        while (reads.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
        for (size_t i = 0; i < 20'000; ++i) {
            Entry* entry = db().find_write(key("k"));
            Entry* resized = Entry::resize_string(entry, 1 + i % kSizes);
            if (resized == entry)
                entry->mutable_value()[0] = 'x';
            else  // a block of a sanitizer is not the least bit larger
                Entry::destroy(resized);
        }
        stop = true;
        thread.join();
    }
    EXPECT_EQ(foreign, 0u);
}

// -- Stress: one writer, three readers --
//
// Key i holds "<i>:<version>:" and then as many times the digit version % 10 as the version says.
// Versions only rise, so whoever sees one fall, or a value that does not fit its key, has seen
// something that was never there.

constexpr size_t kKeys = 3000;
constexpr size_t kNeverErased = 100;  // the first: a miss is wrong
constexpr int kReaders = 3;

std::string value_of(size_t number, uint64_t version) {
    // Mostly inline, sometimes with a block of its own; 0 is a plain number.
    if (version % 7 == 0) return std::to_string(version);
    const size_t size = version % 101 == 0 ? 5000 : version % 50;
    return std::to_string(number) + ":" + std::to_string(version) + ":" +
           std::string(size, static_cast<char>('0' + version % 10));
}

// The version of a value of this key; 0 for one that never was.
uint64_t version_in(size_t number, Slice value) {
    if (const auto plain = parse_int64(value))
        return value_of(number, static_cast<uint64_t>(*plain)) == value
                   ? static_cast<uint64_t>(*plain)
                   : 0;
    const size_t from = value.find(':') + 1;
    const auto version = parse_int64(value.substr(from, value.find(':', from) - from));
    if (!version || value_of(number, static_cast<uint64_t>(*version)) != value) return 0;
    return static_cast<uint64_t>(*version);
}

class StressTest : public StoreTest {
protected:
    struct Seen {
        size_t hits = 0, misses = 0, busy = 0, wrong = 0, backwards = 0, lost = 0;
    };

    // ROTA_STRESS_MS: how long, for those who have more time than a test suite.
    static std::chrono::milliseconds duration() {
        const char* text = std::getenv("ROTA_STRESS_MS");
        return std::chrono::milliseconds(text != nullptr ? std::atoi(text) : 500);
    }

    void read_until_stopped(SharedReader& reader, uint64_t seed, bool may_miss, Seen& seen) {
        std::mt19937_64 random(seed);
        std::vector<uint64_t> versions(kKeys, 0);
        std::vector<Key> keys;
        for (size_t i = 0; i < kKeys; ++i) keys.push_back(key(names_[i]));
        reader.quiescence().online();
        for (size_t turn = 0; !stop_.load(std::memory_order_relaxed); ++turn) {
            for (int i = 0; i < 16; ++i) {
                const size_t number = random() % kKeys;
                const auto [status, entry] = reader.read(0, keys[number], kStart);
                if (status == Status::hit) {
                    char scratch[24];
                    const uint64_t version = version_in(number, entry->string(scratch));
                    ++seen.hits;
                    seen.wrong += version == 0 || entry->key() != keys[number].name;
                    seen.backwards += version < versions[number];
                    versions[number] = version;
                } else {
                    seen.misses += status == Status::miss;
                    seen.busy += status == Status::busy;
                    seen.lost += status == Status::miss && number < kNeverErased && !may_miss;
                }
            }
            reader.quiescence().quiescent();
            if (turn % 64 == 0) {
                reader.quiescence().offline();
                reader.quiescence().online();
            }
        }
        reader.quiescence().offline();
    }

    void write(size_t number) {
        const std::string value = value_of(number, ++version_);
        const int64_t expiry = version_ % 3 == 0 ? kStart + 1'000'000 : -1;
        if (version_ % 5 == 0 && !db().find_write(key(names_[number])))
            db().set_prepared(key(names_[number]), prepared_string(names_[number], value));
        else
            set(names_[number], value, expiry);
    }

    // Phases of growing and shrinking, so that resizes go both ways all the time.
    void work(std::mt19937_64& random, int round) {
        const bool growing = round % 2 == 0;
        for (size_t i = 0; i < kKeys; ++i) {
            const size_t number = random() % kKeys;
            const Key name = key(names_[number]);
            if (growing || number < kNeverErased) {
                write(number);
            } else if (random() % 16 == 0) {
                if (Entry* entry = db().find_write(name))
                    db().set_expiry(name, entry, entry->has_expiry() ? -1 : kStart + 1'000'000);
            } else {
                db().erase(name);
            }
            if (i % 32 == 0) keyspace.reclaim();
        }
        // Down to next to nothing, so that the next phase grows through all sizes again.
        if (!growing)
            for (size_t i = kNeverErased; i < kKeys; ++i) db().erase(key(names_[i]));
        keyspace.step(0);
    }

    template <class Disturb>
    Seen run(bool may_miss, Disturb&& disturb) {
        for (size_t i = 0; i < kKeys; ++i) names_.push_back(numbered("key:", i));
        for (size_t i = 0; i < kNeverErased; ++i) write(i);
        std::vector<std::unique_ptr<SharedReader>> readers;
        std::vector<Seen> seen(kReaders);
        std::vector<std::thread> threads;
        for (int i = 0; i < kReaders; ++i)
            readers.push_back(std::make_unique<SharedReader>(keyspace));
        for (size_t i = 0; i < kReaders; ++i)
            threads.emplace_back([&, i] { read_until_stopped(*readers[i], i, may_miss, seen[i]); });
        std::mt19937_64 random(1);
        const auto end = std::chrono::steady_clock::now() + duration();
        for (int round = 0; round < 4 || std::chrono::steady_clock::now() < end; ++round) {
            work(random, round);
            disturb(round);
        }
        stop_.store(true, std::memory_order_relaxed);
        for (std::thread& thread : threads) thread.join();
        readers.clear();
        Seen sum;
        for (const Seen& one : seen) {
            sum.hits += one.hits;
            sum.misses += one.misses;
            sum.busy += one.busy;
            sum.wrong += one.wrong;
            sum.backwards += one.backwards;
            sum.lost += one.lost;
        }
        RecordProperty("hits", static_cast<int>(sum.hits));
        RecordProperty("misses", static_cast<int>(sum.misses));
        RecordProperty("busy", static_cast<int>(sum.busy));
        return sum;
    }

    std::vector<std::string> names_;
    std::atomic<bool> stop_{false};
    uint64_t version_ = 0;
};

TEST_F(StressTest, ReadersSeeOnlyWhatWasThereAndNeverMissWhatAlwaysIs) {
    const Seen seen = run(false, [](int) {});
    EXPECT_GT(seen.hits, 0u);
    EXPECT_EQ(seen.wrong, 0u);
    EXPECT_EQ(seen.backwards, 0u);
    EXPECT_EQ(seen.lost, 0u);
    EXPECT_EQ(keyspace.quiescence().pending(), 0u);
}

// What SWAPDB and FLUSHDB do to several keys at once is hidden by the server; memory must be safe
// and every single value whole all the same.
TEST_F(StressTest, ReadersSurviveSwapsAndClears) {
    const Seen seen = run(true, [this](int round) {
        if (round % 3 == 0) keyspace.swap(0, 1);
        if (round % 4 == 1) db().clear(round % 8 == 1);
        if (round % 4 == 3) db().table().reserve(kKeys * 4);
    });
    EXPECT_GT(seen.hits, 0u);
    EXPECT_EQ(seen.wrong, 0u);
    while (keyspace.step(0)) {
    }
    EXPECT_EQ(keyspace.pending_free(), 0u);
}

// All keys in one bucket and its node. Whatever was inserted last is at the end of the chain, and
// moves to the front when the one before it is erased from there: in the middle of a reader's walk,
// sooner or later.
TEST(SharedTable, AReaderNeverMissesAnEntryThatMovesWithinItsChain) {
    constexpr uint64_t kHash = 0x1234'5678'9abc'def0;
    constexpr size_t kFillers = 10;
    Quiescence quiescence;
    Table table(SipKey{}, &quiescence);
    table.reserve(64);  // so that nothing is resized
    auto insert = [&](const std::string& name) {
        table.insert(kHash, Entry::make_string(name, {}, Encoding::raw, -1));
    };
    insert(numbered("key:", 0));  // in the first slot
    for (size_t i = 0; i < kFillers; ++i) insert(numbered("filler:", i));

    std::atomic<size_t> present{0};  // the number of a key that is there
    std::atomic<bool> stop{false};
    size_t hits = 0;
    size_t lost = 0;
    Quiescence::Reader& reader = quiescence.add_reader();
    std::thread thread([&] {
        reader.online();
        while (!stop.load(std::memory_order_relaxed)) {
            const size_t number = present.load(std::memory_order_acquire);
            const auto [found, entry] = table.find_shared(kHash, numbered("key:", number));
            hits += found == Table::Found::hit;
            // Only if it was there throughout. The walk's acquires come before this load.
            lost +=
                found == Table::Found::miss && present.load(std::memory_order_relaxed) == number;
            reader.quiescent();
        }
        reader.offline();
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    for (size_t number = 1; std::chrono::steady_clock::now() < end; ++number) {
        insert(numbered("key:", number));
        present.store(number, std::memory_order_release);  // pairs with the acquire above
        Table::Slot* slot = table.find_slot(kHash, numbered("key:", number - 1));
        Entry* gone = Table::entry_of(*slot);
        table.erase(kHash, slot);
        quiescence.retire(gone, 0,
                          [](void* what, size_t) { Entry::destroy(static_cast<Entry*>(what)); });
        quiescence.reclaim();
    }
    stop.store(true, std::memory_order_relaxed);
    thread.join();
    quiescence.remove_reader(reader);
    EXPECT_FALSE(table.resizing());
    EXPECT_GT(hits, 0u);
    EXPECT_EQ(lost, 0u);
    table.drain_all(Entry::destroy);
}

// What was written before the time is seen with the time. On x86 it always is; elsewhere, and by
// the thread sanitizer, a missing order is noticed.
TEST(SharedExpiry, ATimeIsSeenWithAllThatWasWrittenBefore) {
    Entry* entry = Entry::make_string("k", "v", Encoding::embstr, 1);
    int before = 0;
    std::thread thread([&] {
        while (entry->expire_at_ms() == 1) std::this_thread::yield();
        EXPECT_EQ(before, 7);
    });
    before = 7;
    entry->set_expire_at_ms(2);
    thread.join();
    Entry::destroy(entry);
}

}  // namespace
}  // namespace rota
