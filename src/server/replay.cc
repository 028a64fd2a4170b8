// SPDX-License-Identifier: BSD-3-Clause
#include "server/replay.h"

#include <new>

namespace rota {
namespace {

bool is_to_run(const RegisteredCommand& command) {
    if (command.row->name == "select") return true;
    if (command.is(kPubsub | kAdmin)) return false;
    return command.is(kWrite | kMayReplicate);
}

}  // namespace

Replay::Replay(Parts& parts) : parts_(parts), client_(0) {
    client_.internal = true;
    client_.authenticated = true;
}

Result<> Replay::replay(std::span<const Slice> args) {
    RegisteredCommand* command = parts_.commands.resolve(args);
    const std::string name(args[0].substr(0, 128));
    if (command == nullptr || command->row->run == nullptr)
        return fail("unknown command '" + name + "'");
    const int arity = command->row->arity;
    const auto count = static_cast<int>(args.size());
    if (arity > 0 ? count != arity : count < -arity)
        return fail("wrong number of arguments for '" + command->full_name + "' command");
    if (!is_to_run(*command)) return {};
    Reply reply(out_, client_.resp);
    Ctx ctx(parts_, client_, *command, args, 0, reply);
    ctx.may_block = false;
    try {
        command->row->run(ctx);
    } catch (const std::bad_alloc&) {
        return fail("no memory for command '" + name + "'");
    }
    out_.clear();
    parts_.effects.clear();
    return {};
}

}  // namespace rota
