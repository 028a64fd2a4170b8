// SPDX-License-Identifier: BSD-3-Clause
#include "commands/value.h"

namespace rota {
namespace {

std::optional<Entry*> checked(Ctx& ctx, Entry* entry, Type type) {
    if (entry == nullptr || entry->type() == type) return entry;
    ctx.wrong_type();
    return std::nullopt;
}

}  // namespace

std::optional<Entry*> read_value(Ctx& ctx, size_t key_index, Type type) {
    return checked(ctx, ctx.db().find_read(ctx.key(key_index)), type);
}

std::optional<Entry*> write_value(Ctx& ctx, Key key, Type type) {
    return checked(ctx, ctx.db().find_write(key), type);
}

void remove_emptied(Ctx& ctx, Key key) {
    ctx.db().erase(key);
    ctx.parts.effects.notify(EventClass::generic, "del", key.name, ctx.client.db);
}

std::optional<int64_t> range_arg(Ctx& ctx, size_t index, int64_t min, int64_t max, Slice error) {
    const auto value = ctx.integer_arg(index, error);
    if (!value || (*value >= min && *value <= max)) return value;
    ctx.reply.error(error);
    return std::nullopt;
}

std::optional<int64_t> positive_arg(Ctx& ctx, size_t index) {
    return range_arg(ctx, index, 0, INT64_MAX, "ERR value is out of range, must be positive");
}

std::optional<int64_t> symmetric_arg(Ctx& ctx, size_t index) {
    const auto value = ctx.integer_arg(index);
    if (!value || *value != INT64_MIN) return value;
    ctx.reply.error(
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
    return std::nullopt;
}

IndexRange resolve_range(int64_t start, int64_t stop, size_t size) {
    const auto end = static_cast<int64_t>(size);
    if (start < 0) start = std::max<int64_t>(start + end, 0);
    if (stop < 0) stop += end;
    stop = std::min(stop, end - 1);
    if (start > stop) return {0, 0};
    return {static_cast<size_t>(start), static_cast<size_t>(stop - start + 1)};
}

}  // namespace rota
