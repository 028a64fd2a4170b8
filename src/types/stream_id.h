// SPDX-License-Identifier: BSD-3-Clause
// StreamId: what the entries of a stream are ordered by, a time in milliseconds and a number within
// it. Pure values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "platform/slice.h"

namespace rota {

struct StreamId {
    static constexpr size_t kTextMax = 41;       // two numbers of 20 digits and a hyphen
    static constexpr size_t kEncodedBytes = 16;  // both numbers, the highest byte first

    uint64_t ms = 0, seq = 0;

    static constexpr StreamId min() { return {0, 0}; }
    static constexpr StreamId max() { return {UINT64_MAX, UINT64_MAX}; }
    auto operator<=>(const StreamId&) const = default;
    bool is_zero() const { return ms == 0 && seq == 0; }

    // The neighbours; nullopt beyond either end.
    std::optional<StreamId> next() const;
    std::optional<StreamId> previous() const;

    std::string text() const;       // "ms-seq"
    size_t write(char* out) const;  // the same into kTextMax bytes; its length
    void encode(char* out) const;   // kEncodedBytes
    static StreamId decode(const char* bytes);

    // "ms-seq" or "ms" alone, which then has missing_seq.
    static std::optional<StreamId> parse(Slice text, uint64_t missing_seq);
};

// A parsed argument of which the sequence number may be left to the server: "ms-*".
struct PartialStreamId {
    StreamId id;
    bool any_seq = false;
};
std::optional<PartialStreamId> parse_partial_id(Slice text);

}  // namespace rota
