// SPDX-License-Identifier: BSD-3-Clause
// Bits of a string, as SETBIT and its kin see them: bit 0 is the highest one of the first byte.
// Beyond the end of the bytes all bits are clear. Pure functions of bytes; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "platform/slice.h"

namespace rota::bitmap {

bool get(Slice bytes, uint64_t bit);
bool set(char* bytes, uint64_t bit, bool value);  // within the bytes; returns the old bit

uint64_t count(Slice bytes);
// Of bits first..last, both counted in; they must lie within the bytes, and first <= last.
uint64_t count(Slice bytes, uint64_t first, uint64_t last);
std::optional<uint64_t> find(Slice bytes, bool value, uint64_t first, uint64_t last);

enum class Operation : uint8_t { conjunction, disjunction, exclusive, negation };
// Writes `size` bytes to `out`, which no source may overlap. Sources that are shorter are padded
// with zeros; a negation looks at the first source only.
void combine(Operation, std::span<const Slice> sources, char* out, size_t size);

// ---- Integers of any width at any bit, the highest bit first (BITFIELD) ----

struct Field {
    bool is_signed = false;
    uint8_t bits = 0;  // 1..64, unsigned 1..63, so that every value is an int64_t
};
std::optional<Field> parse_field(Slice text);  // "i16", "u8"

int64_t read(Slice bytes, uint64_t bit, Field);
void write(char* bytes, uint64_t bit, Field,
           int64_t value);  // the low bits of it, within the bytes

enum class Overflow : uint8_t { wrap, saturate, fail };
// value + increment as the field can hold it. Nothing: it cannot, and `Overflow::fail` was asked.
// The value of an unsigned field counts as unsigned.
std::optional<int64_t> add(Field, int64_t value, int64_t increment, Overflow);

}  // namespace rota::bitmap
