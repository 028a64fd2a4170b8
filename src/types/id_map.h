// SPDX-License-Identifier: BSD-3-Clause
// IdMap: values ordered by stream id. A row of blocks, each a sorted array of up to kBlockMax
// items: a B+ tree of two levels, of which the upper one is searched like an array. With ten
// million items the row has some 80,000 blocks, and moving it costs a microsecond for each item
// that was put into the middle; adding at the end and taking from the front, which is what streams
// do, fill and empty whole blocks.
//
// A Place names an item until the next change. Threading: one owner.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "types/stream_id.h"

namespace rota {

template <class T>
class IdMap {
public:
    struct Item {
        StreamId id;
        [[no_unique_address]] T value;
    };
    struct Place {
        size_t block = 0, index = 0;
        bool operator==(const Place&) const = default;
    };

    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    Place begin() const { return {}; }
    Place end() const { return {blocks_.size(), 0}; }
    Place last() const { return {blocks_.size() - 1, blocks_.back().items.size() - 1}; }
    Place next(Place at) const {
        return ++at.index < blocks_[at.block].items.size() ? at : Place{at.block + 1, 0};
    }
    // end() before the first.
    Place previous(Place at) const {
        if (at.index > 0) return {at.block, at.index - 1};
        return at.block == 0 ? end() : Place{at.block - 1, blocks_[at.block - 1].items.size() - 1};
    }
    const Item& operator[](Place at) const { return blocks_[at.block].items[at.index]; }
    T& value(Place at) { return blocks_[at.block].items[at.index].value; }

    // The first item that is not less; the last that is not greater. end(): there is none.
    Place lower_bound(const StreamId& id) const {
        if (empty()) return end();
        const size_t block = block_of(id);
        const auto& items = blocks_[block].items;
        const auto found = std::lower_bound(items.begin(), items.end(), id, before);
        if (found == items.end()) return {block + 1, 0};
        return {block, static_cast<size_t>(found - items.begin())};
    }
    Place floor(const StreamId& id) const {
        const Place at = lower_bound(id);
        if (at != end() && (*this)[at].id == id) return at;
        if (empty() || at == begin()) return end();
        return at == end() ? last() : previous(at);
    }
    Place find(const StreamId& id) const {
        const Place at = lower_bound(id);
        return at != end() && (*this)[at].id == id ? at : end();
    }
    bool contains(const StreamId& id) const { return find(id) != end(); }

    // The place of the item, and whether it is new: `value` is dropped where it is not.
    std::pair<Place, bool> insert(const StreamId& id, T value) {
        if (empty() || (*this)[last()].id < id) return {append(id, std::move(value)), true};
        Place at = lower_bound(id);
        if ((*this)[at].id == id) return {at, false};
        if (blocks_[at.block].items.size() == kBlockMax) at = split(at);
        auto& items = blocks_[at.block].items;
        items.insert(items.begin() + static_cast<ptrdiff_t>(at.index), Item{id, std::move(value)});
        blocks_[at.block].first = items[0].id;
        ++size_;
        return {at, true};
    }
    // Returns the place of the item behind it.
    Place erase(Place at) {
        auto& items = blocks_[at.block].items;
        items.erase(items.begin() + static_cast<ptrdiff_t>(at.index));
        --size_;
        if (items.empty()) {
            blocks_.erase(blocks_.begin() + static_cast<ptrdiff_t>(at.block));
            return {at.block, 0};
        }
        blocks_[at.block].first = items[0].id;
        const size_t in_front = merge(at.block);
        return normal(in_front == kNotMerged ? at : Place{at.block - 1, in_front + at.index});
    }
    bool erase(const StreamId& id) {
        const Place at = find(id);
        if (at == end()) return false;
        erase(at);
        return true;
    }

    // Calls visit(id, value) in order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const Block& block : blocks_)
            for (const Item& item : block.items) visit(item.id, item.value);
    }
    // Bytes of the map itself, without what values point to.
    size_t allocated_bytes() const {
        size_t bytes = blocks_.capacity() * sizeof(Block);
        for (const Block& block : blocks_) bytes += block.items.capacity() * sizeof(Item);
        return bytes;
    }

private:
    static constexpr size_t kBlockMax = 128;
    static constexpr size_t kNotMerged = SIZE_MAX;
    struct Block {
        StreamId first;           // of its items
        std::vector<Item> items;  // never empty
    };

    static bool before(const Item& item, const StreamId& id) { return item.id < id; }
    // The block in which the id is, or would be.
    size_t block_of(const StreamId& id) const {
        const auto found = std::upper_bound(
            blocks_.begin(), blocks_.end(), id,
            [](const StreamId& wanted, const Block& block) { return wanted < block.first; });
        return found == blocks_.begin() ? 0 : static_cast<size_t>(found - blocks_.begin()) - 1;
    }
    Place normal(Place at) const {
        return at.index < blocks_[at.block].items.size() ? at : Place{at.block + 1, 0};
    }
    // Full blocks stay full: what comes behind the last one opens another.
    Place append(const StreamId& id, T value) {
        if (blocks_.empty() || blocks_.back().items.size() == kBlockMax)
            blocks_.emplace_back().first = id;
        blocks_.back().items.push_back(Item{id, std::move(value)});
        ++size_;
        return last();
    }
    // Cuts a full block in two; returns where `at` is now.
    Place split(Place at) {
        Block upper;
        auto& items = blocks_[at.block].items;
        const auto middle = items.begin() + kBlockMax / 2;
        upper.items.assign(std::make_move_iterator(middle), std::make_move_iterator(items.end()));
        items.erase(middle, items.end());
        upper.first = upper.items[0].id;
        blocks_.insert(blocks_.begin() + static_cast<ptrdiff_t>(at.block) + 1, std::move(upper));
        return at.index <= kBlockMax / 2 ? at : Place{at.block + 1, at.index - kBlockMax / 2};
    }
    // Appends a block that has become small to the one before it, if both are; returns how many
    // items were before them.
    size_t merge(size_t index) {
        if (index == 0) return kNotMerged;
        auto& left = blocks_[index - 1].items;
        auto& right = blocks_[index].items;
        if (left.size() + right.size() > kBlockMax / 2) return kNotMerged;
        const size_t count = left.size();
        left.insert(left.end(), std::make_move_iterator(right.begin()),
                    std::make_move_iterator(right.end()));
        blocks_.erase(blocks_.begin() + static_cast<ptrdiff_t>(index));
        return count;
    }

    std::vector<Block> blocks_;
    size_t size_ = 0;
};

// Ids alone.
struct NoValue {};
using IdSet = IdMap<NoValue>;

}  // namespace rota
