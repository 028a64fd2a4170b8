// SPDX-License-Identifier: BSD-3-Clause
// What every accept loop over kernel sockets must know about accept()'s failures.
// Threading: one owner.
#pragma once

#include "transports/sockets.h"

namespace rota {

// What accept() reports about the peer that was next, not about the listener: the next one may be
// fine. Stopping for any of these would let one peer close the port for everybody.
bool is_about_one_peer(int code);

// One descriptor kept back for the moment when there are no more.
class DescriptorReserve {
public:
    DescriptorReserve() { refill(); }
    // Out of descriptors: the reserve is given up for one moment to take the next peer and refuse
    // it, so that the peer learns and the backlog does not keep the listener ready for ever. False
    // if even that cannot be done.
    bool shed_one(int listener);
    void refill();

private:
    UniqueFd fd_;
};

}  // namespace rota
