// SPDX-License-Identifier: BSD-3-Clause
#include "types/intset.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace rota {
namespace {

size_t width_of(int64_t value) {
    if (value >= INT16_MIN && value <= INT16_MAX) return 2;
    return value >= INT32_MIN && value <= INT32_MAX ? 4 : 8;
}

// Known from the bytes in use, and grows by a quarter at a time.
size_t rounded(size_t size) {
    if (size <= 64) return (size + 15) & ~size_t{15};
    const size_t step = std::bit_floor(size - 1) / 4;
    return (size + step - 1) / step * step;
}

template <class T>
T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

char* allocate(size_t size) {
    auto* bytes = static_cast<char*>(std::malloc(rounded(size)));
    if (bytes == nullptr) throw std::bad_alloc();
    return bytes;
}

}  // namespace

Intset::Intset() : bytes_(allocate(kHeaderBytes)) {
    set_word(0, 2);
    set_word(4, 0);
}

Intset::~Intset() { std::free(bytes_); }

Intset Intset::copy() const {
    char* bytes = allocate(byte_count());
    std::memcpy(bytes, bytes_, byte_count());
    return Intset(bytes);
}

size_t Intset::allocated_bytes() const { return rounded(byte_count()); }

uint32_t Intset::word(size_t offset) const { return load<uint32_t>(bytes_ + offset); }

void Intset::set_word(size_t offset, size_t value) {
    const auto word = static_cast<uint32_t>(value);
    std::memcpy(bytes_ + offset, &word, sizeof word);
}

int64_t Intset::at(size_t index) const {
    const char* place = bytes_ + kHeaderBytes + index * width();
    if (width() == 2) return load<int16_t>(place);
    return width() == 4 ? load<int32_t>(place) : load<int64_t>(place);
}

// The low bytes of a number are its narrow form.
void Intset::put(size_t index, int64_t value) {
    std::memcpy(bytes_ + kHeaderBytes + index * width(), &value, width());
}

size_t Intset::lower_bound(int64_t value) const {
    size_t begin = 0, end = size();
    while (begin < end) {
        const size_t middle = begin + (end - begin) / 2;
        at(middle) < value ? begin = middle + 1 : end = middle;
    }
    return begin;
}

bool Intset::contains(int64_t value) const {
    if (width_of(value) > width()) return false;
    const size_t index = lower_bound(value);
    return index < size() && at(index) == value;
}

// For a new shape; the header says the old one until the caller has moved the integers.
void Intset::resize(size_t width, size_t size) {
    const size_t wanted = rounded(kHeaderBytes + width * size);
    if (wanted == allocated_bytes()) return;
    void* moved = std::realloc(bytes_, wanted);
    if (moved == nullptr) throw std::bad_alloc();
    bytes_ = static_cast<char*>(moved);
}

void Intset::widen(size_t width) {
    const size_t old_width = this->width();
    resize(width, size());
    for (size_t i = size(); i-- > 0;) {
        set_word(0, old_width);
        const int64_t value = at(i);
        set_word(0, width);
        put(i, value);
    }
    set_word(0, width);
}

bool Intset::add(int64_t value) {
    if (width_of(value) > width()) widen(width_of(value));
    const size_t index = lower_bound(value), count = size();
    if (index < count && at(index) == value) return false;
    resize(width(), count + 1);
    char* place = bytes_ + kHeaderBytes + index * width();
    std::memmove(place + width(), place, (count - index) * width());
    put(index, value);
    set_word(4, count + 1);
    return true;
}

bool Intset::remove(int64_t value) {
    if (!contains(value)) return false;
    const size_t index = lower_bound(value), count = size();
    char* place = bytes_ + kHeaderBytes + index * width();
    std::memmove(place, place + width(), (count - index - 1) * width());
    resize(width(), count - 1);
    set_word(4, count - 1);
    return true;
}

std::optional<Intset> Intset::parse(Slice bytes) {
    if (bytes.size() < kHeaderBytes) return std::nullopt;
    const size_t width = load<uint32_t>(bytes.data());
    const size_t count = load<uint32_t>(bytes.data() + 4);
    if (width != 2 && width != 4 && width != 8) return std::nullopt;
    if (bytes.size() - kHeaderBytes != width * count) return std::nullopt;
    char* own = allocate(bytes.size());
    std::memcpy(own, bytes.data(), bytes.size());
    Intset made(own);
    for (size_t i = 1; i < count; ++i)
        if (made.at(i - 1) >= made.at(i)) return std::nullopt;
    return made;
}

}  // namespace rota
