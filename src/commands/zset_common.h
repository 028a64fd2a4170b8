// SPDX-License-Identifier: BSD-3-Clause
// What the commands on sorted sets and the geo commands share. Threading: executor only.
#pragma once

#include "commands/value.h"
#include "types/zset.h"

namespace rota {

ZSetLimits zset_limits(Ctx&);
std::optional<Entry*> read_zset(Ctx&, size_t index = 1);
std::optional<Entry*> write_zset(Ctx&, Key);

enum class ZSetOrder : uint8_t { min_first, max_first };

// The conditions of ZADD and GEOADD.
struct ZAddRules {
    bool nx = false, xx = false, gt = false, lt = false;
    bool ch = false;    // reply with how many changed, not only with how many are new
    bool incr = false;  // one pair, whose score is added; its new score is replied
};
using ScoredName = std::pair<double, Slice>;
// Adds or changes members of the key at argument 1, replies, and raises the event.
void add_scored(Ctx&, const ZAddRules&, std::span<const ScoredName>);

// Puts a result at the key and replies with its size; an empty one removes what is there.
void store_zset(Ctx&, Key, ZSet&& result, const char* event);

// After `count` members have gone: the change, its event, and the key where it is empty now.
void zset_has_lost(Ctx&, Key, Entry*, size_t count, const char* event);

// Members with their scores: one after the other in RESP2, pairs in RESP3.
void reply_scored_header(Ctx&, size_t count, bool scores);
void reply_scored(Ctx&, Slice name, double score, bool scores);

}  // namespace rota
