// SPDX-License-Identifier: BSD-3-Clause
// append_command: a request as clients send it, an array of bulk strings. Any thread; cannot fail.
#pragma once

#include <initializer_list>
#include <span>

#include "platform/buffer.h"
#include "platform/slice.h"

namespace rota {

void append_command(Buffer& out, std::span<const Slice> args);

inline void append_command(Buffer& out, std::initializer_list<Slice> args) {
    append_command(out, std::span<const Slice>(args.begin(), args.size()));
}

}  // namespace rota
