// SPDX-License-Identifier: BSD-3-Clause
// JobExchange: how jobs of shared mode get from the executor to the IO threads, and what became of
// them back. One class of this name is built, as the option static_io_assignment says.
#pragma once

#if ROTA_STATIC_IO_ASSIGNMENT
#include "server/exchange_lists.h"
#else
#include "server/exchange_rings.h"
#endif
