// SPDX-License-Identifier: BSD-3-Clause
// The load generator: threads that keep connections busy with one RequestTemplate and count what
// comes back. A request costs its share of one send, one receive and one poll, and a look at the
// processor's counter; nothing is allocated and no system call asks for the time.
//
// Threading: run_load() is called by one thread, which waits for the others and reports progress.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "platform/clock.h"
#include "platform/histogram.h"
#include "platform/result.h"
#include "tools/benchmark/random.h"
#include "tools/benchmark/request_template.h"
#include "transports/transport.h"

namespace rota {

// Latencies are kept in nanoseconds up to a minute, with three digits.
inline constexpr uint64_t kLatencyMaxNs = 60'000'000'000;
inline constexpr int kLatencyDigits = 3;

struct LoadPlan {
    Endpoint server;
    ConnectOptions connect;
    std::string greeting;  // AUTH, HELLO, ...: sent once on every connection
    uint64_t greeting_replies = 0;
    const RequestTemplate* requests = nullptr;
    uint64_t clients = 1;
    uint64_t threads = 1;
    uint64_t requests_max = 0;  // commands; unless duration_ns says how long
    int64_t duration_ns = 0;
    int64_t warmup_ns = 0;
    uint64_t rps = 0;
    bool keep_alive = true;
    uint64_t keyspace = 1;
    SequenceCounters* sequence = nullptr;
    uint64_t seed = 0;
    bool idle = false;  // open the connections and leave them alone
};

struct LoadResult {
    Histogram latency_ns{kLatencyMaxNs, kLatencyDigits};
    uint64_t requests = 0;
    int64_t elapsed_ns = 0;        // from the end of the warm-up to the last counted reply
    int64_t cpu_us = 0;            // of this process meanwhile, warm-up included
    uint64_t requests_sent = 0;    // warm-up included
    uint64_t requests_unsent = 0;  // due under --rps, but every connection stayed busy

    double rps() const {
        return elapsed_ns == 0
                   ? 0
                   : static_cast<double>(requests) * 1e9 / static_cast<double>(elapsed_ns);
    }
};

// Where a test stands. Sums since the end of the warm-up, from counters that the threads publish.
struct LoadProgress {
    int64_t elapsed_ns = 0;
    uint64_t requests = 0;
    uint64_t latency_sum_ns = 0;
    bool warming_up = false;
};

using MakeTransport = std::function<Result<std::unique_ptr<Transport>>()>;

// on_progress is called about four times a second. An Error is what a user should read: the
// server's error reply ("Error from server: ..."), a connection that was refused or closed.
Result<LoadResult> run_load(const LoadPlan& plan, const MakeTransport& make_transport, Clock& clock,
                            const std::function<void(const LoadProgress&)>& on_progress);

}  // namespace rota
