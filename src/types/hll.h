// SPDX-License-Identifier: BSD-3-Clause
// HyperLogLog: how many different elements were added, within 0.81 %, in at most 12 KB. It lives in
// a string whose bytes are Valkey's, since clients read and write them with GET and SET:
//
//     "HYLL" | form: 0 dense, 1 sparse | 3 unused | last count u64, top bit set: out of date | data
//
//     dense    16384 registers of 6 bits, from the lowest bit up
//     sparse   runs of equal registers: 00xxxxxx            x + 1 zeros
//                                       01xxxxxx xxxxxxxx   x + 1 zeros
//                                       1vvvvvxx            x + 1 registers of value v + 1
//
// Bytes may come from anybody. What has no such header is no HyperLogLog; runs that do not cover
// exactly 16384 registers are corrupt, and whoever meets them says so and changes nothing.
// The estimate is the one of O. Ertl, "New cardinality estimation algorithms for HyperLogLog
// sketches" (2017). Pure functions of bytes; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "platform/slice.h"

namespace rota::hll {

inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kRegisters = 16384;
inline constexpr size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;
inline constexpr unsigned kRankMax = 51;  // bits of a hash that no register index takes, and one

enum class Form : uint8_t { dense, sparse };
// nullopt: no HyperLogLog. The runs of a sparse one have not been looked at.
std::optional<Form> form_of(Slice bytes);

std::string make_empty();                           // sparse
std::optional<std::string> to_dense(Slice sparse);  // nullopt: corrupt
std::string describe(Slice sparse);                 // its runs, sound or not: "Z:42 v:1,2 z:7"

// What an element does: it raises one register to at least this rank.
struct Mark {
    uint16_t index;
    uint8_t rank;
};
Mark mark_of(Slice element);

enum class Outcome : uint8_t { unchanged, changed, corrupt };
bool add_dense(char* bytes, Mark);  // true: changed
// Turns dense when the rank or the size (beyond sparse_bytes_max) says so; dense ones are fine too.
Outcome add(std::string& bytes, Mark, size_t sparse_bytes_max);

using Registers = std::array<uint8_t, kRegisters>;
bool merge(Registers& into, Slice bytes);  // the greater of each; false: corrupt
void store_dense(char* bytes, const Registers&);
uint64_t count(const Registers&);
std::optional<uint64_t> count(Slice bytes);  // nullopt: corrupt

// The count kept in the header; nullopt: out of date.
std::optional<uint64_t> cached_count(Slice bytes);
void cache_count(char* bytes, uint64_t count);
void forget_count(char* bytes);

}  // namespace rota::hll
