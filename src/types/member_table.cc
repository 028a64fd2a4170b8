// SPDX-License-Identifier: BSD-3-Clause
#include "types/member_table.h"

#include <bit>
#include <cstdlib>
#include <new>

#include "platform/assert.h"

namespace rota {
namespace {

constexpr size_t kSplitHalves = 11;  // half members per bucket above which one is split: 5.5
constexpr size_t kMergeBelow = 2;    // members per bucket
constexpr size_t kReach = 24;        // the longest bucket that random() expects
constexpr size_t kTriesMax = 4096;

void* allocate(size_t alignment, size_t size) {
    void* memory = std::aligned_alloc(alignment, size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

// -- Members --

Member* Member::make(Slice name, size_t tail_bytes) {
    ASSERT(name.size() <= UINT32_MAX);
    const size_t head = name.size() < kLong ? 1 : 5;
    auto* bytes = static_cast<char*>(std::malloc(head + name.size() + tail_bytes));
    if (bytes == nullptr) throw std::bad_alloc();
    const auto size = static_cast<uint32_t>(name.size());
    bytes[0] = static_cast<char>(head == 1 ? size : kLong);
    if (head != 1) std::memcpy(bytes + 1, &size, sizeof size);
    if (size != 0) std::memcpy(bytes + head, name.data(), size);
    return reinterpret_cast<Member*>(bytes);
}

void Member::destroy(Member* member) { std::free(member); }

// -- Places --

MemberTable::Slot MemberTable::word(uint64_t hash, const Member* member) {
    return tag_of(hash) << 48 | reinterpret_cast<uint64_t>(member);
}

uint64_t MemberTable::reversed(uint64_t bits) {
    bits = __builtin_bswap64(bits);
    bits = (bits & 0x0f0f0f0f0f0f0f0f) << 4 | (bits >> 4 & 0x0f0f0f0f0f0f0f0f);
    bits = (bits & 0x3333333333333333) << 2 | (bits >> 2 & 0x3333333333333333);
    return (bits & 0x5555555555555555) << 1 | (bits >> 1 & 0x5555555555555555);
}

size_t MemberTable::index_of(uint64_t hash) const {
    const size_t full = std::bit_ceil(buckets_);
    const size_t index = hash & (full - 1);
    return index < buckets_ ? index : index & (full / 2 - 1);
}

// The first position behind the range of hashes that a bucket holds.
uint64_t MemberTable::after(uint64_t cursor, size_t index) const {
    const size_t full = std::bit_ceil(buckets_);
    const bool split = index >= full / 2 || index + full / 2 < buckets_;
    const int bits = std::countr_zero(full) - (split ? 0 : 1);
    return bits <= 0 ? 0 : (cursor | UINT64_MAX >> bits) + 1;
}

MemberTable::Bucket& MemberTable::bucket(size_t index) const {
    const size_t segment = static_cast<size_t>(std::bit_width(index / kFirstSegment));
    return segments_[segment][segment == 0 ? index : index - (kFirstSegment << (segment - 1))];
}

template <class Matches>
MemberTable::Slot* MemberTable::search(uint64_t hash, Matches&& matches) const {
    if (size_ == 0) return nullptr;
    Slot* slots = bucket(index_of(hash)).slots;
    size_t count = kSlots;
    while (true) {
        const Slot last = slots[count - 1];
        const size_t used = count - is_link(last);
        for (size_t i = 0; i < used; ++i)
            if (slots[i] >> 48 == tag_of(hash) && slots[i] != 0 && matches(member_of(slots[i])))
                return slots + i;
        if (!is_link(last)) return nullptr;
        slots = node_of(last)->slots;
        count = kNodeSlots;
    }
}

MemberTable::Slot* MemberTable::find_slot(uint64_t hash, Slice name) const {
    return search(hash, [name](const Member* member) { return member->name() == name; });
}

Member* MemberTable::find(Slice name) const {
    const Slot* slot = size_ != 0 ? find_slot(hash_bytes(seed_, name), name) : nullptr;
    return slot != nullptr ? member_of(*slot) : nullptr;
}

// -- Within a bucket --

void MemberTable::place(Bucket& home, Slot added) {
    Slot* slots = home.slots;
    size_t count = kSlots;
    while (is_link(slots[count - 1])) {
        slots = node_of(slots[count - 1])->slots;
        count = kNodeSlots;
    }
    for (size_t i = 0; i < count; ++i) {
        if (slots[i] != 0) continue;
        slots[i] = added;
        return;
    }
    auto* node = new Node{{slots[count - 1], added, 0, 0}};
    ++nodes_;
    slots[count - 1] = reinterpret_cast<uint64_t>(node) | kLink;
}

// The last member of the chain fills the hole. A node that is left with one gives it to its parent.
void MemberTable::remove(Bucket& home, Slot* hole) {
    Slot* slots = home.slots;
    Slot* parent = nullptr;  // the slot that links to `slots`
    size_t count = kSlots;
    while (is_link(slots[count - 1])) {
        parent = slots + count - 1;
        slots = node_of(*parent)->slots;
        count = kNodeSlots;
    }
    size_t last = count - 1;
    while (slots[last] == 0) --last;
    *hole = slots[last];
    slots[last] = 0;
    if (parent == nullptr || last != 1) return;
    Node* node = node_of(*parent);
    *parent = node->slots[0];
    delete node;
    --nodes_;
}

void MemberTable::free_chain(Bucket& home) {
    Slot link = home.slots[kSlots - 1];
    while (is_link(link)) {
        Node* node = node_of(link);
        link = node->slots[kNodeSlots - 1];
        delete node;
        --nodes_;
    }
}

// -- Growing and shrinking by one bucket --

void MemberTable::add_bucket() {
    const size_t segment = static_cast<size_t>(std::bit_width(buckets_ / kFirstSegment));
    if (segment == segments_.size()) {
        const size_t count = segment == 0 ? kFirstSegment : kFirstSegment << (segment - 1);
        segments_.push_back(
            static_cast<Bucket*>(allocate(alignof(Bucket), count * sizeof(Bucket))));
    }
    ++buckets_;
    bucket(buckets_ - 1) = Bucket{};
}

void MemberTable::drop_last_bucket() {
    --buckets_;
    const size_t segment = static_cast<size_t>(std::bit_width(buckets_ / kFirstSegment));
    const size_t begin = segment == 0 ? 0 : kFirstSegment << (segment - 1);
    if (buckets_ != begin) return;
    std::free(segments_.back());
    segments_.pop_back();
}

void MemberTable::split() {
    const size_t from = buckets_ - std::bit_floor(buckets_);
    add_bucket();
    Bucket& old = bucket(from);
    const Bucket members = old;  // and the chain behind it
    visit_bucket(members, [](Member* member) { __builtin_prefetch(member); });
    old = Bucket{};
    visit_bucket(members, [this](Member* member) {
        const uint64_t hash = hash_bytes(seed_, member->name());
        place(bucket(index_of(hash)), word(hash, member));
    });
    Bucket chain = members;
    free_chain(chain);
}

void MemberTable::merge() {
    Bucket last = bucket(buckets_ - 1);
    drop_last_bucket();
    Bucket& target = bucket(buckets_ - std::bit_floor(buckets_));
    const Slot* slots = last.slots;
    size_t count = kSlots;
    while (true) {
        const bool more = is_link(slots[count - 1]);
        for (size_t i = 0; i < count - more && slots[i] != 0; ++i) place(target, slots[i]);
        if (!more) break;
        slots = node_of(slots[count - 1])->slots;
        count = kNodeSlots;
    }
    free_chain(last);
}

// -- Changes --

void MemberTable::insert(Member* member) {
    if (buckets_ == 0) add_bucket();
    const uint64_t hash = hash_bytes(seed_, member->name());
    place(bucket(index_of(hash)), word(hash, member));
    ++size_;
    if (size_ * 2 > buckets_ * kSplitHalves) split();
}

void MemberTable::replace(Member* old, Member* other) {
    const uint64_t hash = hash_bytes(seed_, other->name());
    Slot* slot = search(hash, [old](const Member* member) { return member == old; });
    ASSERT(slot != nullptr);
    *slot = word(hash, other);
}

Member* MemberTable::take(Slice name) {
    if (size_ == 0) return nullptr;
    const uint64_t hash = hash_bytes(seed_, name);
    Slot* slot = find_slot(hash, name);
    if (slot == nullptr) return nullptr;
    Member* member = member_of(*slot);
    remove(bucket(index_of(hash)), slot);
    --size_;
    if (buckets_ > 1 && size_ < buckets_ * kMergeBelow) merge();
    return member;
}

bool MemberTable::erase(Slice name) {
    Member* member = take(name);
    if (member != nullptr) Member::destroy(member);
    return member != nullptr;
}

bool MemberTable::drain(size_t buckets) {
    for (; buckets > 0 && buckets_ > 0; --buckets) {
        Bucket& last = bucket(buckets_ - 1);
        visit_bucket(last, [this](Member* member) {
            Member::destroy(member);
            --size_;
        });
        free_chain(last);
        drop_last_bucket();
    }
    return buckets_ > 0;
}

MemberTable::~MemberTable() { drain(SIZE_MAX); }

// A bucket and a place in it at random until a member is there: long buckets get their share.
Member* MemberTable::random(uint64_t& state) const {
    ASSERT(size_ > 0);
    for (size_t tries = 0; tries < kTriesMax; ++tries) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        const size_t index = (state >> 8) % buckets_;
        size_t left = state % kReach;
        Member* found = nullptr;
        visit_bucket(bucket(index), [&](Member* member) {
            if (left-- == 0) found = member;
        });
        if (found != nullptr) return found;
    }
    Member* any = nullptr;
    for_each([&any](Member* member) { any = member; });
    return any;
}

// A segment that is not filled yet costs address space only.
size_t MemberTable::allocated_bytes() const {
    return sizeof(MemberTable) + nodes_ * sizeof(Node) + buckets_ * sizeof(Bucket);
}

}  // namespace rota
