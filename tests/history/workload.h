// SPDX-License-Identifier: BSD-3-Clause
// What a recorded history is made of: a plan drawn from a seed, and for each connection the
// operations that it will ask for. Every value that is written is written once, so that a reply
// tells which write it saw.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tests/history/history.h"

namespace rota::history {

// The shape of one history. Small numbers: what is checked is what overlaps.
struct Plan {
    uint64_t seed = 0;
    uint32_t keys = 3;
    uint32_t connections = 8;
    uint32_t operations = 40;   // of each connection
    uint32_t pipeline_max = 8;  // operations sent together
    uint32_t reads_percent = 50;
    uint32_t several_keys_percent = 20;  // MGET, MSET, EXISTS and DEL of more than one key
    uint32_t transaction_percent = 0;    // MULTI .. EXEC
    uint32_t hangup_percent = 0;         // pipelines whose replies are not waited for
    uint32_t value_bytes = 0;            // strings are padded to this length
};

// Draws a plan: some histories have one hot key, some deep pipelines, some long values.
Plan draw_plan(uint64_t seed, bool with_transactions);

class Workload {
public:
    // `client` tells apart the values of connections.
    Workload(const Plan& plan, uint32_t client)
        : plan_(plan), client_(client), random_(plan.seed * 1000 + client) {}

    // The next operation, as yet without times and reply.
    Operation next();
    uint32_t pipeline() { return below(plan_.pipeline_max) + 1; }
    bool hangs_up() { return percent(plan_.hangup_percent); }
    uint32_t below(uint32_t limit) { return static_cast<uint32_t>(random_() % limit); }

private:
    bool percent(uint32_t chance) { return below(100) < chance; }
    // Keys with an odd number hold integers, so that INCR has something to count.
    static bool is_counter(uint32_t key) { return key % 2 == 1; }
    std::string value(uint32_t key);
    Call read(uint32_t key);
    Call write(uint32_t key);
    Call several_keys();
    Call call();

    const Plan& plan_;
    const uint32_t client_;
    std::minstd_rand random_;
    uint32_t values_ = 0;
};

}  // namespace rota::history
