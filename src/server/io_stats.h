// SPDX-License-Identifier: BSD-3-Clause
// IoThreadStats: what INFO tells about the IO threads beyond the sums in ServerStats: where they
// are, and what they are doing right now. Threading: written and read by the executor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "metrics/info.h"
#include "platform/thread_usage.h"

namespace rota {

struct IoThreadStats {
    size_t active = 0;                // IO threads at work now; the executor is none of them
    uint64_t pending_jobs = 0;        // handed out and not yet back
    uint64_t commands = 0;            // answered by IO threads themselves
    ThreadShares executor;            // of its time, at the last sample
    std::vector<uint64_t> busy_us;    // per IO thread, those asleep too: time spent on work
    std::vector<std::string> places;  // Placement's text: the executor, then the IO threads
};

// `# CPU`: used_active_time_io_thread_<N>, from 1.
void write_io_thread_times(InfoWriter&, const IoThreadStats&);
// `# Threads`, a section of our own.
void write_threads(InfoWriter&, const IoThreadStats&);

}  // namespace rota
