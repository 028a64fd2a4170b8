// SPDX-License-Identifier: BSD-3-Clause
// Table: entries by key. Buckets of one cache line, in the order of the hash.
//
//     bucket = 8 slots of 8 bytes
//     slot   = tag:16 | entry address:48; 0 where it is empty
//     bucket of a hash = hash * bucket count / 2^64, so any number of buckets will do
//
// A full bucket turns its last slot into a link to an overflow node of 4 slots, which may do the
// same. Because the order of buckets is the order of hashes,
// - a position in the range of the hash is a SCAN cursor that outlives every resizing;
// - while a resize is under way, everything below one boundary is in the new array and everything
//   above it in the old one: a lookup probes exactly one bucket.
// Each insert or erase moves the resize along by a bucket or a few, step() does so from cron. The
// memory behind the boundary is given back as it advances.
//
// Readers on other threads use find_shared() alone. What they need to know of the arrays is
// published as one View. A slot changes by one release store of tag and address together, and what
// it leads to is complete before and left alone after; so a hit is right by construction. An entry
// that moves to another slot does so while the version of its stripe is odd; so a miss is right if
// the version was even, and it and the view are still the same afterwards: an entry that was there
// all the time was in one slot all the time. Whatever leaves the table (array, node, view) is
// retired through Quiescence, and so must be the entries.
//
// A reader that is late may look at an array or node that is no longer in use. Its slots are as
// they were when it went out of use, after the read began: a hit there is right too. Where the
// kernel has taken the memory back they are zeros, and the version tells.
//
// The table neither makes nor frees entries. It keeps the hash of none: it hashes the key again
// when it resizes. Threading: executor only, but for find_shared().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "platform/siphash.h"
#include "platform/slice.h"
#include "store/entry.h"
#include "store/quiescence.h"

namespace rota {

class Table {
public:
    using Slot = std::atomic<uint64_t>;

    // Without a Quiescence it has no readers but the executor.
    explicit Table(const SipKey& seed, Quiescence* quiescence = nullptr)
        : seed_(seed), quiescence_(quiescence) {}
    Table(Table&& other) noexcept : Table(other.seed_, other.quiescence_) { swap(other); }
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;
    ~Table();
    void swap(Table& other) noexcept;  // both with the same Quiescence

    // For a thread that is an online reader of the table's Quiescence. A hit is an entry that was
    // in the table at some moment of the call, valid until the reader is next quiescent; a miss
    // means that there was a moment without. Busy: too many changes, ask the executor.
    enum class Found : uint8_t { hit, miss, busy };
    struct ReadResult {
        Found found;
        const Entry* entry;  // null unless hit
    };
    ReadResult find_shared(uint64_t hash, Slice key) const;

    size_t size() const { return size_; }

    // The slot of the key, or null. Good until the next insert, erase or step.
    Slot* find_slot(uint64_t hash, Slice key) {
        return search(hash, [key](const Entry* entry) { return entry->key() == key; });
    }
    Entry* find(uint64_t hash, Slice key) {
        Slot* slot = find_slot(hash, key);
        return slot != nullptr ? entry_of(*slot) : nullptr;
    }
    static Entry* entry_of(const Slot& slot) {
        return entry_of(slot.load(std::memory_order_relaxed));
    }

    // Its key must not be there yet. std::bad_alloc leaves the table as it was, unless a resize is
    // under way.
    void insert(uint64_t hash, Entry*);
    void replace(Slot*, Entry*);  // another entry of the same key
    void erase(uint64_t hash, Slot*);
    // By identity, without a look at any entry. False: not there.
    bool erase(uint64_t hash, const Entry*);
    bool replace(uint64_t hash, const Entry* old, Entry*);

    // See Db::scan. visit must not change the table. A step visits exactly one bucket, which may
    // be empty.
    template <class Visit>
    uint64_t scan(uint64_t cursor, Visit&& visit) const {
        if (size_ == 0) return 0;
        const ScanStep at = scan_step(cursor);
        visit_bucket(*at.bucket, visit);
        return at.next;
    }
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (size_t i = 0; i < new_.count; ++i) visit_bucket(new_.buckets[i], visit);
        for (size_t i = boundary_; i < old_.count; ++i) visit_bucket(old_.buckets[i], visit);
    }

    // One entry, each with nearly the same probability; null if there is none. `random` is the
    // state of the generator.
    Entry* random(uint64_t& random) const;
    // Some entries from one stretch of the table, for eviction to choose from; not independent of
    // each other, but all different. Returns how many: fewer than asked only if there are no more.
    size_t sample(std::span<Entry*> out, uint64_t& random) const;

    void prefetch_bucket(uint64_t hash) const { __builtin_prefetch(home(hash)); }
    void prefetch_entry(uint64_t hash) const;
    // The same two stages before find_shared(), on the reader's thread.
    void prefetch_bucket_shared(uint64_t hash) const;
    void prefetch_entry_shared(uint64_t hash) const;

