// SPDX-License-Identifier: BSD-3-Clause
// Keyspace: the databases of one server. Db: one of them, keys to entries.
//
// Expired keys are never seen: every lookup removes the one it meets (lazy expiry), and
// active_expire() removes the rest in the background.
// Threading: everything here belongs to the executor. An Entry* is valid until the next call that
// may write, expire or free; never keep one across a command.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "store/effects.h"
#include "store/entry.h"
#include "store/options.h"
#include "store/table.h"

namespace rota {

// A key with its hash: computed once (on an IO thread, where there is one), carried everywhere.
struct Key {
    Slice name;
    uint64_t hash;
};

enum class Expiry : uint8_t { none, keep };   // for a write without an expiry of its own

struct StoreStats {
    uint64_t hits = 0, misses = 0, expired_keys = 0, evicted_keys = 0, expired_time_cap_reached = 0;
    double expired_stale_perc = 0;
    uint64_t expire_cycle_us = 0;
};

// What all databases share. now_ms is set by the executor once per batch and frozen within a command.
struct StoreClock {
    int64_t now_ms = 0;
};

class Db {
public:
    Db(int index, uint64_t const (&seed)[2], const StoreOptions&, const StoreClock&, Effects&, StoreStats&);
    Db(const Db&) = delete;
    ~Db();

    int index() const { return index_; }
    void set_index(int index) { index_ = index; }   // SWAPDB
    size_t size() const;
    size_t expires_size() const;                    // keys that have an expiry
    int64_t average_ttl_ms() const;

    // For reading: counts a hit or a miss and refreshes LRU/LFU unless no_touch. Null: not there.
    Entry* find_read(Key, bool no_touch = false);
    // For writing: neither counted nor touched... the write that follows does.
    Entry* find_write(Key);
    // For introspection (OBJECT, DEBUG, TTL with NO-TOUCH): not counted, not touched.
    Entry* peek(Key);

    // Sets key to a string, whatever it held, choosing int/embstr/raw as Valkey does.
    // expire_at_ms < 0: no expiry of its own, then `otherwise` says whether an old one stays.
    Entry* set_string(Key, Slice value, int64_t expire_at_ms = -1, Expiry otherwise = Expiry::none);
    Entry* set_integer(Key, int64_t value, Expiry otherwise = Expiry::keep);
    // A raw string of `size` bytes, the old ones kept as far as they go, the rest zero, for writing
    // in place through mutable_value(). Creates the key if need be. Keeps the expiry.
    Entry* grow_string(Key, size_t size);
    // Appends in place where there is room, amortised O(len). The entry must be a string.
    Entry* append_string(Key, Entry*, Slice tail);
    // Takes an entry over (RENAME, COPY, RESTORE, other types); replaces what was there.
    Entry* put(Key, Entry*);

    // Removes; frees on the spot, or in the background where it is big and `lazy`. False: not there.
    bool erase(Key, bool lazy = false);
    // Removes without freeing: the caller owns the result. Null: not there.
    Entry* take(Key);

    // The entry may move. expire_at_ms < 0 takes the expiry away.
    Entry* set_expiry(Key, Entry*, int64_t expire_at_ms);

    Entry* random();                                // null: empty
    // One step of SCAN: calls visit(entry) for every entry of the next bucket(s); returns the next
    // cursor, 0 at the end. Every key that is there from beginning to end is visited at least once,
    // however the table is resized meanwhile. Expired keys are visited too: the caller filters.
    template <class Visit>
    uint64_t scan(uint64_t cursor, Visit&& visit) { return table_.scan(cursor, visit); }
    template <class Visit>
    void for_each(Visit&& visit) { table_.for_each(visit); }

    bool expired(const Entry*) const;
    void clear(bool lazy);
    void swap_contents(Db& other);                  // SWAPDB

    // Stage one and two of a batch: fetch the bucket, then the entry, into the cache. Hints only.
    void prefetch_bucket(uint64_t hash) const { table_.prefetch_bucket(hash); }
    void prefetch_entry(uint64_t hash) const { table_.prefetch_entry(hash); }

    // Moves a bounded amount of work along: rehashing, giving memory back. From cron.
    void step(int64_t budget_us);
    Table& table() { return table_; }
    Table& expires() { return expires_; }
    const Table& table() const { return table_; }

private:
    int index_;
    Table table_;
    Table expires_;                                 // the same entries, those with an expiry
    const StoreOptions& options_;
    const StoreClock& clock_;
    Effects& effects_;
    StoreStats& stats_;
    int64_t average_ttl_ms_ = 0;
};

class Keyspace {
public:
    Keyspace(int databases, const StoreOptions&, Effects&);
    ~Keyspace();

    Key key(Slice name) const;                      // hashes with this server's seed
    Db& db(int index) { return *dbs_[static_cast<size_t>(index)]; }
    int count() const { return static_cast<int>(dbs_.size()); }
    void swap(int a, int b);

    StoreClock& clock() { return clock_; }
    StoreStats& stats() { return stats_; }
    const StoreStats& stats() const { return stats_; }

    // Active expiry: a slow cycle from cron, a fast one before sleeping. Removes expired keys of all
    // databases within the share of time that active-expire-effort allows.
    void active_expire(bool fast, int64_t (*now_us)());
    void step(int64_t budget_us);                   // rehash and reclaim

private:
    uint64_t seed_[2];
    StoreClock clock_;
    StoreStats stats_;
    std::vector<std::unique_ptr<Db>> dbs_;
    int next_expire_db_ = 0;
    int next_step_db_ = 0;
};

// int if the bytes are a canonical long, embstr if header, key, expiry and value fit in 128 bytes by
// Valkey's reckoning, else raw. Source: the published thresholds of Valkey 9.1.
Encoding string_encoding(size_t key_len, Slice value, bool has_expiry);

}  // namespace rota
