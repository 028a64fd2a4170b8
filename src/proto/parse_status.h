// SPDX-License-Identifier: BSD-3-Clause
// How far a parser came with the bytes it was shown.
#pragma once

#include <cstdint>

namespace rota {

enum class ParseStatus : uint8_t { complete, need_more, invalid };

}  // namespace rota
