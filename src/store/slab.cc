// SPDX-License-Identifier: BSD-3-Clause
#include "store/slab.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "platform/assert.h"

namespace rota {
namespace {

constexpr size_t round_up(size_t size, size_t step) { return (size + step - 1) / step * step; }

char* map(size_t bytes) {
    void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    return static_cast<char*>(at);
}

// The kernel places mappings below each other, so the second and later chunks are nearly always
// aligned as they come, and merge into one mapping.
char* map_aligned(size_t bytes) {
    char* at = map(bytes);
    if (reinterpret_cast<uintptr_t>(at) % bytes == 0) return at;
    munmap(at, bytes);
    at = map(2 * bytes);
    char* aligned = reinterpret_cast<char*>(round_up(reinterpret_cast<uintptr_t>(at), bytes));
    if (aligned != at) munmap(at, static_cast<size_t>(aligned - at));
    char* const end = at + 2 * bytes;
    if (aligned + bytes != end) munmap(aligned + bytes, static_cast<size_t>(end - aligned) - bytes);
    return aligned;
}

}  // namespace

Slab::~Slab() {
    for (void* chunk : chunks_) munmap(chunk, kChunkBytes);
}

size_t Slab::class_of(size_t size) {
    if (size <= kFineMax) return (size + 7) / 8 - 1;
    if (size <= kMiddleMax) return kFineClasses + (size - kFineMax + 63) / 64 - 1;
    return kFineClasses + kMiddleClasses + (size - kMiddleMax + 255) / 256 - 1;
}

size_t Slab::class_bytes(size_t c) {
    if (c < kFineClasses) return (c + 1) * 8;
    if (c < kFineClasses + kMiddleClasses) return kFineMax + (c - kFineClasses + 1) * 64;
    return kMiddleMax + (c - kFineClasses - kMiddleClasses + 1) * 256;
}

size_t Slab::rounded_size(size_t size) {
    if (size <= kFineMax) return round_up(size, 8);
    if (size <= kMiddleMax) return round_up(size, 64);
    if (size <= kBlockMax) return round_up(size, 256);
    return round_up(size, 4096);
}

Slab::Span* Slab::span_of(void* block, size_t span_bytes) {
    return reinterpret_cast<Span*>(reinterpret_cast<uintptr_t>(block) & ~(span_bytes - 1));
}

void* Slab::allocate(size_t size) {
    ASSERT(size > 0);
    if (kUsesMalloc || size > kBlockMax) [[unlikely]] {
        const size_t bytes = rounded_size(size);
        void* block = std::malloc(bytes);
        if (block == nullptr) throw std::bad_alloc();
        used_ += bytes;
        reserved_ += bytes;
        return block;
    }
    const size_t size_class = class_of(size);
    const size_t bytes = class_bytes(size_class);
    Span* span = with_room_[size_class];
    if (span == nullptr) [[unlikely]]
        return allocate_from_new_span(size_class);
    used_ += bytes;
    ++span->used;
    void* block = span->free;
    if (block != nullptr) {
        span->free = span->free->next;
    } else {
        block = reinterpret_cast<char*>(span) + span->fresh;
        span->fresh += static_cast<uint32_t>(bytes);
    }
    const size_t span_bytes = pools_[pool_of(bytes)].span_bytes;
    if (span->free == nullptr && span->fresh + bytes > span_bytes) unlist(span);
    return block;
}

void* Slab::allocate_from_new_span(size_t size_class) {
    const size_t bytes = class_bytes(size_class);
    Span* span = take_span(pools_[pool_of(bytes)]);
    *span = Span{.next = nullptr,
                 .previous = nullptr,
                 .free = nullptr,
                 .used = 0,
                 .fresh = kHeaderBytes,
                 .size_class = static_cast<uint16_t>(size_class),
                 .listed = false};
    list(span);
    return allocate(bytes);
}

void Slab::free(void* block, size_t size) {
    if (kUsesMalloc || size > kBlockMax) [[unlikely]] {
        used_ -= rounded_size(size);
        reserved_ -= rounded_size(size);
        std::free(block);
        return;
    }
    const size_t size_class = class_of(size);
    Pool& pool = pools_[pool_of(class_bytes(size_class))];
    Span* span = span_of(block, pool.span_bytes);
    ASSERT(span->size_class == size_class);
    ASSERT(span->used > 0);
    used_ -= class_bytes(size_class);
    span->free = new (block) FreeBlock{span->free};
    --span->used;
    if (!span->listed) list(span);
    if (span->used == 0) [[unlikely]] {
        // One empty span stays with its size: a key that comes and goes must not move spans about.
        if (span->next == nullptr && span->previous == nullptr) return;
        unlist(span);
        give_span(pool, span);
    }
}

void Slab::list(Span* span) {
    Span*& head = with_room_[span->size_class];
    span->previous = nullptr;
    span->next = head;
    if (head != nullptr) head->previous = span;
    head = span;
    span->listed = true;
}

void Slab::unlist(Span* span) {
    if (span->previous != nullptr)
        span->previous->next = span->next;
    else
        with_room_[span->size_class] = span->next;
    if (span->next != nullptr) span->next->previous = span->previous;
    span->listed = false;
}

Slab::Span* Slab::take_span(Pool& pool) {
    if (pool.spare.empty()) {
        if (pool.dropped.empty()) map_chunk(pool);
        pool.spare.push_back(pool.dropped.back());
        pool.dropped.pop_back();
        reserved_ += pool.span_bytes;
    }
    Span* span = pool.spare.back();
    pool.spare.pop_back();
    return span;
}

void Slab::give_span(Pool& pool, Span* span) {
    if (pool.spare.size() < kSpareSpansMax) {
        pool.spare.push_back(span);
        return;
    }
    madvise(span, pool.span_bytes, MADV_DONTNEED);
    reserved_ -= pool.span_bytes;
    pool.dropped.push_back(span);
}

void Slab::map_chunk(Pool& pool) {
    char* chunk = map_aligned(kChunkBytes);
    chunks_.push_back(chunk);
    if (huge_pages_) madvise(chunk, kChunkBytes, MADV_HUGEPAGE);
    for (size_t at = kChunkBytes; at > 0; at -= pool.span_bytes)
        pool.dropped.push_back(reinterpret_cast<Span*>(chunk + at - pool.span_bytes));
}

Slab& entry_slab() {
    static Slab& slab = *new Slab;  // never destroyed: entries may outlive main()
    return slab;
}

}  // namespace rota
