// SPDX-License-Identifier: BSD-3-Clause
// Our own bugs stop the server here, in release builds too: a wrong answer is worse than none.
// One condition per ASSERT, so that the crash line says which one failed.
#pragma once

namespace rota {

// Logs where and what, then aborts (the crash report adds the stacks). Never returns.
[[noreturn]] void assert_failed(const char* condition, const char* file, int line);

}  // namespace rota

#define ASSERT(condition)                                                  \
    do {                                                                   \
        if (!(condition)) [[unlikely]]                                     \
            ::rota::assert_failed(#condition, __FILE__, __LINE__);         \
    } while (false)

#define UNREACHABLE() ::rota::assert_failed("unreachable", __FILE__, __LINE__)