    // Room for so many entries, by a resize that goes on step by step.
    void reserve(size_t count);
    // Moves a resize along by so many buckets, and starts one where it is due. False: nothing to
    // do.
    bool step(size_t buckets);
    bool resizing() const { return old_.count != 0; }
    // Takes entries out of the buckets from the end, calling out(entry), until `buckets` buckets
    // are done. False: empty. For giving a large table back bit by bit, where no reader can be; no
    // other call but this one and the destructor may follow.
    template <class Out>
    bool drain(size_t buckets, Out&& out);
    // The same in one go; the table is empty and usable afterwards.
    template <class Out>
    void drain_all(Out&& out) {
        drain(SIZE_MAX, out);
    }
    // Forgets all entries.
    void clear() {
        drain_all([](Entry*) {});
    }

    struct Stats {
        size_t entries = 0;
        size_t buckets = 0;
        size_t buckets_old = 0;    // of the array being emptied, 0: no resize under way
        size_t buckets_moved = 0;  // of those
        size_t overflow_nodes = 0;
        size_t longest_chain = 0;  // slots in use in the fullest bucket
        size_t fill[24] = {};      // buckets with so many entries; the last: or more
    };
    Stats stats() const;          // looks at every bucket
    size_t memory_bytes() const;  // arrays, nodes, versions: what takes memory
    size_t mapped_bytes() const;  // of that, what comes from neither malloc nor the slab
    size_t bucket_count() const { return new_.count + old_.count; }

private:
    __extension__ typedef unsigned __int128 Wide;

    static constexpr size_t kSlots = 8;
    static constexpr size_t kNodeSlots = 4;
    struct alignas(kCacheLine) Bucket {
        Slot slots[kSlots];
    };
    struct Node {
        Slot slots[kNodeSlots];
    };
    static_assert(sizeof(Bucket) == kCacheLine);

    struct Array {
        Bucket* buckets = nullptr;
        size_t count = 0;
        size_t mapped_bytes = 0;  // 0: from malloc
        size_t gone_bytes = 0;    // from the start, given back to the kernel already
    };
    // What readers know of the arrays. Only the boundary of a view changes; where more does, there
    // is a new view.
    struct View {
        Bucket* new_buckets;
        size_t new_count;
        Bucket* old_buckets;
        size_t old_count;
        std::atomic<uint32_t>* stripes;  // versions; null: `version` counts for all buckets
        std::atomic<size_t> boundary;
        std::atomic<uint32_t> version{0};

        const Bucket& home(uint64_t hash) const;
        const std::atomic<uint32_t>& version_of(uint64_t hash) const {
            return stripes == nullptr ? version : stripes[index_of(hash, kStripes)];
        }
    };
    struct ScanStep {
        const Bucket* bucket;
        uint64_t next;
    };

    // The low bits of an address are free; the lowest one marks a link.
    static constexpr uint64_t kLink = 1;
    static constexpr uint64_t kAddressMask = 0x0000'ffff'ffff'fff8;

    static constexpr size_t kStripes = 1024;      // versions of a table that is large enough
    static constexpr size_t kStripesFrom = 1024;  // buckets

    static Entry* entry_of(uint64_t word) { return reinterpret_cast<Entry*>(word & kAddressMask); }
    static bool is_link(uint64_t word) { return word & kLink; }
    static Node* node_of(uint64_t word) { return reinterpret_cast<Node*>(word & kAddressMask); }
    static uint64_t tag_of(uint64_t hash) {  // never 0, which marks empty slots and links
        const uint64_t tag = hash & 0xffff;
        return tag | (tag == 0);
    }
    static uint64_t word_of(uint64_t hash, const Entry* entry);
    static size_t index_of(uint64_t hash, size_t count) {
        return static_cast<size_t>(static_cast<Wide>(hash) * count >> 64);
    }
    // The first hash of a bucket; 0 for the one after the last.
    static uint64_t first_hash(size_t index, size_t count);

    Bucket* home(uint64_t hash) const {
        if (old_.count != 0) [[unlikely]] {
            const size_t index = index_of(hash, old_.count);
            if (index >= boundary_) return old_.buckets + index;
        }
        return new_.buckets + index_of(hash, new_.count);
    }

    // Bit i: slot i carries this tag. Relaxed: to anybody but the executor it is a hint, and what
    // it tells of has to be loaded.
    static unsigned match(const Slot (&slots)[kSlots], uint64_t tag);
    static unsigned match(const Slot (&slots)[kNodeSlots], uint64_t tag) {
        return match_each(slots, tag);
    }
    template <size_t kCount>
    static unsigned match_each(const Slot (&slots)[kCount], uint64_t tag);
    static const Entry* find_in(const Bucket&, uint64_t tag, Slice key);

    template <class Matches>
    Slot* search(uint64_t hash, Matches&& matches) {
        if (size_ == 0) [[unlikely]]
            return nullptr;
        Bucket* bucket = home(hash);
        const uint64_t tag = tag_of(hash);
        for (unsigned hits = match(bucket->slots, tag); hits != 0; hits &= hits - 1) {
            Slot& slot = bucket->slots[__builtin_ctz(hits)];
            if (matches(entry_of(slot))) [[likely]]
                return &slot;
        }
        uint64_t last = bucket->slots[kSlots - 1].load(std::memory_order_relaxed);
        while (is_link(last)) {
            Node* node = node_of(last);
            for (unsigned hits = match(node->slots, tag); hits != 0; hits &= hits - 1) {
                Slot& slot = node->slots[__builtin_ctz(hits)];
                if (matches(entry_of(slot))) [[likely]]
                    return &slot;
            }
            last = node->slots[kNodeSlots - 1].load(std::memory_order_relaxed);
        }
        return nullptr;
    }

