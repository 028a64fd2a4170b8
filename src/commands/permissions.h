// SPDX-License-Identifier: BSD-3-Clause
// Permissions: whether a user may run a command with these arguments, which is asked with the keys,
// channels and databases that the command really touches; and what is told and remembered if not.
//
// Whoever runs commands for a client by another way than its requests asks in the same words. For
// a script:
//
//     const AclDenial denied = parts.permissions.check(*client.user, command, args, client.db);
//     if (denied) {
//         parts.permissions.record(client, command, args, denied, AclContext::lua);
//         return error("ERR ACL failure in script: " +
//                      Permissions::short_text(*client.user, command, denied));
//     }
//
// redis.acl_check_cmd() asks check() and records nothing.
//
// Threading: the executor.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "acl/log.h"
#include "acl/options.h"
#include "acl/user.h"
#include "commands/command_table.h"
#include "platform/clock.h"

namespace rota {

struct Client;
struct ServerStats;

class Permissions {
public:
    // databases: how many there are.
    Permissions(const AclOptions& options, int databases, Clock& clock, ServerStats& stats)
        : options_(options), databases_(databases), clock_(clock), stats_(stats) {}

    // args[0] is the command's name. db: where it would run.
    AclDenial check(const AclUser& user, const RegisteredCommand& command,
                    std::span<const Slice> args, int db) {
        if (user.unlimited()) [[likely]]
            return {};
        return check_selectors(user, command, args, db);
    }

    // Whether it may, moreover, read keys that its arguments do not name.
    bool may_read_any_key(const AclUser& user, const RegisteredCommand& command,
                          std::span<const Slice> args, int db) {
        return user.unlimited() || any_selector_reads_all(user, command, args, db);
    }

    // For ACL LOG and INFO.
    void record(const Client&, const RegisteredCommand&, std::span<const Slice> args, AclDenial,
                AclContext);
    void record_failed_login(const Client&, Slice command, Slice user);

    // "No permissions to access a key": what the client is told, after "NOPERM ".
    static std::string short_text(const AclUser&, const RegisteredCommand&, AclDenial);
    // "User alice has no permissions to access the 'k' key": for whom it is no secret.
    static std::string long_text(const AclUser&, const RegisteredCommand&,
                                 std::span<const Slice> args, AclDenial);

    // Whether the client listens to something that the user may not.
    static bool hears_too_much(const Client&, const AclUser&);

    AclLog& log() { return log_; }

private:
    AclDenial check_selectors(const AclUser&, const RegisteredCommand&, std::span<const Slice> args,
                              int db);
    AclDenial check_selector(const AclSelector&, const RegisteredCommand&,
                             std::span<const Slice> args, int db);
    bool any_selector_reads_all(const AclUser&, const RegisteredCommand&,
                                std::span<const Slice> args, int db);
    const std::vector<KeyPosition>& keys_of(const RegisteredCommand&, std::span<const Slice> args);
    void add(const Client&, AclReason, AclContext, Slice object, Slice user);

    const AclOptions& options_;
    const int databases_;
    Clock& clock_;
    ServerStats& stats_;
    AclLog log_;
    // Of the command that is being checked, found when a selector first asks.
    std::vector<KeyPosition> keys_;
    bool keys_known_ = false;
};

}  // namespace rota
