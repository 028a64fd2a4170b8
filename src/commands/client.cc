// SPDX-License-Identifier: BSD-3-Clause
// CLIENT: what connections are and how they behave.
#include "client/filter.h"
#include "commands/ctx.h"
#include "commands/tracking.h"
#include "config/table.h"
#include "platform/text.h"

namespace rota {
namespace {

// Printable and without blanks: names travel in the lines of CLIENT LIST.
bool printable(Slice text) {
    for (const char byte : text) {
        if (byte < '!' || byte > '~') return false;
    }
    return true;
}

void cmd_id(Ctx& ctx) { ctx.reply.integer(static_cast<int64_t>(ctx.client.id)); }

void cmd_getname(Ctx& ctx) {
    ctx.client.name.empty() ? ctx.reply.null() : ctx.reply.bulk(ctx.client.name);
}

void cmd_setname(Ctx& ctx) {
    if (!printable(ctx.arg(2)))
        return ctx.reply.error(
            "ERR Client names cannot contain spaces, newlines or special characters.");
    ctx.client.name = std::string(ctx.arg(2));
    ctx.reply.ok();
}

void cmd_setinfo(Ctx& ctx) {
    std::string* field = ctx.arg_is(2, "lib-name")  ? &ctx.client.lib_name
                         : ctx.arg_is(2, "lib-ver") ? &ctx.client.lib_ver
                                                    : nullptr;
    if (field == nullptr)
        return ctx.reply.error("ERR Unrecognized option '" + std::string(ctx.arg(2)) + "'");
    if (!printable(ctx.arg(3)))
        return ctx.reply.error("ERR " + std::string(ctx.arg(2)) +
                               " cannot contain spaces, newlines or special characters.");
    *field = std::string(ctx.arg(3));
    ctx.reply.ok();
}

void cmd_info(Ctx& ctx) { ctx.reply.verbatim("txt", describe(ctx.client, ctx.now_ms()) + "\n"); }

void cmd_list(Ctx& ctx) {
    const auto filter =
        ClientFilter::parse(ctx.args.subspan(2), ctx.parts.keyspace.count(), ctx.parts.users);
    if (!filter) return ctx.reply.error(filter.error().message);
    std::string lines;
    ctx.parts.clients.for_each([&](const Client& client) {
        if (client.closing || !filter->matches(client, ctx.now_ms())) return;
        if (filter->skip_me().value_or(false) && &client == &ctx.client) return;
        lines += describe(client, ctx.now_ms());
        lines += '\n';
    });
    ctx.reply.verbatim("txt", lines);
}

// A client that ends itself still gets its reply.
void end_client(Ctx& ctx, Client& client) {
    if (&client == &ctx.client) {
        client.close_after_reply = true;
    } else {
        ctx.parts.control.close_client(client);
    }
}

// CLIENT KILL addr:port, the form that has been there from the beginning.
void kill_by_address(Ctx& ctx) {
    Client* found = nullptr;
    ctx.parts.clients.for_each([&](Client& client) {
        if (client.peer == ctx.arg(2) && !client.closing) found = &client;
    });
    if (found == nullptr) return ctx.reply.error("ERR No such client");
    end_client(ctx, *found);
    ctx.reply.ok();
}

void cmd_kill(Ctx& ctx) {
    if (ctx.argc() == 3) return kill_by_address(ctx);
    const auto filter =
        ClientFilter::parse(ctx.args.subspan(2), ctx.parts.keyspace.count(), ctx.parts.users);
    if (!filter) return ctx.reply.error(filter.error().message);
    int64_t killed = 0;
    ctx.parts.clients.for_each([&](Client& client) {
        if (client.closing || !filter->matches(client, ctx.now_ms())) return;
        if (filter->skip_me().value_or(true) && &client == &ctx.client) return;
        end_client(ctx, client);
        ++killed;
    });
    ctx.reply.integer(killed);
}

// ON or OFF; nullopt after having replied with an error.
std::optional<bool> switch_arg(Ctx& ctx, size_t index) {
    if (ctx.arg_is(index, "on")) return true;
    if (ctx.arg_is(index, "off")) return false;
    ctx.syntax_error();
    return std::nullopt;
}

void cmd_no_evict(Ctx& ctx) {
    const auto on = switch_arg(ctx, 2);
    if (!on) return;
    ctx.client.no_evict = *on;
    ctx.reply.ok();
}

void cmd_no_touch(Ctx& ctx) {
    const auto on = switch_arg(ctx, 2);
    if (!on) return;
    ctx.client.no_touch = *on;
    ctx.reply.ok();
}

void cmd_capa(Ctx& ctx) {
    for (size_t i = 2; i < ctx.argc(); ++i) {
        if (ctx.arg_is(i, "redirect")) ctx.client.capa_redirect = true;  // unknown ones are ignored
    }
    ctx.reply.ok();
}

void cmd_import_source(Ctx& ctx) {
    if (ctx.parts.config.get("import-mode") != "yes")
        return ctx.reply.error("ERR Server is not in import mode");
    const auto on = switch_arg(ctx, 2);
    if (!on) return;
    ctx.client.import_source = *on;
    ctx.reply.ok();
}

void cmd_reply(Ctx& ctx) {
    if (ctx.arg_is(2, "on")) {
        ctx.client.reply_mode = ReplyMode::on;
        ctx.reply.unmute();
        ctx.reply.ok();
    } else if (ctx.arg_is(2, "off")) {
        ctx.client.reply_mode = ReplyMode::off;
    } else if (ctx.arg_is(2, "skip")) {
        if (ctx.client.reply_mode != ReplyMode::off) ctx.client.reply_mode = ReplyMode::skip_next;
    } else {
        ctx.syntax_error();
    }
}

void cmd_pause(Ctx& ctx) {
    PauseMode mode = PauseMode::all;
    if (ctx.argc() == 4) {
        if (!ctx.arg_is(3, "write") && !ctx.arg_is(3, "all"))
            return ctx.reply.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
        if (ctx.arg_is(3, "write")) mode = PauseMode::write;
    }  // more arguments than that say nothing
    const auto timeout_ms = ctx.integer_arg(2, "ERR timeout is not an integer or out of range");
    if (!timeout_ms) return;
    if (*timeout_ms < 0) return ctx.reply.error("ERR timeout is negative");
    int64_t until_ms;
    if (__builtin_add_overflow(*timeout_ms, ctx.now_ms(), &until_ms))
        return ctx.reply.error("ERR timeout is out of range");
    ctx.parts.control.pause_clients(mode, until_ms);
    ctx.reply.ok();
}

void cmd_unpause(Ctx& ctx) {
    ctx.parts.control.unpause_clients();
    ctx.reply.ok();
}

void cmd_unblock(Ctx& ctx) {
    if (ctx.argc() == 4 && !ctx.arg_is(3, "timeout") && !ctx.arg_is(3, "error"))
        return ctx.reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    const auto id = ctx.integer_arg(2);
    if (!id) return;
    Client* client = ctx.parts.clients.find(static_cast<uint64_t>(*id));
    if (client == nullptr || !client->blocked) return ctx.reply.integer(0);
    ctx.parts.control.unblock(
        *client, ctx.arg_is(3, "error") ? UnblockReason::error : UnblockReason::timeout);
    ctx.reply.integer(1);
}

void cmd_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "CACHING (YES|NO)",
        "    Say whether the keys of the next command are tracked, under OPTIN or OPTOUT.",
        "CAPA <option> [option ...]",
        "    Announce what this client can do. Option: redirect (it follows -REDIRECT replies).",
        "GETNAME",
        "    Return the name of this connection.",
        "GETREDIR",
        "    Return the id of the client that gets the invalidation messages, or -1.",
        "ID",
        "    Return the id of this connection.",
        "IMPORT-SOURCE (ON|OFF)",
        "    Mark this connection as one that imports data, in import mode.",
        "INFO",
        "    Return what CLIENT LIST says about this connection.",
        "KILL <ip:port>",
        "    End the connection from this address.",
        "KILL <filter> <value> [<filter> <value> ...]",
        "    End the connections that match all filters: ID, TYPE, USER, ADDR, LADDR, IP, MAXAGE, "
        "NAME, IDLE,",
        "    FLAGS, LIB-NAME, LIB-VER, DB, CAPA, each but MAXAGE and IDLE also as NOT-<filter>; "
        "SKIPME (YES|NO).",
        "LIST [<filter> <value> ...]",
        "    List connections, filtered as in KILL.",
        "NO-EVICT (ON|OFF)",
        "    Protect this connection from client eviction.",
        "NO-TOUCH (ON|OFF)",
        "    Commands of this connection do not refresh when keys were last used.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Hold back all commands, or those that write, for some milliseconds.",
        "REPLY (ON|OFF|SKIP)",
        "    Choose whether commands are answered.",
        "SETINFO <option> <value>",
        "    Name the client library (lib-name) or its version (lib-ver).",
        "SETNAME <name>",
        "    Name this connection.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT]",
        "         [NOLOOP]",
        "    Be told when keys change that this connection has read, or those with a prefix.",
        "TRACKINGINFO",
        "    Return how this connection tracks keys.",
        "UNBLOCK <client-id> [TIMEOUT|ERROR]",
        "    Wake a client that waits in a blocking command.",
        "UNPAUSE",
        "    End a pause.",
    };
    ctx.help(kLines);
}

