// SPDX-License-Identifier: BSD-3-Clause
#include "types/listpack.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>

#include "platform/assert.h"

namespace rota {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are kept as they lie in memory");

constexpr uint8_t kString32 = 0xf0, kInt16 = 0xf1, kInt24 = 0xf2, kInt32 = 0xf3, kInt64 = 0xf4;
constexpr size_t kFineMax = 128;

// What is asked of the allocator for so many bytes: four sizes between powers of two, so that it
// is known from the bytes in use and need not be stored.
size_t rounded(size_t size) {
    if (size <= kFineMax) return (size + 15) & ~size_t{15};
    const size_t step = std::bit_floor(size - 1) / 4;
    return (size + step - 1) / step * step;
}

int64_t load_int24(const uint8_t* at) {
    const uint32_t raw = at[0] | at[1] << 8 | static_cast<uint32_t>(at[2]) << 16;
    return static_cast<int32_t>(raw << 8) >> 8;
}

}  // namespace

// -- One element --

struct Listpack::Encoded {
    explicit Encoded(Slice value) {
        if (value.size() <= kIntegerTextMax) {
            if (const auto number = parse_int64(value)) {
                encode(*number);
                return;
            }
        }
        data = value;
        const size_t size = value.size();
        if (size < 64) {
            put(static_cast<uint8_t>(0x80 | size));
        } else if (size < 4096) {
            put(static_cast<uint8_t>(0xe0 | size >> 8));
            put(static_cast<uint8_t>(size));
        } else {
            put(kString32);
            put_bytes(size, 4);
        }
    }
    explicit Encoded(int64_t number) { encode(number); }

    size_t body() const { return head_size + data.size(); }
    size_t total() const { return body() + backlen_bytes(body()); }
    void write(uint8_t* at) const {
        std::memcpy(at, head, head_size);
        at += head_size;
        if (!data.empty()) std::memcpy(at, data.data(), data.size());
        at += data.size();
        size_t length = body();
        const size_t digits = backlen_bytes(length);
        for (size_t i = digits; i-- > 0; length >>= 7)
            at[i] = static_cast<uint8_t>((length & 127) | (i == 0 ? 0 : 128));
    }

    uint8_t head[9];
    uint8_t head_size = 0;
    Slice data;

private:
    void encode(int64_t number) {
        if (number >= 0 && number <= 127) {
            put(static_cast<uint8_t>(number));
        } else if (number >= -4096 && number <= 4095) {
            put(static_cast<uint8_t>(0xc0 | (number >> 8 & 0x1f)));
            put(static_cast<uint8_t>(number));
        } else if (number >= INT16_MIN && number <= INT16_MAX) {
            put(kInt16);
            put_bytes(static_cast<uint64_t>(number), 2);
        } else if (number >= -(1 << 23) && number < 1 << 23) {
            put(kInt24);
            put_bytes(static_cast<uint64_t>(number), 3);
        } else if (number >= INT32_MIN && number <= INT32_MAX) {
            put(kInt32);
            put_bytes(static_cast<uint64_t>(number), 4);
        } else {
            put(kInt64);
            put_bytes(static_cast<uint64_t>(number), 8);
        }
    }
    void put(uint8_t byte) { head[head_size++] = byte; }
    void put_bytes(uint64_t number, int count) {
        for (; count > 0; --count, number >>= 8) put(static_cast<uint8_t>(number));
    }
};

size_t Listpack::body_bytes(const uint8_t* at) {
    const uint8_t head = *at;
    if (head < 0x80) return 1;
    if (head < 0xc0) return 1 + (head & 0x3fu);
    if (head < 0xe0) return 2;
    if (head < 0xf0) return 2 + ((head & 0x0fu) << 8 | at[1]);
    switch (head) {
        case kString32:
            return 5 + size_t{load<uint32_t>(at + 1)};
        case kInt16:
            return 3;
        case kInt24:
            return 4;
        case kInt32:
            return 5;
        case kInt64:
            return 9;
    }
    UNREACHABLE();
}

Listpack::Value Listpack::get(Pos at) const {
    const uint8_t* p = bytes_ + at;
    const uint8_t head = *p;
    const auto text = [&](size_t skip, size_t size) {
        return Value{.string = {reinterpret_cast<const char*>(p + skip), size}};
    };
    const auto number = [](int64_t value) { return Value{.is_integer = true, .integer = value}; };
    if (head < 0x80) return number(head);
    if (head < 0xc0) return text(1, head & 0x3f);
    if (head < 0xe0) {
        const uint32_t raw = (head & 0x1fu) << 8 | p[1];
        return number(static_cast<int32_t>(raw << 19) >> 19);
    }
    if (head < 0xf0) return text(2, (head & 0x0fu) << 8 | p[1]);
    switch (head) {
        case kString32:
            return text(5, load<uint32_t>(p + 1));
        case kInt16:
            return number(load<int16_t>(p + 1));
        case kInt24:
            return number(load_int24(p + 1));
        case kInt32:
            return number(load<int32_t>(p + 1));
        case kInt64:
            return number(load<int64_t>(p + 1));
    }
    UNREACHABLE();
}

