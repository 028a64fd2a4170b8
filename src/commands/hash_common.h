// SPDX-License-Identifier: BSD-3-Clause
// What the commands on hashes and those on the expiry of their fields share.
// Threading: executor only.
#pragma once

#include "commands/value.h"
#include "types/hash.h"

namespace rota {

inline HashLimits hash_limits(Ctx& ctx) {
    const StoreOptions& options = ctx.parts.store_options;
    return {.listpack_entries = options.hash_max_listpack_entries,
            .listpack_value = options.hash_max_listpack_value,
            .seed = ctx.parts.keyspace.seed()};
}

// By which fields are judged to have expired. While commands are replayed none has: what was gone
// when they ran has been told, and what is gone by now is nothing to them.
inline int64_t field_now_ms(Ctx& ctx) {
    return ctx.parts.keyspace.clock().replaying ? 0 : ctx.now_ms();
}

// A field that has expired and is about to be treated as if it were not there: others are to hear
// that it is gone, before they hear of the command.
inline void propagate_gone(Ctx& ctx, Slice key, const Hash& hash, Slice field) {
    if (!ctx.propagates()) return;
    const auto at_ms = hash.expiry(field, 0);
    if (!at_ms || *at_ms < 0 || hash.expiry(field, field_now_ms(ctx))) return;
    ctx.parts.effects.commands().tell(ctx.client.db, {"HDEL", key, field});
}

// The entry itself, or that of a new and empty hash.
inline Entry* hash_entry(Ctx& ctx, Key key, Entry* entry) {
    return entry != nullptr ? entry : add_value(ctx, key, Type::hash, Hash::make());
}

inline void reply_value(Ctx& ctx, const Hash::Value& value) {
    value.is_integer ? ctx.reply.bulk_integer(value.integer) : ctx.reply.bulk(value.string);
}

inline void remove_if_empty(Ctx& ctx, Key key, Entry* entry) {
    if (Lent<Hash>(entry)->size() == 0) remove_emptied(ctx, key);
}

}  // namespace rota
