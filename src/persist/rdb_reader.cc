// SPDX-License-Identifier: BSD-3-Clause
#include "persist/rdb_reader.h"

#include <cstring>

#include "persist/lzf.h"
#include "platform/text.h"

namespace rota {

Slice RdbReader::raw(uint64_t size) {
    if (size > rest_.size()) {
        fail();
        return {};
    }
    const Slice bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
}

uint8_t RdbReader::byte() {
    const Slice bytes = raw(1);
    return bytes.empty() ? 0 : static_cast<uint8_t>(bytes[0]);
}

uint64_t RdbReader::fixed64() {
    uint64_t value = 0;
    const Slice bytes = raw(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

uint32_t RdbReader::fixed32() {
    uint32_t value = 0;
    const Slice bytes = raw(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

uint64_t RdbReader::big_endian(size_t size) {
    uint64_t value = 0;
    for (const char c : raw(size)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
}

RdbReader::Length RdbReader::any_length() {
    const uint8_t first = byte();
    const uint8_t low = first & 0x3f;
    switch (first >> 6) {
        case rdb::kLength6:
            return {low, false};
        case rdb::kLength14:
            return {uint64_t{low} << 8 | byte(), false};
        case rdb::kLengthEncoded:
            return {low, true};
        default:
            break;
    }
    if (first == rdb::kLength32) return {big_endian(4), false};
    if (first == rdb::kLength64) return {big_endian(8), false};
    fail();
    return {0, false};
}

uint64_t RdbReader::length() {
    const Length length = any_length();
    if (length.encoded) fail();
    return failed_ ? 0 : length.value;
}

Slice RdbReader::integer_text(int64_t value) {
    made_.resize(kIntegerTextMax);
    return {made_.data(), write_integer(made_.data(), value)};
}

Slice RdbReader::encoded_string(uint64_t form) {
    switch (static_cast<rdb::StringForm>(form)) {
        case rdb::StringForm::int8:
            return integer_text(static_cast<int8_t>(byte()));
        case rdb::StringForm::int16: {
            const Slice bytes = raw(2);
            int16_t value = 0;
            if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
            return integer_text(value);
        }
        case rdb::StringForm::int32:
            return integer_text(static_cast<int32_t>(fixed32()));
        case rdb::StringForm::lzf: {
            const uint64_t packed_size = length(), size = length();
            auto expanded = lzf_expand(raw(packed_size), size);
            if (expanded) {
                made_ = std::move(*expanded);
                return made_;
            }
            break;
        }
    }
    fail();
    return {};
}

Slice RdbReader::string() {
    const Length length = any_length();
    const Slice bytes = length.encoded ? encoded_string(length.value) : raw(length.value);
    return failed_ ? Slice() : bytes;
}

}  // namespace rota
