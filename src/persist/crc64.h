// SPDX-License-Identifier: BSD-3-Clause
// CRC-64 as RDB files and DUMP payloads end with: the polynomial of Jones, reflected, from 0,
// without inversion. Pure function.
#pragma once

#include <cstdint>

#include "platform/slice.h"

namespace rota {

// Continues from the result for the bytes before.
uint64_t crc64(Slice bytes, uint64_t before = 0);

}  // namespace rota
