// SPDX-License-Identifier: BSD-3-Clause
// Intset: a set of integers as one sorted array, in the byte format that Valkey writes into its
// files:
//
//     bytes of one integer u32: 2, 4 or 8 | integers u32 | the integers, ascending
//
// All are as wide as the widest needs; they never become narrower again.
// Threading: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "platform/slice.h"

namespace rota {

class Intset {
public:
    static constexpr size_t kHeaderBytes = 8;

    Intset();
    Intset(Intset&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)) {}
    Intset& operator=(Intset&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    Intset(const Intset&) = delete;
    ~Intset();
    Intset copy() const;
    static Intset adopt(void* object) { return Intset(static_cast<char*>(object)); }
    [[nodiscard]] void* release() { return std::exchange(bytes_, nullptr); }

    // From bytes of any origin: nullopt unless they are sound, ascending and without repetition.
    static std::optional<Intset> parse(Slice bytes);

    Slice bytes() const { return {bytes_, byte_count()}; }
    size_t size() const { return word(4); }
    int64_t at(size_t index) const;
    bool contains(int64_t) const;
    bool add(int64_t);     // false: it was there
    bool remove(int64_t);  // false: it was not
    size_t allocated_bytes() const;

private:
    explicit Intset(char* bytes) : bytes_(bytes) {}
    uint32_t word(size_t offset) const;
    void set_word(size_t offset, size_t value);
    size_t width() const { return word(0); }
    size_t byte_count() const { return kHeaderBytes + width() * size(); }
    void resize(size_t width, size_t size);
    void put(size_t index, int64_t value);
    size_t lower_bound(int64_t) const;  // index of the first that is not less
    void widen(size_t width);

    char* bytes_;
};

}  // namespace rota
