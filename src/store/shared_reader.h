// SPDX-License-Identifier: BSD-3-Clause
// SharedReader: how a thread other than the executor reads keys. What a lookup leaves behind, the
// LRU/LFU bits of the entry and a count of hits and misses, is done without a locked instruction
// and without a line that another thread writes too, unless the entry's bits really change.
//
// Threading: made and destroyed by the executor, used by the one reading thread, which is online
// with the keyspace's quiescence meanwhile. Anybody may read the counters.
#pragma once

#include <cstdint>

#include "platform/counter.h"
#include "store/access.h"
#include "store/db.h"

namespace rota {

class alignas(kCacheLine) SharedReader {
public:
    explicit SharedReader(Keyspace& keyspace) : keyspace_(keyspace), reader_(add(keyspace)) {}
    ~SharedReader() { keyspace_.quiescence().remove_reader(reader_); }  // offline for good
    SharedReader(const SharedReader&) = delete;

    Quiescence::Reader& quiescence() { return reader_; }

    // As Db::read_shared(); counted and, unless no_touch, refreshed, as Db::find_read() does it.
    // Only what is decided here is counted: not `expired` nor `busy`, which the executor looks up.
    SharedRead read(int db, Key key, int64_t now_ms, bool no_touch = false) {
        const SharedRead found = keyspace_.db(db).read_shared(key, now_ms);
        if (found.status == SharedRead::Status::miss) ++misses_;
        if (found.status != SharedRead::Status::hit) return found;
        ++hits_;
        if (!no_touch) touch(*found.entry, now_ms);
        return found;
    }

    // For an entry that was found by other means.
    void count_hit(const Entry& entry, int64_t now_ms, bool no_touch) {
        ++hits_;
        if (!no_touch) touch(entry, now_ms);
    }

    uint64_t hits() const { return hits_; }
    uint64_t misses() const { return misses_; }

private:
    static Quiescence::Reader& add(Keyspace& keyspace) {
        return keyspace.quiescence().add_reader();
    }

    void touch(const Entry& entry, int64_t now_ms) {
        const AccessOptions options = keyspace_.access_options();
        const uint32_t random = options.lfu ? next_random() : 0;
        const uint32_t bits = access::touched(entry.access(), options, now_ms, random);
        if (bits != entry.access()) entry.set_access_shared(bits);
    }
    uint32_t next_random() {  // splitmix64
        uint64_t z = random_ += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return static_cast<uint32_t>(z >> 32);
    }

    Keyspace& keyspace_;
    Quiescence::Reader& reader_;
    Counter hits_;
    Counter misses_;
    uint64_t random_ = reinterpret_cast<uintptr_t>(this);
};

}  // namespace rota
