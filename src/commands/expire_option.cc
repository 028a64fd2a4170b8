// SPDX-License-Identifier: BSD-3-Clause
#include "commands/expire_option.h"

#include "platform/text.h"

namespace rota {
namespace {

std::nullopt_t invalid_expire(Ctx& ctx) {
    ctx.reply.error("ERR invalid expire time in '" + ctx.command.full_name + "' command");
    return std::nullopt;
}

struct TimeWord {
    Slice word;
    TimeUnit unit;
    TimeBase base;
};
constexpr TimeWord kTimeWords[] = {
    {"ex", TimeUnit::seconds, TimeBase::relative},
    {"px", TimeUnit::milliseconds, TimeBase::relative},
    {"exat", TimeUnit::seconds, TimeBase::absolute},
    {"pxat", TimeUnit::milliseconds, TimeBase::absolute},
};

const TimeWord* find_unit(Slice word) {
    for (const TimeWord& unit : kTimeWords) {
        if (equals_ignore_case(unit.word, word)) return &unit;
    }
    return nullptr;
}

}  // namespace

std::optional<int64_t> expire_at_arg(Ctx& ctx, size_t index, TimeUnit unit, TimeBase base,
                                     bool any_sign) {
    auto value = ctx.integer_arg(index);
    if (!value) return std::nullopt;
    if (*value <= 0 && !any_sign) return invalid_expire(ctx);
    int64_t at = *value;
    if (unit == TimeUnit::seconds && __builtin_mul_overflow(at, 1000, &at))
        return invalid_expire(ctx);
    if (base == TimeBase::relative && __builtin_add_overflow(at, ctx.now_ms(), &at))
        return invalid_expire(ctx);
    return at;
}

void propagate_expiry(Ctx& ctx, Slice key, int64_t at_ms) {
    ctx.propagate({"PEXPIREAT", key, IntegerText(at_ms)});
}

void propagate_removal(Ctx& ctx, Slice key, bool lazy) {
    ctx.propagate({lazy ? "UNLINK" : "DEL", key});
}

std::optional<SetOptions> parse_set_options(Ctx& ctx, size_t first, unsigned words) {
    using Condition = SetOptions::Condition;
    SetOptions options;
    size_t time_at = 0;  // where the number of EX and its kin is
    const TimeWord* unit = nullptr;
    const auto refuse = [&ctx] {
        ctx.syntax_error();
        return std::nullopt;
    };
    for (size_t i = first; i < ctx.argc(); ++i) {
        const bool more = i + 1 < ctx.argc();
        // A word may be repeated, but not meet one that contradicts it; IFEQ is alone.
        const auto may_be = [&](Condition condition) {
            return options.condition == Condition::none || options.condition == condition;
        };
        const TimeWord* const found = more ? find_unit(ctx.arg(i)) : nullptr;
        if (ctx.arg_is(i, "nx") && (words & kAllowConditions) && may_be(Condition::if_absent)) {
            options.condition = Condition::if_absent;
        } else if (ctx.arg_is(i, "xx") && (words & kAllowConditions) &&
                   may_be(Condition::if_present)) {
            options.condition = Condition::if_present;
        } else if (ctx.arg_is(i, "ifeq") && (words & kAllowIfEq) && may_be(Condition::none) &&
                   more) {
            options.condition = Condition::if_equal;
            options.compare = ctx.arg(++i);
        } else if (ctx.arg_is(i, "get") && (words & kAllowGet)) {
            options.get = true;
        } else if (ctx.arg_is(i, "keepttl") && (words & kAllowKeepTtl) && unit == nullptr &&
                   !options.persist) {
            options.keep_ttl = true;
        } else if (ctx.arg_is(i, "persist") && (words & kAllowPersist) && unit == nullptr &&
                   !options.keep_ttl) {
            options.persist = true;
        } else if (found != nullptr && (unit == nullptr || unit == found) && !options.keep_ttl &&
                   !options.persist) {
            unit = found;
            time_at = ++i;
        } else {
            return refuse();
        }
    }
    if (unit == nullptr) return options;
    const auto at = expire_at_arg(ctx, time_at, unit->unit, unit->base);
    if (!at) return std::nullopt;
    options.expire_at_ms = *at;
    options.unit_at = time_at - 1;
    return options;
}

}  // namespace rota
