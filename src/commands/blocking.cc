// SPDX-License-Identifier: BSD-3-Clause
// Blocking as handlers see it, and WAIT and WAITAOF, which wait for no key at all.
#include "commands/blocking.h"

#include <cmath>

#include "commands/value.h"
#include "persist/aof.h"
#include "platform/text.h"

namespace rota {

std::optional<int64_t> timeout_arg(Ctx& ctx, size_t index, TimeoutUnit unit) {
    int64_t timeout_ms;
    if (unit == TimeoutUnit::seconds) {
        const auto seconds = parse_long_double(ctx.arg(index));
        if (!seconds || std::isnan(*seconds)) {
            ctx.reply.error("ERR timeout is not a float or out of range");
            return std::nullopt;
        }
        const long double ms = std::ceil(*seconds * 1000);
        if (ms > static_cast<long double>(INT64_MAX)) {
            ctx.reply.error("ERR timeout is out of range");
            return std::nullopt;
        }
        timeout_ms = ms < 0 ? -1 : static_cast<int64_t>(ms);
    } else {
        const auto value = ctx.integer_arg(index, "ERR timeout is not an integer or out of range");
        if (!value) return std::nullopt;
        timeout_ms = *value;
    }
    if (timeout_ms < 0) {
        ctx.reply.error("ERR timeout is negative");
        return std::nullopt;
    }
    if (timeout_ms > INT64_MAX - ctx.now_ms()) {
        ctx.reply.error("ERR timeout is out of range");
        return std::nullopt;
    }
    return timeout_ms;
}

bool block_on_keys(Ctx& ctx, const BlockOn& what) {
    if (!ctx.may_block) return false;
    auto state = std::make_unique<BlockedState>();
    state->type = what.type;
    state->when_gone = what.when_gone;
    state->on_timeout = what.on_timeout;
    state->unit = what.unit;
    state->command = &ctx.command;
    state->db = ctx.client.db;
    state->args.assign(ctx.args.begin(), ctx.args.end());
    for (const auto& [index, text] : what.replaced) state->args[index] = text;
    state->keys.assign(what.keys.begin(), what.keys.end());
    ctx.parts.control.block(ctx.client, std::move(state), what.timeout_ms);
    return true;
}

namespace {

// There are no replicas to wait for: whoever wants one waits until the time is over.
void cmd_wait(Ctx& ctx) {
    const auto replicas = ctx.integer_arg(1, "ERR value is not an integer or out of range");
    if (!replicas) return;
    const auto timeout = timeout_arg(ctx, 2, TimeoutUnit::milliseconds);
    if (!timeout) return;
    if (*replicas <= 0) return ctx.reply.integer(0);
    const BlockOn what{
        .type = Type::string, .timeout_ms = *timeout, .on_timeout = BlockedState::OnTimeout::zero};
    if (!block_on_keys(ctx, what)) ctx.reply.integer(0);
}

// Whether what the client has written is durable here. Replicas there are none.
void cmd_waitaof(Ctx& ctx) {
    const auto local =
        range_arg(ctx, 1, 0, 1, "ERR value is out of range, value must between 0 and 1");
    if (!local) return;
    const auto replicas = positive_arg(ctx, 2);
    if (!replicas) return;
    const auto timeout = timeout_arg(ctx, 3, TimeoutUnit::milliseconds);
    if (!timeout) return;
    const Aof& aof = ctx.parts.aof;
    if (*local > 0 && !aof.on())
        return ctx.reply.error(
            "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    const bool durable = aof.on() && aof.synced_unit() >= ctx.client.last_unit;
    if ((*local > 0 && !durable) || *replicas > 0) {
        const BlockOn what{.type = Type::string,
                           .timeout_ms = *timeout,
                           .on_timeout = BlockedState::OnTimeout::durability,
                           .unit = *replicas > 0 ? 0 : ctx.client.last_unit};
        if (block_on_keys(ctx, what)) return;
    }
    ctx.reply.array(2);
    ctx.reply.integer(durable);
    ctx.reply.integer(0);
}

constexpr Command kBlockingCommands[] = {
    {.name = "wait",
     .run = cmd_wait,
     .arity = 3,
     .flags = kBlocking,
     .acl = kAclBlocking | kAclConnection | kAclSlow,
     .since = "3.0.0",
     .complexity = "O(1)",
     .syntax = "numreplicas:integer timeout:integer",
     .summary = "Waits until replicas have confirmed what the connection has written.",
     .tips = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:AGG_MIN"},
    {.name = "waitaof",
     .run = cmd_waitaof,
     .arity = 4,
     .flags = kBlocking,
     .acl = kAclBlocking | kAclConnection | kAclSlow,
     .since = "7.2.0",
     .complexity = "O(1)",
     .syntax = "numlocal:integer numreplicas:integer timeout:integer",
     .summary = "Waits until what the connection has written is durable, here and on replicas.",
     .tips = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:AGG_MIN"},
};

}  // namespace

std::span<const Command> blocking_commands() { return kBlockingCommands; }

}  // namespace rota
