// SPDX-License-Identifier: BSD-3-Clause
// A keyspace for tests: fixed seed, a clock that stands still until told.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "store/db.h"

namespace rota {

class StoreTest : public ::testing::Test {
protected:
    StoreTest() {
        effects.set_wanted_events(0xffff);
        keyspace.clock().now_ms = kStart;
    }
    static StoreOptions seeded() {
        StoreOptions options;
        options.hash_seed = "a seed that never changes";
        return options;
    }

    Key key(Slice name) { return keyspace.key(name); }
    Db& db() { return keyspace.db(0); }
    void set(Slice name, Slice value, int64_t expire_at_ms = -1) {
        db().set_string(key(name), value, expire_at_ms);
    }
    // The value, or "(none)".
    std::string get(Slice name) {
        const Entry* entry = db().find_read(key(name));
        if (entry == nullptr) return "(none)";
        char scratch[24];
        return std::string(entry->string(scratch));
    }
    void advance_ms(int64_t ms) { keyspace.clock().now_ms += ms; }

    static constexpr int64_t kStart = 1'700'000'000'000;
    StoreOptions options = seeded();
    Effects effects;
    Keyspace keyspace{4, options, effects};
};

inline std::string numbered(const char* prefix, size_t number) {
    return prefix + std::to_string(number);
}

}  // namespace rota
