// SPDX-License-Identifier: BSD-3-Clause
#include "commands/permissions.h"

#include <algorithm>

#include "client/client.h"
#include "client/pubsub.h"
#include "metrics/server_stats.h"
#include "platform/text.h"

namespace rota {
namespace {

// Of a key's name in the log, which is a stranger's to choose.
constexpr size_t kObjectMax = 1024;

uint8_t access_of(uint16_t key_flags) {
    uint8_t access = 0;
    if (key_flags & kAccess) access |= kAclKeyRead;
    if (key_flags & (kUpdate | kInsert | kDelete)) access |= kAclKeyWrite;
    return access;
}

bool has_keys(const Command& row) {
    return std::ranges::any_of(row.keys, [](const KeySpec& spec) {
        return spec.begin != KeySpec::Begin::none && !(spec.flags & kNotKey);
    });
}

// Whether the command looks into the database that is selected.
bool uses_selected_database(const Command& row) {
    switch (row.databases) {
        case DatabaseArgs::first_arg:
        case DatabaseArgs::first_two_args:
            return false;
        default:
            return (row.flags & (kReadonly | kWrite)) != 0 || (row.acl & kAclKeyspace) != 0 ||
                   has_keys(row);
    }
}

// Which of the arguments name databases.
std::vector<size_t> database_args(const Command& row, std::span<const Slice> args) {
    switch (row.databases) {
        case DatabaseArgs::selected:
            return {};
        case DatabaseArgs::first_arg:
            return {1};
        case DatabaseArgs::first_two_args:
            return {1, 2};
        case DatabaseArgs::second_arg:
            return {2};
        case DatabaseArgs::behind_word:
            break;
    }
    std::vector<size_t> found;
    for (size_t i = 3; i + 1 < args.size(); ++i) {
        if (equals_ignore_case(args[i], "db")) found.push_back(++i);
    }
    return found;
}

AclDenial check_databases(const AclSelector& selector, const Command& row,
                          std::span<const Slice> args, int selected, int count) {
    if (selector.all_databases()) return {};
    if (row.flags & kAllDbs) return {AclReason::database, 0};
    AclDenial denied;
    for (const size_t index : database_args(row, args)) {
        const auto db = parse_int64(args[index]);
        if (!db || *db < 0 || *db >= count) {  // the command will say so
            denied = {};
            break;
        }
        if (!denied && !selector.allows_database(static_cast<int>(*db)))
            denied = {AclReason::database, index};
    }
    if (!denied && uses_selected_database(row) && !selector.allows_database(selected))
        return {AclReason::database, 0};
    return denied;
}

AclDenial check_channels(const AclSelector& selector, const Command& row,
                         std::span<const Slice> args) {
    if (row.channels == ChannelArgs::none || selector.all_channels()) return {};
    const bool patterns = row.channels == ChannelArgs::patterns;
    const size_t end = row.channels == ChannelArgs::first ? 2 : args.size();
    for (size_t i = 1; i < end; ++i) {
        if (!selector.allows_channel(args[i], patterns)) return {AclReason::channel, i};
    }
    return {};
}

}  // namespace

const std::vector<KeyPosition>& Permissions::keys_of(const RegisteredCommand& command,
                                                     std::span<const Slice> args) {
    // Of arguments that cannot be right, those that are keys nevertheless.
    if (!keys_known_) key_positions(command, args, keys_);
    keys_known_ = true;
    return keys_;
}

AclDenial Permissions::check_selector(const AclSelector& selector, const RegisteredCommand& command,
                                      std::span<const Slice> args, int db) {
    const Command& row = *command.row;
    if (const AclDenial denied = check_databases(selector, row, args, db, databases_))
        return denied;
    const size_t words_at = command.parent != nullptr ? 2 : 1;
    if (!(row.flags & kNoAuth) &&
        !selector.allows_command(command.id, args.subspan(std::min(words_at, args.size()))))
        return {AclReason::command, 0};
    if (!selector.all_keys() && has_keys(row)) {
        for (const KeyPosition& key : keys_of(command, args)) {
            if (!selector.allows_key(args[key.index], access_of(key.flags)))
                return {AclReason::key, key.index};
        }
    }
    return check_channels(selector, row, args);
}

AclDenial Permissions::check_selectors(const AclUser& user, const RegisteredCommand& command,
                                       std::span<const Slice> args, int db) {
    keys_known_ = false;
    AclDenial worst;
    for (const AclSelector& selector : user.selectors()) {
        const AclDenial denied = check_selector(selector, command, args, db);
        if (!denied) return {};
        worst = std::max(worst, denied);
    }
    return worst;
}

bool Permissions::any_selector_reads_all(const AclUser& user, const RegisteredCommand& command,
                                         std::span<const Slice> args, int db) {
    keys_known_ = false;
    return std::ranges::any_of(user.selectors(), [&](const AclSelector& selector) {
        return selector.reads_every_key() && !check_selector(selector, command, args, db);
    });
}

// ---- What is told

std::string Permissions::short_text(const AclUser& user, const RegisteredCommand& command,
                                    AclDenial denied) {
    switch (denied.reason) {
        case AclReason::key:
            return "No permissions to access a key";
        case AclReason::channel:
            return "No permissions to access a channel";
        case AclReason::database:
            return "No permissions to access database";
        default:
            return "User " + user.name() + " has no permissions to run the '" + command.full_name +
                   "' command";
    }
}

std::string Permissions::long_text(const AclUser& user, const RegisteredCommand& command,
                                   std::span<const Slice> args, AclDenial denied) {
    const std::string object(args[denied.arg]);
    const std::string whose = "User " + user.name() + " has no permissions to access ";
    switch (denied.reason) {
        case AclReason::key:
            return whose + "the '" + object + "' key";
        case AclReason::channel:
            return whose + "the '" + object + "' channel";
        case AclReason::database:
            return whose + "database " + object;
        default:
            return short_text(user, command, denied);
    }
}

// ---- What is remembered

void Permissions::record(const Client& client, const RegisteredCommand& command,
                         std::span<const Slice> args, AclDenial denied, AclContext context) {
    const Slice object = denied.arg == 0 ? Slice(command.full_name) : args[denied.arg];
    add(client, denied.reason, context, object, client.user->name());
}

void Permissions::record_failed_login(const Client& client, Slice command, Slice user) {
    add(client, AclReason::auth, client.in_multi ? AclContext::multi : AclContext::toplevel,
        command, user);
}

void Permissions::add(const Client& client, AclReason reason, AclContext context, Slice object,
                      Slice user) {
    switch (reason) {
        case AclReason::none:
            return;
        case AclReason::database:
            ++stats_.denied_db;
            break;
        case AclReason::command:
            ++stats_.denied_command;
            break;
        case AclReason::key:
            ++stats_.denied_key;
            break;
        case AclReason::auth:
            ++stats_.denied_auth;
            break;
        case AclReason::channel:
            ++stats_.denied_channel;
    }
    const int64_t now_ms = clock_.wall_ms();
    log_.add({.reason = reason,
              .context = context,
              .object = std::string(object.substr(0, kObjectMax)),
              .user = std::string(user),
              .client = describe(client, now_ms)},
             now_ms, options_.acllog_max_len);
}

bool Permissions::hears_too_much(const Client& client, const AclUser& user) {
    if (!client.subscriptions) return false;
    const auto too_much = [&](Subscription kind) {
        for (const std::string& name : PubSub::names_of(client, kind)) {
            const auto allows = [&](const AclSelector& selector) {
                return selector.allows_channel(name, kind == Subscription::pattern);
            };
            if (std::ranges::none_of(user.selectors(), allows)) return true;
        }
        return false;
    };
    return too_much(Subscription::pattern) || too_much(Subscription::channel) ||
           too_much(Subscription::shard);
}

}  // namespace rota
