// SPDX-License-Identifier: BSD-3-Clause
// Entry: one key and its value in one block.
//
//     header 8 B | expire_at_ms 8 B, if any | long-key length 4 B, if any | key | value or payload
//
// A string of up to kInlineMax bytes lies in the block itself, so a hit touches one bucket and one
// entry. A longer string is a Blob of its own; other types are an object that `payload` points to.
// Type, encoding and length never need the value's memory.
//
// Threading: the executor creates, changes and frees entries. A published string entry is immutable
// except for its access word (LRU/LFU) and the in-place changes that Db makes while no reader can be
// about; that is what lets IO threads read it later.
#pragma once

#include <atomic>
#include <cstdint>

#include "platform/slice.h"

namespace rota {

enum class Type : uint8_t { string, list, set, zset, hash, stream, module };
enum class Encoding : uint8_t { raw, integer, embstr, quicklist, listpack, intset, hashtable, skiplist, stream };

Slice type_name(Type);          // "string", "list", ...
Slice encoding_name(Encoding);  // "raw", "int", "embstr", ...

class Entry {
public:
    static constexpr size_t kInlineMax = 4096;      // longer strings live in a Blob
    static constexpr size_t kShortKeyMax = 4095;    // longer keys carry a 4-byte length

    // A string entry. `encoding` is what OBJECT ENCODING will say; see string_encoding() in db.h.
    // expire_at_ms < 0: no expiry. Memory comes from the slab.
    static Entry* make_string(Slice key, Slice value, Encoding, int64_t expire_at_ms);
    static Entry* make_integer(Slice key, int64_t value, int64_t expire_at_ms);
    // An entry of another type, which then owns `object`.
    static Entry* make_object(Slice key, Type, Encoding, void* object, int64_t expire_at_ms);
    static void destroy(Entry*);

    Type type() const { return static_cast<Type>(word_.load(std::memory_order_relaxed) >> 4 & 15); }
    Encoding encoding() const {
        return static_cast<Encoding>(word_.load(std::memory_order_relaxed) & 15);
    }
    bool has_expiry() const { return shape_ & kHasExpiry; }
    int64_t expire_at_ms() const;                   // -1: none
    void set_expire_at_ms(int64_t);                 // only if has_expiry()
    Slice key() const;

    // Strings. value() is the bytes of raw and embstr; integer() the number of an `integer` entry.
    Slice value() const;
    int64_t integer() const;
    void set_integer(int64_t);                      // in place
    size_t string_size() const;                     // digits of the number for `integer`
    // The value as bytes whatever its encoding; numbers are written into scratch (>= 24 bytes).
    Slice string(char* scratch) const;
    // The value's bytes for changing in place (SETRANGE, SETBIT...). Only raw/embstr.
    char* mutable_value();

    void* object() const;
    void set_object(Encoding, void* object);

    size_t allocated_size() const;                  // bytes of the block and its Blob, as allocated

    // 24 bits: LRU clock, or LFU minutes (16) and counter (8); access.h gives them their meaning.
    uint32_t access() const { return word_.load(std::memory_order_relaxed) >> 8; }
    void set_access(uint32_t bits);

private:
    enum Flag : uint32_t { kHasExpiry = 1, kLongKey = 2, kBlob = 4 };

    // access:24 | type:4 | encoding:4. One word, so that a reader that refreshes the access part
    // writes back a kind that is immutable while the entry is published.
    std::atomic<uint32_t> word_;
    // flags:4 | short key length:12 | inline value length:16
    uint32_t shape_;
};
static_assert(sizeof(Entry) == 8);

}  // namespace rota