constexpr uint64_t kAlways = kNoScript | kLoading | kStale;
constexpr uint32_t kAcl = kAclConnection | kAclSlow;
constexpr uint32_t kAdminAcl = kAclAdmin | kAclConnection | kAclDangerous | kAclSlow;
constexpr Slice kEverywhere = "REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:ALL_SUCCEEDED";

// The filters that LIST and KILL got together, with what stands between two of them.
#define ROTA_CLIENT_FILTERS(between, types)                                                       \
    "[NAME name@9.0.0]" between "[IDLE idle@9.0.0]" between "[FLAGS flags@9.0.0]" between         \
    "[LIB-NAME lib-name@9.0.0]" between "[LIB-VER lib-ver@9.0.0]" between "[DB db@9.0.0]" between \
    "[CAPA capa@9.0.0]" between "[IP ip@9.0.0]" between "[NOT-TYPE not-client-type=<" types       \
    ">@9.0.0]" between "[NOT-ID not-client-id@9.0.0 [not-client-id ...]]" between                 \
    "[NOT-USER not-username@9.0.0]" between "[NOT-ADDR not-addr=ip:port@9.0.0]" between           \
    "[NOT-LADDR not-laddr=ip:port@9.0.0]" between "[NOT-NAME not-name@9.0.0]" between             \
    "[NOT-FLAGS not-flags@9.0.0]" between "[NOT-LIB-NAME not-lib-name@9.0.0]" between             \
    "[NOT-LIB-VER not-lib-ver@9.0.0]" between "[NOT-DB not-db:integer@9.0.0]" between             \
    "[NOT-CAPA not-capa@9.0.0]" between "[NOT-IP not-ip@9.0.0]"
