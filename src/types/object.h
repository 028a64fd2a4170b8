// SPDX-License-Identifier: BSD-3-Clause
// What the store does with the object of an entry without knowing what it is. Strings have none.
// Threading: the owner of the entry.
#pragma once

#include <cstddef>

#include "types/kind.h"

namespace rota {

void destroy_object(Type, Encoding, void* object);
// Frees elements of a large one, up to about 8 for each step; then it is for drain_object() and
// destroy_object() alone. False: the rest is for destroy_object().
bool drain_object(Type, Encoding, void* object, size_t steps);
// How many blocks of memory it is, roughly: what freeing it costs.
size_t object_blocks(Type, Encoding, const void* object);
void* copy_object(Type, Encoding, const void* object);
// Elements, fields, members: what its size is to a client.
size_t object_size(Type, Encoding, const void* object);
// Bytes of its memory; of many elements only `samples` are looked at, 0: all.
size_t object_bytes(Type, Encoding, const void* object, size_t samples);

}  // namespace rota
