// SPDX-License-Identifier: BSD-3-Clause
// Evictor: which key goes when memory is short. Of each database it looks at some keys
// (maxmemory-samples) and remembers those that maxmemory-policy would rather lose, so that over
// time it comes near to choosing from all of them:
//
//     lru     not used for the longest time
//     lfu     used least often, as the counter says that forgets with time
//     ttl     about to expire first
//     random  any
//
// Threading: executor only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/db.h"

namespace rota {

class Evictor {
public:
    Evictor(Keyspace& keyspace, const StoreOptions& options)
        : keyspace_(keyspace), options_(options) {}

    // Removes a key, with its event. False: there is none that the policy lets go.
    bool evict_one();

private:
    static constexpr size_t kPoolMax = 16;

    struct Candidate {
        uint64_t score;  // the higher, the sooner it goes
        int db;
        std::string name;
    };

    bool evict_random();
    bool evict_best();
    bool gather();
    void consider(const Entry&, int db);
    uint64_t score_of(const Entry&) const;
    Table& table_of(Db& db) const;

    Keyspace& keyspace_;
    const StoreOptions& options_;
    std::vector<Candidate> pool_;  // by score, the best at the end; they may be gone by now
    int next_db_ = 0;              // of a random key
};

}  // namespace rota
