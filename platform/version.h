// SPDX-License-Identifier: BSD-3-Clause
// Who we say we are. Clients decide on features by these, so they name the contract that we keep.
#pragma once

#include "platform/slice.h"

namespace rota {

inline constexpr Slice kServerName = "rota";
inline constexpr Slice kRotaVersion = "0.1.0";
inline constexpr Slice kValkeyVersion = "9.1.2";  // whose commands, directives and INFO these are
inline constexpr Slice kRedisVersion = "7.2.4";   // what clients of that family look for

}  // namespace rota
