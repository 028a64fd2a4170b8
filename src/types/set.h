// SPDX-License-Identifier: BSD-3-Clause
// Set: a value of type set. Integers alone are an intset, few and short members a listpack, all
// else a table; when one becomes another is Valkey's, since OBJECT ENCODING shows it, and never
// goes back.
//
// It owns what an entry keeps a bare pointer to, like List.
// Threading: one owner.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "types/intset.h"
#include "types/kind.h"
#include "types/listpack.h"
#include "types/member_table.h"

namespace rota {

struct SetLimits {
    size_t intset_entries = 512, listpack_entries = 128, listpack_value = 64;
    SipKey seed;  // of the tables that are made
};

class Set {
public:
    // Empty, in the form that suits `first` and `expected` members in all.
    static Set make(Slice first, size_t expected, const SetLimits&);
    static Set make_intset() { return Set(Intset()); }
    static Set make_listpack() { return Set(Listpack()); }
    static Set make_table(const SipKey& seed) { return Set(std::make_unique<MemberTable>(seed)); }
    Set(Encoding encoding, void* object);
    Set(Set&&) = default;
    Set& operator=(Set&&) = default;
    Encoding encoding() const { return encoding_; }
    [[nodiscard]] void* release();
    Set copy() const;

    size_t size() const;
    size_t allocated_bytes(size_t samples) const;
    // See object.h.
    size_t block_count() const { return table_ ? table_->size() : 1; }
    bool drain(size_t steps) { return table_ && table_->drain(steps); }
    const MemberTable* table() const { return table_.get(); }
    // Of an intset or a listpack.
    Slice packed_bytes() const {
        return encoding_ == Encoding::intset ? ints_.bytes() : pack_.bytes();
    }
    bool contains(Slice) const;
    bool add(Slice, const SetLimits&);  // false: it was there
    bool remove(Slice);                 // false: it was not
    // So many members are about to be added.
    void expect(size_t count, const SetLimits&);
    // All members are integers: an intset, if they are few enough for one.
    void narrow(const SetLimits&);

    // Calls visit(Slice) for every member; integers ascend, listpacks keep the order of adding.
    template <class Visit>
    void for_each(Visit&& visit) const {
        char scratch[kIntegerTextMax];
        if (encoding_ == Encoding::intset) {
            for (size_t i = 0; i < ints_.size(); ++i)
                visit(Slice{scratch, write_integer(scratch, ints_.at(i))});
        } else if (encoding_ == Encoding::listpack) {
            for (auto at = pack_.first(); at != Listpack::kNone; at = pack_.next(at))
                visit(pack_.get(at).text(scratch));
        } else {
            table_->for_each([&visit](const Member* member) { visit(member->name()); });
        }
    }
    // One step of a walk, as MemberTable::scan; the compact forms come all at once.
    template <class Visit>
    uint64_t scan(uint64_t cursor, Visit&& visit) const {
        if (encoding_ == Encoding::hashtable) {
            return table_->scan(cursor, [&visit](const Member* member) { visit(member->name()); });
        }
        for_each(visit);
        return 0;
    }
    // A member, each with the same probability. Not empty.
    std::string random(uint64_t& random) const;
    // `count` different members, or all where there are fewer.
    std::vector<std::string> sample(size_t count, uint64_t& random) const;

private:
    explicit Set(Intset&& ints) : encoding_(Encoding::intset), ints_(std::move(ints)) {}
    explicit Set(Listpack&& pack) : encoding_(Encoding::listpack), pack_(std::move(pack)) {}
    explicit Set(std::unique_ptr<MemberTable> table)
        : encoding_(Encoding::hashtable), table_(std::move(table)) {}
    bool add_integer(int64_t, const SetLimits&);
    void to_listpack();
    void to_table(const SipKey& seed);

    Encoding encoding_;
    Intset ints_ = Intset::adopt(nullptr);
    Listpack pack_ = Listpack::adopt(nullptr);
    std::unique_ptr<MemberTable> table_;
};

}  // namespace rota
