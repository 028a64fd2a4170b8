// SPDX-License-Identifier: BSD-3-Clause
// Blocking on keys: what a handler does that finds nothing to take and is willing to wait.
//
//     void cmd_bpop(Ctx& ctx) {
//         const auto timeout = timeout_arg(ctx, ctx.argc() - 1, TimeoutUnit::seconds);
//         if (!timeout) return;
//         ... take from the first key that has something, reply, return ...
//         const BlockOn what{.type = Type::list, .keys = keys, .timeout_ms = *timeout};
//         if (!block_on_keys(ctx, what)) ctx.reply.null_array();
//     }
//
// A handler that blocks replies nothing. Once one of the keys holds a value of that type the whole
// command runs again, from parsing its arguments on, in the same turn and behind the command that
// made the key ready; the first who blocked on a key is the first to run. If it still finds nothing
// it blocks again, behind the others, for the time it had left: the timeout it asks for then is not
// heeded. A timeout is answered by the executor with a null array; so is CLIENT UNBLOCK.
//
// The store says by itself that a key is ready when it comes or goes. A handler that adds to a
// value which others wait to see more of (XADD to a stream that is there) says
// ctx.parts.effects.ready(db, key).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>

#include "client/blocked.h"
#include "commands/ctx.h"

namespace rota {

enum class TimeoutUnit : uint8_t { seconds, milliseconds };

// In milliseconds from now, 0: for ever. Seconds may be fractions, and are rounded up. nullopt
// after having replied with an error.
std::optional<int64_t> timeout_arg(Ctx&, size_t index, TimeoutUnit);

struct BlockOn {
    Type type;
    std::span<const Slice> keys = {};
    int64_t timeout_ms = 0;  // 0: for ever
    // Run the command also when a key is gone or holds another type, to reply with an error.
    bool when_gone = false;
    // Arguments by index that are to be others when the command runs again ("$" of XREAD).
    std::span<const std::pair<size_t, std::string>> replaced = {};
    BlockedState::OnTimeout on_timeout = BlockedState::OnTimeout::null_array;
    uint64_t unit = 0;  // run the command when this unit of commands is durable
};

// False: nothing may wait here (in a transaction, in a script), so the handler replies at once.
bool block_on_keys(Ctx&, const BlockOn&);

}  // namespace rota
