// SPDX-License-Identifier: BSD-3-Clause
#include <sys/random.h>

#include <algorithm>

#include "platform/assert.h"
#include "store/db.h"

namespace rota {

// The same text gives the same hashes on every node, so that cursors mean the same there.
static SipKey make_seed(const std::string& text) {
    if (!text.empty()) return {hash_bytes({.first = 1}, text), hash_bytes({.second = 1}, text)};
    SipKey seed;
    ASSERT(getrandom(&seed, sizeof seed, 0) == sizeof seed);
    return seed;
}

static AccessOptions access_options_of(const StoreOptions& options) {
    return {.lfu_log_factor = options.lfu_log_factor,
            .lfu_decay_time = static_cast<uint32_t>(options.lfu_decay_time) & 0x7fffffff,
            .lfu = options.lfu};
}

Keyspace::Keyspace(int databases, const StoreOptions& options, Effects& effects)
    : options_(options),
      effects_(effects),
      seed_(make_seed(options.hash_seed)),
      access_options_(access_options_of(options)) {
    for (int i = 0; i < databases; ++i)
        dbs_.push_back(std::make_unique<Db>(i, seed_, options, clock_, effects, stats_, quiescence_,
                                            lazy_free_));
}

Keyspace::~Keyspace() = default;

Key Keyspace::key(Slice name) const { return {name, hash_bytes(seed_, name)}; }

void Keyspace::reclaim() {
    quiescence_.reclaim();
    if (quiescence_.has_readers())
        access_options_.store(access_options_of(options_), std::memory_order_relaxed);
}

void Keyspace::swap(int a, int b) {
    effects_.swapping(a, b);
    db(a).swap_contents(db(b));
}

// Starts where the last call ran out of time.
bool Keyspace::step(int64_t budget_us) {
    for (int i = 0; i < count(); ++i) {
        if (db(next_step_db_).step(budget_us)) return true;
        next_step_db_ = (next_step_db_ + 1) % count();
    }
    return false;
}

bool Keyspace::is_freeing() const {
    return std::ranges::any_of(dbs_, [](const auto& db) { return db->is_freeing(); });
}

// One database after the other: mostly there is one.
bool Keyspace::free_some(int64_t budget_us) {
    return std::ranges::any_of(dbs_, [=](const auto& db) { return db->free_some(budget_us); });
}

size_t Keyspace::pending_free() const {
    size_t entries = lazy_free_.pending_objects();
    for (const auto& db : dbs_) entries += db->pending_free();
    return entries;
}

size_t Keyspace::bytes_on_their_way() const {
    size_t bytes = quiescence_.pending_bytes() + lazy_free_.pending_bytes();
    for (const auto& db : dbs_) bytes += db->pending_free_bytes();
    return bytes;
}

size_t Keyspace::mapped_bytes() const {
    size_t bytes = 0;
    for (const auto& db : dbs_)
        if (db->table().bucket_count() != 0)
            bytes += db->table().mapped_bytes() + db->expires().mapped_bytes();
    return bytes;
}

}  // namespace rota
