// SPDX-License-Identifier: BSD-3-Clause
// List: a value of type list, a listpack while it is short and a quicklist once it is not.
//
// It owns what an entry keeps a bare pointer to: made from encoding and object, and given back by
// release(), since every change may replace both. Whoever adds or removes says so before or after,
// so that the form changes when Valkey's does.
// Threading: one owner.
#pragma once

#include <memory>

#include "types/kind.h"
#include "types/listpack.h"
#include "types/quicklist.h"

namespace rota {

class List {
public:
    using End = Quicklist::End;
    using Side = Quicklist::Side;
    // An element, until the next change.
    struct Place {
        Quicklist::Place in_chain;
        Listpack::Pos in_pack = Listpack::kNone;
        explicit operator bool() const { return in_chain || in_pack != Listpack::kNone; }
    };

    static List make() { return List(Listpack()); }  // empty
    // All that the chain has, as a listpack if it is one node and small enough: a list that is made
    // at once, or comes from a file.
    static List of(std::unique_ptr<Quicklist> chain, int node_limit);
    List(Encoding encoding, void* object);
    List(List&&) = default;
    Encoding encoding() const { return chain_ ? Encoding::quicklist : Encoding::listpack; }
    [[nodiscard]] void* release();
    List copy() const;

    size_t size() const { return chain_ ? chain_->size() : pack_.count(); }
    size_t allocated_bytes(size_t samples) const;
    // See object.h.
    size_t block_count() const { return chain_ ? chain_->node_count() : 1; }
    bool drain(size_t steps) { return chain_ && chain_->drain(steps); }
    const Listpack* as_listpack() const { return chain_ ? nullptr : &pack_; }
    const Quicklist* as_quicklist() const { return chain_.get(); }

    // `bytes` of text in `count` elements are about to be added. node_limit: as configured.
    void expect(size_t bytes, size_t count, int node_limit);
    // Some were removed or became shorter.
    void has_shrunk(int node_limit);

    void push(End, Slice value);
    Place first() const { return seek(0); }
    Place last() const { return seek(-1); }
    Place seek(int64_t index) const;  // negative: from the end
    Place next(Place) const;
    Place previous(Place) const;
    Listpack::Value get(Place) const;
    bool equals(Place, Slice) const;

    void insert(Place, Side, Slice value);
    void replace(Place, Slice value);
    Place erase(Place, Side neighbour = Side::after);  // returns the neighbour
    void erase_range(size_t index, size_t count);

private:
    explicit List(std::unique_ptr<Quicklist> chain) : chain_(std::move(chain)) {}
    explicit List(Listpack&& pack) : pack_(std::move(pack)) {}

    Listpack pack_ = Listpack::adopt(nullptr);
    std::unique_ptr<Quicklist> chain_;
};

}  // namespace rota
