// SPDX-License-Identifier: BSD-3-Clause
// Entry: one key and its value in one block.
//
//     header 8 B | expire_at_ms 8 B, if any | long-key length 4 B, if any | key | value or payload
//
// A string of up to kInlineMax bytes lies in the block itself, so a hit touches one bucket and one
// entry. A longer string is a Blob of its own; other types are an object that `payload` points to.
// Type, encoding and length never need the value's memory.
//
// Threading: any thread may make a string entry, from its own slab; all else is the executor's.
// Once a string entry is published, it is immutable but for its access word (LRU/LFU) and the time
// of its expiry, which are atomic. So IO threads may read it, for as long as Db retires it rather
// than freeing it. What changes in place nevertheless, the value of another type or of a string
// that is_private(), is the executor's alone: a reader sees key, type, encoding and expiry of such
// an entry, and never its value. While no reader can be about, Db changes strings as it likes.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <utility>

#include "platform/slice.h"
#include "types/kind.h"

namespace rota {

class Entry {
public:
    static constexpr size_t kInlineMax = 4096;    // longer strings live in a Blob
    static constexpr size_t kShortKeyMax = 4095;  // longer keys carry a 4-byte length

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
    bool has_expiry() const { return shape() & kHasExpiry; }
    int64_t expire_at_ms() const {  // -1: none
        // Pairs with set_expire_at_ms(), for ReadGate::unchanged().
        return has_expiry() ? expiry().load(std::memory_order_acquire) : -1;
    }
    void set_expire_at_ms(int64_t);  // only if has_expiry(); readers see the old time or the new
    Slice key() const {
        const uint32_t all = shape();
        return {bytes() + key_offset(all), key_size(all)};
    }

    // Strings. value() is the bytes of raw and embstr; integer() the number of an `integer` entry.
    Slice value() const {
        if (shape() & kBlob) [[unlikely]]
            return {blob()->bytes(), blob()->size};
        return {payload(), payload_size()};
    }
    int64_t integer() const;
    void set_integer(int64_t);   // in place: Db only
    size_t string_size() const;  // digits of the number for `integer`
    // The value as bytes whatever its encoding; numbers are written into scratch (>= 24 bytes).
    Slice string(char* scratch) const;
    // The value's bytes for changing in place (SETRANGE, SETBIT...): of what Db::grow_string() has
    // just returned, for no other is safe from readers. Only raw/embstr.
    char* mutable_value();
    // A string that is changed in place while there are readers: they leave its value alone.
    bool is_private() const { return shape() & kPrivate; }
    // Whether a reader may look at the value.
    bool is_shared_string() const { return type() == Type::string && !is_private(); }

    void* object() const;
    void set_object(Encoding, void* object);

    size_t allocated_size() const;  // bytes of the block and its Blob, as allocated

    // 24 bits: LRU clock, or LFU minutes (16) and counter (8); access.h gives them their meaning.
    uint32_t access() const { return word_.load(std::memory_order_relaxed) >> 8; }
    void set_access(uint32_t bits) {
        const uint32_t kind = word_.load(std::memory_order_relaxed) & 0xff;
        word_.store(bits << 8 | kind, std::memory_order_relaxed);
    }
    // The same by a reader, unless the word changes meanwhile: the executor may be about to give an
    // entry of another type another encoding.
    void set_access_shared(uint32_t bits) const {
        uint32_t word = word_.load(std::memory_order_relaxed);
        word_.compare_exchange_strong(word, bits << 8 | (word & 0xff), std::memory_order_relaxed);
    }

    // For Db, which alone knows that no reader is about and puts the result into its tables. -----

