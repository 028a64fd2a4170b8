// SPDX-License-Identifier: BSD-3-Clause
// LZF, by which strings in RDB files may be compressed. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "platform/slice.h"

namespace rota {

// nullopt: it would not save four bytes.
std::optional<std::string> lzf_compress(Slice);

// Foreign bytes, which must give exactly `size` bytes. A size that no such input can give is found
// before anything is allocated.
std::optional<std::string> lzf_expand(Slice, uint64_t size);

}  // namespace rota
