// SPDX-License-Identifier: BSD-3-Clause
// Keyspace: the databases of one server. Db: one of them, keys to entries.
//
// Expired keys are never seen: every lookup removes the one it meets (lazy expiry), and
// active_expire() removes the rest in the background.
// Threading: everything here belongs to the executor, but for Db::read_shared() and what it needs.
// An Entry* is valid until the next call that may write, expire or free; never keep one across a
// command.
//
// Readers on other threads: each is registered with Keyspace::quiescence() before its thread reads,
// and while any is, what leaves the keyspace is retired there and strings are not changed in place.
// A reader sees single keys, each as it was at some moment of the call. That several keys change
// together (MSET, RENAME, MOVE, EXEC, SWAPDB, FLUSHALL) is for the server's read gate to hide. Two
// passes over the same keys that return the same entries prove that all of them were there at one
// moment, the end of the first pass: a block that has left the keyspace never returns to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "platform/clock.h"
#include "store/effects.h"
#include "store/entry.h"
#include "store/lazy_free.h"
#include "store/options.h"
#include "store/quiescence.h"
#include "store/table.h"

namespace rota {

// A key with its hash: computed once (on an IO thread, where there is one), carried everywhere.
struct Key {
    Slice name;
    uint64_t hash;
};

enum class Expiry : uint8_t { none, keep };  // for a write without an expiry of its own
// Whether a write counts as a use of the key, or the command has looked it up before, which did.
enum class Use : uint8_t { counts, counted };

struct StoreStats {
    uint64_t hits = 0, misses = 0, expired_keys = 0, evicted_keys = 0, expired_time_cap_reached = 0;
    double expired_stale_perc = 0;
    uint64_t expire_cycle_us = 0;
    uint64_t freed_entries = 0;  // of cleared databases, not on the spot
};

// What all databases share. now_ms is set by the executor once per batch and frozen within a
// command.
struct StoreClock {
    int64_t now_ms = 0;
    bool no_touch = false;  // what is looked up now does not count as used (CLIENT NO-TOUCH)
    // What is replayed says itself when a key was found to have expired; until then it is there.
    bool replaying = false;

    // Whether a write with this time leaves nothing behind.
    bool past(int64_t at_ms) const { return at_ms <= now_ms && !replaying; }
};

// What of StoreOptions readers on other threads go by: see access.h.
struct AccessOptions {
    int32_t lfu_log_factor;
    uint32_t lfu_decay_time : 31;
    uint32_t lfu : 1;
};
static_assert(std::atomic<AccessOptions>::is_always_lock_free);

// What a reader on another thread has found.
struct SharedRead {
    enum class Status : uint8_t {
        hit,
        miss,
        expired,  // there, but its time has come: the executor shall remove it
        busy,     // could not tell: ask the executor
    };
    Status status;
    const Entry* entry;  // of a hit; good until the reader is next quiescent or offline
};

class Db {
public:
    Db(int index, const SipKey& seed, const StoreOptions&, const StoreClock&, Effects&, StoreStats&,
       Quiescence&, LazyFree&);
    Db(const Db&) = delete;
    ~Db();

    int index() const { return index_; }
    void set_index(int index) { index_ = index; }  // SWAPDB
    size_t size() const;
    size_t expires_size() const;  // keys that have an expiry
    int64_t average_ttl_ms() const;

    // For reading: counts a hit or a miss and, unless no_touch, a use for LRU/LFU. Null: not there.
    Entry* find_read(Key, bool no_touch = false);
    // For writing: counts a use alone.
    Entry* find_write(Key);
    // For introspection (OBJECT, DEBUG, TTL with NO-TOUCH): not counted, not touched.
    Entry* peek(Key);
    // A use, whatever CLIENT NO-TOUCH says.
    void touch(Entry*);
    // As if it had just been made.
    void renew(Entry*);

    // For an online reader of the quiescence, any thread. Neither counted nor touched: see
    // SharedReader. The value of an entry that is not is_shared_string() is the executor's.
    SharedRead read_shared(Key, int64_t now_ms) const;

