// SPDX-License-Identifier: BSD-3-Clause
#include "commands/zset_common.h"

#include <cmath>

namespace rota {

ZSetLimits zset_limits(Ctx& ctx) {
    const StoreOptions& options = ctx.parts.store_options;
    return {.listpack_entries = options.zset_max_listpack_entries,
            .listpack_value = options.zset_max_listpack_value,
            .seed = ctx.parts.keyspace.seed()};
}

std::optional<Entry*> read_zset(Ctx& ctx, size_t index) {
    return read_value(ctx, index, Type::zset);
}
std::optional<Entry*> write_zset(Ctx& ctx, Key key) { return write_value(ctx, key, Type::zset); }

namespace {

struct Added {
    size_t added = 0, updated = 0, processed = 0;
    double score = 0;
    bool not_a_number = false;
};

void add_one(ZSet& zset, const ZAddRules& rules, double score, Slice member,
             const ZSetLimits& limits, Added& done) {
    const auto old = zset.score(member);
    if (!old) {
        if (rules.xx) return;
        zset.add(member, score, limits);
        ++done.added;
    } else {
        if (rules.nx) return;
        if (rules.incr) score += *old;
        if (std::isnan(score)) {
            done.not_a_number = true;
            return;
        }
        if ((rules.lt && score >= *old) || (rules.gt && score <= *old)) return;
        if (score != *old) {
            zset.change(member, *old, score, limits);
            ++done.updated;
        }
    }
    ++done.processed;
    done.score = score;
}

void reply_added(Ctx& ctx, const ZAddRules& rules, const Added& done) {
    if (!rules.incr)
        return ctx.reply.integer(static_cast<int64_t>(done.added + (rules.ch ? done.updated : 0)));
    done.processed > 0 ? ctx.reply.real(done.score) : ctx.reply.null();
}

}  // namespace

void add_scored(Ctx& ctx, const ZAddRules& rules, std::span<const ScoredName> pairs) {
    const Key key = ctx.key(1);
    const auto found = write_zset(ctx, key);
    if (!found) return;
    if (*found == nullptr && rules.xx) return reply_added(ctx, rules, {});
    const ZSetLimits limits = zset_limits(ctx);
    size_t longest = 0;
    for (const auto& [score, member] : pairs) longest = std::max(longest, member.size());
    Entry* entry = *found != nullptr
                       ? *found
                       : add_value(ctx, key, Type::zset, ZSet::make(pairs.size(), longest, limits));
    Added done;
    {
        Lent<ZSet> zset(entry);
        zset->expect(pairs.size(), longest, limits);
        for (const auto& [score, member] : pairs)
            add_one(*zset, rules, score, member, limits, done);
    }
    if (done.not_a_number) return ctx.reply.error("ERR resulting score is not a number (NaN)");
    if (done.added + done.updated > 0) {
        ctx.changed(EventClass::zset, rules.incr ? "zincr" : "zadd", key.name);
        ctx.parts.effects.add_dirty(done.added + done.updated - 1);
    }
    reply_added(ctx, rules, done);
}

void store_zset(Ctx& ctx, Key key, ZSet&& result, const char* event) {
    const size_t size = result.size();
    if (size > 0) {
        add_value(ctx, key, Type::zset, std::move(result));
        ctx.changed(EventClass::zset, event, key.name);
    } else if (ctx.db().erase(key, ctx.parts.store_options.lazyfree_lazy_server_del)) {
        ctx.changed(EventClass::generic, "del", key.name);
    }
    ctx.reply.integer(static_cast<int64_t>(size));
}

void zset_has_lost(Ctx& ctx, Key key, Entry* entry, size_t count, const char* event) {
    if (count == 0) return;
    ctx.changed(EventClass::zset, event, key.name);
    ctx.parts.effects.add_dirty(count - 1);
    if (Lent<ZSet>(entry)->size() == 0) remove_emptied(ctx, key);
}

void reply_scored_header(Ctx& ctx, size_t count, bool scores) {
    ctx.reply.array(count * (scores && ctx.reply.resp() == 2 ? 2 : 1));
}

void reply_scored(Ctx& ctx, Slice name, double score, bool scores) {
    if (scores && ctx.reply.resp() > 2) ctx.reply.array(2);
    ctx.reply.bulk(name);
    if (scores) ctx.reply.real(score);
}

}  // namespace rota
