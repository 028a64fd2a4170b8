// SPDX-License-Identifier: BSD-3-Clause
#include <systemd/sd-daemon.h>

#include "platform/notify.h"

namespace rota {

Result<bool> notify_systemd(const std::string& state) {
    const int sent = ::sd_notify(0, state.c_str());
    if (sent < 0) return fail_errno("cannot notify systemd", -sent);
    return sent > 0;
}

}  // namespace rota