std::optional<int64_t> Listpack::integer(Pos at) const {
    const Value value = get(at);
    return value.is_integer ? value.integer : parse_int64(value.string);
}

bool Listpack::equals(Pos at, Slice wanted) const {
    const Value value = get(at);
    if (!value.is_integer) return value.string == wanted;
    char scratch[kIntegerTextMax];
    return wanted.size() <= kIntegerTextMax && value.text(scratch) == wanted;
}

Listpack::Pos Listpack::find(Pos from, Slice wanted, size_t skip) const {
    const auto number =
        wanted.size() <= kIntegerTextMax ? parse_int64(wanted) : std::optional<int64_t>();
    Pos at = from;
    while (at != kNone) {
        const Value value = get(at);
        if (value.is_integer ? number == value.integer : value.string == wanted) return at;
        at = next(at);
        for (size_t i = 0; i < skip && at != kNone; ++i) at = next(at);
    }
    return kNone;
}

size_t Listpack::element_bytes(Slice value) { return Encoded(value).total(); }
size_t Listpack::element_bytes(int64_t value) { return Encoded(value).total(); }

// -- Where elements are --

Listpack::Pos Listpack::before(Pos at) const {
    size_t length = 0;
    const uint8_t* digit = bytes_ + at - 1;
    for (unsigned shift = 0;; shift += 7, --digit) {
        length |= size_t{*digit & 127u} << shift;
        if (!(*digit & 128)) break;
    }
    return static_cast<Pos>(at - length - backlen_bytes(length));
}

size_t Listpack::count() const {
    const size_t known = load<uint16_t>(bytes_ + 4);
    if (known != kCountUnknown) return known;
    size_t counted = 0;
    for (Pos at = first(); at != kNone; at = next(at)) ++counted;
    return counted;
}

Listpack::Pos Listpack::seek(int64_t index) const {
    const size_t known = load<uint16_t>(bytes_ + 4);
    if (known != kCountUnknown) {
        const auto size = static_cast<int64_t>(known);
        if (index >= size || index < -size) return kNone;
        if (index >= size / 2) index -= size;  // the nearer end
        if (index < -size / 2) index += size;
    }
    Pos at = index >= 0 ? first() : last();
    for (; index > 0 && at != kNone; --index) at = next(at);
    for (; index < -1 && at != kNone; ++index) at = previous(at);
    return at;
}

// -- Memory --

Listpack::Listpack() : bytes_(static_cast<uint8_t*>(std::malloc(rounded(kEmptyBytes)))) {
    if (bytes_ == nullptr) throw std::bad_alloc();
    store_empty();
}

Listpack::~Listpack() { std::free(bytes_); }

void Listpack::store_empty() {
    const uint32_t total = kEmptyBytes;
    std::memcpy(bytes_, &total, sizeof total);
    std::memset(bytes_ + 4, 0, 2);
    bytes_[kHeaderBytes] = kEnd;
}

void Listpack::clear() {
    reallocate(kEmptyBytes);
    store_empty();
}

size_t Listpack::allocated_bytes() const { return rounded(byte_count()); }

Listpack Listpack::copy() const {
    const size_t total = byte_count();
    auto* bytes = static_cast<uint8_t*>(std::malloc(rounded(total)));
    if (bytes == nullptr) throw std::bad_alloc();
    std::memcpy(bytes, bytes_, total);
    return Listpack(bytes);
}

void Listpack::reallocate(size_t new_total) {
    ASSERT(new_total <= kBytesMax);
    const size_t size = rounded(new_total);
    if (size == rounded(byte_count())) return;
    void* moved = std::realloc(bytes_, size);
    if (moved == nullptr) throw std::bad_alloc();
    bytes_ = static_cast<uint8_t*>(moved);
}

void Listpack::resize_gap(Pos at, size_t old_bytes, size_t new_bytes) {
    const size_t old_total = byte_count();
    const size_t tail = old_total - at - old_bytes;
    const auto total = static_cast<uint32_t>(old_total - old_bytes + new_bytes);
    if (new_bytes > old_bytes) reallocate(old_total - old_bytes + new_bytes);
    if (new_bytes != old_bytes)
        std::memmove(bytes_ + at + new_bytes, bytes_ + at + old_bytes, tail);
    if (new_bytes < old_bytes) reallocate(total);
    std::memcpy(bytes_, &total, sizeof total);
}

