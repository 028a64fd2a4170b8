// SPDX-License-Identifier: BSD-3-Clause
// Why a rule is refused. Pure; any thread.
#pragma once

#include <cstdint>

#include "platform/slice.h"

namespace rota {

enum class AclError : uint8_t {
    none,
    syntax,
    unknown_command,  // or category
    first_arg_of_subcommand,
    key_after_all_keys,
    channel_after_all_channels,
    no_such_password,
    bad_password_hash,
    database_out_of_range,
};

constexpr Slice acl_error_text(AclError error) {
    switch (error) {
        case AclError::none:
            return "";
        case AclError::syntax:
            return "Syntax error";
        case AclError::unknown_command:
            return "Unknown command or category name in ACL";
        case AclError::first_arg_of_subcommand:
            return "Allowing first-arg of a subcommand is not supported";
        case AclError::key_after_all_keys:
            return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and "
                   "does not have any effect. Try 'resetkeys' to start with an empty list of "
                   "patterns";
        case AclError::channel_after_all_channels:
            return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid "
                   "and does not have any effect. Try 'resetchannels' to start with an empty list "
                   "of channels";
        case AclError::no_such_password:
            return "The password you are trying to remove from the user does not exist";
        case AclError::bad_password_hash:
            return "The password hash must be exactly 64 characters and contain only lowercase "
                   "hexadecimal characters";
        case AclError::database_out_of_range:
            return "The provided database ID is out of range";
    }
    return "";
}

}  // namespace rota
