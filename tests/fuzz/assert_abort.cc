// SPDX-License-Identifier: BSD-3-Clause
// ASSERT for the fuzzers: they are built from the few sources that they need, without the log.
#include <cstdio>
#include <cstdlib>

#include "platform/assert.h"

namespace rota {

void assert_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: ASSERT(%s) failed\n", file, line, condition);
    std::abort();
}

}  // namespace rota
