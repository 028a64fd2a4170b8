// SPDX-License-Identifier: BSD-3-Clause
#include "types/stream_id.h"

#include <bit>
#include <cstring>

#include "platform/text.h"

namespace rota {
namespace {

constexpr size_t kTextLengthMax = 127;  // of an argument, as in Valkey

// Beyond canonical numbers, what strtoull() takes: blanks in front, a sign, zeros in front. A minus
// wraps around, and is refused only where the number is canonical. Valkey's users can see that.
std::optional<uint64_t> parse_number(Slice text) {
    if (const auto canonical = parse_int64(text))
        return *canonical < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(*canonical));
    while (!text.empty() && (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r')))
        text.remove_prefix(1);
    const bool negative = !text.empty() && text[0] == '-';
    if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<uint64_t>(c - '0');
        if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
        value = value * 10 + digit;
    }
    return negative ? uint64_t{0} - value : value;
}

std::optional<PartialStreamId> parse_any(Slice text, uint64_t missing_seq, bool star_allowed) {
    if (text.size() > kTextLengthMax) return std::nullopt;
    text = text.substr(0, text.find('\0'));
    const size_t hyphen = text.find('-');
    const auto ms = parse_number(text.substr(0, hyphen));
    if (!ms) return std::nullopt;
    if (hyphen == Slice::npos) return PartialStreamId{{*ms, missing_seq}, false};
    const Slice rest = text.substr(hyphen + 1);
    if (star_allowed && rest == "*") return PartialStreamId{{*ms, 0}, true};
    const auto seq = parse_number(rest);
    if (!seq) return std::nullopt;
    return PartialStreamId{{*ms, *seq}, false};
}

}  // namespace

std::optional<StreamId> StreamId::next() const {
    if (seq != UINT64_MAX) return StreamId{ms, seq + 1};
    if (ms != UINT64_MAX) return StreamId{ms + 1, 0};
    return std::nullopt;
}

std::optional<StreamId> StreamId::previous() const {
    if (seq != 0) return StreamId{ms, seq - 1};
    if (ms != 0) return StreamId{ms - 1, UINT64_MAX};
    return std::nullopt;
}

size_t StreamId::write(char* out) const {
    size_t size = write_unsigned(out, ms);
    out[size++] = '-';
    return size + write_unsigned(out + size, seq);
}

std::string StreamId::text() const {
    char bytes[kTextMax];
    return {bytes, write(bytes)};
}

void StreamId::encode(char* out) const {
    const uint64_t words[] = {__builtin_bswap64(ms), __builtin_bswap64(seq)};
    std::memcpy(out, words, sizeof words);
}

StreamId StreamId::decode(const char* bytes) {
    uint64_t words[2];
    std::memcpy(words, bytes, sizeof words);
    return {__builtin_bswap64(words[0]), __builtin_bswap64(words[1])};
}

std::optional<StreamId> StreamId::parse(Slice text, uint64_t missing_seq) {
    const auto parsed = parse_any(text, missing_seq, false);
    return parsed ? std::optional(parsed->id) : std::nullopt;
}

std::optional<PartialStreamId> parse_partial_id(Slice text) { return parse_any(text, 0, true); }

}  // namespace rota
