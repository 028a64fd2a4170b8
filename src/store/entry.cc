// SPDX-License-Identifier: BSD-3-Clause
#include "store/entry.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "platform/assert.h"
#include "platform/text.h"
#include "store/slab.h"
#include "types/object.h"

namespace rota {
namespace {

constexpr size_t kBlobGrowth = size_t{1} << 20;  // beyond it room to grow is an eighth, not double

// What a Blob that has begun to grow gets, so that appending costs O(1) a byte.
size_t roomy(size_t size) {
    return size < kBlobGrowth ? size * 2 : size + std::max(kBlobGrowth, size / 8);
}

size_t digits(int64_t number) {
    char scratch[kIntegerTextMax];
    return write_integer(scratch, number);
}

}  // namespace

Entry* Entry::make(Slice key, Type type, Encoding encoding, uint32_t flags, size_t payload_size,
                   int64_t expire_at_ms) {
    ASSERT(key.size() <= UINT32_MAX);
    ASSERT(payload_size <= kInlineMax);
    if (expire_at_ms >= 0) flags |= kHasExpiry;
    uint32_t short_size = 0;
    if (key.size() > kShortKeyMax)
        flags |= kLongKey;
    else
        short_size = static_cast<uint32_t>(key.size());
    const size_t size = sizeof(Entry) + (flags & kHasExpiry ? 8 : 0) + (flags & kLongKey ? 4 : 0) +
                        key.size() + payload_size;
    const uint32_t shape = static_cast<uint32_t>(payload_size) << 16 | short_size << 4 | flags;
    auto* entry = new (entry_slab().allocate(size)) Entry(type, encoding, shape);
    if (flags & kHasExpiry) entry->set_expire_at_ms(expire_at_ms);
    char* at = entry->bytes() + entry->key_offset(shape);
    if (flags & kLongKey) {
        const auto long_size = static_cast<uint32_t>(key.size());
        std::memcpy(at - sizeof long_size, &long_size, sizeof long_size);
    }
    if (!key.empty()) std::memcpy(at, key.data(), key.size());
    return entry;
}

Entry::Blob* Entry::make_blob(size_t size, size_t capacity) {
    void* memory = std::malloc(sizeof(Blob) + capacity);
    if (memory == nullptr) throw std::bad_alloc();
    return new (memory) Blob{size, capacity};
}

Entry* Entry::make_string(Slice key, Slice value, Encoding encoding, int64_t expire_at_ms) {
    if (encoding == Encoding::integer) {
        const auto number = parse_int64(value);
        ASSERT(number.has_value());
        return make_integer(key, *number, expire_at_ms);
    }
    if (value.size() <= kInlineMax) {
        Entry* entry = make(key, Type::string, encoding, 0, value.size(), expire_at_ms);
        if (!value.empty()) std::memcpy(entry->payload(), value.data(), value.size());
        return entry;
    }
    ASSERT(encoding == Encoding::raw);
    Blob* blob = make_blob(value.size(), value.size());
    std::memcpy(blob->bytes(), value.data(), value.size());
    Entry* entry = make(key, Type::string, encoding, kBlob, sizeof blob, expire_at_ms);
    entry->write_payload(blob);
    return entry;
}

Entry* Entry::make_integer(Slice key, int64_t value, int64_t expire_at_ms) {
    Entry* entry = make(key, Type::string, Encoding::integer, 0, sizeof value, expire_at_ms);
    entry->write_payload(value);
    return entry;
}

Entry* Entry::make_object(Slice key, Type type, Encoding encoding, void* object,
                          int64_t expire_at_ms) {
    ASSERT(type != Type::string);
    Entry* entry = make(key, type, encoding, 0, sizeof object, expire_at_ms);
    entry->write_payload(object);
    return entry;
}

void Entry::destroy_shell(Entry* entry) { entry_slab().free(entry, entry->block_size()); }

void Entry::destroy(Entry* entry) {
    if (entry->type() != Type::string)
        destroy_object(entry->type(), entry->encoding(), entry->object());
    else if (entry->shape() & kBlob)
        std::free(entry->blob());
    destroy_shell(entry);
}

void Entry::set_expire_at_ms(int64_t at_ms) {
    ASSERT(has_expiry());
    ASSERT(at_ms >= 0);
    // Published by itself, not by a slot of the table, so the release has to be here. A reader that
    // sees this time sees the ReadGate closed too, and takes no half of an EXEC for the whole.
    expiry().store(at_ms, std::memory_order_release);
}

int64_t Entry::integer() const {
    ASSERT(encoding() == Encoding::integer);
    return read_payload<int64_t>();
}

void Entry::set_integer(int64_t value) {
    ASSERT(encoding() == Encoding::integer);
    write_payload(value);
}

size_t Entry::string_size() const {
    ASSERT(type() == Type::string);
    if (encoding() == Encoding::integer) return digits(integer());
    return shape() & kBlob ? blob()->size : payload_size();
}

Slice Entry::string(char* scratch) const {
    ASSERT(type() == Type::string);
    if (encoding() == Encoding::integer) return {scratch, write_integer(scratch, integer())};
    return value();
}

char* Entry::mutable_value() {
    ASSERT(type() == Type::string);
    ASSERT(encoding() != Encoding::integer);
    return shape() & kBlob ? blob()->bytes() : payload();
}

void* Entry::object() const {
    ASSERT(type() != Type::string);
    return read_payload<void*>();
}

void Entry::set_object(Encoding encoding, void* object) {
    ASSERT(type() != Type::string);
    set_kind(type(), encoding);
    write_payload(object);
}

size_t Entry::allocated_size() const {
    const size_t block = Slab::rounded_size(block_size());
    return shape() & kBlob ? block + sizeof(Blob) + blob()->capacity : block;
}

bool Entry::try_overwrite(Slice value, Encoding encoding, int64_t expire_at_ms) {
    if (type() != Type::string || (shape() & kBlob) || has_expiry() != (expire_at_ms >= 0))
        return false;
    const bool number = encoding == Encoding::integer;
    if (!number && value.size() > kInlineMax) return false;
    const size_t payload_bytes = number ? sizeof(int64_t) : value.size();
    const size_t size = block_size() - payload_size() + payload_bytes;
    if (Slab::rounded_size(size) != Slab::rounded_size(block_size())) return false;
    if (number) {
        write_payload(parse_int64(value).value());
    } else if (!value.empty()) {
        std::memmove(payload(), value.data(), value.size());  // may be a part of itself
    }
    set_shape(static_cast<uint32_t>(payload_bytes) << 16 | (shape() & 0xffff & ~kPrivate));
    set_kind(Type::string, encoding);
    if (has_expiry()) set_expire_at_ms(expire_at_ms);
    return true;
}

Entry* Entry::rebuild(const Entry* old, Slice key, int64_t expire_at_ms) {
    Entry* entry = make(key, old->type(), old->encoding(), old->shape() & (kBlob | kPrivate),
                        old->payload_size(), expire_at_ms);
    if (old->payload_size() > 0) std::memcpy(entry->payload(), old->payload(), old->payload_size());
    entry->set_access(old->access());
    return entry;
}

Entry* Entry::resize_string(Entry* old, size_t size) {
    ASSERT(old->type() == Type::string);
    if (old->shape() & kBlob) {
        Blob* blob = old->blob();
        if (size > blob->capacity) {
            const size_t capacity = roomy(size);
            void* moved = std::realloc(static_cast<void*>(blob), sizeof(Blob) + capacity);
            if (moved == nullptr) throw std::bad_alloc();
            blob = static_cast<Blob*>(moved);
            blob->capacity = capacity;
            old->write_payload(blob);
        }
        blob->size = size;
        old->set_kind(Type::string, Encoding::raw);
        return old;
    }
    const size_t fixed = old->block_size() - old->payload_size();
    if (size > kInlineMax ||
        Slab::rounded_size(fixed + size) != Slab::rounded_size(old->block_size()))
        return copy_resized(old, size);
    if (old->encoding() == Encoding::integer) {
        char scratch[kIntegerTextMax];
        const Slice kept = old->string(scratch).substr(0, size);
        if (!kept.empty()) std::memcpy(old->payload(), kept.data(), kept.size());
    }
    old->set_shape(static_cast<uint32_t>(size) << 16 | (old->shape() & 0xffff));
    old->set_kind(Type::string, Encoding::raw);
    return old;
}

Entry* Entry::copy_resized(const Entry* old, size_t size) {
    ASSERT(old->type() == Type::string);
    char scratch[kIntegerTextMax];
    const Slice kept = old->string(scratch).substr(0, size);
    const bool long_value = size > kInlineMax;
    const bool grows = size > kept.size();
    Blob* blob = long_value ? make_blob(size, grows ? roomy(size) : size) : nullptr;
    Entry* entry = make(old->key(), Type::string, Encoding::raw,
                        (old->shape() & kPrivate) | long_value * kBlob,
                        long_value ? sizeof blob : size, old->expire_at_ms());
    if (long_value) entry->write_payload(blob);
    if (!kept.empty()) std::memcpy(entry->mutable_value(), kept.data(), kept.size());
    entry->set_access(old->access());
    return entry;
}

}  // namespace rota
