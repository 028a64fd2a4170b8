// SPDX-License-Identifier: BSD-3-Clause
// A row's syntax string, expanded to the tree of arguments that COMMAND DOCS shows. Pure function
// of text that we wrote ourselves, so a string that does not follow the notation is a bug: ASSERT.
//
//     key value condition=[NX|XX] [GET]@6.2.0 expiration=[EX seconds|PX milliseconds]
//
//     seconds             an argument; its type follows from the word (see type_of_word())
//     EX                  a token, because it has no lower-case letter; "*" (quoted) is one as well
//     EX seconds          an argument behind a token
//     <a|b>  <a b>        one of several; a block. A block that starts with a token belongs to it:
//                         <LIMIT offset count>. In <<COUNT count> [ANY]> only the count does.
//     [a]  [a|b]  [a b]   the same, and optional
//     key [key ...]       may be repeated; short for a long item: <field value> [...]
//     [ID id [ID id ...]] may be repeated together with its token
//     [arg ...]           any number of them, also none
//     name=item           the item's name, where it is not its word, its token or its first part
//     item:type           key, string, integer, double, pattern or unix-time
//     item#1              a key's key specification, where it is not the next one
//     item@7.0.0          since when; item!7.0.0: since when it is deprecated
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/slice.h"

namespace rota {

enum class ArgumentType : uint8_t {
    string,
    integer,
    real,
    key,
    pattern,
    unix_time,
    pure_token,
    oneof,
    block
};

struct Argument {
    std::string name;
    ArgumentType type = ArgumentType::string;
    std::string display;  // empty for oneof and block
    Slice token;
    bool has_token = false;  // a token may be the empty string
    bool optional = false, multiple = false, multiple_token = false;
    int key_spec = -1;  // index into the row's keys; only keys have one
    Slice since, deprecated_since;
    std::vector<Argument> parts;  // of a oneof or a block
};

// `key_specs`: how many the row has.
std::vector<Argument> parse_syntax(Slice syntax, size_t key_specs);

Slice argument_type_name(ArgumentType type);

}  // namespace rota
