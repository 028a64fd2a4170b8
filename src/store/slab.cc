// SPDX-License-Identifier: BSD-3-Clause
#include "store/slab.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "platform/assert.h"

namespace rota {
namespace {

constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;

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
    for (const Chunk& chunk : chunks_) munmap(chunk.at, kChunkBytes);
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
    if (is_from_malloc(size)) [[unlikely]] {
        const size_t bytes = rounded_size(size);
        void* block = std::malloc(bytes);
        if (block == nullptr) throw std::bad_alloc();
        used_ += bytes;
        from_malloc_ += bytes;
        reserved_ += bytes;
        return block;
    }
    const size_t size_class = class_of(size);
    const size_t bytes = class_bytes(size_class);
    Span* span = with_room_[size_class];
    if (span == nullptr) [[unlikely]]
        return allocate_slowly(size_class);
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

void* Slab::allocate_slowly(size_t size_class) {
    const size_t bytes = class_bytes(size_class);
    collect();
    if (with_room_[size_class] != nullptr) return allocate(bytes);
    Span* span = take_span(pools_[pool_of(bytes)]);
    *span = Span{.owner = this,
                 .size_class = static_cast<uint16_t>(size_class),
                 .next = nullptr,
                 .previous = nullptr,
                 .free = nullptr,
                 .used = 0,
                 .fresh = kHeaderBytes,
                 .listed = false};
    list(span);
    return allocate(bytes);
}

void Slab::free(void* block, size_t size) {
    if (is_from_malloc(size)) [[unlikely]] {
        used_ -= rounded_size(size);
        from_malloc_ -= rounded_size(size);
        reserved_ -= rounded_size(size);
        std::free(block);
        return;
    }
    const size_t size_class = class_of(size);
    const size_t bytes = class_bytes(size_class);
    Span* span = span_of(block, pools_[pool_of(bytes)].span_bytes);
    ASSERT(span->size_class == size_class);
    used_ -= bytes;
    span->owner == this ? take_in(span, block) : span->owner->give_back(block, size_class);
}

void Slab::take_in(Span* span, void* block) {
    ASSERT(span->used > 0);
    span->free = new (block) FreeBlock{span->free};
    --span->used;
    if (!span->listed) list(span);
    if (span->used == 0) [[unlikely]] {
        // One empty span stays with its size: a key that comes and goes must not move spans about.
        if (span->next == nullptr && span->previous == nullptr) return;
        unlist(span);
        give_span(pools_[pool_of(class_bytes(span->size_class))], span);
    }
}

// -- Between threads --

// By another thread than the owner. Blocks are only added one by one and taken all at once, so it
// does not matter that the one on top may have been gone and come back meanwhile.
void Slab::give_back(void* block, size_t size_class) {
    const auto address = reinterpret_cast<uint64_t>(block);
    uint64_t below = returned_.load(std::memory_order_relaxed);
    do {
        std::memcpy(block, &below, sizeof below);
        // The release pairs with the acquire in collect(): nobody uses the block any more.
    } while (!returned_.compare_exchange_weak(below, size_class << kAddressBits | address,
                                              std::memory_order_release,
                                              std::memory_order_relaxed));
}

void Slab::collect() {
    if (returned_.load(std::memory_order_relaxed) == 0) return;
    uint64_t word = returned_.exchange(0, std::memory_order_acquire);  // pairs with give_back()
    while (word != 0) {
        void* block = reinterpret_cast<void*>(word & kAddressMask);
        const size_t bytes = class_bytes(word >> kAddressBits);
        std::memcpy(&word, block, sizeof word);
        take_in(span_of(block, pools_[pool_of(bytes)].span_bytes), block);
    }
}

void Slab::adopt(Slab& ended) {
    ended.collect();
    for (const Chunk& chunk : ended.chunks_) {
        chunks_.push_back(chunk);
        for (size_t at = 0; at < kChunkBytes; at += chunk.span_bytes) {
            auto* span = reinterpret_cast<Span*>(chunk.at + at);
            if (span->owner == &ended) span->owner = this;  // else it has never been in use
        }
    }
    for (Span*& head : ended.with_room_)
        while (Span* span = head) {
            ended.unlist(span);
            list(span);
        }
    for (size_t i = 0; i < pools_.size(); ++i) {
        Pool& from = ended.pools_[i];
        for (Span* span : from.spare) give_span(pools_[i], span);
        pools_[i].dropped.insert(pools_[i].dropped.end(), from.dropped.begin(), from.dropped.end());
        from.spare.clear();
        from.dropped.clear();
    }
    ended.chunks_.clear();
    used_ += ended.used_;
    from_malloc_ += ended.from_malloc_;
    reserved_ += ended.reserved_;
    ended.used_ = 0;
    ended.from_malloc_ = 0;
    ended.reserved_ = 0;
}

// -- Spans --

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
    chunks_.push_back({chunk, pool.span_bytes});
    if (huge_pages_) madvise(chunk, kChunkBytes, MADV_HUGEPAGE);
    for (size_t at = kChunkBytes; at > 0; at -= pool.span_bytes)
        pool.dropped.push_back(reinterpret_cast<Span*>(chunk + at - pool.span_bytes));
}

static Slab& executor_slab() {
    static Slab& slab = *new Slab;  // never destroyed: entries may outlive main()
    return slab;
}

static constinit thread_local Slab* slab_of_thread = nullptr;

Slab& entry_slab() {
    if (slab_of_thread == nullptr) [[unlikely]]
        slab_of_thread = &executor_slab();
    return *slab_of_thread;
}

void use_entry_slab(Slab& slab) { slab_of_thread = &slab; }

}  // namespace rota
