// SPDX-License-Identifier: BSD-3-Clause
// A connection request on its way from the thread that listens to the thread that will serve it.
// Whoever carries it sees a descriptor, as of any other connection: one end of a pipe that stands
// for the request. Closing it instead of adopting it refuses the peer.
// Any thread.
#pragma once

#include <rdma/rdma_cma.h>

namespace rota::rdma {

// Owns the request from here on; -1 (and the request is refused) if there is no descriptor left.
int hand_over(rdma_cm_id* request);
bool is_request(int descriptor);
// What the descriptor stands for; null, and nothing changes, for any other one. Closes it.
rdma_cm_id* take_over(int descriptor);

}  // namespace rota::rdma
