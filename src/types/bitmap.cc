// SPDX-License-Identifier: BSD-3-Clause
#include "types/bitmap.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota::bitmap {
namespace {

// One register of any machine that we know; wider ones gain nothing once memory is the bound.
using Vector = uint64_t __attribute__((vector_size(16)));
constexpr size_t kBlock = 16 * sizeof(Vector);
constexpr size_t kChunk = 4096;  // what combine() keeps in the first-level cache

Vector load(const char* at) {
    Vector vector;
    std::memcpy(&vector, at, sizeof vector);
    return vector;
}

uint64_t load_word(const char* at) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

uint64_t count(Vector vector) {
    return static_cast<uint64_t>(std::popcount(vector[0]) + std::popcount(vector[1]));
}

// A full adder for each bit: `sum` takes in a and b, what carries over is returned.
Vector add_bits(Vector& sum, Vector a, Vector b) {
    const Vector half = sum ^ a;
    const Vector carry = (sum & a) | (half & b);
    sum = half ^ b;
    return carry;
}

unsigned char byte_at(Slice bytes, uint64_t index) {
    return index < bytes.size() ? static_cast<unsigned char>(bytes[index]) : 0;
}

// Masks of the bits from `bit` on, and up to it, within its byte.
unsigned from_bit(uint64_t bit) { return 0xffu >> (bit & 7); }
unsigned to_bit(uint64_t bit) { return 0xff00u >> ((bit & 7) + 1) & 0xff; }

// The first byte at or behind `at`, before `end`, that has a bit of this value.
size_t skip_bytes(Slice bytes, bool value, size_t at, size_t end) {
    const uint64_t dull = value ? 0 : UINT64_MAX;
    while (end - at >= sizeof dull && load_word(bytes.data() + at) == dull) at += sizeof dull;
    while (at < end && bytes[at] == static_cast<char>(dull)) ++at;
    return at;
}

template <class Operator>
void fold(Slice source, char* out, size_t from, size_t size, Operator apply) {
    const size_t there = std::clamp<size_t>(source.size(), from, from + size) - from;
    const char* in = source.data() + (there > 0 ? from : 0);
    for (size_t i = 0; i < there; ++i) out[i] = static_cast<char>(apply(out[i], in[i]));
    for (size_t i = there; i < size; ++i) out[i] = static_cast<char>(apply(out[i], 0));
}

void combine_chunk(Operation operation, std::span<const Slice> sources, char* out, size_t from,
                   size_t size) {
    fold(sources[0], out, from, size, [](int, int in) { return in; });
    if (operation == Operation::negation)
        return fold(sources[0], out, from, size, [](int, int in) { return ~in; });
    for (const Slice source : sources.subspan(1)) {
        if (operation == Operation::conjunction)
            fold(source, out, from, size, [](int a, int b) { return a & b; });
        else if (operation == Operation::disjunction)
            fold(source, out, from, size, [](int a, int b) { return a | b; });
        else
            fold(source, out, from, size, [](int a, int b) { return a ^ b; });
    }
}

}  // namespace

bool get(Slice bytes, uint64_t bit) {
    return byte_at(bytes, bit / 8) & (from_bit(bit) & to_bit(bit));
}

bool set(char* bytes, uint64_t bit, bool value) {
    auto byte = static_cast<unsigned char>(bytes[bit / 8]);
    const unsigned mask = from_bit(bit) & to_bit(bit);
    const bool old = byte & mask;
    bytes[bit / 8] = static_cast<char>(value ? byte | mask : byte & ~mask);
    return old;
}

// Sixteen vectors at a time go through a tree of adders (Harley and Seal), so that only one in
// sixteen has its bits counted one by one.
uint64_t count(Slice bytes) {
    const char* at = bytes.data();
    size_t left = bytes.size();
    Vector ones{}, twos{}, fours{}, eights{};
    uint64_t sixteens = 0, total = 0;
    for (; left >= kBlock; at += kBlock, left -= kBlock) {
        Vector carry[8];
        for (size_t i = 0; i < 8; ++i)
            carry[i] = add_bits(ones, load(at + i * 32), load(at + i * 32 + 16));
        for (size_t i = 0; i < 4; ++i) carry[i] = add_bits(twos, carry[2 * i], carry[2 * i + 1]);
        for (size_t i = 0; i < 2; ++i) carry[i] = add_bits(fours, carry[2 * i], carry[2 * i + 1]);
        sixteens += count(add_bits(eights, carry[0], carry[1]));
    }
    total = 16 * sixteens + 8 * count(eights) + 4 * count(fours) + 2 * count(twos) + count(ones);
    for (; left >= sizeof(uint64_t); at += sizeof(uint64_t), left -= sizeof(uint64_t))
        total += static_cast<uint64_t>(std::popcount(load_word(at)));
    for (; left > 0; ++at, --left)
        total += static_cast<uint64_t>(std::popcount(static_cast<unsigned char>(*at)));
    return total;
}