constexpr Slice kKillSyntax =
    "filter=<old-format=ip:port!2.8.12|new-format=<[ID client-id@2.8.12 [client-id ...]]|"
    "[TYPE "
    "client-type=<NORMAL|MASTER@3.2.0|PRIMARY@8.0.0|SLAVE|REPLICA@5.0.0|PUBSUB>@2.8.12]|[USER "
    "username]|"
    "[ADDR addr=ip:port]|[LADDR laddr=ip:port@6.2.0]|[SKIPME skipme=<YES|NO>]|[MAXAGE "
    "maxage@8.0.0]|" ROTA_CLIENT_FILTERS("|",
                                         "NORMAL|MASTER|PRIMARY|SLAVE|REPLICA|PUBSUB") "> [...]>";
constexpr Slice kListSyntax =
    "[TYPE client-type=<NORMAL|MASTER|REPLICA|PUBSUB>@5.0.0] [ID client-id@6.2.0 [client-id ...]] "
    "[USER username@8.1.0] [ADDR addr=ip:port@8.1.0] [LADDR laddr=ip:port@8.1.0] [SKIPME "
    "skipme=<YES|NO>@8.1.0] "
    "[MAXAGE maxage@8.1.0] " ROTA_CLIENT_FILTERS(" ", "NORMAL|MASTER|REPLICA|PUBSUB");
