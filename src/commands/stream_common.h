// SPDX-License-Identifier: BSD-3-Clause
// What the commands on streams share: ids among the arguments, and entries in replies.
// Threading: executor only.
#pragma once

#include "commands/value.h"
#include "types/stream.h"

namespace rota {

// For reading and for writing, as Ctx::read_string().
std::optional<Entry*> read_stream(Ctx&, size_t key_index);
std::optional<Entry*> write_stream(Ctx&, Key);

// An id, without the special ones; nullopt after having replied with an error.
std::optional<StreamId> id_arg(Ctx&, size_t index, uint64_t missing_seq = 0);
// The ids from argument `first` on, all or none.
std::optional<std::vector<StreamId>> id_args(Ctx&, size_t first);

// Bounds of an interval: "-", "+", "(id" for one that is not in it. Both come back as counted in.
std::optional<StreamId> interval_start_arg(Ctx&, size_t index);
std::optional<StreamId> interval_end_arg(Ctx&, size_t index);

void reply_id(Reply&, const StreamId&);
void reply_entry(Reply&, const Stream::Entry&);
// The entry with this id, if it is there.
bool reply_entry_of(Reply&, const Stream&, const StreamId&);

// A group that must be there; null after having replied with `error`.
void reply_no_group(Ctx&, Slice key, Slice group);

// What a consumer has of an entry: it is told as a claim that needs nothing to be there but the
// entry. And what a group has read up to.
struct DeliveryOf {
    Slice key, group, consumer;
};
void propagate_delivery(Ctx&, const DeliveryOf&, const StreamId&, ConsumerGroup&);
void propagate_group_position(Ctx&, Slice key, Slice name, const ConsumerGroup&);

// The consumer, made if need be, which is told; it has been seen now.
Consumer* find_or_add_consumer(Ctx&, ConsumerGroup&, const DeliveryOf&);

// A change to groups: counted and made known, without being one of the key's value.
void group_changed(Ctx&, const char* event, Slice key);

}  // namespace rota
