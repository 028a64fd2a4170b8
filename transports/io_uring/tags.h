// SPDX-License-Identifier: BSD-3-Clause
// What a completion brings back of its request: which kind it was, and the ConnId or listener.
#pragma once

#include <cstdint>

#include "transports/transport.h"

namespace rota::uring {

enum class Op : uint8_t { none, receive, quick_send, send, watch, accept, wake };

inline constexpr uint32_t kOpShift = 28;  // above the slot
inline constexpr uint32_t kWatchedTag = 1;  // with Op::wake: what watch() was given
inline constexpr uint32_t kSlotsMax = 1u << kOpShift;

constexpr uint64_t tag(Op op, uint64_t rest) { return uint64_t(op) << kOpShift | rest; }
constexpr uint64_t tag(Op op, ConnId id) { return tag(op, static_cast<uint64_t>(id)); }
constexpr Op op_of(uint64_t tag) { return Op(tag >> kOpShift & 0xf); }
constexpr uint32_t slot_of(uint64_t tag) { return tag & (kSlotsMax - 1); }
constexpr uint32_t generation_of(uint64_t tag) { return tag >> 32; }

}  // namespace rota::uring
