// SPDX-License-Identifier: BSD-3-Clause
// Telling a service manager how we are. From the main thread, at start and stop.
#pragma once

#include <cstdint>

#include "platform/result.h"

namespace rota {

enum class Supervisor : uint8_t { none, upstart, systemd };

// Who started us, judging by the environment.
Supervisor detect_supervisor();

// Lines of NAME=value, for example "READY=1\nSTATUS=Ready to accept connections\n" or "STOPPING=1".
// False: nobody listens ($NOTIFY_SOCKET is not set).
Result<bool> notify_systemd(const std::string& state);

// Upstart's way to say "ready": the process stops itself until Upstart lets it go on.
// False: not started by Upstart.
bool stop_for_upstart();

}  // namespace rota