    template <class Visit>
    static void visit_bucket(const Bucket& bucket, Visit&& visit) {
        std::span<const Slot> slots = bucket.slots;
        while (true) {
            const uint64_t last = slots.back().load(std::memory_order_relaxed);
            for (const Slot& slot : slots.first(slots.size() - is_link(last)))
                if (Entry* entry = entry_of(slot); entry != nullptr) visit(entry);
            if (!is_link(last)) return;
            slots = node_of(last)->slots;
        }
    }

    ScanStep scan_step(uint64_t cursor) const;
    Slot* find_slot(uint64_t hash, const Entry* entry) {
        return search(hash, [entry](const Entry* other) { return entry == other; });
    }
    void place(Bucket&, uint64_t word);
    void erase_in(Bucket&, uint64_t hash, Slot* hole);
    void retire_chain(Bucket&);
    void add_link(Slot& last, uint64_t word);
    void retire_node(Node*);
    void retire(void* what, size_t bytes, Quiescence::Free free) {
        quiescence_ != nullptr ? quiescence_->retire(what, bytes, free) : free(what, bytes);
    }

    static Array make_array(size_t count);
    static void free_array(const Array&);
    void retire_array(Array&);
    void publish_view();
    void retire_view(View*);
    static void give_back_from(Array&, size_t count);
    void give_back_below(Array&, size_t index);
    static void prefetch_match(const Bucket& bucket, uint64_t hash);
    static void prefetch_entries(const Bucket&);
    void after_insert();
    void after_erase();
    void start_resize(size_t count);
    void try_resize(size_t count);
    void move_bucket();
    void release_all();

    // Odd while entries whose hashes lie in [first, last] move.
    class Moving;
    std::span<std::atomic<uint32_t>> versions(uint64_t first, uint64_t last);
    void set_boundary(size_t);

    std::atomic<View*> view_{nullptr};  // null: no arrays, or no readers ever
    Array new_;            // where inserts go below the boundary; the only one between resizes
    Array old_;            // being emptied
    size_t boundary_ = 0;  // buckets of old_ below this one have been moved
    size_t size_ = 0;
    size_t nodes_ = 0;
    SipKey seed_;
    Quiescence* quiescence_;
    std::unique_ptr<std::atomic<uint32_t>[]> stripes_;  // once the table has been large enough
};

template <size_t kCount>
unsigned Table::match_each(const Slot (&slots)[kCount], uint64_t tag) {
    unsigned hits = 0;
    for (size_t i = 0; i < kCount; ++i)
        hits |= unsigned{slots[i].load(std::memory_order_relaxed) >> 48 == tag} << i;
    return hits;
}

inline unsigned Table::match(const Slot (&slots)[kSlots], uint64_t tag) {
#if defined(__SSE2__) && !defined(__SANITIZE_THREAD__)
    // The language has no load of two atomics, but the processor has, and reads each as a whole.
    // ThreadSanitizer is shown single loads: they cost five times as much.
    auto load_two = [](const Slot* first) {
        __m128i both;
        asm("movdqa %1, %0" : "=x"(both) : "m"(*reinterpret_cast<const __m128i*>(first)));
        return both;
    };
    // The upper half of each word, sign-extended from its tag, packed to eight 16-bit lanes.
    auto upper = [](__m128i left, __m128i right) {
        const __m128 both = _mm_shuffle_ps(_mm_castsi128_ps(left), _mm_castsi128_ps(right), 0xdd);
        return _mm_srai_epi32(_mm_castps_si128(both), 16);
    };
    const __m128i low = upper(load_two(&slots[0]), load_two(&slots[2]));
    const __m128i high = upper(load_two(&slots[4]), load_two(&slots[6]));
    const __m128i tags = _mm_packs_epi32(low, high);
    const __m128i same = _mm_cmpeq_epi16(tags, _mm_set1_epi16(static_cast<short>(tag)));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(same, _mm_setzero_si128())));
#else
    return match_each(slots, tag);
#endif
}

template <class Out>
bool Table::drain(size_t buckets, Out&& out) {
    for (Array* array : {&old_, &new_}) {
        const size_t end = array == &old_ ? boundary_ : 0;
        while (array->count > end && buckets > 0) {
            --buckets;
            Bucket& bucket = array->buckets[--array->count];
            if (array->count > end) prefetch_entries(array->buckets[array->count - 1]);
            visit_bucket(bucket, [&](Entry* entry) {
                --size_;
                out(entry);
            });
            retire_chain(bucket);
            give_back_from(*array, array->count);
        }
        if (array->count > end) return true;
    }
    release_all();
    return false;
}

}  // namespace rota
