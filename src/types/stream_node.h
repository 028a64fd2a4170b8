// SPDX-License-Identifier: BSD-3-Clause
// StreamNode: some entries of a stream that follow each other, as one listpack in the layout that
// Valkey writes into its files. It begins with the master entry, whose id is the node's key:
//
//     entries | deleted | fields | field ... | 0
//     flags | ms - master.ms | seq - master.seq | [fields | field value ...] | elements before this
//
// An entry that has the fields of the master entry (flag 2) keeps only its values, one behind the
// other. A deleted entry (flag 1) stays, and is counted as such. The last element of an entry says
// how many elements there are from its flags to here, so that nodes can be read backwards.
//
// Free functions over a listpack that is sound: made here, or accepted by check().
// Threading: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "types/listpack.h"
#include "types/stream_id.h"

namespace rota::stream_node {

struct Entry {
    const Listpack* node;
    StreamId id;
    bool deleted;
    bool same_fields;  // as the master entry
    size_t fields;
    Listpack::Pos at;        // its flags
    Listpack::Pos contents;  // the first value, or the first field
    Listpack::Pos names;     // the first field, here or in the master entry

    // Calls visit(field, value), each a Listpack::Value.
    template <class Visit>
    void for_each_field(Visit&& visit) const {
        Listpack::Pos name = names, place = contents;
        for (size_t i = 0; i < fields; ++i) {
            const auto field = node->get(same_fields ? name : place);
            if (same_fields)
                name = node->next(name);
            else
                place = node->next(place);
            visit(field, node->get(place));
            place = node->next(place);
        }
    }
};

// A new node with one entry, whose id is the node's. `pairs`: fields and values by turns.
Listpack make(std::span<const Slice> pairs);
// Appends an entry, whose id is greater than all others.
void append(Listpack&, const StreamId& master, const StreamId& id, std::span<const Slice> pairs);

size_t live_count(const Listpack&);
size_t deleted_count(const Listpack&);

// Walking: nullopt at the end. Deleted entries are part of the walk.
std::optional<Entry> first(const Listpack&, const StreamId& master);
std::optional<Entry> last(const Listpack&, const StreamId& master);
std::optional<Entry> next(const Entry&, const StreamId& master);
std::optional<Entry> previous(const Entry&, const StreamId& master);

// Marks an entry that is not deleted yet. Others keep their place unless they lie behind it.
// Returns the entry as it is now.
Entry mark_deleted(Listpack&, const Entry&, const StreamId& master);

// Whether foreign bytes in a sound listpack are a node with this key: every entry whole, ids rising
// and from the key on, and as many live and deleted entries as it says; at least one of either.
bool check(const Listpack&, const StreamId& master);
// The id of its last entry, deleted or not.
StreamId last_id(const Listpack&, const StreamId& master);

}  // namespace rota::stream_node
