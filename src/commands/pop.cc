// SPDX-License-Identifier: BSD-3-Clause
#include "commands/pop.h"

#include "commands/blocking.h"
#include "commands/value.h"
#include "platform/text.h"

namespace rota {
namespace {

std::optional<bool> side_arg(Ctx& ctx, size_t index, const Poppable& kind) {
    if (ctx.arg_is(index, kind.first_word)) return false;
    if (ctx.arg_is(index, kind.last_word)) return true;
    ctx.syntax_error();
    return std::nullopt;
}

// What stands behind the timeout, if there is one. It is read before the timeout.
struct PopRequest {
    size_t keys_at;  // the first key
    size_t keys;
    bool from_last;
    int64_t count = 1;
};

std::optional<PopRequest> parse(Ctx& ctx, size_t numkeys_at, const Poppable& kind) {
    const auto keys =
        range_arg(ctx, numkeys_at, 1, INT64_MAX, "ERR numkeys should be greater than 0");
    if (!keys) return std::nullopt;
    if (static_cast<uint64_t>(*keys) >= ctx.argc() - numkeys_at - 1) {
        ctx.syntax_error();
        return std::nullopt;
    }
    const size_t where = numkeys_at + 1 + static_cast<size_t>(*keys);
    const auto from_last = side_arg(ctx, where, kind);
    if (!from_last) return std::nullopt;
    std::optional<int64_t> count;
    for (size_t i = where + 1; i < ctx.argc(); i += 2) {
        if (count || !ctx.arg_is(i, "count") || i + 1 >= ctx.argc()) {
            ctx.syntax_error();
            return std::nullopt;
        }
        count = range_arg(ctx, i + 1, 1, INT64_MAX, "ERR count should be greater than 0");
        if (!count) return std::nullopt;
    }
    return PopRequest{numkeys_at + 1, static_cast<size_t>(*keys), *from_last, count.value_or(1)};
}

}  // namespace

void pop_from_first(Ctx& ctx, const Poppable& kind, bool waits) {
    const auto request = parse(ctx, waits ? 2 : 1, kind);
    if (!request) return;
    std::optional<int64_t> timeout_ms;
    if (waits && !(timeout_ms = timeout_arg(ctx, 1, TimeoutUnit::seconds))) return;
    for (size_t i = 0; i < request->keys; ++i) {
        const Key key = ctx.key(request->keys_at + i);
        const auto entry = write_value(ctx, key, kind.type);
        if (!entry) return;
        if (*entry == nullptr) continue;
        ctx.reply.array(2);
        ctx.reply.bulk(key.name);
        kind.pop_many(ctx, key, *entry, request->from_last, request->count);
        return ctx.propagate({request->from_last ? kind.pop_last : kind.pop_first, key.name,
                              IntegerText(request->count)});
    }
    if (timeout_ms) {
        const auto waited_for = ctx.args.subspan(request->keys_at, request->keys);
        const BlockOn what{.type = kind.type, .keys = waited_for, .timeout_ms = *timeout_ms};
        if (block_on_keys(ctx, what)) return;
    }
    ctx.reply.null_array();
}

void pop_or_wait(Ctx& ctx, const Poppable& kind, bool from_last) {
    const size_t last = ctx.argc() - 1;
    const auto timeout_ms = timeout_arg(ctx, last, TimeoutUnit::seconds);
    if (!timeout_ms) return;
    for (size_t i = 1; i < last; ++i) {
        const Key key = ctx.key(i);
        const auto entry = write_value(ctx, key, kind.type);
        if (!entry) return;
        if (*entry == nullptr) continue;
        kind.pop_one(ctx, key, *entry, from_last);
        return ctx.propagate({from_last ? kind.pop_last : kind.pop_first, key.name});
    }
    const BlockOn what{
        .type = kind.type, .keys = ctx.args.subspan(1, last - 1), .timeout_ms = *timeout_ms};
    if (!block_on_keys(ctx, what)) ctx.reply.null_array();
}

}  // namespace rota
