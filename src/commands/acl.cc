// SPDX-License-Identifier: BSD-3-Clause
// ACL: users and what they may do. What a change takes away, it takes from the connections that
// are there already, before the command replies.
#include <algorithm>

#include "acl/category.h"
#include "acl/users.h"
#include "commands/ctx.h"
#include "commands/permissions.h"
#include "platform/log.h"
#include "platform/process.h"
#include "platform/text.h"

namespace rota {
namespace {

void redact_all(Ctx& ctx) {
    for (size_t i = 2; i < ctx.argc(); ++i) ctx.redact(i);
}

// One that ends itself still gets its reply.
void end_client(Ctx& ctx, Client& client) {
    if (&client == &ctx.client)
        client.close_after_reply = true;
    else
        ctx.parts.control.close_client(client);
}

// ---- Changes

// Those who listen to what the user may not any more are ended.
void end_who_hear_too_much(Ctx& ctx, const AclUser& user) {
    ctx.parts.clients.for_each([&](Client& client) {
        if (client.closing || client.user->name() != user.name()) return;
        if (Permissions::hears_too_much(client, user)) end_client(ctx, client);
    });
}

// What is left of them until they are gone may nothing.
void end_all_of(Ctx& ctx, Slice name) {
    ctx.parts.clients.for_each([&](Client& client) {
        if (client.closing || client.user->name() != name) return;
        client.user = ctx.parts.users.default_user();
        client.authenticated = false;
        end_client(ctx, client);
    });
}

void cmd_setuser(Ctx& ctx) {
    redact_all(ctx);
    const Slice name = ctx.arg(2);
    if (!is_user_name(name))
        return ctx.reply.error("ERR Usernames can't contain spaces or null characters");
    const AclRules given = join_selectors(ctx.args.subspan(3));
    if (!given.unmatched.empty())
        return ctx.reply.error("ERR Unmatched parenthesis in acl selector starting at '" +
                               given.unmatched + "'.");
    AclUser user = ctx.parts.users.draft(name);
    for (const std::string& rule : given.rules) {
        const AclError error = user.apply(rule, ctx.parts.users.catalog());
        if (error == AclError::none) continue;
        return ctx.reply.error("ERR Error in ACL SETUSER modifier '" + rule +
                               "': " + std::string(acl_error_text(error)));
    }
    end_who_hear_too_much(ctx, user);
    ctx.parts.users.put(std::move(user));
    ctx.parts.control.permissions_changed();
    ctx.reply.ok();
}

void cmd_deluser(Ctx& ctx) {
    redact_all(ctx);
    const auto names = ctx.args.subspan(2);
    if (std::ranges::find(names, Slice("default")) != names.end())
        return ctx.reply.error("ERR The 'default' user cannot be removed");
    int64_t removed = 0;
    for (const Slice name : names) {
        if (!ctx.parts.users.remove(name)) continue;
        end_all_of(ctx, name);
        ++removed;
    }
    if (removed > 0) ctx.parts.control.permissions_changed();
    ctx.reply.integer(removed);
}

bool has_file(Ctx& ctx) {
    if (ctx.parts.users.has_file()) return true;
    ctx.reply.error(
        "ERR This instance is not configured to use an ACL file. You may want to specify users via "
        "the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a "
        "configuration file set) in order to store users in the configuration.");
    return false;
}

void cmd_load(Ctx& ctx) {
    if (!has_file(ctx)) return;
    auto set = ctx.parts.users.read_file();
    if (!set) return ctx.reply.error("ERR " + set.error().message);
    for (const auto& [name, user] : *set) end_who_hear_too_much(ctx, user);
    std::vector<std::string> gone;
    for (const auto& [name, user] : ctx.parts.users.all()) {
        if (!set->contains(name) && name != "default") gone.push_back(name);
    }
    for (const std::string& name : gone) end_all_of(ctx, name);
    ctx.parts.users.replace(std::move(*set));
    ctx.parts.control.permissions_changed();
    ctx.reply.ok();
}

void cmd_save(Ctx& ctx) {
    if (!has_file(ctx)) return;
    if (const auto written = ctx.parts.users.write_file(); !written) {
        log(LogLevel::warning, "Saving ACL file: %s", written.error().message.c_str());
        return ctx.reply.error(
            "ERR There was an error trying to save the ACLs. Please check the server logs for more "
            "information");
    }
    ctx.reply.ok();
}

// ---- Questions

void reply_pair(Reply& reply, Slice name, Slice value) {
    reply.bulk(name);
    reply.bulk(value);
}

void reply_selector(Reply& reply, const AclSelector& selector) {
    reply_pair(reply, "commands", selector.describe_commands());
    reply_pair(reply, "keys", selector.describe_keys());
    reply_pair(reply, "channels", selector.describe_channels());
    reply_pair(reply, "databases", selector.describe_databases());
}

void cmd_getuser(Ctx& ctx) {
    redact_all(ctx);
    const auto user = ctx.parts.users.find(ctx.arg(2));
    if (!user) return ctx.reply.null();
    Reply& reply = ctx.reply;
    reply.map(7);
    reply.bulk("flags");
    reply.set(user->needs_no_password() ? 2 : 1);
    reply.bulk(user->enabled() ? "on" : "off");
    if (user->needs_no_password()) reply.bulk("nopass");
    reply.bulk("passwords");
    reply.array(user->passwords().size());
    for (const std::string& hash : user->passwords()) reply.bulk(hash);
    const auto selectors = std::span(user->selectors());
    reply_selector(reply, selectors[0]);
    reply.bulk("selectors");
    reply.array(selectors.size() - 1);
    for (const AclSelector& selector : selectors.subspan(1)) {
        reply.map(4);
        reply_selector(reply, selector);
    }
}

void cmd_list(Ctx& ctx) {
    const auto lines = ctx.parts.users.lines();
    ctx.reply.array(lines.size());
    for (const std::string& line : lines) ctx.reply.bulk(line);
}

void cmd_users(Ctx& ctx) {
    ctx.reply.array(ctx.parts.users.all().size());
    for (const auto& [name, user] : ctx.parts.users.all()) ctx.reply.bulk(name);
}

void cmd_whoami(Ctx& ctx) { ctx.reply.bulk(ctx.client.user->name()); }

void cmd_cat(Ctx& ctx) {
    if (ctx.argc() > 3) return ctx.unknown_subcommand();
    if (ctx.argc() == 2) {
        ctx.reply.array(std::size(kAclCategories));
        for (const AclCategoryName& category : kAclCategories) ctx.reply.bulk(category.name);
        return;
    }
    const auto category = acl_category(ctx.arg(2));
    if (!category) return ctx.reply.error("ERR Unknown category '" + std::string(ctx.arg(2)) + "'");
    const size_t begin = ctx.reply.begin();
    size_t count = 0;
    for (const AclCommand& command : ctx.parts.users.catalog().all()) {
        if (!(command.categories & *category)) continue;
        ctx.reply.bulk(command.full_name);
        ++count;
    }
    ctx.reply.end_array(begin, count);
}

void reply_log_entry(Ctx& ctx, const AclLogEntry& entry) {
    Reply& reply = ctx.reply;
    reply.map(10);
    reply.bulk("count");
    reply.integer(static_cast<int64_t>(entry.count));
    reply_pair(reply, "reason", acl_reason_name(entry.reason));
    reply_pair(reply, "context", acl_context_name(entry.context));
    reply_pair(reply, "object", entry.object);
    reply_pair(reply, "username", entry.user);
    reply.bulk("age-seconds");
    reply.real(static_cast<double>(ctx.now_ms() - entry.updated_ms) / 1000);
    reply_pair(reply, "client-info", entry.client);
    reply.bulk("entry-id");
    reply.integer(static_cast<int64_t>(entry.id));
    reply.bulk("timestamp-created");
    reply.integer(entry.created_ms);
    reply.bulk("timestamp-last-updated");
    reply.integer(entry.updated_ms);
}

void cmd_log(Ctx& ctx) {
    constexpr int64_t kShown = 10;
    if (ctx.argc() > 3) return ctx.unknown_subcommand();
    AclLog& log = ctx.parts.permissions.log();
    if (ctx.arg_is(2, "reset")) {
        log.clear();
        return ctx.reply.ok();
    }
    const auto wanted = ctx.argc() == 3 ? ctx.integer_arg(2) : kShown;
    if (!wanted) return;
    const size_t count =
        std::min(log.entries().size(), static_cast<size_t>(std::max<int64_t>(*wanted, 0)));
    ctx.reply.array(count);
    for (size_t i = 0; i < count; ++i) reply_log_entry(ctx, log.entries()[i]);
}

void cmd_dryrun(Ctx& ctx) {
    const auto user = ctx.parts.users.find(ctx.arg(2));
    if (!user) return ctx.reply.error("ERR User '" + std::string(ctx.arg(2)) + "' not found");
    const auto args = ctx.args.subspan(3);
    const RegisteredCommand* command = ctx.parts.commands.resolve(args);
    if (command == nullptr)
        return ctx.reply.error("ERR Command '" + std::string(args[0]) + "' not found");
    const int arity = command->row->arity;
    const auto count = static_cast<int>(args.size());
    if (command->row->run == nullptr || (arity > 0 ? count != arity : count < -arity))
        return ctx.reply.error("ERR wrong number of arguments for '" + command->full_name +
                               "' command");
    const AclDenial denied = ctx.parts.permissions.check(*user, *command, args, ctx.client.db);
    if (!denied) return ctx.reply.ok();
    ctx.reply.bulk(Permissions::long_text(*user, *command, args, denied));
}

void cmd_genpass(Ctx& ctx) {
    constexpr int64_t kBits = 256, kBitsMax = 4096;
    if (ctx.argc() > 3) return ctx.unknown_subcommand();
    const auto bits = ctx.argc() == 3 ? ctx.integer_arg(2) : kBits;
    if (!bits) return;
    if (*bits <= 0 || *bits > kBitsMax)
        return ctx.reply.error(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a "
            "positive number up to 4096");
    ctx.reply.bulk(random_hex(static_cast<size_t>(*bits + 3) / 4));
}

void cmd_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "CAT [<category>]",
        "    List the commands of a category, or all categories.",
        "DELUSER <username> [<username> ...]",
        "    Remove users and end their connections.",
        "DRYRUN <username> <command> [<arg> ...]",
        "    Say whether a user may run a command, without running it.",
        "GENPASS [<bits>]",
        "    Return a random password, of 256 bits where nothing else is said.",
        "GETUSER <username>",
        "    Return the rules of a user.",
        "LIST",
        "    List users as the lines of a configuration file.",
        "LOAD",
        "    Read all users from the ACL file.",
        "LOG [<count>|RESET]",
        "    Show what was refused to whom, or forget it.",
        "SAVE",
        "    Write all users into the ACL file.",
        "SETUSER <username> <rule> [<rule> ...]",
        "    Make a user, or change one.",
        "USERS",
        "    List the names of all users.",
        "WHOAMI",
        "    Return the user of this connection.",
    };
    ctx.help(kLines);
}

