// SPDX-License-Identifier: BSD-3-Clause
// Guest: a transport that can live in the loop of another one (beside.h), which sleeps for both.
#pragma once

#include "transports/transport.h"

namespace rota {

class Guest : public Transport {
public:
    // Nothing can happen: no listener, no connection.
    virtual bool idle() const = 0;
    // Whether adopt() would take this descriptor for one of its own.
    virtual bool adopts(int descriptor) const = 0;
    // Readable when a poll() would find something, provided that prepare_wait() was called.
    virtual int wait_descriptor() const = 0;
    // Before the loop sleeps: how long it may; 0 if there is something to poll for.
    virtual int64_t prepare_wait(int64_t wait_max_ns) = 0;
};

}  // namespace rota
