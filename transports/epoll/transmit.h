// SPDX-License-Identifier: BSD-3-Clause
// Hands chunks to a socket until it takes no more. No state of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "platform/slice.h"

namespace rota {

inline constexpr size_t kTransmitQuota = size_t{4} << 20;  // then other connections have their turn

enum class TransmitStatus : uint8_t {
    all,      // every byte was taken
    blocked,  // the socket is full: it says when there is room
    quota,    // there may be room, but it is others' turn
    broken,   // `error` says why
};

struct Transmitted {
    TransmitStatus status = TransmitStatus::all;
    int error = 0;
    size_t bytes = 0;
    size_t calls = 0;
};

// Starts `skip` bytes into the first chunk.
Transmitted transmit(int fd, std::span<const Slice> chunks, size_t skip = 0);

}  // namespace rota