    // Sets key to a string, whatever it held, choosing int/embstr/raw as Valkey does.
    // expire_at_ms < 0: no expiry of its own, then `otherwise` says whether an old one stays.
    Entry* set_string(Key, Slice value, int64_t expire_at_ms = -1, Expiry otherwise = Expiry::none,
                      Use = Use::counts);
    // The same for a number, of a key that was looked up before.
    Entry* set_integer(Key, int64_t value);
    // The same for an entry of this key that prepared_string() has made: it is taken over, the
    // expiry of an old one goes. Copies nothing. The key's name may be the entry's own.
    Entry* set_prepared(Key, Entry*);
    // A raw string of at least `size` bytes for writing in place through mutable_value(): what was
    // there stays, what is new is zero. Creates the key if need be. Keeps the expiry. A key of
    // another type is the caller's bug. While there are readers the string becomes private, by one
    // copy, and stays so until it is set again.
    Entry* grow_string(Key, size_t size);
    // Appends in place where there is room, amortised O(len). The entry must be a string, and the
    // tail none of its own bytes. While there are readers, a string that no longer lies in the
    // entry becomes private, a shorter one is copied.
    Entry* append_string(Key, Entry*, Slice tail);
    // Takes an entry over (RENAME, COPY, RESTORE, other types); replaces what was there. The entry
    // may be of another key: it gets this one. Its expiry counts, the replaced one's does not. It
    // comes from Entry::make...() or take(). What has no access bits yet gets those of the replaced
    // one, used once more.
    Entry* put(Key, Entry*, Use = Use::counts);

    // Removes and frees; `lazy` leaves a value of many elements to LazyFree. False: not there.
    bool erase(Key, bool lazy = false);
    // The same for the sake of maxmemory, with the event that tells so. The key must be there.
    void evict(Key);
    // Removes without freeing: the caller puts the result elsewhere or gives it to dispose(). Null:
    // not there.
    Entry* take(Key);
    // Frees an entry that was published, once no reader can see it. `lazy` as for erase().
    void dispose(Entry*, bool lazy = false);

    // The entry may move. expire_at_ms < 0 takes the expiry away. An expiry in the past is only
    // noticed by the next lookup.
    Entry* set_expiry(Key, Entry*, int64_t expire_at_ms);

    Entry* random();         // null: empty
    uint64_t random_bits();  // never 0
    // One step of SCAN: calls visit(entry) for every entry of the next bucket(s); returns the next
    // cursor, 0 at the end. Every key that is there from beginning to end is visited at least once,
    // however the table is resized meanwhile. Expired keys are visited too: the caller filters.
    template <class Visit>
    uint64_t scan(uint64_t cursor, Visit&& visit) {
        return table_.scan(cursor, visit);
    }
    template <class Visit>
    void for_each(Visit&& visit) {
        table_.for_each(visit);
    }

    bool expired(const Entry* entry) const {
        return entry->has_expiry() && clock_.now_ms > entry->expire_at_ms() && !clock_.replaying;
    }
    void clear(bool lazy);          // always lazy while there are readers
    void swap_contents(Db& other);  // SWAPDB

    // Stage one and two of a batch: fetch the bucket, then the entry, into the cache. Hints only.
    void prefetch_bucket(uint64_t hash) const { table_.prefetch_bucket(hash); }
    void prefetch_entry(uint64_t hash) const { table_.prefetch_entry(hash); }
    // The same for readers on other threads.
    void prefetch_bucket_shared(uint64_t hash) const { table_.prefetch_bucket_shared(hash); }
    void prefetch_entry_shared(uint64_t hash) const { table_.prefetch_entry_shared(hash); }

    // Moves a bounded amount of work along: rehashing, giving memory back. From cron. False:
    // nothing is left to do.
    bool step(int64_t budget_us);
    // Entries that clear() has detached and step() has not freed yet, and what they will give back,
    // estimated.
    size_t pending_free() const;
    size_t pending_free_bytes() const;
    bool is_freeing() const { return !dying_.empty(); }
    // Goes on with that. False: nothing is left that could be freed now.
    bool free_some(int64_t budget_us);
    // Samples up to `keys` keys that have an expiry and removes the expired ones. See
    // Keyspace::active_expire.
    struct ExpireSample {
        size_t sampled = 0;
        size_t expired = 0;
        int64_t ttl_sum_ms = 0;
    };
    ExpireSample expire_some(size_t keys);
    void update_average_ttl(const ExpireSample&);
    Table& table() { return table_; }
    Table& expires() { return expires_; }
    const Table& table() const { return table_; }
    const Table& expires() const { return expires_; }

private:
    // The slot of a key that is there and has not expired; removes it if it has.
    Table::Slot* find_live(const Key& key) {
        Table::Slot* slot = table_.find_slot(key.hash, key.name);
        if (slot != nullptr && expired(Table::entry_of(*slot))) [[unlikely]] {
            remove_expired(key, slot);
            return nullptr;
        }
        return slot;
    }
    void remove_expired(const Key&, Table::Slot*);
    void remove(const Key&, Table::Slot*, EventClass, const char* event, bool lazy);
    void use(Entry* entry, Use use = Use::counts) {
        if (use == Use::counts && !clock_.no_touch) touch(entry);
    }
    uint32_t next_random();
    // Puts `entry` where `old` was, in both tables. std::bad_alloc: both are as they were.
    void swap_entry(const Key&, Table::Slot*, const Entry* old, Entry* entry);
    Entry* add(const Key&, Entry*);  // a key that is not there; std::bad_alloc as above
    // Puts `entry` in the place of `old`, which is disposed of unless it is the same.
    Entry* exchange(const Key&, Table::Slot*, Entry* old, Entry* entry);
    Entry* resize(Entry* old, size_t size, bool make_private);
    Entry* detach(const Key&, Table::Slot*);
    void dispose_shell(Entry*);  // what Entry::rebuild() has left
    bool rehash_once();

