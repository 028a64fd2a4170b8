// SPDX-License-Identifier: BSD-3-Clause
// Quicklist: a long list as a chain of listpacks of bounded size; an element too large for one has
// a node of its own. When nodes are filled, split and merged is Valkey's, since OBJECT ENCODING
// shows when a chain of one node may become a listpack again.
//
// A Place names an element until the next change.
// Threading: one owner.
#pragma once

#include <cstdint>
#include <memory>

#include "types/listpack.h"

namespace rota {

// What list-max-listpack-size allows a node: so many elements, or, if negative, 4 to 64 KB.
class NodeLimit {
public:
    explicit NodeLimit(int configured) : configured_(configured) {}

    bool exceeded_by(size_t bytes, size_t count) const {
        if (configured_ < 0) return bytes > bytes_max();
        return bytes > kSafeBytes || count > count_max();
    }
    bool is_large(size_t element_bytes) const {
        if (large_from != 0) [[unlikely]]
            return element_bytes >= large_from;
        return element_bytes > (configured_ < 0 ? bytes_max() : kSafeBytes);
    }
    // Whether a chain of one node is small enough to be a listpack as it comes from a file.
    bool fits_listpack(size_t bytes, size_t count) const {
        return configured_ < 0 ? bytes <= bytes_max() : count <= count_max();
    }
    // Whether a chain of one node has shrunk enough to be a listpack again: to half the limit.
    bool allows_listpack(size_t bytes, size_t count) const {
        return configured_ < 0 ? bytes <= bytes_max() / 2 : count <= count_max() / 2;
    }

    // For tests (DEBUG QUICKLIST-PACKED-THRESHOLD): how large an element is that has a node for
    // itself; 0: as the limit has it. The executor's.
    static inline size_t large_from = 0;

private:
    static constexpr size_t kSafeBytes = 8192;
    size_t bytes_max() const { return size_t{4096} << (configured_ < -5 ? 4 : -configured_ - 1); }
    size_t count_max() const { return configured_ == 0 ? 1 : static_cast<size_t>(configured_); }
    int configured_;
};

class Quicklist {
public:
    struct Node;
    struct Place {
        Node* node = nullptr;
        Listpack::Pos at = Listpack::kNone;
        explicit operator bool() const { return node != nullptr; }
    };
    enum class End : uint8_t { head, tail };
    enum class Side : uint8_t { before, after };

    explicit Quicklist(int node_limit) : limit_(node_limit) {}
    Quicklist(const Quicklist&) = delete;
    ~Quicklist();
    std::unique_ptr<Quicklist> copy() const;

    size_t size() const { return size_; }
    size_t node_count() const { return nodes_; }
    // Told from the first `samples` nodes, 0: from all.
    size_t allocated_bytes(size_t samples) const;

    void push(End, Slice value);
    // All of a listpack as the last node.
    void append(Listpack&&);
    // An element that has the last node for itself.
    void append_large(Slice);

    // The nodes, front to back, for writing them as they are. Null: the end. A node has a listpack
    // or, where that is null, one large element.
    const Node* first_node() const { return head_; }
    static const Node* node_behind(const Node*);
    static const Listpack* pack_of(const Node*);
    static Slice large_of(const Node*);

    Place first() const;
    Place last() const;
    Place next(Place) const;
    Place previous(Place) const;
    Place seek(int64_t index) const;  // as Listpack::seek
    Listpack::Value get(Place) const;

    void insert(Place, Side, Slice value);
    void replace(Place, Slice value);
    // Returns the next element, or the previous one.
    Place erase(Place, Side neighbour = Side::after);
    void erase_range(size_t index, size_t count);
    // If there is one node and it is small enough: its listpack, and this list is empty.
    bool can_be_listpack(NodeLimit) const;
    Listpack take_listpack();
    // Frees up to so many nodes from the front. False: nothing is left.
    bool drain(size_t nodes);

private:
    bool has_room(const Node*, size_t value_bytes) const;
    bool can_merge(const Node* left, const Node* right) const;
    Node* merge(Node* left, Node* right);
    void merge_around(Node* centre);
    Node* make_node(Slice value) const;
    void link(Node* reference, Side, Node* added);
    void unlink(Node*);
    void insert_into(Node*, Listpack::Pos before, Slice value);
    Node* split(Place, Side);

    NodeLimit limit_;
    Node* head_ = nullptr;
    Node* tail_ = nullptr;
    size_t size_ = 0;
    size_t nodes_ = 0;
};

}  // namespace rota
