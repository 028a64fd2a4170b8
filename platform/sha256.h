// SPDX-License-Identifier: BSD-3-Clause
// SHA-256 (FIPS 180-4): what is kept of passwords. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "platform/slice.h"

namespace rota {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest sha256(Slice bytes);
// 64 digits, lower case.
std::string sha256_hex(Slice bytes);

}  // namespace rota