    struct Dying {  // what a clear() has detached
        Table table;
        uint64_t ticket;     // of the quiescence: until then readers may be in it
        size_t entry_bytes;  // of one, on average, its value included
    };
    bool free_once();
    size_t average_bytes();

    int index_;
    Table table_;
    Table expires_;  // the same entries, those with an expiry
    std::list<Dying> dying_;
    SipKey seed_;
    uint64_t random_;
    uint64_t expire_cursor_ = 0;
    const StoreOptions& options_;
    const StoreClock& clock_;
    Effects& effects_;
    StoreStats& stats_;
    Quiescence& quiescence_;
    LazyFree& lazy_free_;
    int64_t average_ttl_ms_ = 0;
};

class Keyspace {
public:
    Keyspace(int databases, const StoreOptions&, Effects&);
    ~Keyspace();

    Key key(Slice name) const;  // hashes with this server's seed
    const SipKey& seed() const { return seed_; }
    Db& db(int index) { return *dbs_[static_cast<size_t>(index)]; }
    const Db& db(int index) const { return *dbs_[static_cast<size_t>(index)]; }
    int count() const { return static_cast<int>(dbs_.size()); }
    void swap(int a, int b);

    // For readers on other threads: see SharedReader, which registers there.
    Quiescence& quiescence() { return quiescence_; }
    // Once per turn of the executor: frees what no reader can see any more, and shows readers the
    // options as they are now.
    void reclaim();
    AccessOptions access_options() const {  // any thread
        return access_options_.load(std::memory_order_relaxed);
    }

    StoreClock& clock() { return clock_; }
    StoreStats& stats() { return stats_; }
    const StoreStats& stats() const { return stats_; }

    // Active expiry: a slow cycle from cron, a fast one before sleeping. Removes expired keys of
    // all databases within the share of time that active-expire-effort allows.
    void active_expire(bool fast, const Clock& clock);
    // Rehashes and reclaims. Microseconds of wall time; called with 0 it does the least it can.
    // False: nothing is left to do.
    bool step(int64_t budget_us);
    LazyFree& lazy_free() { return lazy_free_; }
    // Frees entries of cleared databases. False: nothing is left that could be freed now.
    bool free_some(int64_t budget_us);
    bool is_freeing() const;
    // What is no longer there for clients and has yet to be freed: entries of cleared databases and
    // values that LazyFree has; as it goes, these have been freed.
    size_t pending_free() const;
    uint64_t freed_lazily() const { return stats_.freed_entries + lazy_free_.freed_objects(); }
    // The memory of that, and of all else that readers on other threads may still see. Estimated:
    // it will be given back without any more being done for it.
    size_t bytes_on_their_way() const;
    // Of all tables, what comes from neither malloc nor the slab.
    size_t mapped_bytes() const;
    bool expiry_ran_out_of_time() const { return expire_timed_out_; }

private:
    struct ExpireBudget;
    bool expire_db(Db&, const ExpireBudget&, uint64_t& sampled, uint64_t& expired);

    const StoreOptions& options_;
    Effects& effects_;
    SipKey seed_;
    StoreClock clock_;
    StoreStats stats_;
    std::atomic<AccessOptions> access_options_;
    Quiescence quiescence_;  // before the databases, which retire to it to the last
    LazyFree lazy_free_;
    std::vector<std::unique_ptr<Db>> dbs_;
    int next_expire_db_ = 0;
    int next_step_db_ = 0;
    bool expire_timed_out_ = false;
    int64_t last_fast_expire_us_ = 0;
};

// int if the bytes are a canonical long, embstr if header, key, expiry and value fit in 128 bytes
// by Valkey's reckoning, else raw. Source: the published thresholds of Valkey 9.1.
Encoding string_encoding(size_t key_len, Slice value, bool has_expiry);

// The entry of a plain SET, for Db::set_prepared(). Any thread: the memory is of its entry_slab().
// One that is not handed on goes to Entry::destroy().
Entry* prepared_string(Slice key, Slice value);

}  // namespace rota
