// SPDX-License-Identifier: BSD-3-Clause
#include "types/score_tree.h"

#include <algorithm>

#include "platform/assert.h"

namespace rota {
namespace {

template <class T>
void open_gap(T* items, size_t at, size_t count) {
    std::copy_backward(items + at, items + count, items + count + 1);
}

template <class T>
void close_gap(T* items, size_t at, size_t count) {
    std::copy(items + at + 1, items + count, items + at);
}

// Where a full node is cut when something comes in at `at`: what only grows at its end (or at its
// front) stays nearly full.
size_t cut_at(size_t at, size_t count) {
    if (at == count) return count - count / 8;
    if (at == 0) return count / 8;
    return count / 2;
}

}  // namespace

// -- Finding --

ScoreTree::Item ScoreTree::first_of(const void* node, size_t level) {
    return level == 0 ? static_cast<const Leaf*>(node)->items[0]
                      : static_cast<const Inner*>(node)->firsts[0];
}

size_t ScoreTree::count_of(const void* node, size_t level) {
    return level == 0 ? static_cast<const Leaf*>(node)->count
                      : static_cast<const Inner*>(node)->count;
}

// The child where an item of this score and name is or belongs.
size_t ScoreTree::child_for(const Inner& inner, double score, Slice name) {
    const auto not_behind = [&](const Item& first) {
        if (first.score != score) return first.score < score;
        return first.member->name() <= name;
    };
    return last_holding(inner.firsts, inner.count, not_behind);
}

ScoreTree::Position ScoreTree::at(size_t rank) const {
    if (rank >= size_) return {nullptr, 0};
    void* node = root_;
    for (size_t level = height_; level > 0; --level) {
        const auto* inner = static_cast<const Inner*>(node);
        size_t child = 0;
        for (; rank >= inner->sizes[child]; ++child) rank -= inner->sizes[child];
        node = inner->children[child];
    }
    return {static_cast<Leaf*>(node), rank};
}

// -- Inserting --

ScoreTree::Split ScoreTree::insert_into_leaf(Leaf& leaf, const Item& item) {
    const auto before = [&](const Item& other) {
        return other.before(item.score, item.member->name());
    };
    size_t at = first_failing(leaf.items, leaf.count, before);
    Leaf* target = &leaf;
    Split split;
    if (leaf.count == kItems) {
        const size_t cut = cut_at(at, kItems);
        auto* right = new Leaf;
        ++leaves_;
        std::copy(leaf.items + cut, leaf.items + kItems, right->items);
        right->count = kItems - cut;
        leaf.count = cut;
        right->previous = &leaf;
        right->next = leaf.next;
        if (leaf.next != nullptr) leaf.next->previous = right;
        leaf.next = right;
        split.right = right;
        if (at > cut) {
            target = right;
            at -= cut;
        }
    }
    open_gap(target->items, at, target->count);
    target->items[at] = item;
    ++target->count;
    if (split.right != nullptr) {
        const auto* right = static_cast<const Leaf*>(split.right);
        split.first = right->items[0];
        split.size = right->count;
    }
    return split;
}

// Puts the new neighbour of child `at - 1` at `at`.
ScoreTree::Split ScoreTree::add_child(Inner& inner, size_t at, const Split& added) {
    Inner* target = &inner;
    Split split;
    if (inner.count == kChildren) {
        const size_t cut = cut_at(at, kChildren);
        auto* right = new Inner;
        ++inners_;
        std::copy(inner.firsts + cut, inner.firsts + kChildren, right->firsts);
        std::copy(inner.sizes + cut, inner.sizes + kChildren, right->sizes);
        std::copy(inner.children + cut, inner.children + kChildren, right->children);
        right->count = kChildren - cut;
        inner.count = cut;
        split.right = right;
        if (at > cut) {
            target = right;
            at -= cut;
        }
    }
    open_gap(target->firsts, at, target->count);
    open_gap(target->sizes, at, target->count);
    open_gap(target->children, at, target->count);
    target->firsts[at] = added.first;
    target->sizes[at] = added.size;
    target->children[at] = added.right;
    ++target->count;
    if (split.right != nullptr) {
        const auto* right = static_cast<const Inner*>(split.right);
        split.first = right->firsts[0];
        for (size_t i = 0; i < right->count; ++i) split.size += right->sizes[i];
    }
    return split;
}

ScoreTree::Split ScoreTree::insert_into(void* node, size_t level, const Item& item) {
    if (level == 0) return insert_into_leaf(*static_cast<Leaf*>(node), item);
    Inner& inner = *static_cast<Inner*>(node);
    const size_t child = child_for(inner, item.score, item.member->name());
    const Split below = insert_into(inner.children[child], level - 1, item);
    inner.sizes[child] += 1 - below.size;
    inner.firsts[child] = first_of(inner.children[child], level - 1);
    if (below.right == nullptr) return {};
    return add_child(inner, child + 1, below);
}

void ScoreTree::insert(double score, Member* member) {
    if (root_ == nullptr) {
        root_ = new Leaf;
        ++leaves_;
    }
    const Split split = insert_into(root_, height_, {score, member});
    ++size_;
    if (split.right == nullptr) return;
    auto* top = new Inner;
    ++inners_;
    top->count = 2;
    top->firsts[0] = first_of(root_, height_);
    top->firsts[1] = split.first;
    top->sizes[0] = size_ - split.size;
    top->sizes[1] = split.size;
    top->children[0] = root_;
    top->children[1] = split.right;
    root_ = top;
    ++height_;
}

// -- Erasing --

void ScoreTree::remove_child(Inner& inner, size_t at) {
    close_gap(inner.firsts, at, inner.count);
    close_gap(inner.sizes, at, inner.count);
    close_gap(inner.children, at, inner.count);
    --inner.count;
}

// Child `left` takes in its neighbour to the right.
void ScoreTree::merge(Inner& inner, size_t left, size_t child_level) {
    if (child_level == 0) {
        auto& into = *static_cast<Leaf*>(inner.children[left]);
        auto* from = static_cast<Leaf*>(inner.children[left + 1]);
        std::copy(from->items, from->items + from->count, into.items + into.count);
        into.count += from->count;
        into.next = from->next;
        if (from->next != nullptr) from->next->previous = &into;
        delete from;
        --leaves_;
    } else {
        auto& into = *static_cast<Inner*>(inner.children[left]);
        auto* from = static_cast<Inner*>(inner.children[left + 1]);
        std::copy(from->firsts, from->firsts + from->count, into.firsts + into.count);
        std::copy(from->sizes, from->sizes + from->count, into.sizes + into.count);
        std::copy(from->children, from->children + from->count, into.children + into.count);
        into.count += from->count;
        delete from;
        --inners_;
    }
    inner.sizes[left] += inner.sizes[left + 1];
    remove_child(inner, left + 1);
    inner.firsts[left] = first_of(inner.children[left], child_level);
}

void ScoreTree::drop_empty(Inner& inner, size_t child, size_t child_level) {
    if (child_level == 0) {
        auto* leaf = static_cast<Leaf*>(inner.children[child]);
        if (leaf->previous != nullptr) leaf->previous->next = leaf->next;
        if (leaf->next != nullptr) leaf->next->previous = leaf->previous;
        delete leaf;
        --leaves_;
    } else {
        delete static_cast<Inner*>(inner.children[child]);
        --inners_;
    }
    remove_child(inner, child);
}

// An empty child goes; one with few items joins a neighbour that has room.
void ScoreTree::mend(Inner& inner, size_t child, size_t child_level) {
    if (inner.sizes[child] == 0) return drop_empty(inner, child, child_level);
    const size_t most = child_level == 0 ? kItems : kChildren;
    const size_t count = count_of(inner.children[child], child_level);
    if (count >= most / 4 || inner.count == 1) return;
    const auto has_room = [&](size_t neighbour) {
        return count_of(inner.children[neighbour], child_level) + count <= most;
    };
    if (child + 1 < inner.count && has_room(child + 1))
        merge(inner, child, child_level);
    else if (child > 0 && has_room(child - 1))
        merge(inner, child - 1, child_level);
}

void ScoreTree::erase_from(void* node, size_t level, double score, const Member* member) {
    if (level == 0) {
        Leaf& leaf = *static_cast<Leaf*>(node);
        const auto before = [&](const Item& item) { return item.before(score, member->name()); };
        const size_t at = first_failing(leaf.items, leaf.count, before);
        ASSERT(at < leaf.count && leaf.items[at].member == member);
        close_gap(leaf.items, at, leaf.count);
        --leaf.count;
        return;
    }
    Inner& inner = *static_cast<Inner*>(node);
    const size_t child = child_for(inner, score, member->name());
    erase_from(inner.children[child], level - 1, score, member);
    --inner.sizes[child];
    if (inner.sizes[child] > 0) inner.firsts[child] = first_of(inner.children[child], level - 1);
    mend(inner, child, level - 1);
}

void ScoreTree::erase(double score, const Member* member) {
    ASSERT(size_ > 0);
    erase_from(root_, height_, score, member);
    if (--size_ == 0) return clear();
    while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
        auto* top = static_cast<Inner*>(root_);
        root_ = top->children[0];
        delete top;
        --inners_;
        --height_;
    }
}