void Listpack::add_to_count(int64_t change) {
    const size_t known = load<uint16_t>(bytes_ + 4);
    if (known == kCountUnknown) {
        if (change > 0) return;
        // Few enough elements now? Only counting tells; it is done rarely, when many have gone.
        if (byte_count() > kCountUnknown * 2) return;
        store_count(count());
        return;
    }
    store_count(known + static_cast<size_t>(change));
}

void Listpack::store_count(size_t count) {
    const auto stored = static_cast<uint16_t>(std::min(count, kCountUnknown));
    std::memcpy(bytes_ + 4, &stored, sizeof stored);
}

// -- Changes --

Listpack::Pos Listpack::write(Pos at, size_t old_bytes, const Encoded& element) {
    resize_gap(at, old_bytes, element.total());
    element.write(bytes_ + at);
    return at;
}

Listpack::Pos Listpack::insert(Pos at, Slice value) {
    at = write(at == kNone ? end() : at, 0, Encoded(value));
    add_to_count(1);
    return at;
}

Listpack::Pos Listpack::insert_integer(Pos at, int64_t value) {
    at = write(at == kNone ? end() : at, 0, Encoded(value));
    add_to_count(1);
    return at;
}

void Listpack::replace(Pos at, Slice value) { write(at, bytes_of(at), Encoded(value)); }
void Listpack::replace_integer(Pos at, int64_t value) { write(at, bytes_of(at), Encoded(value)); }

Listpack::Pos Listpack::erase(Pos at, size_t count) {
    Pos stop = at;
    size_t erased = 0;
    for (; erased < count && bytes_[stop] != kEnd; ++erased) stop = after(stop);
    resize_gap(at, stop - at, 0);
    add_to_count(-static_cast<int64_t>(erased));
    return element_at(at);
}

void Listpack::erase_range(int64_t index, size_t count) {
    const Pos at = seek(index);
    if (at != kNone && count > 0) erase(at, count);
}

void Listpack::splice(Pos at, const Listpack& other) {
    const size_t added = other.byte_count() - kEmptyBytes;
    const size_t sum = count() + other.count();
    resize_gap(at, 0, added);
    std::memcpy(bytes_ + at, other.bytes_ + kHeaderBytes, added);
    store_count(sum);
}

void Listpack::append_all(const Listpack& other) { splice(end(), other); }
void Listpack::prepend_all(const Listpack& other) { splice(kHeaderBytes, other); }

Listpack Listpack::split(Pos at) {
    Listpack rest;
    if (at == kNone) return rest;
    const size_t size = end() - at;
    rest.resize_gap(kHeaderBytes, 0, size);
    std::memcpy(rest.bytes_ + kHeaderBytes, bytes_ + at, size);
    size_t moved = 0;
    for (Pos p = kHeaderBytes; rest.bytes_[p] != kEnd; p = rest.after(p)) ++moved;
    rest.store_count(moved);
    resize_gap(at, size, 0);
    add_to_count(-static_cast<int64_t>(moved));
    return rest;
}

// -- Foreign bytes --

std::optional<size_t> Listpack::sound_body(Slice rest) {
    const auto* at = reinterpret_cast<const uint8_t*>(rest.data());
    const uint8_t head = *at;
    if (head > kInt64) return std::nullopt;
    const size_t head_bytes = head == kString32 ? 5 : head >= 0xe0 && head < 0xf0 ? 2 : 1;
    if (rest.size() < head_bytes) return std::nullopt;
    const size_t body = body_bytes(at);
    const size_t digits = backlen_bytes(body);
    if (body > rest.size() || digits > rest.size() - body) return std::nullopt;
    size_t length = body;
    for (size_t i = digits; i-- > 0; length >>= 7) {
        const auto digit = static_cast<uint8_t>((length & 127) | (i == 0 ? 0 : 128));
        if (at[body + i] != digit) return std::nullopt;
    }
    return body + digits;
}

bool Listpack::is_valid(Slice bytes) {
    const auto* at = reinterpret_cast<const uint8_t*>(bytes.data());
    if (bytes.size() < kEmptyBytes || bytes.size() > kBytesMax) return false;
    if (load<uint32_t>(at) != bytes.size() || at[bytes.size() - 1] != kEnd) return false;
    Slice rest = bytes.substr(kHeaderBytes, bytes.size() - kEmptyBytes);
    size_t count = 0;
    for (; !rest.empty(); ++count) {
        const auto size = sound_body(rest);
        if (!size) return false;
        rest.remove_prefix(*size);
    }
    const size_t said = load<uint16_t>(at + 4);
    return said == kCountUnknown || said == count;
}

std::optional<Listpack> Listpack::parse(Slice bytes) {
    if (!is_valid(bytes)) return std::nullopt;
    auto* own = static_cast<uint8_t*>(std::malloc(rounded(bytes.size())));
    if (own == nullptr) throw std::bad_alloc();
    std::memcpy(own, bytes.data(), bytes.size());
    return Listpack(own);
}

}  // namespace rota
