// SPDX-License-Identifier: BSD-3-Clause
// Drops the right to create rings. Restrictions bind a ring, not the process, so the system call
// itself is taken away: a seccomp filter answers io_uring_setup() with EPERM.
#pragma once

#include "platform/result.h"

namespace rota::uring {

// For all threads of the process and its children, for good. As a filter demands without root's
// help, no program run from here on gains privileges (PR_SET_NO_NEW_PRIVS).
Result<> forbid_new_rings();
// Whether that was done, so that what fails can say why.
bool new_rings_forbidden();

}  // namespace rota::uring
