// SPDX-License-Identifier: BSD-3-Clause
// Ziplist and zipmap, the packed forms that RDB files of versions before 10 and 4 have, turned into
// listpacks. Bytes of any origin; nullopt unless every part of them is sound. Pure functions.
#pragma once

#include <optional>

#include "platform/slice.h"
#include "types/listpack.h"

namespace rota {

std::optional<Listpack> listpack_of_ziplist(Slice);
std::optional<Listpack> listpack_of_zipmap(Slice);  // fields and values by turns

}  // namespace rota
