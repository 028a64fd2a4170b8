// SPDX-License-Identifier: BSD-3-Clause
// AofManifest: which files make up an append-only file, in which order. A base, which is a snapshot
// or commands that build one, and increments, which are what has been done since; and history:
// files that are no longer needed and about to be deleted. The text is Valkey's, one line a file:
//
//     file appendonly.aof.1.base.rdb seq 1 type b
//     file appendonly.aof.1.incr.aof seq 1 type i
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/slice.h"

namespace rota {

struct AofFile {
    std::string name;  // in the folder of the append-only file
    uint64_t seq = 0;
    friend bool operator==(const AofFile&, const AofFile&) = default;
};

struct AofManifest {
    std::optional<AofFile> base;
    std::vector<AofFile> increments;  // in order
    std::vector<AofFile> history;
    uint64_t base_seq = 0, increment_seq = 0;  // the highest so far

    // Hostile bytes are fine. nullopt: `reason` says in which line and why.
    static std::optional<AofManifest> parse(Slice text, std::string& reason);
    std::string text() const;

    bool empty() const { return !base && increments.empty(); }
    // All that are to be read, in order.
    std::vector<AofFile> files() const;

    // The next base, in place of the one there is. What came before it, all increments but those
    // from `first_kept` on, becomes history.
    void begin_with(const std::string& name, size_t first_kept);
    std::string next_base_name(const std::string& prefix, bool snapshot) const;
    // Makes it the last one.
    void add_increment(const std::string& prefix);
    std::string next_increment_name(const std::string& prefix) const;

    friend bool operator==(const AofManifest&, const AofManifest&) = default;
};

inline constexpr const char* kAofManifestSuffix = ".manifest";

}  // namespace rota
