// SPDX-License-Identifier: BSD-3-Clause
// CLIENT TRACKING and its kin, for the rows of CLIENT; and what other families need of tracking.
// Threading: executor only.
#pragma once

#include "commands/ctx.h"

namespace rota {

void cmd_client_caching(Ctx&);
void cmd_client_getredir(Ctx&);
void cmd_client_tracking(Ctx&);
void cmd_client_trackinginfo(Ctx&);

// The client is told nothing more: CLIENT TRACKING OFF, RESET, the end of a connection.
void stop_tracking(Parts&, Client&);

}  // namespace rota
