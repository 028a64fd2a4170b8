// SPDX-License-Identifier: BSD-3-Clause
// Reads that IO threads answer. Each says the same as the handler of its command, or declines
// (false) before it has replied: then the executor runs that one.
#include "commands/shared_reads.h"

#include <algorithm>

#include "platform/text.h"

namespace rota {
namespace {

using Status = SharedRead::Status;

constexpr size_t kKeysMax = 64;  // of MGET and EXISTS; more are worth a trip to the executor

// What a client may see of a hit's value without the executor.
bool readable(const ReadCtx& ctx, const Entry& entry) {
    return entry.is_shared_string() && entry.string_size() <= ctx.value_max;
}

bool decided(const SharedRead& found) {
    return found.status == Status::hit || found.status == Status::miss;
}

// All keys as they were at one moment: two passes that found the same entries. Declines if any is
// missing.
bool collect(ReadCtx& ctx, std::span<const Entry*> entries) {
    for (size_t i = 0; i < entries.size(); ++i) {
        const SharedRead found = ctx.peek(ctx.key(i + 1));
        if (found.status != Status::hit) return false;
        entries[i] = found.entry;
    }
    if (entries.size() == 1) return true;
    for (size_t i = 0; i < entries.size(); ++i) {
        const SharedRead found = ctx.peek(ctx.key(i + 1));
        if (found.status != Status::hit || found.entry != entries[i]) return false;
    }
    return true;
}

}  // namespace

bool read_get(ReadCtx& ctx) {
    const SharedRead found = ctx.read(ctx.key(1));
    if (!decided(found)) return false;
    if (found.status == Status::miss) return ctx.reply.null(), true;
    if (!readable(ctx, *found.entry)) return false;
    char scratch[kIntegerTextMax + 4];
    ctx.reply.bulk(found.entry->string(scratch));
    return true;
}

bool read_strlen(ReadCtx& ctx) {
    const SharedRead found = ctx.read(ctx.key(1));
    if (!decided(found)) return false;
    if (found.status == Status::miss) return ctx.reply.integer(0), true;
    if (!found.entry->is_shared_string()) return false;
    ctx.reply.integer(static_cast<int64_t>(found.entry->string_size()));
    return true;
}

bool read_getrange(ReadCtx& ctx) {
    const auto from = parse_int64(ctx.args[2]), to = parse_int64(ctx.args[3]);
    if (!from || !to) return false;
    const SharedRead found = ctx.read(ctx.key(1));
    if (!decided(found)) return false;
    if (found.status == Status::miss) return ctx.reply.bulk({}), true;
    if (!readable(ctx, *found.entry)) return false;
    char scratch[kIntegerTextMax + 4];
    const Slice value = found.entry->string(scratch);
    const auto size = static_cast<int64_t>(value.size());
    if (*from < -size || *to < -size || *from > *to) return false;  // the rare forms have one home
    const int64_t begin = *from < 0 ? *from + size : *from;
    const int64_t end = std::min(*to < 0 ? *to + size : *to, size - 1);
    if (begin > end) return ctx.reply.bulk({}), true;
    ctx.reply.bulk(value.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin) + 1));
    return true;
}

bool read_type(ReadCtx& ctx) {
    // TYPE never counts as a use.
    const SharedRead found = ctx.peek(ctx.key(1));
    if (found.status != Status::hit || found.entry->type() == Type::module) return false;
    ctx.reply.simple(type_name(found.entry->type()));
    return true;
}

bool read_mget(ReadCtx& ctx) {
    const Entry* entries[kKeysMax];
    const size_t count = ctx.args.size() - 1;
    if (count > kKeysMax || !collect(ctx, {entries, count})) return false;
    size_t bytes = 0;
    for (const Entry* entry : std::span(entries, count)) {
        if (!readable(ctx, *entry)) return false;
        bytes += entry->string_size();
    }
    if (bytes > ctx.value_max) return false;
    char scratch[kIntegerTextMax + 4];
    ctx.reply.array(count);
    for (const Entry* entry : std::span(entries, count)) {
        ctx.reader.count_hit(*entry, ctx.now_ms, ctx.no_touch);
        ctx.reply.bulk(entry->string(scratch));
    }
    return true;
}

bool read_exists(ReadCtx& ctx) {
    const Entry* entries[kKeysMax];
    const size_t count = ctx.args.size() - 1;
    if (count > kKeysMax || !collect(ctx, {entries, count})) return false;
    for (const Entry* entry : std::span(entries, count))
        ctx.reader.count_hit(*entry, ctx.now_ms, ctx.no_touch);
    ctx.reply.integer(static_cast<int64_t>(count));
    return true;
}

namespace {

// The TTL family: of a key that is there.
template <class Answer>
bool read_expiry(ReadCtx& ctx, Answer answer) {
    const SharedRead found = ctx.peek(ctx.key(1));
    if (found.status != Status::hit) return false;
    const int64_t at_ms = found.entry->expire_at_ms();
    ctx.reader.count_hit(*found.entry, ctx.now_ms, true);
    ctx.reply.integer(at_ms < 0 ? -1 : answer(at_ms));
    return true;
}

}  // namespace

bool read_ttl(ReadCtx& ctx) {
    return read_expiry(ctx, [&](int64_t at_ms) {
        return (std::max<int64_t>(at_ms - ctx.now_ms, 0) + 500) / 1000;
    });
}

bool read_pttl(ReadCtx& ctx) {
    return read_expiry(ctx,
                       [&](int64_t at_ms) { return std::max<int64_t>(at_ms - ctx.now_ms, 0); });
}

bool read_expiretime(ReadCtx& ctx) {
    return read_expiry(ctx, [](int64_t at_ms) { return (at_ms + 500) / 1000; });
}

bool read_pexpiretime(ReadCtx& ctx) {
    return read_expiry(ctx, [](int64_t at_ms) { return at_ms; });
}

}  // namespace rota
