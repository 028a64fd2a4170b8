// SPDX-License-Identifier: BSD-3-Clause
// The types of values and the forms in which they are kept, by the names that clients see.
#pragma once

#include <cstdint>

#include "platform/slice.h"

namespace rota {

// Their numbers are part of DEBUG DIGEST.
enum class Type : uint8_t { string, list, set, zset, hash, module, stream };
enum class Encoding : uint8_t {
    raw,
    integer,
    embstr,
    quicklist,
    listpack,
    intset,
    hashtable,
    skiplist,
    stream
};

Slice type_name(Type);          // "string", "list", ...
Slice encoding_name(Encoding);  // "raw", "int", "embstr", ...

}  // namespace rota