constexpr uint64_t kAlways = kNoScript | kLoading | kStale | kSentinel;
constexpr uint64_t kAdminOnly = kAdmin | kAlways;
constexpr uint32_t kAdminAcl = kAclAdmin | kAclDangerous | kAclSlow;
constexpr Slice kEverywhere = "REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:ALL_SUCCEEDED";

constexpr Command sub(Slice name, Handler run, int arity, uint64_t flags, uint32_t acl, Slice since,
                      Slice complexity, Slice syntax, Slice summary, Slice tips = {},
                      std::span<const HistoryItem> history = {}) {
    return {.name = name,
            .run = run,
            .arity = arity,
            .flags = flags,
            .keys = {},
            .acl = acl,
            .group = Group::server,
            .since = since,
            .complexity = complexity,
            .syntax = syntax,
            .summary = summary,
            .tips = tips,
            .history = history};
}

constexpr HistoryItem kGetuserHistory[] = {
    {"6.2.0", "The patterns of channels."},
    {"7.0.0", "Selectors, and patterns of keys and channels as rules."},
    {"9.1.0", "Databases."}};
constexpr HistoryItem kLogHistory[] = {
    {"7.2.0", "The number of an entry, and when it was made and last changed."}};
constexpr HistoryItem kSetuserHistory[] = {{"6.2.0", "Patterns of channels."},
                                           {"7.0.0", "Selectors, and permissions of keys."},
                                           {"9.1.0", "Databases."}};

