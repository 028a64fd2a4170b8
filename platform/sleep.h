// SPDX-License-Identifier: BSD-3-Clause
// Sleeps of microseconds.
#pragma once

#include <cstdint>

namespace rota {

// Sleeps about so long, or until a signal is handled. Any thread; from its first call on, the
// kernel ends all its timed waits within a microsecond instead of the usual 50 (PR_SET_TIMERSLACK).
void precise_sleep_ns(int64_t ns);

}  // namespace rota
