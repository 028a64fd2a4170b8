// SPDX-License-Identifier: BSD-3-Clause
// ZSet: a value of type zset: members, each with a score, in the order of score and then of name.
// Few and short members are a listpack of members and scores by turns; all else is a table that
// finds members by name beside a tree that has them in order. OBJECT ENCODING calls the latter
// "skiplist", and when one becomes the other is Valkey's.
//
// A rank is a member's place in that order, from 0. A score is never NaN.
// It owns what an entry keeps a bare pointer to, like List. Threading: one owner.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "types/kind.h"
#include "types/listpack.h"
#include "types/member_table.h"
#include "types/score_tree.h"

namespace rota {

struct ZSetLimits {
    size_t listpack_entries = 128, listpack_value = 64;
    SipKey seed;  // of the tables that are made
};

// The score of a member of a table: 8 bytes in its tail.
class Scored {
public:
    static Member* make(Slice name, double score) {
        Member* member = Member::make(name, sizeof score);
        set_score(member, score);
        return member;
    }
    static double score(const Member* member) {
        double score;
        std::memcpy(&score, member->tail(), sizeof score);
        return score;
    }
    static void set_score(Member* member, double score) {
        std::memcpy(member->tail(), &score, sizeof score);
    }
};

struct ScoredTable {
    explicit ScoredTable(const SipKey& seed) : members(seed) {}
    MemberTable members;
    ScoreTree order;
};

class ZSet {
public:
    // Empty, in the form that suits so many members, the longest of so many bytes.
    static ZSet make(size_t expected, size_t longest, const ZSetLimits&);
    static ZSet make_listpack() { return ZSet(Listpack()); }
    static ZSet make_table(const SipKey& seed) { return ZSet(std::make_unique<ScoredTable>(seed)); }
    ZSet(Encoding encoding, void* object);
    ZSet(ZSet&&) = default;
    ZSet& operator=(ZSet&&) = default;
    Encoding encoding() const { return table_ ? Encoding::skiplist : Encoding::listpack; }
    [[nodiscard]] void* release();
    ZSet copy() const;

    size_t size() const { return table_ ? table_->members.size() : pack_.count() / 2; }
    size_t allocated_bytes(size_t samples) const;
    // See object.h.
    size_t block_count() const { return table_ ? table_->members.size() : 1; }
    bool drain(size_t steps) {
        if (table_) table_->order.clear();  // one block for dozens of members
        return table_ && table_->members.drain(steps);
    }
    const ScoredTable* table() const { return table_.get(); }
    Slice packed_bytes() const { return pack_.bytes(); }  // of a listpack

    // So many members, the longest of so many bytes, are about to be added.
    void expect(size_t count, size_t longest, const ZSetLimits&);
    // A listpack, if it may be one: for results, which are gathered in a table.
    void compact(const ZSetLimits&);

    std::optional<double> score(Slice member) const;
    std::optional<size_t> rank(Slice member) const;
    // Adds a member that is not there yet.
    void add(Slice member, double score, const ZSetLimits&);
    // Changes the score of a member that has another one.
    void change(Slice member, double old_score, double score, const ZSetLimits&);
    // Adds or changes.
    void set(Slice member, double score, const ZSetLimits&);
    bool remove(Slice member);  // false: it was not there
    void remove_ranks(size_t begin, size_t count);

    // How many members are in front of the first for which holds(name, score) is false.
    template <class Holds>
    size_t count_while(Holds&& holds) const {
        if (table_)
            return table_->order.count_while([&](const ScoreTree::Item& item) {
                return holds(item.member->name(), item.score);
            });
        size_t rank = 0;
        char scratch[kIntegerTextMax];
        for (auto at = pack_.first(); at != Listpack::kNone; ++rank) {
            const auto score_at = pack_.next(at);
            if (!holds(pack_.get(at).text(scratch), score_of(pack_.get(score_at)))) break;
            at = pack_.next(score_at);
        }
        return rank;
    }
    // Calls visit(name, score) for `count` members from rank `begin` on, in order or from the last
    // of them back, until it returns false if it returns anything. All must be there.
    template <class Visit>
    void visit_ranks(size_t begin, size_t count, bool reverse, Visit&& visit) const {
        if (count == 0) return;
        const size_t start = reverse ? begin + count - 1 : begin;
        if (table_) {
            for (auto at = table_->order.at(start); count > 0; --count) {
                if (!goes_on(visit, at->member->name(), at->score)) return;
                at = reverse ? at.previous() : at.next();
            }
            return;
        }
        char scratch[kIntegerTextMax];
        for (auto at = pack_.seek(static_cast<int64_t>(start * 2)); count > 0; --count) {
            const auto score_at = pack_.next(at);
            if (!goes_on(visit, pack_.get(at).text(scratch), score_of(pack_.get(score_at)))) return;
            if (!reverse)
                at = pack_.next(score_at);
            else if (count > 1)
                at = pack_.previous(pack_.previous(at));
        }
    }
    template <class Visit>
    void for_each(Visit&& visit) const {
        visit_ranks(0, size(), false, visit);
    }
    // One step of a walk, as MemberTable::scan; the listpack comes all at once.
    template <class Visit>
    uint64_t scan(uint64_t cursor, Visit&& visit) const {
        if (table_)
            return table_->members.scan(cursor, [&visit](const Member* member) {
                visit(member->name(), Scored::score(member));
            });
        for_each(visit);
        return 0;
    }

    using Pair = std::pair<std::string, double>;
    Pair random(uint64_t& random) const;  // each with the same probability; not empty
    // `count` different ones, or all where there are fewer.
    std::vector<Pair> sample(size_t count, uint64_t& random) const;

private:
    explicit ZSet(Listpack&& pack) : pack_(std::move(pack)) {}
    explicit ZSet(std::unique_ptr<ScoredTable> table) : table_(std::move(table)) {}
    template <class Visit>
    static bool goes_on(Visit& visit, Slice name, double score) {
        if constexpr (std::is_same_v<decltype(visit(name, score)), bool>)
            return visit(name, score);
        else
            return visit(name, score), true;
    }
    static double score_of(const Listpack::Value&);
    void insert_in_pack(Slice member, double score);
    void to_table(const SipKey& seed);

    Listpack pack_ = Listpack::adopt(nullptr);
    std::unique_ptr<ScoredTable> table_;
};

}  // namespace rota
