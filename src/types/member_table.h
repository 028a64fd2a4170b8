// SPDX-License-Identifier: BSD-3-Clause
// MemberTable: members by name, for large sets, hashes and sorted sets. Linear hashing (Litwin,
// 1980): it grows by splitting one bucket and shrinks by merging two, so that no insert or erase
// ever moves more than a handful of members, and the memory follows the size closely.
//
//     bucket = 8 slots of 8 bytes; a full one ends in a link to a node of 4 slots, and so on
//     slot   = tag:16 | address of a member:48; slots are in use from the front without gaps
//     bucket of a hash = its low bits, as many as it takes; one bit fewer where that bucket has
//                        not been split off yet
//
// The buckets lie in segments, each as large as all before it together: none is ever moved.
// With the bits of the hash reversed, a bucket is a range of hashes and splitting cuts ranges, so a
// position in that order is a SCAN cursor that outlives every change of size.
//
// Threading: one owner.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/siphash.h"
#include "platform/slice.h"

namespace rota {

// One block: size of the name (1 byte, or 0xff and 4) | name | tail, which is its owner's.
class Member {
public:
    static Member* make(Slice name, size_t tail_bytes);
    static void destroy(Member*);

    Slice name() const {
        const auto* at = reinterpret_cast<const char*>(this);
        const size_t head = head_bytes();
        return {at + head, name_bytes()};
    }
    char* tail() { return reinterpret_cast<char*>(this) + head_bytes() + name_bytes(); }
    const char* tail() const {
        return reinterpret_cast<const char*>(this) + head_bytes() + name_bytes();
    }

private:
    static constexpr uint8_t kLong = 0xff;
    uint8_t first() const { return *reinterpret_cast<const uint8_t*>(this); }
    size_t head_bytes() const { return first() == kLong ? 5 : 1; }
    size_t name_bytes() const {
        if (first() != kLong) return first();
        uint32_t size;
        std::memcpy(&size, reinterpret_cast<const char*>(this) + 1, sizeof size);
        return size;
    }
};

class MemberTable {
public:
    explicit MemberTable(const SipKey& seed) : seed_(seed) {}
    MemberTable(const MemberTable&) = delete;
    ~MemberTable();  // and its members

    size_t size() const { return size_; }
    const SipKey& seed() const { return seed_; }

    Member* find(Slice name) const;
    void insert(Member*);                      // its name must not be there yet
    void replace(Member* old, Member* other);  // of the same name; `old` is the caller's again
    Member* take(Slice name);                  // null: not there; else the caller's
    bool erase(Slice name);

    // Calls visit(Member*) for all; visit must not change the table.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (size_t i = 0; i < buckets_; ++i) visit_bucket(bucket(i), visit);
    }
    // One step of a walk that begins and ends with cursor 0; visits one bucket. What is there from
    // beginning to end is visited at least once.
    template <class Visit>
    uint64_t scan(uint64_t cursor, Visit&& visit) const {
        if (size_ == 0) return 0;
        const uint64_t position = reversed(cursor);
        visit_bucket(bucket(index_of(position)), visit);
        return after(cursor, index_of(position));
    }
    // Each with the same probability. Not empty. `random` is the state of the generator.
    Member* random(uint64_t& random) const;

    // Frees members, up to so many buckets of them. False: empty.
    bool drain(size_t buckets);
    size_t allocated_bytes() const;  // without the members
    size_t bucket_count() const { return buckets_; }

private:
    using Slot = uint64_t;
    static constexpr size_t kSlots = 8, kNodeSlots = 4;
    struct alignas(64) Bucket {
        Slot slots[kSlots];
    };
    struct Node {
        Slot slots[kNodeSlots];
    };
    static constexpr size_t kFirstSegment = 16;  // buckets
    static constexpr Slot kLink = 1;
    static constexpr uint64_t kAddressMask = 0x0000'ffff'ffff'fffe;

    static Member* member_of(Slot slot) { return reinterpret_cast<Member*>(slot & kAddressMask); }
    static Node* node_of(Slot slot) { return reinterpret_cast<Node*>(slot & kAddressMask); }
    static bool is_link(Slot slot) { return slot & kLink; }
    static Slot word(uint64_t hash, const Member*);
    static uint64_t tag_of(uint64_t hash) { return hash >> 48; }
    static uint64_t reversed(uint64_t bits);

    size_t index_of(uint64_t hash) const;
    uint64_t after(uint64_t cursor, size_t index) const;
    Bucket& bucket(size_t index) const;
    Slot* find_slot(uint64_t hash, Slice name) const;
    template <class Matches>
    Slot* search(uint64_t hash, Matches&&) const;
    void place(Bucket&, Slot);
    void remove(Bucket&, Slot*);
    void add_bucket();
    void split();
    void merge();
    void free_chain(Bucket&);
    void drop_last_bucket();

    template <class Visit>
    static void visit_bucket(const Bucket& bucket, Visit&& visit) {
        const Slot* slots = bucket.slots;
        size_t count = kSlots;
        while (true) {
            const bool more = is_link(slots[count - 1]);
            for (size_t i = 0; i < count - more && slots[i] != 0; ++i) visit(member_of(slots[i]));
            if (!more) return;
            slots = node_of(slots[count - 1])->slots;
            count = kNodeSlots;
        }
    }

    std::vector<Bucket*> segments_;
    size_t buckets_ = 0;
    size_t size_ = 0;
    size_t nodes_ = 0;
    SipKey seed_;
};

}  // namespace rota
