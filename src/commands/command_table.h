// SPDX-License-Identifier: BSD-3-Clause
// CommandTable: the rows of all families joined, found by name without regard to case.
// Threading: filled by main() before the executor starts; then read by any thread. Statistics are
// the executor's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "commands/command.h"
#include "metrics/command_stats.h"

namespace rota {

// A row in use: what the server adds to it.
struct RegisteredCommand {
    const Command* row = nullptr;
    std::string name;                             // as called: lower case, possibly renamed
    std::string full_name;                        // "client|list"; for statistics and ACL
    RegisteredCommand* parent = nullptr;          // null: top level
    std::vector<RegisteredCommand*> subcommands;  // in order of the rows
    int id = 0;                                   // dense: 0 .. count-1, subcommands included
    uint32_t first_key = 0;     // index of the first key where it is fixed, else 0
    bool movable_keys = false;  // keys cannot be told from (first, last, step)
    CommandStats stats;

    bool is(uint64_t flag) const { return (row->flags & flag) != 0; }
};

class CommandTable {
public:
    CommandTable();
    ~CommandTable();

    void add(std::span<const Command> rows);
    // rename-command; an empty new name removes it. False: no such command, or the name is taken.
    bool rename(Slice old_name, Slice new_name);

    // Top level. Null: unknown. Hot path: a few ns.
    RegisteredCommand* find(Slice name) const;
    // The command that args call: a subcommand where the first one is a container. Null: unknown.
    RegisteredCommand* resolve(std::span<const Slice> args) const;
    // "client|list" or "get".
    RegisteredCommand* find_full(Slice full_name) const;

    size_t size() const { return top_level_.size(); }  // as COMMAND COUNT says
    const std::vector<RegisteredCommand*>& top_level() const { return top_level_; }
    std::deque<RegisteredCommand>& all() { return all_; }

private:
    struct Slot {
        uint64_t hash = 0;
        RegisteredCommand* command = nullptr;
    };
    void rebuild();

    std::deque<RegisteredCommand> all_;
    std::vector<RegisteredCommand*> top_level_;
    std::vector<Slot> slots_;  // open addressing, power of two
};

// Every key position that args name. False: the arguments cannot be right for this command
// ("Invalid arguments specified for command"), and those found so far are in `out`.
bool key_positions(const RegisteredCommand&, std::span<const Slice> args,
                   std::vector<KeyPosition>& out);

// The rows, one span a family. main() adds them all.
std::span<const Command> string_commands();
std::span<const Command> bitmap_commands();
std::span<const Command> hyperloglog_commands();
std::span<const Command> blocking_commands();
std::span<const Command> transaction_commands();
std::span<const Command> pubsub_commands();
std::span<const Command> list_commands();
std::span<const Command> set_commands();
std::span<const Command> hash_commands();
std::span<const Command> hash_expire_commands();
std::span<const Command> zset_commands();
std::span<const Command> zset_range_commands();
std::span<const Command> zset_combine_commands();
std::span<const Command> geo_commands();
std::span<const Command> sort_commands();
std::span<const Command> stream_commands();
std::span<const Command> stream_read_commands();
std::span<const Command> stream_group_commands();
std::span<const Command> stream_info_commands();
std::span<const Command> generic_commands();
std::span<const Command> dump_commands();
std::span<const Command> expire_commands();
std::span<const Command> save_commands();
std::span<const Command> scan_commands();
std::span<const Command> object_commands();
std::span<const Command> connection_commands();
std::span<const Command> acl_commands();
std::span<const Command> client_commands();
std::span<const Command> server_commands();
std::span<const Command> config_commands();
std::span<const Command> command_commands();
std::span<const Command> memory_commands();
std::span<const Command> debug_commands();
std::span<const Command> monitoring_commands();
std::span<const Command> eval_commands();
std::span<const Command> function_commands();

}  // namespace rota
