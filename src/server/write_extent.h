// SPDX-License-Identifier: BSD-3-Clause
// How much a command may write: for the ReadGate, which has to be closed for more than one key.
// Any thread.
#pragma once

#include <cstddef>

#include "commands/command_table.h"

namespace rota {

// Whether a reader could see a part of what it does. `argc` counts the command's name.
inline bool writes_several_keys(const RegisteredCommand& command, size_t argc) {
    if (!command.is(kWrite)) return false;
    // Names no key, or none at a fixed place: FLUSHALL, SWAPDB, EVAL... They may write anything.
    if (command.first_key == 0) return true;
    const KeySpec& first = command.row->keys[0];
    const bool one_key = first.begin == KeySpec::Begin::index &&
                         first.find == KeySpec::Find::range && first.a == 0 &&
                         command.row->keys[1].begin == KeySpec::Begin::none;
    return !one_key && argc != command.first_key + 1u;  // DEL of a single key is one again
}

}  // namespace rota