uint64_t count(Slice bytes, uint64_t first, uint64_t last) {
    ASSERT(first <= last);
    ASSERT(last / 8 < bytes.size());
    const size_t from = first / 8, to = last / 8;
    const auto outside =
        static_cast<uint64_t>(std::popcount(byte_at(bytes, from) & ~from_bit(first)) +
                              std::popcount(byte_at(bytes, to) & ~to_bit(last)));
    return count(bytes.substr(from, to - from + 1)) - outside;
}

std::optional<uint64_t> find(Slice bytes, bool value, uint64_t first, uint64_t last) {
    ASSERT(first <= last);
    ASSERT(last / 8 < bytes.size());
    const size_t end = last / 8 + 1;
    unsigned mask = from_bit(first);
    for (size_t at = first / 8; at < end; at = skip_bytes(bytes, value, at + 1, end)) {
        if (at == end - 1) mask &= to_bit(last);
        const unsigned byte = byte_at(bytes, at);
        const auto hits = static_cast<unsigned char>((value ? byte : ~byte) & mask);
        if (hits != 0) return at * 8 + static_cast<uint64_t>(std::countl_zero(hits));
        mask = 0xff;
    }
    return std::nullopt;
}

void combine(Operation operation, std::span<const Slice> sources, char* out, size_t size) {
    ASSERT(!sources.empty());
    for (size_t from = 0; from < size; from += kChunk)
        combine_chunk(operation, sources, out + from, from, std::min(kChunk, size - from));
}

// ---- Fields ----

std::optional<Field> parse_field(Slice text) {
    if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
    const bool is_signed = text[0] == 'i';
    const auto bits = parse_int64(text.substr(1));
    if (!bits || *bits < 1 || *bits > (is_signed ? 64 : 63)) return std::nullopt;
    return Field{is_signed, static_cast<uint8_t>(*bits)};
}

int64_t read(Slice bytes, uint64_t bit, Field field) {
    uint64_t value = 0;
    for (unsigned left = field.bits; left > 0;) {  // what the next byte has of it
        const auto taken = std::min<unsigned>(left, 8 - bit % 8);
        const unsigned byte = (byte_at(bytes, bit / 8) & from_bit(bit)) >> (8 - bit % 8 - taken);
        value = value << taken | byte;
        bit += taken;
        left -= taken;
    }
    const unsigned unused = 64u - field.bits;
    return field.is_signed ? static_cast<int64_t>(value << unused) >> unused
                           : static_cast<int64_t>(value);
}

void write(char* bytes, uint64_t bit, Field field, int64_t value) {
    for (unsigned left = field.bits; left > 0;) {
        const auto taken = std::min<unsigned>(left, 8 - bit % 8);
        const auto shift = static_cast<unsigned>(8 - bit % 8 - taken);
        const unsigned mask = (0xffu >> (8 - taken)) << shift;
        const auto part = static_cast<unsigned>(static_cast<uint64_t>(value) >> (left - taken));
        char& byte = bytes[bit / 8];
        byte = static_cast<char>((static_cast<unsigned char>(byte) & ~mask) |
                                 ((part << shift) & mask));
        bit += taken;
        left -= taken;
    }
}

std::optional<int64_t> add(Field field, int64_t value, int64_t increment, Overflow overflow) {
    __extension__ using Wide = __int128;
    const auto wide_value = field.is_signed ? Wide{value} : Wide{static_cast<uint64_t>(value)};
    const Wide sum = wide_value + increment;
    const Wide max = (Wide{1} << (field.bits - field.is_signed)) - 1;
    const Wide min = field.is_signed ? -max - 1 : 0;
    if (sum >= min && sum <= max) return static_cast<int64_t>(sum);
    if (overflow == Overflow::fail) return std::nullopt;
    if (overflow == Overflow::saturate) {
        // Valkey counts the distance to the maximum in 64 bits: from a value further below than
        // that, it saturates upwards.
        const bool far_below = field.is_signed && field.bits != 64 && max - wide_value > INT64_MAX;
        return static_cast<int64_t>(sum > max || far_below ? max : min);
    }
    char wrapped[sizeof(int64_t)] = {};
    write(wrapped, 0, field, static_cast<int64_t>(sum));
    return read({wrapped, sizeof wrapped}, 0, field);
}

}  // namespace rota::bitmap
