// SPDX-License-Identifier: BSD-3-Clause
// What the executor and the IO threads hand each other through the rings, and what each job means.
// Both directions keep the order of each sender: that is what makes it safe to let go of a client.
//
//     client ends:  gone -> (executor forgets it) -> release -> (the loop frees it)
//     client moves: leave -> left -> (executor) -> adopt, to another loop
#pragma once

#include <cstdint>

#include "ring/job.h"
#include "ring/mpsc_ring.h"

namespace rota {

enum class ToExecutor : uint8_t {
    batch,   // Batch: requests to run; or one of the executor's own, whose output has been sent
    gone,    // Client: its connection has ended, the loop does not name it again
    failed,  // Client: it must end, io.fault says why
    left,    // Client: it is in no loop now (io.descriptor), or could not leave (-1)
    // Shared mode, beside batch:
    written,  // Batch: its output has been sent as far as the sockets took it
    polled,   // PollReport
    ended,    // SharedThread: the last that it says
};
using ExecutorJob = Job<ToExecutor, ToExecutor::ended>;

inline constexpr size_t kResultsMax = 16384;  // more wait in their thread's own list
using ResultRing = MpscRing<ExecutorJob, kResultsMax>;

enum class ToLoop : uint8_t {
    batch,    // Batch: it has run, or is the executor's own: send the output
    adopt,    // Client: take over io.descriptor
    close,    // Client
    leave,    // Client: give it up as soon as nothing is under way
    release,  // Client: nobody names it any more, free it
    options,  // IoOptions: use and free it
};
using LoopJob = Job<ToLoop, ToLoop::options>;

// Shared mode: the first three for whoever is free, the others for one thread. A client or batch
// in one of them belongs to whoever has taken the job, until the answer is back.
enum class SharedJobKind : uint8_t {
    read,     // Client: receive and parse; comes back in a batch
    write,    // Batch: send its output; comes back as written
    poll,     // PollReport: ask the kernel; comes back as polled
    home,     // Batch: its memory is its maker's again
    options,  // IoOptions: use and free it
};
using SharedJob = Job<SharedJobKind, SharedJobKind::options>;

}  // namespace rota
