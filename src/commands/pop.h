// SPDX-License-Identifier: BSD-3-Clause
// What LMPOP and ZMPOP, BLPOP and BZPOPMIN and their kin have in common: to pop from the first of
// several keys that has something, and to wait for one where none has. Threading: executor only.
#pragma once

#include "commands/ctx.h"

namespace rota {

// A type whose values can be popped from either side.
struct Poppable {
    Type type;
    Slice first_word, last_word;  // how a request names the sides
    Slice pop_first, pop_last;    // the commands that pop from one key and never wait
    // Pops up to `count` of the side and replies with an array of what was popped.
    void (*pop_many)(Ctx&, Key, Entry*, bool from_last, int64_t count);
    // Pops one and replies with a flat array of the key and what was popped.
    void (*pop_one)(Ctx&, Key, Entry*, bool from_last);
};

// numkeys key [key ...] side [COUNT count], with a timeout in front where it `waits`.
void pop_from_first(Ctx&, const Poppable&, bool waits);

// key [key ...] timeout
void pop_or_wait(Ctx&, const Poppable&, bool from_last);

}  // namespace rota
