// SPDX-License-Identifier: BSD-3-Clause
#include "store/table.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "platform/assert.h"
#include "store/slab.h"

namespace rota {
namespace {

// When to resize, in entries per bucket. Overflow nodes are half a line, so memory per entry is
// nearly flat from 7 to 10 of them; beyond 8.5 too many lookups would need a second line.
constexpr size_t kGrowAtHalves = 17;  // 8.5
constexpr size_t kShrinkBelow = 1;
constexpr size_t kShrinkTo = 6;

// One bucket for each write ends a growth long before the next is due.
constexpr size_t kBucketsPerWrite = 1;
constexpr size_t kBucketsPerWriteBehind =
    16;  // the new array is too small already, or nearly empty

constexpr size_t kMapFromBytes = size_t{128} << 10;  // smaller arrays come from malloc
constexpr size_t kGiveBackBytes = size_t{64} << 10;

bool overfull(size_t entries, size_t buckets) { return entries * 2 > buckets * kGrowAtHalves; }

// 1 2 3 4 6 8 12 16 24 ...: steps of a half and a third, so that a growth moves few and the array
// is never much larger than it must be.
size_t next_count(size_t count) {
    if (count < 2) return count + 1;
    const bool power = (count & (count - 1)) == 0;
    return power ? count + count / 2 : count + count / 3;
}

size_t count_for(size_t entries, size_t per_bucket_halves) {
    size_t count = 1;
    while (entries * 2 > count * per_bucket_halves) count = next_count(count);
    return count;
}

uint64_t next_random(uint64_t& state) {  // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

}  // namespace

// Keeps the versions of a range odd. The release at the end pairs with the acquire in
// find_shared(): whoever starts from that version finds all that was moved in its new place. That
// it was odd is seen by whoever sees a slot that was stored since, by the release of that store.
class Table::Moving {
public:
    explicit Moving(std::span<std::atomic<uint32_t>> versions) : versions_(versions) { bump(); }
    ~Moving() { bump(); }
    Moving(const Moving&) = delete;

private:
    void bump() {
        for (auto& version : versions_)
            version.store(version.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    std::span<std::atomic<uint32_t>> versions_;
};

std::span<std::atomic<uint32_t>> Table::versions(uint64_t first, uint64_t last) {
    View* view = view_.load(std::memory_order_relaxed);
    if (view == nullptr) return {};
    if (view->stripes == nullptr) return {&view->version, 1};
    const size_t from = index_of(first, kStripes);
    return {&view->stripes[from], index_of(last, kStripes) - from + 1};
}

Table::~Table() { clear(); }

void Table::swap(Table& other) noexcept {
    ASSERT(quiescence_ == other.quiescence_);
    View* view = view_.load(std::memory_order_relaxed);
    // Both are complete already; the releases pair with the acquire in find_shared().
    view_.store(other.view_.load(std::memory_order_relaxed), std::memory_order_release);
    other.view_.store(view, std::memory_order_release);
    std::swap(new_, other.new_);
    std::swap(old_, other.old_);
    std::swap(boundary_, other.boundary_);
    std::swap(size_, other.size_);
    std::swap(nodes_, other.nodes_);
    std::swap(seed_, other.seed_);
    std::swap(stripes_, other.stripes_);
}

uint64_t Table::first_hash(size_t index, size_t count) {
    if (index == count) return 0;
    const auto position = static_cast<Wide>(index) << 64;
    return static_cast<uint64_t>((position + count - 1) / count);
}

uint64_t Table::word_of(uint64_t hash, const Entry* entry) {
    const auto address = reinterpret_cast<uint64_t>(entry);
    ASSERT((address & ~kAddressMask) == 0);
    return tag_of(hash) << 48 | address;
}

// -- Buckets --

// The slot is published by the release; a later reader's acquire of it sees the whole entry.
void Table::place(Bucket& bucket, uint64_t word) {
    std::span<Slot> slots = bucket.slots;
    while (true) {
        for (Slot& slot : slots) {
            if (slot.load(std::memory_order_relaxed) != 0) continue;
            slot.store(word, std::memory_order_release);
            return;
        }
        Slot& last = slots.back();
        const uint64_t link = last.load(std::memory_order_relaxed);
        if (!is_link(link)) return add_link(last, word);
        slots = node_of(link)->slots;
    }
}

// The entry that the link displaces is in the node before the link is seen: no reader misses it.
void Table::add_link(Slot& last, uint64_t word) {
    auto* node = new (entry_slab().allocate(sizeof(Node))) Node{};
    ++nodes_;
    node->slots[0].store(last.load(std::memory_order_relaxed), std::memory_order_relaxed);
    node->slots[1].store(word, std::memory_order_relaxed);
    last.store(reinterpret_cast<uint64_t>(node) | kLink, std::memory_order_release);
}

void Table::retire_node(Node* node) {
    --nodes_;
    retire(node, sizeof(Node), [](void* what, size_t bytes) { entry_slab().free(what, bytes); });
}

void Table::retire_chain(Bucket& bucket) {
    uint64_t last = bucket.slots[kSlots - 1].load(std::memory_order_relaxed);
    while (is_link(last)) {
        Node* node = node_of(last);
        last = node->slots[kNodeSlots - 1].load(std::memory_order_relaxed);
        retire_node(node);
    }
}

// Fills the hole from the end of the chain, so that only the last part of it is ever partly empty
// and a node never holds fewer than two.
void Table::erase_in(Bucket& bucket, uint64_t hash, Slot* hole) {
    Slot* link = &bucket.slots[kSlots - 1];
    if (!is_link(link->load(std::memory_order_relaxed))) {
        hole->store(0, std::memory_order_release);
        return;
    }
    Node* node = node_of(link->load(std::memory_order_relaxed));
    while (is_link(node->slots[kNodeSlots - 1].load(std::memory_order_relaxed))) {
        link = &node->slots[kNodeSlots - 1];
        node = node_of(link->load(std::memory_order_relaxed));
    }
    size_t filled = kNodeSlots;
    while (node->slots[filled - 1].load(std::memory_order_relaxed) == 0) --filled;
    ASSERT(filled >= 2);
    Moving moving(versions(hash, hash));
    Slot& end = node->slots[filled - 1];
    hole->store(end.load(std::memory_order_relaxed), std::memory_order_release);
    end.store(0, std::memory_order_release);
    if (filled > 2) return;
    link->store(node->slots[0].load(std::memory_order_relaxed), std::memory_order_release);
    retire_node(node);
}

// -- Entries --

void Table::insert(uint64_t hash, Entry* entry) {
    if (new_.count == 0) [[unlikely]] {
        new_ = make_array(1);
        publish_view();
    }
    place(*home(hash), word_of(hash, entry));
    ++size_;
    after_insert();
}

void Table::replace(Slot* slot, Entry* entry) {
    const uint64_t tag = slot->load(std::memory_order_relaxed) >> 48;
    slot->store(word_of(tag, entry), std::memory_order_release);
}

void Table::erase(uint64_t hash, Slot* slot) {
    erase_in(*home(hash), hash, slot);
    --size_;
    after_erase();
}

bool Table::erase(uint64_t hash, const Entry* entry) {
    Slot* slot = find_slot(hash, entry);
    if (slot == nullptr) return false;
    erase(hash, slot);
    return true;
}

bool Table::replace(uint64_t hash, const Entry* old, Entry* entry) {
    Slot* slot = find_slot(hash, old);
    if (slot == nullptr) return false;
    replace(slot, entry);
    return true;
}

void Table::prefetch_entry(uint64_t hash) const {
    if (size_ != 0) prefetch_match(*home(hash), hash);
}

void Table::prefetch_bucket_shared(uint64_t hash) const {
    const View* view = view_.load(std::memory_order_acquire);  // pairs with publish_view()
    if (view != nullptr) __builtin_prefetch(&view->home(hash));
}

void Table::prefetch_entry_shared(uint64_t hash) const {
    const View* view = view_.load(std::memory_order_acquire);  // pairs with publish_view()
    if (view != nullptr) prefetch_match(view->home(hash), hash);
}

// Only addresses are taken from the slots, nothing that they lead to is read.
void Table::prefetch_match(const Bucket& bucket, uint64_t hash) {
    const uint64_t last = bucket.slots[kSlots - 1].load(std::memory_order_relaxed);
    const unsigned hits = match(bucket.slots, tag_of(hash));
    if (hits == 0) {
        if (is_link(last)) __builtin_prefetch(node_of(last));
        return;
    }
    const uint64_t word = bucket.slots[__builtin_ctz(hits)].load(std::memory_order_relaxed);
    // Two lines have the key and a short value. Of a long value the processor's own prefetch is no
    // slower: fetching 4 or 10 lines of 512 bytes here did not measure better.
    const char* at = reinterpret_cast<const char*>(entry_of(word));
    __builtin_prefetch(at);
    __builtin_prefetch(at + kCacheLine);
}

void Table::prefetch_entries(const Bucket& bucket) {
    for (const Slot& slot : bucket.slots) __builtin_prefetch(entry_of(slot));
}

// -- Arrays and resizing --

Table::Array Table::make_array(size_t count) {
    const size_t bytes = count * sizeof(Bucket);
    Array array{.count = count};
    if (bytes < kMapFromBytes) {
        array.buckets = static_cast<Bucket*>(std::aligned_alloc(sizeof(Bucket), bytes));
        if (array.buckets == nullptr) throw std::bad_alloc();
        std::memset(static_cast<void*>(array.buckets), 0, bytes);
        return array;
    }
    void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    array.buckets = static_cast<Bucket*>(at);
    array.mapped_bytes = bytes;
    return array;
}

void Table::free_array(const Array& array) {
    if (array.mapped_bytes != 0)
        munmap(array.buckets, array.mapped_bytes);
    else
        std::free(array.buckets);
}

void Table::retire_array(Array& array) {
    retire(new Array(array), sizeof(Array), [](void* what, size_t) {
        const std::unique_ptr<Array> retired(static_cast<Array*>(what));
        free_array(*retired);
    });
    array = Array{};
}

// Both give back in large pieces, because each is a system call. Whoever still reads such a piece
// finds zeros: the executor does not, and a late reader learns from the version that they mean
// nothing.
void Table::give_back_below(Array& array, size_t index) {
    if (array.mapped_bytes == 0) return;
    const size_t bytes = index * sizeof(Bucket);
    if (bytes - array.gone_bytes < kGiveBackBytes) return;
    char* from = reinterpret_cast<char*>(array.buckets) + array.gone_bytes;
    madvise(from, kGiveBackBytes, MADV_DONTNEED);
    array.gone_bytes += kGiveBackBytes;
}

void Table::give_back_from(Array& array, size_t count) {
    if (array.mapped_bytes == 0 || count * sizeof(Bucket) % kGiveBackBytes != 0) return;
    char* from = reinterpret_cast<char*>(array.buckets + count);
    const size_t left = array.mapped_bytes - count * sizeof(Bucket);
    madvise(from, std::min(kGiveBackBytes, left), MADV_DONTNEED);
}

void Table::after_insert() {
    if (old_.count != 0)
        step(overfull(size_, new_.count) ? kBucketsPerWriteBehind : kBucketsPerWrite);
    else if (overfull(size_, new_.count)) [[unlikely]]
        try_resize(next_count(new_.count));
}

void Table::after_erase() {
    if (size_ == 0 && bucket_count() <= kSlots) [[unlikely]]
        release_all();  // so that an empty table costs nothing
    else if (old_.count != 0)
        step(new_.count < old_.count ? kBucketsPerWriteBehind : kBucketsPerWrite);
    else if (size_ < new_.count * kShrinkBelow && new_.count > 1) [[unlikely]]
        try_resize(count_for(size_, 2 * kShrinkTo));
}

void Table::reserve(size_t count) {
    const size_t wanted = count_for(count, kGrowAtHalves);
    if (wanted <= new_.count || old_.count != 0) return;
    if (size_ == 0) {
        Array unused = std::exchange(new_, make_array(wanted));
        publish_view();
        if (unused.count != 0) retire_array(unused);
        return;
    }
    start_resize(wanted);
}

void Table::start_resize(size_t count) {
    if (count == new_.count) return;
    if (stripes_ == nullptr && count >= kStripesFrom && quiescence_ != nullptr)
        stripes_ = std::make_unique<std::atomic<uint32_t>[]>(kStripes);
    const Array fresh = make_array(count);
    old_ = new_;
    new_ = fresh;
    boundary_ = 0;
    publish_view();
    prefetch_entries(old_.buckets[0]);
}

// The insert or erase that asks for it is done and stays so. Without memory for another array the
// chains are merely longer than they should be, and the next one asks again.
void Table::try_resize(size_t count) {
    try {
        start_resize(count);
    } catch (const std::bad_alloc&) {
        return;
    }
}

// The entries of the next bucket are fetched while those of this one are hashed.
void Table::move_bucket() {
    Bucket& bucket = old_.buckets[boundary_];
    if (boundary_ + 1 < old_.count) prefetch_entries(old_.buckets[boundary_ + 1]);
    {
        const uint64_t first = first_hash(boundary_, old_.count);
        Moving moving(versions(first, first_hash(boundary_ + 1, old_.count) - 1));
        std::span<const Slot> slots = bucket.slots;
        while (true) {
            const uint64_t last = slots.back().load(std::memory_order_relaxed);
            for (const Slot& slot : slots.first(slots.size() - is_link(last))) {
                const uint64_t word = slot.load(std::memory_order_relaxed);
                if (word == 0) continue;
                const uint64_t hash = hash_bytes(seed_, entry_of(word)->key());
                place(new_.buckets[index_of(hash, new_.count)], word);
            }
            if (!is_link(last)) break;
            slots = node_of(last)->slots;
        }
        set_boundary(boundary_ + 1);
    }
    retire_chain(bucket);
    give_back_below(old_, boundary_);
}

bool Table::step(size_t buckets) {
    if (old_.count == 0) {
        if (size_ >= new_.count * kShrinkBelow || new_.count <= 1) return false;
        start_resize(count_for(size_, 2 * kShrinkTo));
        if (old_.count == 0) return false;
    }
    while (buckets-- > 0 && boundary_ < old_.count) move_bucket();
    if (boundary_ == old_.count) {
        Array emptied = std::exchange(old_, Array{});
        boundary_ = 0;
        publish_view();
        retire_array(emptied);
    }
    return true;
}

void Table::release_all() {
    ASSERT(size_ == 0);
    ASSERT(nodes_ == 0);
    retire_view(view_.exchange(nullptr, std::memory_order_release));  // as in publish_view()
    if (new_.buckets != nullptr) retire_array(new_);
    if (old_.buckets != nullptr) retire_array(old_);
    if (stripes_ != nullptr)
        retire(stripes_.release(), kStripes * sizeof(stripes_[0]),
               [](void* what, size_t) { delete[] static_cast<std::atomic<uint32_t>*>(what); });
    boundary_ = 0;
}

// -- Readers on other threads --

void Table::publish_view() {
    if (quiescence_ == nullptr) return;
    auto* view = new View{.new_buckets = new_.buckets,
                          .new_count = new_.count,
                          .old_buckets = old_.buckets,
                          .old_count = old_.count,
                          .stripes = stripes_.get(),
                          .boundary = boundary_};
    // The release pairs with the acquire in find_shared(): view and arrays are complete.
    retire_view(view_.exchange(view, std::memory_order_release));
}

void Table::retire_view(View* view) {
    if (view == nullptr) return;
    retire(view, sizeof(View), [](void* what, size_t) { delete static_cast<View*>(what); });
}

void Table::set_boundary(size_t boundary) {
    boundary_ = boundary;
    // The release pairs with the acquire in home(): below it, all is in the new array.
    if (View* view = view_.load(std::memory_order_relaxed); view != nullptr)
        view->boundary.store(boundary, std::memory_order_release);
}

const Table::Bucket& Table::View::home(uint64_t hash) const {
    if (old_count != 0) [[unlikely]] {
        const size_t index = index_of(hash, old_count);
        if (index >= boundary.load(std::memory_order_acquire))  // pairs with set_boundary()
            return old_buckets[index];
    }
    return new_buckets[index_of(hash, new_count)];
}

// Each slot is loaded with acquire, which pairs with the release of whoever filled it: the entry or
// node it leads to is complete, and a version read afterwards is not older than the slot.
const Entry* Table::find_in(const Bucket& bucket, uint64_t tag, Slice key) {
    std::span<const Slot> slots = bucket.slots;
    while (true) {
        uint64_t last = 0;
        for (const Slot& slot : slots) {
            last = slot.load(std::memory_order_acquire);
            if (last >> 48 != tag) continue;
            const Entry* entry = entry_of(last);
            if (entry->key() == key) [[likely]]
                return entry;
        }
        if (!is_link(last)) return nullptr;
        slots = node_of(last)->slots;
    }
}

Table::ReadResult Table::find_shared(uint64_t hash, Slice key) const {
    constexpr int kTriesMax = 4;  // a move takes less than a microsecond, but may be preempted
    for (int tries = 0; tries < kTriesMax; ++tries) {
        const View* view = view_.load(std::memory_order_acquire);  // pairs with publish_view()
        if (view == nullptr) return {Found::miss, nullptr};
        const std::atomic<uint32_t>& version = view->version_of(hash);
        // Pairs with the release at the end of Moving: what it moved is in its new place.
        const uint32_t before = version.load(std::memory_order_acquire);
        const Entry* entry = find_in(view->home(hash), tag_of(hash), key);
        if (entry != nullptr) return {Found::hit, entry};
        // Not moved to earlier than the slots were read: see find_in().
        if (before % 2 == 0 && version.load(std::memory_order_relaxed) == before &&
            view_.load(std::memory_order_relaxed) == view)
            return {Found::miss, nullptr};
    }
    return {Found::busy, nullptr};
}

// -- Walking and choosing --

// The cursor is the first hash not yet visited. Of a bucket that a step visits, all hashes from the
// cursor to the bucket's end are covered, but none beyond the boundary of a resize: those entries
// are still in the other array.
Table::ScanStep Table::scan_step(uint64_t cursor) const {
    if (old_.count != 0) {
        const size_t index = index_of(cursor, old_.count);
        if (index >= boundary_) return {old_.buckets + index, first_hash(index + 1, old_.count)};
    }
    const size_t index = index_of(cursor, new_.count);
    uint64_t next = first_hash(index + 1, new_.count);
    if (old_.count != 0) {
        const uint64_t limit = first_hash(boundary_, old_.count);
        if (next == 0 || next > limit) next = limit;
    }
    return {new_.buckets + index, next};
}

// Rejection keeps it fair: a bucket is taken with a probability in proportion to its entries. Where
// buckets are mostly empty, the next entry after a random place has to do.
Entry* Table::random(uint64_t& random) const {
    if (size_ == 0) return nullptr;
    constexpr size_t kTriesMax = 64;
    constexpr size_t kEntriesMax = 16;  // a fuller bucket's further entries count as these
    for (size_t tries = 0; tries < kTriesMax; ++tries) {
        const Bucket* bucket = home(next_random(random));
        size_t count = 0;
        visit_bucket(*bucket, [&](Entry*) { ++count; });
        const size_t drawn = next_random(random) % std::max(count, kEntriesMax);
        Entry* chosen = nullptr;
        size_t at = 0;
        visit_bucket(*bucket, [&](Entry* entry) {
            if (at++ == drawn) chosen = entry;
        });
        if (chosen != nullptr) return chosen;
    }
    Entry* chosen = nullptr;
    return sample({&chosen, 1}, random) == 1 ? chosen : nullptr;
}

size_t Table::sample(std::span<Entry*> out, uint64_t& random) const {
    if (size_ == 0) return 0;
    size_t filled = 0;
    const uint64_t start = scan_step(next_random(random)).next;
    uint64_t cursor = start;
    do {
        const ScanStep at = scan_step(cursor);
        visit_bucket(*at.bucket, [&](Entry* entry) {
            if (filled < out.size()) out[filled++] = entry;
        });
        cursor = at.next;
    } while (filled < out.size() && cursor != start);
    return filled;
}

Table::Stats Table::stats() const {
    Stats stats{.entries = size_,
                .buckets = new_.count,
                .buckets_old = old_.count,
                .buckets_moved = boundary_,
                .overflow_nodes = nodes_};
    auto count_bucket = [&](const Bucket& bucket) {
        size_t fill = 0;
        visit_bucket(bucket, [&](Entry*) { ++fill; });
        stats.longest_chain = std::max(stats.longest_chain, fill);
        ++stats.fill[std::min(fill, std::size(stats.fill) - 1)];
    };
    for (size_t i = 0; i < new_.count; ++i) count_bucket(new_.buckets[i]);
    for (size_t i = boundary_; i < old_.count; ++i) count_bucket(old_.buckets[i]);
    return stats;
}

// A mapped array takes memory only as far as it has been reached, and until it is given back.
size_t Table::mapped_bytes() const {
    size_t buckets = 0;
    if (new_.mapped_bytes != 0)
        buckets += boundary_ == old_.count  // no resize under way among others
                       ? new_.count
                       : index_of(first_hash(boundary_, old_.count), new_.count);
    if (old_.mapped_bytes != 0) buckets += old_.count;
    return buckets * sizeof(Bucket) - old_.gone_bytes;
}

size_t Table::memory_bytes() const {
    const size_t from_malloc =
        (new_.mapped_bytes == 0 ? new_.count : 0) + (old_.mapped_bytes == 0 ? old_.count : 0);
    return mapped_bytes() + from_malloc * sizeof(Bucket) + nodes_ * sizeof(Node) +
           (stripes_ != nullptr ? kStripes * sizeof(stripes_[0]) : 0) +
           (view_.load(std::memory_order_relaxed) != nullptr ? sizeof(View) : 0);
}

}  // namespace rota