void ScoreTree::change(double old_score, double new_score, Member* member) {
    erase(old_score, member);
    insert(new_score, member);
}

void ScoreTree::free_node(void* node, size_t level) {
    if (level == 0) return delete static_cast<Leaf*>(node);
    auto* inner = static_cast<Inner*>(node);
    for (size_t i = 0; i < inner->count; ++i) free_node(inner->children[i], level - 1);
    delete inner;
}

void ScoreTree::clear() {
    if (root_ != nullptr) free_node(root_, height_);
    root_ = nullptr;
    height_ = size_ = leaves_ = inners_ = 0;
}

// -- For tests --

bool ScoreTree::sound(const void* node, size_t level, size_t* size, const Leaf** last) const {
    if (level == 0) {
        const auto* leaf = static_cast<const Leaf*>(node);
        if (leaf->count == 0 || leaf->previous != *last) return false;
        if (*last != nullptr && (*last)->next != leaf) return false;
        const Item* before = *last != nullptr ? &(*last)->items[(*last)->count - 1] : nullptr;
        for (size_t i = 0; i < leaf->count; before = &leaf->items[i++])
            if (before && !before->before(leaf->items[i].score, leaf->items[i].member->name()))
                return false;
        *last = leaf;
        *size = leaf->count;
        return true;
    }
    const auto* inner = static_cast<const Inner*>(node);
    *size = 0;
    for (size_t i = 0; i < inner->count; ++i) {
        size_t below = 0;
        if (!sound(inner->children[i], level - 1, &below, last)) return false;
        if (below != inner->sizes[i]) return false;
        if (inner->firsts[i].member != first_of(inner->children[i], level - 1).member) return false;
        *size += below;
    }
    return inner->count > 0;
}

bool ScoreTree::sound() const {
    if (root_ == nullptr) return size_ == 0;
    size_t size = 0;
    const Leaf* last = nullptr;
    return sound(root_, height_, &size, &last) && size == size_ && last->next == nullptr;
}

}  // namespace rota
