// SPDX-License-Identifier: BSD-3-Clause
// IoPool: the IO threads as ThreadControl and the server see them, whichever way work is handed
// out: IoThreads (owner mode) or SharedThreads (shared mode).
// Threading: the executor.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/result.h"
#include "server/executor.h"
#include "server/scaling.h"

namespace rota {

// Handed out by the executor and not yet back.
struct IoPending {
    uint64_t jobs = 0;
    uint64_t reads = 0, writes = 0;  // clients on loan for each
};

class IoPool : public RemoteLoops {
public:
    // io-threads has changed: so many threads, the executor among them.
    virtual Result<> resize(int io_threads) = 0;
    virtual void set_active(int count) = 0;
    virtual int active() const = 0;
    virtual int count() const = 0;
    // io-threads-always-active: all IO is for them.
    virtual void set_always_active(bool) {}

    // Does what the IO threads have sent. Bounded: false if there is more.
    virtual bool drain() = 0;
    // There is something to do at once.
    virtual bool has_results() const = 0;
    // Publishes all that this turn has made for the threads. At its end.
    virtual void commit() = 0;
    // Ends threads that are too many. From cron.
    virtual void stop_surplus() = 0;
    // What IO goes by has changed.
    virtual void apply(const IoOptions&) = 0;

    // For the scaling policy: what the active threads do with their time, and how many jobs wait
    // for one of them.
    virtual void sample(int64_t now_ns, ScalingSample&) = 0;
    virtual size_t depth() const { return 0; }

    // For INFO.
    virtual std::vector<uint64_t> busy_us() const = 0;
    virtual size_t slab_bytes() const = 0;
    virtual IoPending pending() const = 0;
    virtual void add_stats(int command_id, CommandStats& sum) = 0;
    virtual void reset_stats() = 0;
};

}  // namespace rota