constexpr Slice kPerUser = "O(N). Where N is the number of configured users.";
constexpr Command kAclSubcommands[] = {
    sub("cat", cmd_cat, -2, kAlways, kAclSlow, "6.0.0",
        "O(1) since the categories and commands are a fixed set.", "[category]",
        "Lists categories, or the commands of one."),
    sub("deluser", cmd_deluser, -3, kAdminOnly, kAdminAcl, "6.0.0",
        "O(1) amortized time considering the typical user.", "username [username ...]",
        "Removes users and ends their connections.", kEverywhere),
    sub("dryrun", cmd_dryrun, -4, kAdminOnly, kAdminAcl, "7.0.0", "O(1).",
        "username command [arg [arg ...]]", "Says whether a user may run a command."),
    sub("genpass", cmd_genpass, -2, kAlways, kAclSlow, "6.0.0", "O(1)", "[bits:integer]",
        "Returns a random password."),
    sub("getuser", cmd_getuser, 3, kAdminOnly, kAdminAcl, "6.0.0",
        "O(N). Where N is the number of password, command and pattern rules that the user has.",
        "username", "Returns the rules of a user.", {}, kGetuserHistory),
    sub("help", cmd_help, 2, kLoading | kStale | kSentinel, kAclSlow, "6.0.0", "O(1)", "",
        "Explains the subcommands."),
    sub("list", cmd_list, 2, kAdminOnly, kAdminAcl, "6.0.0", kPerUser, "",
        "Lists users as the lines of a file."),
    sub("load", cmd_load, 2, kAdminOnly, kAdminAcl, "6.0.0", kPerUser, "",
        "Reads all users from the ACL file."),
    sub("log", cmd_log, -2, kAdminOnly, kAdminAcl, "6.0.0",
        "O(N) with N being the number of entries shown.", "operation=[count:integer|RESET]",
        "Shows what was refused to whom.", {}, kLogHistory),
    sub("save", cmd_save, 2, kAdminOnly, kAdminAcl, "6.0.0", kPerUser, "",
        "Writes all users into the ACL file.", kEverywhere),
    sub("setuser", cmd_setuser, -3, kAdminOnly, kAdminAcl, "6.0.0",
        "O(N). Where N is the number of rules provided.", "username [rule [rule ...]]",
        "Makes a user, or changes one.", kEverywhere, kSetuserHistory),
    sub("users", cmd_users, 2, kAdminOnly, kAdminAcl, "6.0.0", kPerUser, "",
        "Lists the names of all users."),
    sub("whoami", cmd_whoami, 2, kAlways, kAclSlow, "6.0.0", "O(1)", "",
        "Returns the user of the connection."),
};

constexpr Command kAclCommands[] = {
    {.name = "acl",
     .arity = -2,
     .flags = kSentinel,
     .acl = kAclSlow,
     .group = Group::server,
     .since = "6.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for commands about users.",
     .subcommands = kAclSubcommands},
};

}  // namespace

std::span<const Command> acl_commands() { return kAclCommands; }

}  // namespace rota
