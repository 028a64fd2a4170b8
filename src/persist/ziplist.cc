// SPDX-License-Identifier: BSD-3-Clause
#include "persist/ziplist.h"

#include <cstring>

namespace rota {
namespace {

constexpr uint8_t kEnd = 0xff, kWide = 0xfe;

uint8_t byte_at(Slice bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

template <class T>
T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

// ---- Ziplist ----
//     total bytes u32 | offset of the last entry u32 | entries u16, 65535: more | entry ... | 0xff
//     entry = bytes of the one before it (1 byte, or 0xfe and 4) | head | data

struct Head {
    size_t bytes;  // of the head
    size_t size;   // of the data
    bool is_string;
};

// nullopt: no such head, or not all of it is there.
std::optional<Head> head_of(Slice rest) {
    if (rest.empty()) return std::nullopt;
    const uint8_t first = byte_at(rest, 0);
    const auto head = [&](size_t bytes, auto size) -> std::optional<Head> {
        if (rest.size() < bytes) return std::nullopt;
        return Head{bytes, size(), true};
    };
    switch (first >> 6) {
        case 0:
            return head(1, [&] { return size_t{first & 0x3fu}; });
        case 1:
            return head(2, [&] { return size_t{(first & 0x3fu) << 8 | byte_at(rest, 1)}; });
        case 2:
            if (first != 0x80) return std::nullopt;
            return head(5, [&] { return size_t{__builtin_bswap32(load<uint32_t>(&rest[1]))}; });
        default:
            break;
    }
    const auto number = [](size_t size) { return Head{1, size, false}; };
    if (first == 0xc0) return number(2);
    if (first == 0xd0) return number(4);
    if (first == 0xe0) return number(8);
    if (first == 0xf0) return number(3);
    if (first == 0xfe) return number(1);
    if (first >= 0xf1 && first <= 0xfd) return number(0);
    return std::nullopt;
}

int64_t number_of(uint8_t head, Slice data) {
    switch (data.size()) {
        case 0:
            return head - 0xf1;
        case 1:
            return static_cast<int8_t>(data[0]);
        case 2:
            return load<int16_t>(data.data());
        case 3:
            return static_cast<int32_t>(uint32_t{byte_at(data, 0)} << 8 |
                                        uint32_t{byte_at(data, 1)} << 16 |
                                        uint32_t{byte_at(data, 2)} << 24) >>
                   8;
        case 4:
            return load<int32_t>(data.data());
        default:
            return load<int64_t>(data.data());
    }
}

// Appends the first entry of `rest` and returns its bytes; 0: it is not sound.
size_t take_entry(Slice rest, size_t bytes_before, Listpack& pack) {
    const bool wide = !rest.empty() && byte_at(rest, 0) == kWide;
    const size_t prefix = wide ? 5 : 1;
    if (rest.size() < prefix) return 0;
    if ((wide ? load<uint32_t>(&rest[1]) : byte_at(rest, 0)) != bytes_before) return 0;
    const auto head = head_of(rest.substr(prefix));
    if (!head) return 0;
    const size_t begin = prefix + head->bytes;
    if (head->size > rest.size() - begin) return 0;
    const Slice data = rest.substr(begin, head->size);
    if (!pack.fits(data.size() + Listpack::kOverheadMax)) return 0;
    if (head->is_string)
        pack.append(data);
    else
        pack.append_integer(number_of(byte_at(rest, prefix), data));
    return begin + head->size;
}

}  // namespace

std::optional<Listpack> listpack_of_ziplist(Slice bytes) {
    constexpr size_t kHeader = 10, kCountUnknown = 65535;
    if (bytes.size() < kHeader + 1 || load<uint32_t>(bytes.data()) != bytes.size() ||
        byte_at(bytes, bytes.size() - 1) != kEnd)
        return std::nullopt;
    Listpack pack;
    size_t count = 0, last = kHeader, before = 0;
    for (size_t at = kHeader; at < bytes.size() - 1; ++count) {
        last = at;
        before = take_entry(bytes.substr(at, bytes.size() - 1 - at), before, pack);
        if (before == 0) return std::nullopt;
        at += before;
    }
    const size_t said = load<uint16_t>(&bytes[8]);
    if (load<uint32_t>(&bytes[4]) != last || (said != kCountUnknown && said != count))
        return std::nullopt;
    return pack;
}

// ---- Zipmap ----
//     pairs u8 | field size, field | value size, unused bytes u8, value, unused | ... | 0xff
//     size = 1 byte, or 0xfe and 4

std::optional<Listpack> listpack_of_zipmap(Slice bytes) {
    if (bytes.size() < 2 || byte_at(bytes, bytes.size() - 1) != kEnd) return std::nullopt;
    Slice rest = bytes.substr(1, bytes.size() - 2);
    Listpack pack;
    bool is_value = false;
    for (; !rest.empty(); is_value = !is_value) {
        size_t size = byte_at(rest, 0), head = 1;
        if (size == kEnd) return std::nullopt;
        if (size == kWide) {
            head = 5;
            if (rest.size() < head) return std::nullopt;
            size = load<uint32_t>(&rest[1]);
            if (size < kWide) return std::nullopt;
        }
        size_t unused = 0;
        if (is_value) {
            if (rest.size() <= head) return std::nullopt;
            unused = byte_at(rest, head++);
        }
        if (size + unused > rest.size() - head) return std::nullopt;
        if (!pack.fits(size + Listpack::kOverheadMax)) return std::nullopt;
        pack.append(rest.substr(head, size));
        rest.remove_prefix(head + size + unused);
    }
    return is_value ? std::nullopt : std::optional(std::move(pack));
}

}  // namespace rota
