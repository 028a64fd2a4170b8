// SPDX-License-Identifier: BSD-3-Clause
// AclSelector: one set of permissions: commands, keys, channels and databases. A user has one of
// his own and any number beside it; what any of them allows as a whole is allowed.
// Threading: the executor.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "acl/catalog.h"
#include "acl/error.h"
#include "platform/slice.h"

namespace rota {

// What somebody may do with keys that match a pattern, or what a command does with a key.
inline constexpr uint8_t kAclKeyRead = 1, kAclKeyWrite = 2;

class AclSelector {
public:
    explicit AclSelector(bool every_channel) : all_channels_(every_channel) {}

    // One rule about permissions ("+get", "~k*", "&ch", "db=1"). Refused ones change nothing.
    AclError apply(Slice rule, const AclCatalog&);

    // Nothing is denied: what most users have, and so the first question.
    bool unlimited() const { return all_commands_ && all_keys_ && all_channels_ && all_databases_; }
    bool all_keys() const { return all_keys_; }
    bool all_channels() const { return all_channels_; }
    bool all_databases() const { return all_databases_; }

    // Words behind the command's name: the first one may be what is allowed.
    bool allows_command(int id, std::span<const Slice> words) const;
    // access: kAclKeyRead and kAclKeyWrite, together or neither.
    bool allows_key(Slice key, uint8_t access) const;
    bool reads_every_key() const;  // whatever its name
    // A pattern to listen to must be one that is allowed, letter by letter.
    bool allows_channel(Slice channel, bool is_pattern) const;
    bool allows_database(int db) const;
    const std::vector<std::string>& channels() const { return channels_; }

    // As rules, in the words of ACL GETUSER.
    std::string describe_commands() const;
    std::string describe_keys() const;
    std::string describe_channels() const;
    std::string describe_databases() const;
    // All of it, as ACL LIST has it.
    std::string describe() const;

private:
    struct KeyPattern {
        std::string pattern;
        uint8_t access;
    };
    struct FirstArgs {
        int command;
        std::vector<std::string> words;
    };

    AclError apply_keys(Slice rule);
    AclError apply_channels(Slice pattern);
    AclError apply_databases(Slice list);
    AclError apply_command(Slice rule, const AclCatalog&);
    AclError apply_first_arg(Slice name, const AclCatalog&);
    AclError apply_category(Slice rule, const AclCatalog&);
    void allow_all_commands(bool allow);
    void change_command(int id, bool allow, const AclCatalog&);
    void set_bit(int id, bool allow);
    void add_command_rule(Slice rule);

    // What the bits do not reach is as the last +@all or -@all said.
    bool all_commands_ = false, base_ = false;
    bool all_keys_ = false, all_channels_, all_databases_ = true;
    std::vector<uint64_t> commands_;
    std::vector<FirstArgs> first_args_;       // of commands that are not allowed otherwise
    std::vector<std::string> command_rules_;  // since the last +@all or -@all
    std::vector<KeyPattern> keys_;
    std::vector<std::string> channels_;
    std::vector<int> databases_;  // in order
};

}  // namespace rota
