// SPDX-License-Identifier: BSD-3-Clause
#include "types/quicklist.h"

#include <string>

#include "platform/assert.h"

namespace rota {
namespace {

constexpr size_t kElementOverhead = 8;  // assumed of an element that is about to come

}  // namespace

// Either a listpack of `count` elements or, if plain, one element.
struct Quicklist::Node {
    Node* previous = nullptr;
    Node* next = nullptr;
    Listpack pack = Listpack::adopt(nullptr);
    std::string large;
    uint32_t count = 1;
    bool plain = false;

    Place front() { return {this, plain ? Listpack::kNone : pack.first()}; }
    Place back() { return {this, plain ? Listpack::kNone : pack.last()}; }
};

Quicklist::~Quicklist() { drain(SIZE_MAX); }

bool Quicklist::drain(size_t nodes) {
    for (; nodes > 0 && head_ != nullptr; --nodes) unlink(head_);
    return head_ != nullptr;
}

std::unique_ptr<Quicklist> Quicklist::copy() const {
    auto made = std::make_unique<Quicklist>(0);
    made->limit_ = limit_;
    for (const Node* node = head_; node != nullptr; node = node->next) {
        auto* twin = new Node{.large = node->large, .count = node->count, .plain = node->plain};
        if (!node->plain) twin->pack = node->pack.copy();
        made->link(made->tail_, Side::after, twin);
    }
    return made;
}

size_t Quicklist::allocated_bytes(size_t samples) const {
    size_t bytes = 0, seen = 0;
    for (const Node* node = head_; node != nullptr && (samples == 0 || seen < samples);
         node = node->next, ++seen)
        bytes += sizeof(Node) + (node->plain ? node->large.size() : node->pack.allocated_bytes());
    return sizeof(Quicklist) + (seen == 0 ? 0 : bytes * nodes_ / seen);
}

// -- Nodes --

bool Quicklist::has_room(const Node* node, size_t value_bytes) const {
    if (node == nullptr || node->plain || limit_.is_large(value_bytes)) return false;
    const size_t bytes = node->pack.byte_count() + value_bytes + kElementOverhead;
    return !limit_.exceeded_by(bytes, node->count + 1);
}

Quicklist::Node* Quicklist::make_node(Slice value) const {
    auto* node = new Node;
    node->plain = limit_.is_large(value.size());
    if (node->plain) {
        node->large = value;
    } else {
        node->pack = Listpack();
        node->pack.append(value);
    }
    return node;
}

// Where the list is empty, reference is null.
void Quicklist::link(Node* reference, Side side, Node* added) {
    Node* before = side == Side::after ? reference : reference ? reference->previous : nullptr;
    Node* behind = side == Side::after ? (reference ? reference->next : nullptr) : reference;
    added->previous = before;
    added->next = behind;
    (before != nullptr ? before->next : head_) = added;
    (behind != nullptr ? behind->previous : tail_) = added;
    size_ += added->count;
    ++nodes_;
}

void Quicklist::unlink(Node* node) {
    (node->previous != nullptr ? node->previous->next : head_) = node->next;
    (node->next != nullptr ? node->next->previous : tail_) = node->previous;
    size_ -= node->count;
    --nodes_;
    delete node;
}

bool Quicklist::can_merge(const Node* left, const Node* right) const {
    if (left == nullptr || right == nullptr || left->plain || right->plain) return false;
    const size_t bytes = left->pack.byte_count() + right->pack.byte_count() - Listpack::kEmptyBytes;
    return !limit_.exceeded_by(bytes, left->count + right->count);
}

Quicklist::Node* Quicklist::merge(Node* left, Node* right) {
    left->pack.append_all(right->pack);
    left->count += right->count;
    size_ += right->count;  // which unlinking takes away
    unlink(right);
    return left;
}

// After a split: the pairs on both sides of it, then the middle with what is left of them.
void Quicklist::merge_around(Node* centre) {
    Node* left = centre->previous;
    Node* right = centre->next;
    if (left != nullptr && can_merge(left->previous, left)) merge(left->previous, left);
    if (right != nullptr && can_merge(right, right->next)) merge(right, right->next);
    if (can_merge(centre->previous, centre)) centre = merge(centre->previous, centre);
    if (can_merge(centre, centre->next)) merge(centre, centre->next);
}

// Cuts a node behind or before an element. The new node holds what lies on that side; it is not
// linked yet, and its elements do not count.
Quicklist::Node* Quicklist::split(Place place, Side side) {
    Node* node = place.node;
    auto* made = new Node;
    const auto cut = side == Side::after ? node->pack.next(place.at) : place.at;
    made->pack = node->pack.split(cut);
    if (side == Side::before) std::swap(made->pack, node->pack);
    made->count = static_cast<uint32_t>(made->pack.count());
    node->count -= made->count;
    size_ -= made->count;
    return made;
}

void Quicklist::insert_into(Node* node, Listpack::Pos before, Slice value) {
    node->pack.insert(before, value);
    ++node->count;
    ++size_;
}

// -- Adding --

void Quicklist::push(End end, Slice value) {
    Node* node = end == End::head ? head_ : tail_;
    if (has_room(node, value.size()))
        insert_into(node, end == End::head ? node->pack.first() : Listpack::kNone, value);
    else
        link(node, end == End::head ? Side::before : Side::after, make_node(value));
}

void Quicklist::append(Listpack&& pack) {
    if (pack.empty()) return;
    auto* node = new Node;
    node->count = static_cast<uint32_t>(pack.count());
    node->pack = std::move(pack);
    link(tail_, Side::after, node);
}

void Quicklist::append_large(Slice value) {
    auto* node = new Node;
    node->plain = true;
    node->large = value;
    link(tail_, Side::after, node);
}

const Quicklist::Node* Quicklist::node_behind(const Node* node) { return node->next; }
const Listpack* Quicklist::pack_of(const Node* node) { return node->plain ? nullptr : &node->pack; }
Slice Quicklist::large_of(const Node* node) { return node->large; }

void Quicklist::insert(Place place, Side side, Slice value) {
    Node* node = place.node;
    const bool after = side == Side::after;
    if (has_room(node, value.size()))
        return insert_into(node, after ? node->pack.next(place.at) : place.at, value);
    const bool at_edge = place.at == (after ? node->back() : node->front()).at;
    Node* neighbour = after ? node->next : node->previous;
    if (at_edge && has_room(neighbour, value.size()))
        return insert_into(neighbour, after ? neighbour->pack.first() : Listpack::kNone, value);
    if (at_edge || node->plain) return link(node, side, make_node(value));
    Node* rest = split(place, side);
    if (limit_.is_large(value.size())) {
        Node* large = make_node(value);
        link(node, side, large);
        return link(large, side, rest);
    }
    rest->pack.insert(after ? rest->pack.first() : Listpack::kNone, value);
    ++rest->count;
    link(node, side, rest);
    merge_around(node);
}

void Quicklist::replace(Place place, Slice value) {
    Node* node = place.node;
    const bool large = limit_.is_large(value.size());
    if (!node->plain && !large && node->pack.fits(value.size() + Listpack::kOverheadMax))
        return node->pack.replace(place.at, value);
    if (node->plain && large) {
        node->large = value;
        return;
    }
    if (node->plain) {
        insert(place, Side::after, value);
        return unlink(node);
    }
    Node* rest = node->back().at != place.at ? split(place, Side::after) : nullptr;
    Node* added = make_node(value);
    link(node, Side::after, added);
    if (rest != nullptr) link(added, Side::after, rest);
    if (node->count == 1) return unlink(node);
    erase(node->back());
    merge_around(added);
}

// -- Walking --

Quicklist::Place Quicklist::first() const { return head_ != nullptr ? head_->front() : Place{}; }
Quicklist::Place Quicklist::last() const { return tail_ != nullptr ? tail_->back() : Place{}; }

Quicklist::Place Quicklist::next(Place place) const {
    Node* node = place.node;
    if (!node->plain)
        if (const auto at = node->pack.next(place.at); at != Listpack::kNone) return {node, at};
    return node->next != nullptr ? node->next->front() : Place{};
}

Quicklist::Place Quicklist::previous(Place place) const {
    Node* node = place.node;
    if (!node->plain)
        if (const auto at = node->pack.previous(place.at); at != Listpack::kNone) return {node, at};
    return node->previous != nullptr ? node->previous->back() : Place{};
}

Quicklist::Place Quicklist::seek(int64_t index) const {
    const auto size = static_cast<int64_t>(size_);
    if (index >= size || index < -size) return {};
    if (index < 0) index += size;
    const bool from_front = index < size / 2;
    Node* node = from_front ? head_ : tail_;
    int64_t begin = from_front ? 0 : size - node->count;  // of the node
    while (index < begin || index >= begin + node->count) {
        begin = from_front ? begin + node->count : begin - node->previous->count;
        node = from_front ? node->next : node->previous;
    }
    return {node, node->plain ? Listpack::kNone : node->pack.seek(index - begin)};
}

Listpack::Value Quicklist::get(Place place) const {
    if (place.node->plain) return {.string = place.node->large};
    return place.node->pack.get(place.at);
}

// -- Removing --

Quicklist::Place Quicklist::erase(Place place, Side neighbour) {
    Node* node = place.node;
    const Place other = neighbour == Side::after ? next(place) : previous(place);
    if (node->count == 1) {
        unlink(node);
        return other;
    }
    const auto at = node->pack.erase(place.at);
    --node->count;
    --size_;
    // What was behind the element in its node lies now where it was.
    return neighbour == Side::after && other.node == node ? Place{node, at} : other;
}

void Quicklist::erase_range(size_t index, size_t count) {
    Place place = seek(static_cast<int64_t>(index));
    while (place && count > 0) {
        Node* node = place.node;
        Node* behind = node->next;
        if (node->plain || (place.at == node->front().at && count >= node->count)) {
            count -= node->count;
            unlink(node);
        } else {
            node->pack.erase(place.at, count);
            const auto left = static_cast<uint32_t>(node->pack.count());
            count -= node->count - left;
            size_ -= node->count - left;
            node->count = left;
        }
        place = behind != nullptr ? behind->front() : Place{};
    }
}

bool Quicklist::can_be_listpack(NodeLimit limit) const {
    return nodes_ == 1 && !head_->plain &&
           limit.allows_listpack(head_->pack.byte_count(), head_->count);
}

Listpack Quicklist::take_listpack() {
    ASSERT(nodes_ == 1);
    ASSERT(!head_->plain);
    Listpack pack = std::move(head_->pack);
    unlink(head_);
    return pack;
}

}  // namespace rota