#undef ROTA_CLIENT_FILTERS

constexpr Command sub(Slice name, Handler run, int arity, uint64_t flags, uint32_t acl, Slice since,
                      Slice complexity, Slice syntax, Slice summary, Slice tips = {},
                      std::span<const HistoryItem> history = {}) {
    return {.name = name,
            .run = run,
            .arity = arity,
            .flags = flags,
            .keys = {},
            .acl = acl,
            .group = Group::connection,
            .since = since,
            .complexity = complexity,
            .syntax = syntax,
            .summary = summary,
            .tips = tips,
            .history = history};
}

constexpr HistoryItem kKillHistory[] = {{"2.8.12", "Takes filters, not only an address."},
                                        {"2.8.12", "`ID`."},
                                        {"3.2.0", "`TYPE master`."},
                                        {"5.0.0", "`TYPE replica` beside `slave`."},
                                        {"6.2.0", "`LADDR`."},
                                        {"8.0.0", "`MAXAGE`."},
                                        {"8.0.0", "`TYPE primary` beside `master`."},
                                        {"8.1.0", "Several ids after `ID`."},
                                        {"9.0.0", "More filters, and their `NOT-` forms."}};
constexpr HistoryItem kListHistory[] = {
    {"2.8.12", "Ids of clients that are never used twice."},
    {"5.0.0", "`TYPE`."},
    {"6.0.0", "The field `user`."},
    {"6.2.0", "`ID`, and the field `laddr`."},
    {"7.0.0", "The fields `resp`, `multi-mem`, `rbs` and `rbp`."},
    {"7.0.3", "The field `ssub`."},
    {"8.0.0", "The fields `lib-name` and `capa`."},
    {"8.1.0", "The filters of `CLIENT KILL`."},
    {"9.0.0", "More filters, and their `NOT-` forms."}};
constexpr HistoryItem kPauseHistory[] = {{"6.2.0", "`WRITE`, and `ALL` by name."}};

