// SPDX-License-Identifier: BSD-3-Clause
#include "store/evictor.h"

#include <algorithm>
#include <array>
#include <limits>

#include "store/access.h"

namespace rota {
namespace {

constexpr size_t kSamplesMax = 64;

bool is_random(EvictionPolicy policy) {
    return policy == EvictionPolicy::allkeys_random || policy == EvictionPolicy::volatile_random;
}

bool takes_all_keys(EvictionPolicy policy) {
    return policy == EvictionPolicy::allkeys_lru || policy == EvictionPolicy::allkeys_lfu ||
           policy == EvictionPolicy::allkeys_random;
}

}  // namespace

bool Evictor::evict_one() {
    if (options_.maxmemory_policy == EvictionPolicy::noeviction) return false;
    return is_random(options_.maxmemory_policy) ? evict_random() : evict_best();
}

Table& Evictor::table_of(Db& db) const {
    return takes_all_keys(options_.maxmemory_policy) ? db.table() : db.expires();
}

// One database after the other, so that each loses as many.
bool Evictor::evict_random() {
    for (int i = 0; i < keyspace_.count(); ++i) {
        Db& db = keyspace_.db(next_db_);
        next_db_ = (next_db_ + 1) % keyspace_.count();
        uint64_t random = db.random_bits();
        const Entry* entry = table_of(db).random(random);
        if (entry == nullptr) continue;
        db.evict(keyspace_.key(entry->key()));
        return true;
    }
    return false;
}

bool Evictor::evict_best() {
    while (gather()) {
        while (!pool_.empty()) {
            const Candidate best = std::move(pool_.back());
            pool_.pop_back();
            if (best.db >= keyspace_.count()) continue;
            Db& db = keyspace_.db(best.db);
            const Key key = keyspace_.key(best.name);
            const Entry* entry = table_of(db).find(key.hash, key.name);
            // It may be another key of that name, or have been used since.
            if (entry == nullptr || score_of(*entry) < best.score) continue;
            db.evict(key);
            return true;
        }
    }
    return false;
}

// False: there is nothing to choose from.
bool Evictor::gather() {
    const auto samples = static_cast<size_t>(options_.maxmemory_samples);
    std::array<Entry*, kSamplesMax> some;
    bool any = false;
    for (int i = 0; i < keyspace_.count(); ++i) {
        Db& db = keyspace_.db(i);
        if (table_of(db).size() == 0) continue;
        any = true;
        uint64_t random = db.random_bits();
        const std::span out = std::span(some).first(std::min(samples, some.size()));
        const size_t count = table_of(db).sample(out, random);
        for (const Entry* entry : out.first(count)) consider(*entry, i);
    }
    return any;
}

void Evictor::consider(const Entry& entry, int db) {
    const uint64_t score = score_of(entry);
    if (pool_.size() == kPoolMax && score <= pool_.front().score) return;
    const auto same = [&](const Candidate& known) {
        return known.db == db && known.name == entry.key();
    };
    std::erase_if(pool_, same);
    if (pool_.size() == kPoolMax) pool_.erase(pool_.begin());
    const auto at = std::ranges::upper_bound(pool_, score, {}, &Candidate::score);
    pool_.insert(at, {score, db, std::string(entry.key())});
}

uint64_t Evictor::score_of(const Entry& entry) const {
    const int64_t now_ms = keyspace_.clock().now_ms;
    switch (options_.maxmemory_policy) {
        case EvictionPolicy::allkeys_lfu:
        case EvictionPolicy::volatile_lfu:
            return 255 - access::frequency(entry.access(), options_, now_ms);
        case EvictionPolicy::volatile_ttl:
            return std::numeric_limits<uint64_t>::max() -
                   static_cast<uint64_t>(entry.expire_at_ms());
        default:
            return static_cast<uint64_t>(access::idle_ms(entry.access(), now_ms));
    }
}

}  // namespace rota
