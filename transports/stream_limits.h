// SPDX-License-Identifier: BSD-3-Clause
// Limits that the transports over kernel sockets share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rota {

inline constexpr size_t kReceiveQuota = size_t{256} << 10;  // per connection and poll; then others
inline constexpr int64_t kLingerNs = 1'000'000'000;         // how long a closed peer may still talk
inline constexpr uint32_t kLingerBytes = uint32_t{4} << 20;  // and how much, before it is cut off
inline constexpr int64_t kAcceptRestNs = 20'000'000;         // before accepting again without room

}  // namespace rota
