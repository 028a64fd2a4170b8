// SPDX-License-Identifier: BSD-3-Clause
// Slab: memory for entries. Blocks of one size lie side by side in a span, so a block costs exactly
// its size rounded up to 8 bytes (to 64 or 256 above 1 KB) and nothing beside it.
//
//     chunk (2 MB, from the kernel) = spans (64 KB, or 256 KB for blocks above 1 KB)
//     span = header (128 B) | block | block | ...
//
// A span is aligned to its size, so a block finds its header by masking its address. Sized free:
// the caller says the size it asked for. Blocks above kBlockMax come from malloc. A span that falls
// empty serves any other size; beyond a few spare ones its pages go back to the kernel.
//
// Under a sanitizer every block is a malloc of its own, so that a stray access is seen.
//
// Each thread that makes entries has a slab of its own: it allocates there without any
// synchronisation, from memory of its own node. Whoever frees a block hands it to the slab of the
// calling thread; one that belongs to another slab is put on that slab's stack of returned blocks,
// linked through the blocks themselves, and its owner takes the whole stack when it needs memory or
// calls collect(). A message for each block would cost its inbox more than the block is worth.
//
// Threading: all but what says otherwise is for the owning thread. Blocks of a slab are freed by
// its owner and by the executor. Out of memory: std::bad_alloc, as from new.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "platform/counter.h"
#include "platform/slice.h"

namespace rota {

class Slab {
public:
    static constexpr size_t kBlockMax = 8448;  // the largest entry with an inline key and value
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    static constexpr bool kUsesMalloc = true;
#else
    static constexpr bool kUsesMalloc = false;
#endif

    enum class Source : uint8_t { spans, malloc };

    // Source::malloc is heeded under a sanitizer only.
    explicit Slab(Source source = kUsesMalloc ? Source::malloc : Source::spans) : source_(source) {}
    Slab(const Slab&) = delete;
    Slab& operator=(const Slab&) = delete;
    ~Slab();  // takes every block with it, except those above kBlockMax

    // Aligned to 8. size > 0.
    void* allocate(size_t size);
    // `size` is what allocate() was called with, or any other size of the same rounded_size(). The
    // block may come from another slab.
    void free(void* block, size_t size);
    // Takes in what others have freed. Once per turn; nothing there: one load.
    void collect();
    // Takes over all that a slab has whose thread has ended; it is empty afterwards.
    void adopt(Slab& ended);
    // What a block of this size really occupies.
    static size_t rounded_size(size_t size);

    // Huge pages for chunks from now on. Off by default: a fork that writes copies whole pages.
    void set_huge_pages(bool on) { huge_pages_ = on; }

    // Any thread. Where blocks move between threads only the sum over all slabs, modulo 2^64, means
    // anything: what one allocates, another may take away.
    size_t used_bytes() const { return used_; }                // blocks handed out, rounded
    size_t own_bytes() const { return used_ - from_malloc_; }  // of those, the ones in spans
    size_t reserved_bytes() const { return reserved_; }        // spans in use or spare, and mallocs

private:
    static constexpr size_t kChunkBytes = size_t{2} << 20;
    static constexpr size_t kFineMax = 1024;
    static constexpr size_t kFineClasses = kFineMax / 8;
    static constexpr size_t kMiddleMax = 4096;
    static constexpr size_t kMiddleClasses = (kMiddleMax - kFineMax) / 64;
    static constexpr size_t kCoarseClasses = (kBlockMax - kMiddleMax) / 256;
    static constexpr size_t kClasses = kFineClasses + kMiddleClasses + kCoarseClasses;
    static constexpr size_t kSpareSpansMax = 16;  // more empty ones give their pages back

    struct FreeBlock {
        FreeBlock* next;
    };
    // Two lines: others read the first one when they free a block, the second changes all the time.
    struct alignas(kCacheLine) Span {
        Slab* owner;
        uint16_t size_class;
        alignas(kCacheLine) Span* next;
        Span* previous;
        FreeBlock* free;  // blocks that came back
        uint32_t used;    // blocks handed out
        uint32_t fresh;   // offset of the first byte never handed out
        bool listed;      // among those with room
    };
    static constexpr size_t kHeaderBytes = sizeof(Span);
    static_assert(kHeaderBytes == 2 * kCacheLine);

    struct Chunk {
        char* at;
        size_t span_bytes;
    };

    // Spans of one size: the empty ones, and how to get more.
    struct Pool {
        size_t span_bytes;
        std::vector<Span*> spare;    // empty, pages in memory
        std::vector<Span*> dropped;  // empty, pages given back
    };

    static size_t class_of(size_t size);
    static size_t class_bytes(size_t size_class);
    static size_t pool_of(size_t block_bytes) { return block_bytes > kFineMax; }
    static Span* span_of(void* block, size_t span_bytes);

    bool is_from_malloc(size_t size) const {
        return size > kBlockMax || (kUsesMalloc && source_ == Source::malloc);
    }
    void* allocate_slowly(size_t size_class);
    void take_in(Span* span, void* block);
    void give_back(void* block, size_t size_class);
    Span* take_span(Pool& pool);
    void give_span(Pool& pool, Span* span);
    void map_chunk(Pool& pool);
    void list(Span* span);
    void unlist(Span* span);

    std::array<Span*, kClasses> with_room_{};
    std::array<Pool, 2> pools_{Pool{size_t{64} << 10, {}, {}}, Pool{size_t{256} << 10, {}, {}}};
    std::vector<Chunk> chunks_;
    Counter used_;
    Counter from_malloc_;
    Counter reserved_;
    const Source source_;
    bool huge_pages_ = false;

    // The returned block on top, 0: none. size class:16 | address:48, so that its span can be
    // found; the block has the word of the one below.
    alignas(kCacheLine) std::atomic<uint64_t> returned_{0};
};

// The slab that the calling thread's entries come from: they are made and destroyed without a word
// about where, in handlers and loaders alike. The executor's, unless the thread has said otherwise:
// each other thread that makes entries must, before the first.
Slab& entry_slab();
void use_entry_slab(Slab&);

}  // namespace rota