    // Turns a string entry into this value without moving it; the access word stays. False, and
    // nothing done, unless the new shape needs a block of the same size and no Blob.
    bool try_overwrite(Slice value, Encoding, int64_t expire_at_ms);
    // The same entry under another key or with another expiry (< 0: none). The value has moved
    // over: what is left of `old` is for destroy_shell(). `key` may be the old one's own.
    static Entry* rebuild(const Entry* old, Slice key, int64_t expire_at_ms);
    static void destroy_shell(Entry*);  // frees the block alone, not what its payload leads to
    // The same string as raw bytes, `size` of them: what was there as far as it goes, then whatever
    // is in the memory. With room to grow where that is cheap. Returns `old`, changed in place, or
    // a new entry, and then `old` is whole and still to be destroyed.
    static Entry* resize_string(Entry* old, size_t size);
    // Likewise, but always a new entry.
    static Entry* copy_resized(const Entry* old, size_t size);
    void set_encoding(Encoding encoding) { set_kind(type(), encoding); }  // not published yet
    void set_private() { set_shape(shape() | kPrivate); }                 // not published yet
    bool has_blob() const { return shape() & kBlob; }

    // Bytes of the block as asked of the slab; what a prefetch has to cover.
    size_t block_size() const {
        const uint32_t all = shape();
        return key_offset(all) + key_size(all) + payload_size(all);
    }

private:
    enum Flag : uint32_t { kHasExpiry = 1, kLongKey = 2, kBlob = 4, kPrivate = 8 };

    // A long string's bytes, outside of the slab. Followed by the bytes.
    struct Blob {
        size_t size;
        size_t capacity;
        char* bytes() { return reinterpret_cast<char*>(this + 1); }
    };

    Entry(Type type, Encoding encoding, uint32_t shape)
        : word_(static_cast<uint32_t>(type) << 4 | static_cast<uint32_t>(encoding)),
          shape_(shape) {}

    // A block with key and expiry filled in; the payload is the caller's to write.
    static Entry* make(Slice key, Type, Encoding, uint32_t flags, size_t payload_size,
                       int64_t expire_at_ms);
    static Blob* make_blob(size_t size, size_t capacity);
    // Each access is a load or store of the whole time.
    std::atomic_ref<int64_t> expiry() const {
        return std::atomic_ref(*reinterpret_cast<int64_t*>(const_cast<Entry*>(this) + 1));
    }

    void set_kind(Type type, Encoding encoding) {
        word_.store(
            access() << 8 | static_cast<uint32_t>(type) << 4 | static_cast<uint32_t>(encoding),
            std::memory_order_relaxed);
    }
    const char* bytes() const { return reinterpret_cast<const char*>(this); }
    char* bytes() { return reinterpret_cast<char*>(this); }
    uint32_t shape() const { return shape_.load(std::memory_order_relaxed); }
    void set_shape(uint32_t all) { shape_.store(all, std::memory_order_relaxed); }
    static size_t key_offset(uint32_t shape) {
        return sizeof(Entry) + (shape & kHasExpiry) * 8 + (shape & kLongKey) * 2;
    }
    size_t key_size(uint32_t shape) const {
        if (shape & kLongKey) [[unlikely]] {
            uint32_t size;
            std::memcpy(&size, bytes() + key_offset(shape) - sizeof size, sizeof size);
            return size;
        }
        return shape >> 4 & 0xfff;
    }
    static size_t payload_size(uint32_t shape) { return shape >> 16; }
    size_t payload_size() const { return payload_size(shape()); }
    const char* payload() const {
        const uint32_t all = shape();
        return bytes() + key_offset(all) + key_size(all);
    }
    char* payload() { return const_cast<char*>(std::as_const(*this).payload()); }
    template <class T>
    T read_payload() const {
        T value;
        std::memcpy(&value, payload(), sizeof value);
        return value;
    }
    template <class T>
    void write_payload(T value) {
        std::memcpy(payload(), &value, sizeof value);
    }
    Blob* blob() const { return read_payload<Blob*>(); }

    // access:24 | type:4 | encoding:4. Readers refresh the access part.
    mutable std::atomic<uint32_t> word_;
    // payload size:16 | short key length:12 | flags:4. The payload is the inline value, a number,
    // or a pointer to a Blob or an object; it lies unaligned behind the key. The payload size of a
    // private string changes while readers look at the rest.
    std::atomic<uint32_t> shape_;
};
static_assert(sizeof(Entry) == 8);

}  // namespace rota
