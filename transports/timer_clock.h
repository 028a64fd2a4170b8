// SPDX-License-Identifier: BSD-3-Clause
// The time for the transport's rare timers. A system call on some machines: never per request.
#pragma once

#include <cstdint>
#include <ctime>

namespace rota {

inline int64_t timer_now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace rota
