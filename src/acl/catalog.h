// SPDX-License-Identifier: BSD-3-Clause
// AclCatalog: the commands that rules may name, with their categories. A rule says a command's name
// as it was before rename-command, so that users mean the same whatever names are in use.
// Threading: filled before there are users, then read by the executor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/slice.h"
#include "platform/text.h"

namespace rota {

// Its id is its place in the catalog, which is RegisteredCommand::id.
struct AclCommand {
    std::string full_name;  // "config|get"
    uint32_t categories = 0;
    int parent = -1;               // of a subcommand: its container
    std::vector<int> subcommands;  // of a container
};

class AclCatalog {
public:
    // In the order of ids; a container before its subcommands.
    void add(std::string full_name, uint32_t categories, int parent) {
        if (parent >= 0)
            commands_[static_cast<size_t>(parent)].subcommands.push_back(
                static_cast<int>(commands_.size()));
        commands_.push_back({std::move(full_name), categories, parent, {}});
    }
    // In any case; -1: there is none.
    int find(Slice full_name) const {
        for (size_t id = 0; id < commands_.size(); ++id) {
            if (equals_ignore_case(commands_[id].full_name, full_name)) return static_cast<int>(id);
        }
        return -1;
    }
    const std::vector<AclCommand>& all() const { return commands_; }
    const AclCommand& operator[](int id) const { return commands_[static_cast<size_t>(id)]; }

private:
    std::vector<AclCommand> commands_;
};

}  // namespace rota
