// SPDX-License-Identifier: BSD-3-Clause
// Active expiry: removes keys that nobody asks for after their time. It samples, a stretch of each
// database's expires at a time, and goes on with a database for as long as more of what it meets
// has expired than active-expire-effort tolerates, within a share of the time.
#include <algorithm>

#include "store/db.h"

namespace rota {
namespace {

// What the effort, 1 to 10, buys. The figures are the documented ones of Valkey.
struct Effort {
    explicit Effort(int configured) : extra(std::clamp(configured, 1, 10) - 1) {}
    int64_t extra;
    size_t keys_per_loop() const { return static_cast<size_t>(20 + 20 / 4 * extra); }
    int64_t fast_duration_us() const { return 1000 + 1000 / 4 * extra; }
    int64_t slow_percent() const { return 25 + 2 * extra; }
    uint64_t stale_percent() const { return static_cast<uint64_t>(10 - extra); }
};

constexpr int kDbsPerCycle = 16;
constexpr int kLoopsPerLook = 16;      // at the clock
constexpr size_t kBucketsPerKey = 20;  // visited at most for each key wanted: tables may be sparse

}  // namespace

struct Keyspace::ExpireBudget {
    const Effort effort;
    const Clock& clock;
    int64_t end_us;
};

Db::ExpireSample Db::expire_some(size_t keys) {
    ExpireSample sample;
    std::vector<Entry*> found;
    keys = std::min(keys, expires_.size());
    for (size_t buckets = keys * kBucketsPerKey; buckets > 0 && sample.sampled < keys; --buckets) {
        found.clear();
        expire_cursor_ = expires_.scan(expire_cursor_, [&](Entry* entry) {
            __builtin_prefetch(entry);
            found.push_back(entry);
        });
        for (Entry* entry : found) {
            ++sample.sampled;
            const int64_t ttl_ms = entry->expire_at_ms() - clock_.now_ms;
            if (ttl_ms >= 0) {
                sample.ttl_sum_ms += ttl_ms;
                continue;
            }
            const Key key{entry->key(), hash_bytes(seed_, entry->key())};
            remove_expired(key, table_.find_slot(key.hash, key.name));
            ++sample.expired;
        }
    }
    return sample;
}

// A running average: one part in fifty is new.
void Db::update_average_ttl(const ExpireSample& sample) {
    const size_t alive = sample.sampled - sample.expired;
    if (alive == 0) return;
    const int64_t now_ms = sample.ttl_sum_ms / static_cast<int64_t>(alive);
    average_ttl_ms_ = average_ttl_ms_ == 0 ? now_ms : average_ttl_ms_ / 50 * 49 + now_ms / 50;
}

// False: out of time.
bool Keyspace::expire_db(Db& db, const ExpireBudget& budget, uint64_t& sampled_total,
                         uint64_t& expired_total) {
    for (int loops = 1;; ++loops) {
        if (db.expires_size() == 0) return true;
        const Db::ExpireSample sample = db.expire_some(budget.effort.keys_per_loop());
        db.update_average_ttl(sample);
        sampled_total += sample.sampled;
        expired_total += sample.expired;
        if (loops % kLoopsPerLook == 0 && budget.clock.monotonic_us() > budget.end_us) return false;
        if (sample.sampled != 0 &&
            sample.expired * 100 <= sample.sampled * budget.effort.stale_percent())
            return true;
    }
}

void Keyspace::active_expire(bool fast, const Clock& clock) {
    const Effort effort(options_.active_expire_effort);
    const int64_t begin_us = clock.monotonic_us();
    int64_t duration_us = effort.slow_percent() * 1'000'000 / std::max(options_.hz, 1) / 100;
    if (fast) {
        duration_us = effort.fast_duration_us();
        const bool needed = expire_timed_out_ || stats_.expired_stale_perc >=
                                                     static_cast<double>(effort.stale_percent());
        if (!needed || begin_us < last_fast_expire_us_ + 2 * duration_us) return;
        last_fast_expire_us_ = begin_us;
    }
    const int dbs = expire_timed_out_ ? count() : std::min(count(), kDbsPerCycle);
    expire_timed_out_ = false;
    const ExpireBudget budget{effort, clock, begin_us + std::max<int64_t>(duration_us, 1)};
    uint64_t sampled = 0;
    uint64_t expired = 0;
    for (int i = 0; i < dbs && !expire_timed_out_; ++i) {
        Db& next = db(next_expire_db_);
        next_expire_db_ = (next_expire_db_ + 1) % count();
        if (expire_db(next, budget, sampled, expired)) continue;
        expire_timed_out_ = true;
        ++stats_.expired_time_cap_reached;
    }
    stats_.expire_cycle_us += static_cast<uint64_t>(clock.monotonic_us() - begin_us);
    const double stale =
        sampled != 0 ? static_cast<double>(expired) * 100 / static_cast<double>(sampled) : 0;
    stats_.expired_stale_perc = stale * 0.05 + stats_.expired_stale_perc * 0.95;
}

}  // namespace rota
