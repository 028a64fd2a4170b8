// SPDX-License-Identifier: BSD-3-Clause
// What a row of the command table tells clients: the entries of COMMAND INFO and COMMAND DOCS, and
// the names of flags and categories in them. Executor only (it writes replies); nothing can fail.
#pragma once

#include <cstdint>

#include "commands/command_table.h"
#include "proto/reply.h"

namespace rota {

void reply_command_info(Reply&, const RegisteredCommand&);
// The name and its documentation: one pair of a map.
void reply_command_docs(Reply&, const RegisteredCommand&);
// A set of names, "RW" and "access" for example.
void reply_key_flags(Reply&, uint16_t flags);

}  // namespace rota
