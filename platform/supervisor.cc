// SPDX-License-Identifier: BSD-3-Clause
#include <signal.h>

#include <cstdlib>

#include "platform/notify.h"

namespace rota {

Supervisor detect_supervisor() {
    if (std::getenv("UPSTART_JOB") != nullptr) return Supervisor::upstart;
    if (std::getenv("NOTIFY_SOCKET") != nullptr) return Supervisor::systemd;
    return Supervisor::none;
}

bool stop_for_upstart() {
    if (std::getenv("UPSTART_JOB") == nullptr) return false;
    // Children must not think that they are supervised, too.
    ::unsetenv("UPSTART_JOB");
    ::raise(SIGSTOP);
    return true;
}

}  // namespace rota
