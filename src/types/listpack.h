// SPDX-License-Identifier: BSD-3-Clause
// Listpack: a sequence of short strings and integers in one block of memory, in the byte format
// that Valkey publishes and writes into its files:
//
//     total bytes u32 | elements u16, 65535: count them | element | element | ... | 0xff
//     element = head and data | length of these, in base 128, to be read from the back
//
//     0xxxxxxx  integer 0..127            11110001  int16    11110010  int24
//     110xxxxx  integer of 13 bits        11110011  int32    11110100  int64
//     10xxxxxx  string of up to 63 bytes  1110xxxx  of up to 4095   11110000  length in 4 bytes
//
// Strings that are canonical integers are kept as integers and come back as the same text.
//
// A Pos names an element until the next change; kNone is before the first and behind the last.
// No listpack grows past kBytesMax: whoever adds asks fits() first and has another place for what
// does not fit. Memory is one malloc, rounded up so that growing rarely moves it.
// Threading: one owner.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "platform/slice.h"
#include "platform/text.h"

namespace rota {

class Listpack {
public:
    using Pos = uint32_t;  // offset of the element; 0 is none, since the header is there
    static constexpr Pos kNone = 0;
    static constexpr size_t kHeaderBytes = 6;
    static constexpr size_t kEmptyBytes = kHeaderBytes + 1;
    static constexpr size_t kBytesMax = size_t{1} << 30;
    static constexpr size_t kOverheadMax = 10;  // bytes around the longest string

    struct Value {
        bool is_integer = false;
        int64_t integer = 0;
        Slice string;  // of a string; valid until the next change
        // As text; integers are written to scratch (kIntegerTextMax bytes).
        Slice text(char* scratch) const {
            return is_integer ? Slice{scratch, write_integer(scratch, integer)} : string;
        }
    };

    Listpack();
    Listpack(Listpack&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)) {}
    Listpack& operator=(Listpack&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    Listpack(const Listpack&) = delete;
    ~Listpack();
    Listpack copy() const;

    // Between an owner that keeps a bare pointer (an entry) and this class.
    static Listpack adopt(void* object) { return Listpack(static_cast<uint8_t*>(object)); }
    [[nodiscard]] void* release() { return std::exchange(bytes_, nullptr); }

    // From bytes of any origin: nullopt unless every part of them is sound.
    static std::optional<Listpack> parse(Slice bytes);
    static bool is_valid(Slice bytes);

    Slice bytes() const { return {reinterpret_cast<const char*>(bytes_), byte_count()}; }
    size_t byte_count() const { return load<uint32_t>(bytes_); }
    size_t allocated_bytes() const;
    // O(1) below 65535 elements, else O(n).
    size_t count() const;
    bool empty() const { return byte_count() == kEmptyBytes; }
    // Room for elements of so many more bytes in all, as element_bytes() tells them.
    bool fits(size_t more) const { return more <= kBytesMax && byte_count() <= kBytesMax - more; }
    static size_t element_bytes(Slice value);
    static size_t element_bytes(int64_t value);

    Pos first() const { return element_at(kHeaderBytes); }
    Pos last() const { return empty() ? kNone : before(static_cast<Pos>(byte_count() - 1)); }
    Pos next(Pos at) const { return element_at(after(at)); }
    Pos previous(Pos at) const { return at == kHeaderBytes ? kNone : before(at); }
    // Element `index` from the front, or, if negative, -1 being the last, from the back.
    Pos seek(int64_t index) const;

    Value get(Pos) const;
    std::optional<int64_t> integer(Pos) const;  // nullopt: a string that is no integer
    // Compares as text.
    bool equals(Pos, Slice) const;
    // The first element from `from` on that equals value, looking at one in skip + 1.
    Pos find(Pos from, Slice value, size_t skip = 0) const;

    // Before `at`, or at the end where it is kNone. Returns the new element's place. `value` must
    // not lie in this listpack.
    Pos insert(Pos at, Slice value);
    Pos insert_integer(Pos at, int64_t value);
    void append(Slice value) { insert(kNone, value); }
    void append_integer(int64_t value) { insert_integer(kNone, value); }
    void prepend(Slice value) { insert(first(), value); }
    // Keeps its place.
    void replace(Pos at, Slice value);
    void replace_integer(Pos at, int64_t value);
    // `count` elements, or what is left; returns the place of the one behind them.
    Pos erase(Pos at, size_t count = 1);
    // Elements from index on, as in seek().
    void erase_range(int64_t index, size_t count);
    // Adds copies of the elements of another one. The sum must fit.
    void append_all(const Listpack& other);
    void prepend_all(const Listpack& other);
    // Takes everything from `at` on away and returns it. kNone: an empty one.
    Listpack split(Pos at);
    void clear();

    // For formats that know the sizes: the bytes of an element with its length.
    size_t bytes_of(Pos at) const { return after(at) - at; }

private:
    static constexpr uint8_t kEnd = 0xff;
    static constexpr size_t kCountUnknown = 65535;
    struct Encoded;  // an element about to be written

    explicit Listpack(uint8_t* bytes) : bytes_(bytes) {}

    template <class T>
    static T load(const uint8_t* at) {
        T value;
        std::memcpy(&value, at, sizeof value);
        return value;
    }
    static size_t backlen_bytes(size_t length) {
        return length <= 127        ? 1
               : length < 16383     ? 2
               : length < 2097151   ? 3
               : length < 268435455 ? 4
                                    : 5;
    }
    // Head and data, without the length behind them.
    static size_t body_bytes(const uint8_t* at);
    Pos after(Pos at) const {
        const size_t body = body_bytes(bytes_ + at);
        return static_cast<Pos>(at + body + backlen_bytes(body));
    }
    Pos before(Pos at) const;
    Pos element_at(Pos at) const { return bytes_[at] == kEnd ? kNone : at; }
    Pos end() const { return static_cast<Pos>(byte_count() - 1); }

    // Replaces old_bytes at `at` by room for new_bytes; what is behind moves.
    void resize_gap(Pos at, size_t old_bytes, size_t new_bytes);
    void reallocate(size_t new_total);
    void store_empty();
    void store_count(size_t count);
    void add_to_count(int64_t change);
    // Bytes of the first element of foreign bytes, or nullopt where it is not sound.
    static std::optional<size_t> sound_body(Slice rest);
    Pos write(Pos at, size_t old_bytes, const Encoded&);
    void splice(Pos at, const Listpack& other);

    uint8_t* bytes_;
};

}  // namespace rota
