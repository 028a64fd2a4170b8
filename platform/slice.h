// SPDX-License-Identifier: BSD-3-Clause
// Slice: bytes that somebody else owns. Whoever hands one out says how long it stays valid.
#pragma once

#include <cstddef>
#include <string_view>

namespace rota {

using Slice = std::string_view;

inline constexpr size_t kCacheLine = 64;  // fixed: the library's constant depends on compiler flags

}  // namespace rota
