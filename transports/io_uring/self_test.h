// SPDX-License-Identifier: BSD-3-Clause
// Proves on the ring itself that this kernel does what the transport builds on, because version
// numbers lie: vendors take features back and forth.
#pragma once

#include "transports/io_uring/buffer_ring.h"
#include "transports/io_uring/ring.h"

namespace rota::uring {

// For a ring with nothing in flight; leaves it so.
Result<> self_test(Ring& ring, BufferRing& buffers);

}  // namespace rota::uring
