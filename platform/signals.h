// SPDX-License-Identifier: BSD-3-Clause
// The signals that a running server takes note of. Call from the main thread before others start.
#pragma once

#include <atomic>

#include "platform/wakeup.h"

namespace rota {

// SIGTERM and SIGINT store their number in last_signal and notify the wakeup
// (if any). Both must outlive the handlers. A further SIGINT of an impatient person, while the
// first one is still being worked on, ends the process at once with status 1, as Valkey does.
void install_shutdown_signals(std::atomic<int>& last_signal, Wakeup* wakeup);

// A closed terminal and a closed socket are no reason to die.
void ignore_hangup_and_pipe();

// In a child: the defaults again, for every signal that this file or crash.h changed.
void restore_default_signals();

}  // namespace rota
