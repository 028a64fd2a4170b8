// SPDX-License-Identifier: BSD-3-Clause
// ScoreTree: the members of a large sorted set in the order of score, then of name (as bytes). A B+
// tree (Comer, 1979) whose inner nodes know how many members lie below each child, so a rank is
// found, and a member by its rank, in one walk from the root to a leaf. Leaves are linked both
// ways.
//
// A condition that holds for the members in front and for none behind ("score below 5") splits the
// order at one rank: ranges of scores, of names and of ranks are all found by count_while() and
// at().
//
// It keeps members, but does not own them. Threading: one owner.
#pragma once

#include <cstddef>
#include <cstdint>

#include "types/member_table.h"

namespace rota {

class ScoreTree {
public:
    struct Item {
        double score;
        Member* member;
        bool before(double other_score, Slice other_name) const {
            if (score != other_score) return score < other_score;
            return member->name() < other_name;
        }
    };

private:
    static constexpr size_t kItems = 48;     // of a leaf
    static constexpr size_t kChildren = 32;  // of an inner node
    struct Leaf {
        size_t count = 0;
        Leaf *previous = nullptr, *next = nullptr;
        Item items[kItems];
    };
    struct Inner {
        size_t count = 0;
        Item firsts[kChildren];  // the first item below each child
        size_t sizes[kChildren];
        void* children[kChildren];
    };

public:
    // An item's place, until the next change. False: none.
    class Position {
    public:
        explicit operator bool() const { return leaf_ != nullptr; }
        const Item& operator*() const { return leaf_->items[index_]; }
        const Item* operator->() const { return &leaf_->items[index_]; }
        Position next() const {
            if (index_ + 1 < leaf_->count) return {leaf_, index_ + 1};
            return {leaf_->next, 0};
        }
        Position previous() const {
            if (index_ > 0) return {leaf_, index_ - 1};
            return {leaf_->previous, leaf_->previous ? leaf_->previous->count - 1 : 0};
        }

    private:
        friend class ScoreTree;
        Position(Leaf* leaf, size_t index) : leaf_(leaf), index_(index) {}
        Leaf* leaf_;
        size_t index_;
    };

    ScoreTree() = default;
    ScoreTree(const ScoreTree&) = delete;
    ~ScoreTree() { clear(); }

    size_t size() const { return size_; }
    Position first() const { return at(0); }
    Position last() const { return size_ == 0 ? Position{nullptr, 0} : at(size_ - 1); }
    Position at(size_t rank) const;  // none where there are not so many

    // How many items are in front of the first for which holds(item) is false.
    template <class Holds>
    size_t count_while(Holds&& holds) const {
        if (size_ == 0) return 0;
        size_t rank = 0;
        const void* node = root_;
        for (size_t level = height_; level > 0; --level) {
            const auto* inner = static_cast<const Inner*>(node);
            const size_t child = last_holding(inner->firsts, inner->count, holds);
            for (size_t i = 0; i < child; ++i) rank += inner->sizes[i];
            node = inner->children[child];
        }
        const auto* leaf = static_cast<const Leaf*>(node);
        return rank + first_failing(leaf->items, leaf->count, holds);
    }
    size_t rank(double score, Slice name) const {
        return count_while([&](const Item& item) { return item.before(score, name); });
    }

    void insert(double score, Member* member);
    // The item must be there.
    void erase(double score, const Member* member);
    // Moves the member where it belongs now.
    void change(double old_score, double new_score, Member* member);

    void clear();
    size_t allocated_bytes() const { return leaves_ * sizeof(Leaf) + inners_ * sizeof(Inner); }
    bool sound() const;  // for tests: order, counts and links all hold

private:
    // What became of a child: its new neighbour to the right, if it was split.
    struct Split {
        void* right = nullptr;
        Item first{};
        size_t size = 0;
    };

    template <class Holds>
    static size_t first_failing(const Item* items, size_t count, Holds& holds) {
        size_t low = 0, high = count;
        while (low < high) {
            const size_t middle = (low + high) / 2;
            if (holds(items[middle]))
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
    template <class Holds>
    static size_t last_holding(const Item* firsts, size_t count, Holds& holds) {
        const size_t failing = first_failing(firsts, count, holds);
        return failing == 0 ? 0 : failing - 1;
    }
    static size_t child_for(const Inner&, double score, Slice name);
    static Item first_of(const void* node, size_t level);
    static size_t count_of(const void* node, size_t level);

    Split insert_into(void* node, size_t level, const Item&);
    Split insert_into_leaf(Leaf&, const Item&);
    Split add_child(Inner&, size_t at, const Split&);
    void erase_from(void* node, size_t level, double score, const Member*);
    void mend(Inner&, size_t child, size_t child_level);
    void merge(Inner&, size_t left, size_t child_level);
    void drop_empty(Inner&, size_t child, size_t child_level);
    void remove_child(Inner&, size_t at);
    void free_node(void* node, size_t level);
    bool sound(const void* node, size_t level, size_t* size, const Leaf** last) const;

    void* root_ = nullptr;
    size_t height_ = 0;  // levels of inner nodes
    size_t size_ = 0, leaves_ = 0, inners_ = 0;
};

}  // namespace rota