constexpr Slice kPerClient = "O(N) where N is the number of client connections";
constexpr Command kClientSubcommands[] = {
    sub("caching", cmd_client_caching, 3, kAllowBusy | kAlways | kSentinel, kAcl, "6.0.0", "O(1)",
        "mode=<YES|NO>", "Says whether the next command's keys are tracked."),
    sub("capa", cmd_capa, -3, kAllowBusy | kAlways, kAcl, "8.0.0", "O(1)",
        "capability [capability ...]", "Announces what the client can do."),
    sub("getname", cmd_getname, 2, kAllowBusy | kAlways | kSentinel, kAcl, "2.6.9", "O(1)", "",
        "Returns the name of the connection."),
    sub("getredir", cmd_client_getredir, 2, kAllowBusy | kAlways | kSentinel, kAcl, "6.0.0", "O(1)",
        "", "Returns the id of the client that gets the connection's invalidation messages."),
    sub("help", cmd_help, 2, kLoading | kStale | kSentinel, kAcl, "5.0.0", "O(1)", "",
        "Explains the subcommands."),
    sub("id", cmd_id, 2, kAllowBusy | kAlways | kSentinel, kAcl, "5.0.0", "O(1)", "",
        "Returns the id of the connection."),
    sub("import-source", cmd_import_source, 3, kAlways, kAcl, "8.1.0", "O(1)", "enabled=<ON|OFF>",
        "Marks the connection as one that imports data."),
    sub("info", cmd_info, 2, kAlways | kSentinel, kAcl, "6.2.0", "O(1)", "",
        "Returns information about the connection.", "NONDETERMINISTIC_OUTPUT"),
    sub("kill", cmd_kill, -3, kAdmin | kAlways | kSentinel, kAdminAcl, "2.4.0", kPerClient,
        kKillSyntax, "Ends connections.", {}, kKillHistory),
    sub("list", cmd_list, -2, kAdmin | kAlways | kSentinel, kAdminAcl, "2.4.0", kPerClient,
        kListSyntax, "Lists connections.", "NONDETERMINISTIC_OUTPUT", kListHistory),
    sub("no-evict", cmd_no_evict, 3, kAllowBusy | kAdmin | kAlways | kSentinel, kAdminAcl, "7.0.0",
        "O(1)", "enabled=<ON|OFF>", "Protects the connection from client eviction."),
    sub("no-touch", cmd_no_touch, 3, kAllowBusy | kAlways, kAcl, "7.2.0", "O(1)",
        "enabled=<ON|OFF>",
        "Chooses whether the connection's commands refresh when keys were last used."),
    sub("pause", cmd_pause, -3, kAdmin | kAlways | kSentinel, kAdminAcl, "3.0.0", "O(1)",
        "timeout:integer mode=[WRITE|ALL]@6.2.0", "Holds commands back.", {}, kPauseHistory),
    sub("reply", cmd_reply, 3, kAllowBusy | kAlways | kNoMulti | kSentinel, kAcl, "3.2.0", "O(1)",
        "action=<ON|OFF|SKIP>", "Chooses whether commands are answered."),
    sub("setinfo", cmd_setinfo, 4, kAllowBusy | kAlways | kSentinel, kAcl, "7.2.0", "O(1)",
        "attr=<LIB-NAME libname|LIB-VER libver>", "Names the client library of the connection.",
        kEverywhere),
    sub("setname", cmd_setname, 3, kAllowBusy | kAlways | kSentinel, kAcl, "2.6.9", "O(1)",
        "connection-name", "Names the connection.", kEverywhere),
    sub("tracking", cmd_client_tracking, -3, kAlways | kSentinel, kAcl, "6.0.0",
        "O(1). Some options may introduce additional complexity.",
        "status=<ON|OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] "
        "[OPTOUT] "
        "[NOLOOP]",
        "Chooses whether the client is told when keys change that it has read."),
    sub("trackinginfo", cmd_client_trackinginfo, 2, kAlways | kSentinel, kAcl, "6.2.0", "O(1)", "",
        "Returns how the connection tracks keys."),
    sub("unblock", cmd_unblock, -3, kAdmin | kAlways | kSentinel, kAdminAcl, "5.0.0",
        "O(log N) where N is the number of client connections",
        "client-id unblock-type=[TIMEOUT|ERROR]",
        "Wakes a client that waits in a blocking command."),
    sub("unpause", cmd_unpause, 2, kAdmin | kAlways | kSentinel, kAdminAcl, "6.2.0",
        "O(N) Where N is the number of paused clients", "", "Ends a pause."),
};

constexpr Command kClientCommands[] = {
    {.name = "client",
     .arity = -2,
     .flags = kSentinel,
     .acl = kAclSlow,
     .group = Group::connection,
     .since = "2.4.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for commands about connections.",
     .subcommands = kClientSubcommands},
};

}  // namespace

std::span<const Command> client_commands() { return kClientCommands; }

}  // namespace rota
