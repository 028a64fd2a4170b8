// SPDX-License-Identifier: BSD-3-Clause
#include "platform/assert.h"

#include <cstdlib>

#include "platform/log.h"

namespace rota {

void assert_failed(const char* condition, const char* file, int line) {
    log(LogLevel::warning, "=== ASSERTION FAILED ===");
    log(LogLevel::warning, "==> %s:%d '%s' is not true", file, line, condition);
    std::abort();  // SIGABRT: the crash handler, if installed, reports and ends the process
}

}  // namespace rota
