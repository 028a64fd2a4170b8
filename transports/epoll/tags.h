// SPDX-License-Identifier: BSD-3-Clause
// What epoll hands back for a descriptor: a ConnId, or, because no connection has generation 0, the
// number of a listener or the wake-up descriptor.
#pragma once

#include <cstdint>

namespace rota {

inline constexpr uint64_t kWakeTag = 0xffffffff;
constexpr uint64_t listener_tag(uint32_t index) { return index; }
constexpr bool is_connection_tag(uint64_t tag) { return tag >> 32 != 0; }

}  // namespace rota
