// SPDX-License-Identifier: BSD-3-Clause
// SHA-1 (FIPS 180-4), where a protocol asks for it by name: dataset digests and script ids. It
// protects nothing. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "platform/slice.h"

namespace rota {

using Sha1Digest = std::array<uint8_t, 20>;

Sha1Digest sha1(Slice bytes);
std::string sha1_hex(Slice bytes);  // 40 digits, lower case

}  // namespace rota
