// SPDX-License-Identifier: BSD-3-Clause
// RDMA for programs that know sockets: a thread of its own carries bytes between an RDMA connection
// and one end of a socket pair. For people at a prompt and for control connections; what measures
// uses the transport itself.
#pragma once

#include <cstdint>
#include <string>

#include "platform/result.h"

namespace rota {

// Returns once the server has accepted: a blocking stream socket of the caller's. Closing it ends
// the connection, and the end of the connection is the end of its stream. timeout_ms 0: no limit
// but the protocol's own.
Result<int> bridge_to_rdma(const std::string& host, uint16_t port, int64_t timeout_ms);

}  // namespace rota
