// SPDX-License-Identifier: BSD-3-Clause
// The connection family without CLIENT: who is talking, in which protocol, to which database.
#include "acl/users.h"
#include "client/pubsub.h"
#include "commands/permissions.h"
#include "commands/tracking.h"
#include "commands/transactions.h"
#include "config/table.h"
#include "platform/text.h"
#include "platform/version.h"

namespace rota {
namespace {

void cmd_ping(Ctx& ctx) {
    if (ctx.argc() > 2) return ctx.reply.error("ERR wrong number of arguments for 'ping' command");
    if (ctx.client.type == ClientType::pubsub && ctx.client.resp == 2) {
        ctx.reply.array(2);
        ctx.reply.bulk("pong");
        return ctx.reply.bulk(ctx.argc() == 2 ? ctx.arg(1) : Slice());
    }
    ctx.argc() == 2 ? ctx.reply.bulk(ctx.arg(1)) : ctx.reply.simple("PONG");
}

void cmd_echo(Ctx& ctx) { ctx.reply.bulk(ctx.arg(1)); }

void cmd_quit(Ctx& ctx) {
    ctx.client.close_after_reply = true;
    ctx.reply.ok();
}

void cmd_select(Ctx& ctx) {
    const auto index = ctx.int32_arg(1);
    if (!index) return;
    if (*index < 0 || *index >= ctx.parts.keyspace.count())
        return ctx.reply.error("ERR DB index is out of range");
    ctx.client.db = *index;
    ctx.reply.ok();
}

bool authenticate(Ctx& ctx, Slice name, Slice password) {
    const auto user = ctx.parts.users.find(name);
    if (user && user->enabled() && user->opens_with(password)) {
        ctx.client.authenticated = true;
        ctx.client.user = user;
        return true;
    }
    ctx.parts.permissions.record_failed_login(ctx.client, ctx.arg(0), name);
    ctx.reply.error("WRONGPASS invalid username-password pair or user is disabled.");
    return false;
}

void cmd_auth(Ctx& ctx) {
    for (size_t i = 1; i < ctx.argc(); ++i) ctx.redact(i);
    if (ctx.argc() > 3) return ctx.syntax_error();
    if (ctx.argc() == 2 && ctx.parts.users.default_user()->needs_no_password()) {
        return ctx.reply.error(
            "ERR AUTH <password> called without any password configured for the default user. Are "
            "you "
            "sure your configuration is correct?");
    }
    const Slice user = ctx.argc() == 3 ? ctx.arg(1) : Slice("default");
    if (authenticate(ctx, user, ctx.arg(ctx.argc() - 1))) ctx.reply.ok();
}

// Printable and without blanks: names travel in the lines of CLIENT LIST.
bool valid_name(Slice name) {
    for (const char byte : name) {
        if (byte < '!' || byte > '~') return false;
    }
    return true;
}

void reply_hello(Ctx& ctx) {
    Client& client = ctx.client;
    const std::string zone = ctx.parts.config.get("availability-zone");
    const bool as_redis = ctx.parts.config.get("extended-redis-compatibility") == "yes";
    ctx.reply.map(zone.empty() ? 7 : 8);
    ctx.reply.bulk("server");
    ctx.reply.bulk(as_redis ? Slice("redis") : kServerName);
    ctx.reply.bulk("version");
    ctx.reply.bulk(as_redis ? kRedisVersion : kValkeyVersion);
    ctx.reply.bulk("proto");
    ctx.reply.integer(client.resp);
    ctx.reply.bulk("id");
    ctx.reply.integer(static_cast<int64_t>(client.id));
    ctx.reply.bulk("mode");
    ctx.reply.bulk("standalone");
    ctx.reply.bulk("role");
    ctx.reply.bulk("master");
    ctx.reply.bulk("modules");
    ctx.reply.array(0);
    if (zone.empty()) return;
    ctx.reply.bulk("availability_zone");
    ctx.reply.bulk(zone);
}

// Wherever the word AUTH stands, even in a HELLO that is refused for something else before it.
void redact_hello(Ctx& ctx) {
    for (size_t i = 1; i < ctx.argc(); ++i) {
        if (!ctx.arg_is(i, "auth")) continue;
        for (size_t secrets = 2; secrets > 0 && i + 1 < ctx.argc(); --secrets) ctx.redact(++i);
    }
}

void cmd_hello(Ctx& ctx) {
    redact_hello(ctx);
    int64_t version = ctx.client.resp;
    if (ctx.argc() > 1) {
        const auto asked = parse_int64(ctx.arg(1));
        if (!asked)
            return ctx.reply.error("ERR Protocol version is not an integer or out of range");
        if (*asked < 2 || *asked > 3)
            return ctx.reply.error("NOPROTO unsupported protocol version");
        version = *asked;
    }
    Slice user, password, name;
    bool auth = false, named = false;
    for (size_t i = 2; i < ctx.argc(); ++i) {
        if (ctx.arg_is(i, "auth") && i + 2 < ctx.argc()) {
            auth = true;
            user = ctx.arg(++i);
            password = ctx.arg(++i);
        } else if (ctx.arg_is(i, "setname") && i + 1 < ctx.argc()) {
            named = true;
            name = ctx.arg(++i);
            if (!valid_name(name)) {
                return ctx.reply.error(
                    "ERR Client names cannot contain spaces, newlines or special characters.");
            }
        } else {
            return ctx.reply.error("ERR Syntax error in HELLO option '" + std::string(ctx.arg(i)) +
                                   "'");
        }
    }
    if (auth && !authenticate(ctx, user, password)) return;
    if (!ctx.client.may_speak()) {
        return ctx.reply.error(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the "
            "HELLO <proto> "
            "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
            "protocol "
            "version at the same time");
    }
    if (named) ctx.client.name = std::string(name);
    ctx.client.resp = static_cast<uint8_t>(version);
    ctx.reply.set_resp(ctx.client.resp);
    reply_hello(ctx);
}

void cmd_reset(Ctx& ctx) {
    Client& client = ctx.client;
    ctx.parts.control.set_monitor(client, false);
    discard_transaction(ctx.parts, client);
    ctx.parts.pubsub.unsubscribe_all(client);
    stop_tracking(ctx.parts, client);
    client.db = 0;
    client.resp = 2;
    client.no_evict = client.no_touch = client.import_source = client.capa_redirect = false;
    client.name.clear();
    client.user = ctx.parts.users.default_user();
    client.authenticated = client.user->is_open();
    ctx.reply.set_resp(2);
    // CLIENT REPLY OFF ends before this reply, a SKIP only after it.
    if (client.reply_mode == ReplyMode::off) ctx.reply.unmute();
    client.reply_mode = ReplyMode::on;
    ctx.reply.simple("RESET");
}

constexpr uint64_t kAnyState = kNoScript | kLoading | kStale;
constexpr HistoryItem kAuthHistory[] = {{"6.0.0", "A user name before the password."}};
constexpr HistoryItem kHelloHistory[] = {
    {"8.1.0", "The reply names the availability zone, where one is set."},
    {"6.2.0", "Works without arguments, to ask for the present state."}};

constexpr Command kConnectionCommands[] = {
    {.name = "auth",
     .run = cmd_auth,
     .arity = -2,
     .flags = kAnyState | kFast | kNoAuth | kSentinel | kAllowBusy,
     .acl = kAclConnection | kAclFast,
     .group = Group::connection,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of passwords defined for the user",
     .syntax = "[username@6.0.0] password",
     .summary = "Authenticates the connection.",
     .history = kAuthHistory},
    {.name = "echo",
     .run = cmd_echo,
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .acl = kAclConnection | kAclFast,
     .group = Group::connection,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "message",
     .summary = "Returns the given string."},
    {.name = "hello",
     .run = cmd_hello,
     .arity = -1,
     .flags = kAnyState | kFast | kNoAuth | kSentinel | kAllowBusy,
     .acl = kAclConnection | kAclFast,
     .group = Group::connection,
     .since = "6.0.0",
     .complexity = "O(1)",
     .syntax = "arguments=[protover:integer [AUTH username password] [SETNAME clientname]]",
     .summary = "Greets the server and chooses the protocol version.",
     .history = kHelloHistory},
    {.name = "ping",
     .run = cmd_ping,
     .arity = -1,
     .flags = kFast | kSentinel,
     .acl = kAclConnection | kAclFast,
     .group = Group::connection,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "[message]",
     .summary = "Answers, so that a client knows the server is alive.",
     .tips = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "quit",
     .run = cmd_quit,
     .arity = -1,
     .flags = kAllowBusy | kNoScript | kLoading | kStale | kFast | kNoAuth,
     .acl = kAclConnection | kAclFast,
     .group = Group::connection,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Closes the connection."},
    {.name = "reset",
     .run = cmd_reset,
     .arity = 1,
     .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
     .acl = kAclConnection | kAclFast,
     .group = Group::connection,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Puts the connection back into the state of a new one."},
    {.name = "select",
     .run = cmd_select,
     .arity = 2,
     .flags = kAllowBusy | kLoading | kStale | kFast,
     .acl = kAclConnection | kAclFast,
     .group = Group::connection,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "index",
     .summary = "Chooses the database of the connection.",
     .databases = DatabaseArgs::first_arg},
};

}  // namespace

std::span<const Command> connection_commands() { return kConnectionCommands; }

}  // namespace rota
