// SPDX-License-Identifier: BSD-3-Clause
// What other families need of transactions. Threading: executor only.
#pragma once

#include "commands/ctx.h"

namespace rota {

// Ends the client's transaction, and its watches: DISCARD, RESET, the end of a connection.
void discard_transaction(Parts&, Client&);

}  // namespace rota
