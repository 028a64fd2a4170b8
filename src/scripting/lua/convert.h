// SPDX-License-Identifier: BSD-3-Clause
// Between replies and Lua's values, both ways:
//
//     integer          number
//     bulk             string
//     null             false, RESP3: nil
//     status, error    {ok=...}, {err=...}
//     array            {1, 2, ...}
//     double           {double=...}
//     map, set         {map={key=value}}, {set={member=true}}
//     boolean          boolean
//     big number       {big_number=...}
//     verbatim         {verbatim_string={format=..., string=...}}
//
// A number becomes an integer, and an array ends at its first nil. Errors are Lua's.
#pragma once

#include <lua.hpp>

#include "platform/slice.h"
#include "proto/reply.h"

namespace rota {

// Pushes one whole reply that this server has written.
void lua_push_reply(lua_State*, Slice wire);
// Writes the value at the top of the stack. `resp3`: booleans are told from integers.
void lua_write_reply(lua_State*, Reply&, bool resp3);
// Pushes {err=text}, of an error that has been counted or has not.
void lua_push_error(lua_State*, Slice text, bool counted);

// The number or string at `index` as the text that a command gets; a number there is replaced by
// it. False: it is neither.
bool lua_argument(lua_State*, int index, Slice& out);

}  // namespace rota
