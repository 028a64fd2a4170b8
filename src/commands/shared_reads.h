// SPDX-License-Identifier: BSD-3-Clause
// The reads that IO threads answer, for the rows of their commands: see ReadCtx. False: nothing has
// been replied, the executor is to run the command.
#pragma once

#include "commands/read_ctx.h"

namespace rota {

bool read_get(ReadCtx&);
bool read_mget(ReadCtx&);
bool read_exists(ReadCtx&);
bool read_strlen(ReadCtx&);
bool read_getrange(ReadCtx&);
bool read_type(ReadCtx&);
bool read_ttl(ReadCtx&);
bool read_pttl(ReadCtx&);
bool read_expiretime(ReadCtx&);
bool read_pexpiretime(ReadCtx&);

}  // namespace rota
