// SPDX-License-Identifier: BSD-3-Clause
// Transactions: what is queued instead of run, and how EXEC runs it. Readers on other threads see
// either nothing of it or all.
#include "commands/transactions.h"

#include "client/multi.h"
#include "client/tracking.h"
#include "commands/permissions.h"
#include "platform/text.h"
#include "server/executor.h"

namespace rota {
namespace {

// These run at once, whether a transaction is open or not.
bool ends_queueing(const RegisteredCommand& command) {
    const Slice name = command.row->name;
    return command.parent == nullptr && (name == "exec" || name == "discard" || name == "quit" ||
                                         name == "reset" || name == "multi" || name == "watch");
}

}  // namespace

bool Executor::queue(Request& request, std::span<const Slice> args, Reply& reply) {
    Client& client = *request.client;
    if (ends_queueing(*request.command)) return false;
    client.multi->queue(request.command, flags_of(request, args), args);
    if (request.command->row->name == "select") {
        const auto db = parse_int64(args[1]);
        if (db && *db >= 0 && *db < parts_.keyspace.count())
            client.multi->db = static_cast<int>(*db);
    }
    reply.simple("QUEUED");
    return true;
}

// A command was refused; `error` is how. The transaction is spoilt, and is over if it was EXEC.
void Executor::refuse_in_multi(const Request& request, Reply& reply, size_t reply_begin) {
    Client& client = *request.client;
    if (client.multi) client.multi->refused = true;
    if (request.command == nullptr || request.command->row->name != "exec") return;
    discard_transaction(parts_, client);
    Buffer& out = reply.out();
    const std::string error(out.view().substr(reply_begin));
    out.truncate(reply_begin);
    reply.take_error_count();
    const std::string reason = error.size() > 3 ? error.substr(1, error.size() - 3) : "";
    reply.error("EXECABORT Transaction discarded because of: " +
                (reason.starts_with("ERR ") ? reason.substr(4) : reason));
}

// Users may have changed since the command was queued.
bool Executor::still_permitted(const Request& request, std::span<const Slice> args, Reply& reply) {
    const Client& client = *request.client;
    const RegisteredCommand& command = *request.command;
    const AclDenial denied = parts_.permissions.check(*client.user, command, args, client.db);
    if (!denied) return true;
    parts_.permissions.record(client, command, args, denied, AclContext::multi);
    const Slice reason =
        denied.reason == AclReason::command ? "no permission to execute the command or subcommand"
        : denied.reason == AclReason::key   ? "no permission to touch the specified keys"
        : denied.reason == AclReason::channel
            ? "no permission to access one of the channels used as arguments"
            : "no permission";
    reply.error(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC "
        "call. This command is no longer allowed for the following reason: " +
        std::string(reason));
    return false;
}

void Executor::run_queued(Ctx& exec) {
    Client& client = exec.client;
    const MultiState& multi = *client.multi;  // close() leaves it be
    in_exec_ = &client;
    const ReadGate::Closed closed(gate_, (multi.flags() & (kWrite | kMayReplicate)) != 0);
    exec.reply.array(multi.commands().size());
    std::vector<Slice> args;
    for (const MultiState::Queued& queued : multi.commands()) {
        multi.args_of(queued, args);
        Request request{.client = &client,
                        .command = queued.command,
                        .raw = {},
                        .first_arg = 0,
                        .arg_count = queued.arg_count,
                        .key_hash = 0};
        if (still_permitted(request, args, exec.reply)) call(request, args, exec.reply);
    }
    in_exec_ = nullptr;
}

// What a command needs to be admitted, with EXEC standing for all that it will run.
uint64_t Executor::flags_of(const Request& request, std::span<const Slice> args) const {
    const Command& row = *request.command->row;
    uint64_t flags = row.flags_of ? row.flags_of(parts_, row.flags, args) : row.flags;
    if (request.client->in_multi && request.command->row->name == "exec")
        flags |= request.client->multi->flags() & (kWrite | kMayReplicate | kDenyOom);
    return flags;
}

// ---- Watched keys

void Executor::key_changed(int db, Slice key) {
    parts_.watched.touch(db, key);
    if (parts_.tracking.any()) tracked_key_changed(key);
}

// Keys that are there and will not be, or will be others.
void Executor::touch_watched(int db, int other) {
    for (const std::string& name : parts_.watched.keys(db)) {
        const Key key = parts_.keyspace.key(name);
        const bool there = parts_.keyspace.db(db).peek(key) != nullptr;
        const bool comes = other >= 0 && parts_.keyspace.db(other).peek(key) != nullptr;
        if (there || comes) parts_.watched.touch(db, name);
    }
}

}  // namespace rota
