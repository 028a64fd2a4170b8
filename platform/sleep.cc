// SPDX-License-Identifier: BSD-3-Clause
#include "platform/sleep.h"

#include <sys/prctl.h>

#include <ctime>

namespace rota {
namespace {

constexpr unsigned long kSlackNs = 1000;
constexpr int64_t kNsPerSecond = 1'000'000'000;

}  // namespace

void precise_sleep_ns(int64_t ns) {
    thread_local bool precise = false;
    if (!precise) {
        ::prctl(PR_SET_TIMERSLACK, kSlackNs);
        precise = true;
    }
    const timespec time{.tv_sec = ns / kNsPerSecond, .tv_nsec = ns % kNsPerSecond};
    ::nanosleep(&time, nullptr);
}

}  // namespace rota
