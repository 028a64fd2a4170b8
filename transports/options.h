// SPDX-License-Identifier: BSD-3-Clause
// What a transport can be told when it is made. Each reads its own part.
#pragma once

#include <cstdint>

namespace rota {

struct UringOptions {
    bool restrict = false;      // the ring does what the transport needs and nothing else
    uint32_t zerocopy_min = 0;  // sends of so many bytes off this machine are not copied; 0: never
    uint32_t napi_us = 0;       // busy polling of network cards; 0: none
    uint32_t min_wait_us = 0;   // under load a wait goes on for so long to gather more; 0: never
    // Sizes, for tests: the defaults fit any load.
    uint32_t submissions = 512;  // a fuller queue is submitted before the poll
    uint32_t completions = 4096;
    uint32_t buffers = 64;  // at most; all out with the consumer: nothing is received
    uint32_t buffer_bytes = 64 << 10;
    bool incremental = true;  // many receives share a buffer, where the kernel can
};

struct RdmaOptions {
    uint32_t rx_size = 1 << 20;    // what the receive buffer of a busy connection grows to
    uint32_t rx_first = 16 << 10;  // and what it starts with
    int completion_vector = -1;    // the interrupt of completions; -1: the device's first
    uint32_t spin_us = 20;         // of polling before a sleep, while there is traffic
};

struct TransportOptions {
    UringOptions io_uring;
    RdmaOptions rdma;
};

}  // namespace rota
