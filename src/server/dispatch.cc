// SPDX-License-Identifier: BSD-3-Clause
// One batch: look all commands up, fetch what they will touch, then run them one by one.
#include <algorithm>
#include <cstring>
#include <utility>

#include "client/multi.h"
#include "client/options.h"
#include "commands/permissions.h"
#include "commands/scripting.h"
#include "metrics/command_log.h"
#include "metrics/error_stats.h"
#include "metrics/latency_monitor.h"
#include "metrics/options.h"
#include "metrics/server_stats.h"
#include "persist/snapshots.h"
#include "platform/log.h"
#include "platform/text.h"
#include "server/executor.h"
#include "server/options.h"
#include "server/write_extent.h"

namespace rota {
namespace {

// Shorter commands leave the frozen clock alone, and no latency event is this short.
constexpr int64_t kLongCommandUs = 1000;

}  // namespace

Batch& Executor::submit(Batch& batch) {
    run(batch);
    return batch;
}

void Executor::run(Batch& batch) {
    ASSERT(running_ == nullptr);
    running_ = &batch;
    const std::span<Request> all = batch.requests;
    // Whoever is served while a script is busy goes on here: see busy.cc.
    for (next_request_ = 0; next_request_ < all.size();) {
        if (next_request_ % kBatchMax == 0) {
            prefetch(all.subspan(next_request_, std::min(kBatchMax, all.size() - next_request_)));
            last_ticks_ = parts_.clock.ticks();
        }
        Request& request = all[next_request_++];
        Client& client = *request.client;
        if (client.closing || client.close_after_reply) continue;
        run(request, batch.args_of(request), batch);
        if (client_limit_.is_on()) [[unlikely]]
            client_limit_.count(client);
    }
    running_ = nullptr;
}

// All buckets, then all entries: a miss costs some 400 ns alone, and here they overlap.
void Executor::prefetch(std::span<const Request> requests) {
    if (requests.size() < 2) return;
    for (const Request& request : requests) {
        if (request.key_hash != 0)
            parts_.keyspace.db(request.client->db).prefetch_bucket(request.key_hash);
    }
    for (const Request& request : requests) {
        if (request.key_hash != 0)
            parts_.keyspace.db(request.client->db).prefetch_entry(request.key_hash);
    }
}

void Executor::run(Request& request, std::span<const Slice> args, Batch& batch) {
    Client& client = *request.client;
    if (client.waits()) [[unlikely]]
        return hold_back(request, args);
    if (request.kind == Request::Kind::protocol_error)
        return protocol_error(client, args[0], batch);
    if (client.reply_mode == ReplyMode::skip) client.reply_mode = ReplyMode::on;
    if (client.reply_mode == ReplyMode::skip_next) client.reply_mode = ReplyMode::skip;
    const size_t begin = batch.out.size();
    Reply reply(batch.out, client.resp, client.reply_mode != ReplyMode::on);
    if (admit(request, args, reply)) {
        if (must_wait(request, args)) {
            client.postponed = true;
            client.held.append(request.raw);
        } else if (!client.in_multi || !queue(request, args, reply)) {
            client.last_command = request.command->full_name.c_str();
            call(request, args, reply);
        }
    }
    add_output(batch, client, begin);
    if (!pushes_.empty()) [[unlikely]]
        deliver_pushes();
    if (parts_.blocked.has_ready() && !busy_) [[unlikely]]
        serve_ready();
}

void Executor::protocol_error(Client& client, Slice text, Batch& batch) {
    log(LogLevel::verbose, "Protocol error (%.*s) from client: %s", static_cast<int>(text.size()),
        text.data(), describe(client, parts_.keyspace.clock().now_ms).c_str());
    const size_t begin = batch.out.size();
    Reply(batch.out, client.resp).error("ERR " + std::string(text));
    ++parts_.stats.error_replies;
    client.close_after_reply = true;
    add_output(batch, client, begin);
}

bool Executor::must_wait(const Request& request, std::span<const Slice> args) const {
    if (pause_until_ms_ == 0 || request.client->type == ClientType::replica) return false;
    return pause_mode_ == PauseMode::all ||
           (flags_of(request, args) & (kWrite | kMayReplicate)) != 0;
}

namespace {

constexpr size_t kShownMax = 128;  // of the name, and of all arguments together

}  // namespace

std::string unknown_subcommand_text(const RegisteredCommand& container,
                                    std::span<const Slice> args) {
    return "ERR unknown subcommand '" + std::string(args[1].substr(0, kShownMax)) + "'. Try " +
           to_upper(container.name) + " HELP.";
}

namespace {

void unknown_command(const CommandTable& commands, std::span<const Slice> args, Reply& reply) {
    if (const RegisteredCommand* container = commands.find(args[0]))
        return reply.error(unknown_subcommand_text(*container, args));
    std::string shown;
    for (size_t i = 1; i < args.size() && shown.size() < kShownMax; ++i)
        shown += "'" + std::string(args[i].substr(0, kShownMax - shown.size())) + "' ";
    reply.error("ERR unknown command '" + std::string(args[0].substr(0, kShownMax)) +
                "', with args beginning with: " + shown);
}

// What a client of RESP2 may say while it listens: its replies must be told from messages.
bool while_subscribed(const RegisteredCommand& command) {
    const Slice name = command.row->name;
    return (command.is(kPubsub) && command.is(kNoScript)) || name == "ping" || name == "quit" ||
           name == "reset";
}

// A browser or a cross-protocol attack: the request line or the Host header of HTTP.
bool speaks_http(Slice name) {
    return equals_ignore_case(name, "host:") || equals_ignore_case(name, "post");
}

}  // namespace

static bool is_exec(const Request& request) {
    return request.command != nullptr && request.command->row->name == "exec";
}

bool disk_fails(const Parts& parts) {
    return parts.snapshots.refuses_writes() || parts.aof.error() != 0;
}

std::string disk_error(const Parts& parts) {
    if (!parts.snapshots.refuses_writes())
        return std::string("MISCONF Errors writing to the AOF file: ") +
               std::strerror(parts.aof.error());
    return "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to "
           "persist to disk. Commands that may modify the data set are disabled, because this "
           "instance is configured to report errors during writes if RDB snapshotting fails "
           "(stop-writes-on-bgsave-error option). Please check the Valkey logs for details about "
           "the RDB error.";
}

// Whether the command may run at all. If not, the error has been replied.
bool Executor::admit(Request& request, std::span<const Slice> args, Reply& reply) {
    const size_t reply_begin = reply.begin();
    if (may_run(request, args, reply)) [[likely]]
        return true;
    if (request.client->in_multi || is_exec(request)) refuse_in_multi(request, reply, reply_begin);
    if (request.command != nullptr) request.command->stats.add_rejected();
    count_errors(reply);
    return false;
}

bool Executor::may_run(Request& request, std::span<const Slice> args, Reply& reply) {
    Client& client = *request.client;
    RegisteredCommand* command = request.command;
    // Before AUTH not even the names of commands are told apart.
    if (!client.may_speak() && (command == nullptr || !command->is(kNoAuth)) &&
        !speaks_http(args[0])) {
        reply.error("NOAUTH Authentication required.");
        return false;
    }
    if (command == nullptr) {
        if (speaks_http(args[0])) {
            log(LogLevel::warning,
                "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or "
                "Host: "
                "commands to the server. This is likely due to an attacker attempting to use Cross "
                "Protocol Scripting to compromise your instance. Connection from %s aborted.",
                client.peer.c_str());
            close(client);
            return false;
        }
        unknown_command(parts_.commands, args, reply);
        return false;
    }
    const int arity = command->row->arity;
    const auto count = static_cast<int>(args.size());
    const bool arity_is_right =
        command->row->run != nullptr && (arity > 0 ? count == arity : count >= -arity);
    const uint64_t flags = arity_is_right ? flags_of(request, args) : 0;
    if (!arity_is_right) {
        reply.error("ERR wrong number of arguments for '" + command->full_name + "' command");
    } else if (busy_ && refuses_while_busy(*command, args)) {
        reply.error(busy_text(parts_.scripts.running->call.kind));
    } else if (client.in_multi && command->is(kNoMulti)) {
        reply.error("ERR Command '" + command->full_name + "' not allowed inside a transaction");
    } else if (!client.user->unlimited() && !permitted(request, args, reply)) {
        // It was told why.
    } else if (lacks_memory(flags)) {
        reply.error(kOutOfMemoryText);
    } else if (disk_fails(parts_) && ((flags & kWrite) != 0 || command->name == "ping")) {
        reply.error(disk_error(parts_));
    } else if (client.type == ClientType::pubsub && client.resp == 2 &&
               !while_subscribed(*command)) {
        reply.error("ERR Can't execute '" + command->full_name +
                    "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "
                    "in this context");
    } else {
        return true;
    }
    return false;
}

bool Executor::permitted(const Request& request, std::span<const Slice> args, Reply& reply) {
    const Client& client = *request.client;
    const RegisteredCommand& command = *request.command;
    const bool queues = client.in_multi && !client.multi->refused;
    const int db = queues ? client.multi->db : client.db;
    const AclDenial denied = parts_.permissions.check(*client.user, command, args, db);
    if (!denied) return true;
    parts_.permissions.record(client, command, args, denied,
                              client.in_multi ? AclContext::multi : AclContext::toplevel);
    reply.error("NOPERM " + Permissions::short_text(*client.user, command, denied));
    return false;
}

// Every command makes room first, but while clients are paused and nothing may change. What then
// needs more is refused.
bool Executor::lacks_memory(uint64_t flags) {
    if (paused()) return false;
    const MemoryLimit::Outcome outcome = memory_limit_.enforce();
    if (!parts_.effects.events().empty()) [[unlikely]] {
        const bool in_command = std::exchange(in_command_, true);  // told behind the reply
        publish_events();
        in_command_ = in_command;
    }
    return outcome == MemoryLimit::Outcome::exceeded && (flags & kDenyOom) != 0;
}

// A few bytes of request can ask for a value or a reply of any size. One that there is no memory
// for is an error; nothing of its reply has left yet.
static void run_or_refuse(const RegisteredCommand& command, Ctx& ctx) {
    const size_t reply_begin = ctx.reply.begin();
    try {
        command.row->run(ctx);
    } catch (const std::bad_alloc&) {
        ctx.reply.out().truncate(reply_begin);
        ctx.reply.error("ERR Insufficient memory, failed executing the command");
    }
}

void Executor::call(Request& request, std::span<const Slice> args, Reply& reply) {
    Client& client = *request.client;
    RegisteredCommand& command = *request.command;
    const size_t reply_begin = reply.begin();
    Ctx ctx(parts_, client, command, args, request.key_hash, reply);
    ctx.prepared = request.prepared;
    parts_.keyspace.clock().no_touch = client.no_touch;
    const bool in_exec = std::exchange(in_command_, true);
    ctx.may_block = !in_exec;
    const Client* const outer = std::exchange(current_, &client);
    const uint64_t begin_ticks = last_ticks_;
    CommandStream& stream = parts_.effects.commands();
    const uint64_t dirty_before = parts_.effects.dirty();
    stream.open();
    stream.set_handler_tells(false);
    {
        const ReadGate::Closed closed(gate_, writes_several_keys(command, args.size()));
        run_or_refuse(command, ctx);
    }
    if (stream.wanted() && command.is(kWrite | kMayReplicate) && !stream.handler_tells() &&
        parts_.effects.dirty() != dirty_before)
        stream.tell(client.db, args);
    if (!in_exec) {
        const uint64_t units_before = stream.units();
        stream.close();
        if (stream.units() != units_before) client.last_unit = stream.units();
    }
    if (client.tracking) [[unlikely]]
        track(ctx);
    if (all_keys_went_) [[unlikely]]
        invalidate_all();
    current_ = outer;
    publish_events();
    in_command_ = in_exec;
    request.prepared = ctx.prepared;
    const uint64_t now_ticks = parts_.clock.ticks();
    const uint64_t ticks = now_ticks - begin_ticks;
    last_ticks_ = now_ticks;
    const auto spent_ns = static_cast<uint64_t>(parts_.clock.ticks_to_ns(ticks));
    const uint64_t before_ns = rerunning_ != nullptr ? rerunning_->spent_ns : 0;
    if (!in_exec) turn_commands_ns_ += spent_ns;
    if (client.blocked) [[unlikely]]
        client.blocked->spent_ns = before_ns + spent_ns;  // counted when it is over
    else
        account(ctx, before_ns + spent_ns, reply.begin() - reply_begin);
    // Behind the call, which is what says which arguments are secrets.
    if (monitors_ > 0 && rerunning_ == nullptr) feed_monitors(ctx);
    parts_.effects.clear();
}

void Executor::account(const Ctx& ctx, uint64_t spent_ns, size_t reply_len) {
    Client& client = ctx.client;
    RegisteredCommand& command = ctx.command;
    ++parts_.stats.commands_processed;
    ++client.commands;
    const bool failed = count_errors(ctx.reply);
    command.stats.add_call(spent_ns, failed, parts_.metrics_options.latency_tracking);
    const auto spent_us = static_cast<int64_t>(spent_ns / 1000);
    if (!command.is(kSkipCommandlog)) log_command(ctx, spent_us, reply_len);
    if (spent_us < kLongCommandUs) [[likely]]
        return;
    refresh_clock();  // so that the next command sees the time that this one took
    parts_.latency.record_if_slow(command.is(kFast) ? "fast-command" : "command",
                                  static_cast<uint64_t>(spent_us / 1000),
                                  parts_.keyspace.clock().now_ms / 1000);
}

// The arguments as strangers may see them. Valid until the next call.
std::span<const Slice> Executor::shown_args(const Ctx& ctx) {
    if (ctx.redacted().empty()) return ctx.args;
    shown_args_.assign(ctx.args.begin(), ctx.args.end());
    for (const size_t index : ctx.redacted()) shown_args_[index] = "(redacted)";
    return shown_args_;
}

void Executor::log_command(const Ctx& ctx, int64_t spent_us, size_t reply_len) {
    CommandLog& command_log = parts_.command_log;
    const int64_t now_s = parts_.keyspace.clock().now_ms / 1000;
    int64_t request_len = 0;
    for (const Slice arg : ctx.args) request_len += static_cast<int64_t>(arg.size());
    const std::pair<CommandLogKind, int64_t> measured[] = {
        {CommandLogKind::slow, spent_us},
        {CommandLogKind::large_request, request_len},
        {CommandLogKind::large_reply, static_cast<int64_t>(reply_len)},
    };
    for (const auto& [kind, value] : measured) {
        if (command_log.wants(kind, value)) [[unlikely]]
            command_log.push(kind, value, now_s, shown_args(ctx), ctx.client.peer, ctx.client.name);
    }
}

// True if the command replied with an error.
bool Executor::count_errors(Reply& reply) {
    const bool again = reply.take_error_again();
    const uint32_t errors = reply.take_error_count();
    if (errors == 0) [[likely]]
        return again;
    parts_.stats.error_replies += errors;
    parts_.errors.count(reply.last_error(), ErrorOrigin::server);
    return true;
}

void Executor::feed_monitors(const Ctx& ctx) {
    if (!ctx.command.is(kSkipMonitor | kAdmin)) show_to_monitors(ctx);
}

void Executor::show_to_monitors(const Ctx& ctx) {
    const Client& issuer = ctx.client;
    const int64_t now_us = parts_.clock.wall_us();
    std::string line = format("+%lld.%06lld [%d %s]", static_cast<long long>(now_us / 1000000),
                              static_cast<long long>(now_us % 1000000), issuer.db,
                              &issuer == script_client_.get() ? "lua" : issuer.peer.c_str());
    for (const Slice arg : shown_args(ctx)) {
        line += ' ';
        append_repr(line, arg);
    }
    line += "\r\n";
    parts_.clients.for_each([&](Client& client) {
        if (!client.monitor || client.closing) return;
        pushes_.push_back({&client, pushed_.size(), pushed_.size() + line.size()});
        pushed_.append(line);
    });
}

}  // namespace rota
