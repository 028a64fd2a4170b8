// SPDX-License-Identifier: BSD-3-Clause
// LoadThread: one thread's share of a test, on its own transport.
//
// Closed loop: a connection sends the next pipeline when the last one is answered. Open loop
// (--rps): the Pacer says when; free connections wait in a queue, and when all are busy the
// schedule waits for them without forgetting when each pipeline was due. Threading: setup() and
// run() by the thread that owns it. LoadShared is common to all of a test.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "platform/clock.h"
#include "proto/reply_skipper.h"
#include "tools/benchmark/load.h"
#include "tools/benchmark/pacer.h"

namespace rota {

struct LoadShared {
    explicit LoadShared(const LoadPlan& load_plan, Clock& the_clock)
        : plan(load_plan),
          clock(the_clock),
          units_left(static_cast<int64_t>(units_of(load_plan))) {}

    static uint64_t units_of(const LoadPlan& plan) {
        if (plan.requests == nullptr) return 0;
        const uint64_t commands = plan.requests->unit_commands();
        return (plan.requests_max + commands - 1) / commands;
    }

    const LoadPlan& plan;
    Clock& clock;
    int64_t start_ns = 0;             // set before the threads run
    int64_t measure_from_ns = 0;      // the end of the warm-up
    std::atomic<int64_t> units_left;  // drawn in portions; relaxed: only the sum matters
    std::atomic<bool> stop{false};    // a thread has failed; relaxed: a hint to leave soon
};

class LoadThread {
public:
    LoadThread(LoadShared& shared, std::unique_ptr<Transport> transport, uint64_t index,
               uint64_t clients);

    // Opens all connections and says the greeting.
    Result<> setup();
    // Runs the test to its end.
    Result<> run();

    const Histogram& latency_ns() const { return latency_ns_; }
    int64_t last_reply_ns() const { return last_reply_ns_; }
    uint64_t sent() const { return sent_; }
    // --rps with --duration: requests that were due in time, but no connection ever became free.
    uint64_t unsent() const;

    // For progress, readable from another thread while this one runs; relaxed, they are only shown.
    uint64_t replies_so_far() const { return replies_shown_.load(std::memory_order_relaxed); }
    uint64_t latency_sum_so_far() const { return latency_shown_.load(std::memory_order_relaxed); }

private:
    enum class Phase : uint8_t { connecting, greeting, free, busy, closing };

    struct Connection {
        ConnId id{};
        Phase phase = Phase::connecting;
        uint64_t replies_left = 0;
        int64_t start_ns = 0;  // when the pipeline was sent, or due
        ReplySkipper skipper;
        std::unique_ptr<char[]> pending;  // bytes that the transport has not taken yet
    };

    Result<> open(Connection& connection);
    void handle(const Event& event);
    void connected(Connection& connection);
    void received(Connection& connection, Slice data);
    void replied(Connection& connection, uint64_t replies);
    void closed(Connection& connection, int error);
    void next(Connection& connection);
    void send_pipeline(Connection& connection, size_t units, int64_t start_ns);
    size_t draw_units(int64_t start_ns);
    int64_t end_ns() const { return shared_.measure_from_ns + plan_.duration_ns; }
    void pump();
    int64_t poll_wait_ns() const;
    size_t poll(int64_t wait_ns);
    void fail_with(std::string message);
    static std::string error_text(ReplySkipper skipper, Slice data);
    bool is_over() const;

    LoadShared& shared_;
    const LoadPlan& plan_;
    std::unique_ptr<Transport> transport_;
    RandomNumbers random_;
    NumberSource numbers_;
    std::vector<Connection> connections_;
    std::vector<Connection*> free_;  // --rps: a ring of those that wait for their turn
    size_t free_head_ = 0, free_count_ = 0;
    std::optional<Pacer> pacer_;
    std::unique_ptr<char[]> scratch_;  // the next pipeline
    std::vector<std::unique_ptr<char[]>> spare_;
    std::array<Event, 512> events_;

    bool running_ = false;    // setup is over
    bool exhausted_ = false;  // nothing is left to send
    uint64_t ready_ = 0;      // connections that have been greeted
    uint64_t busy_ = 0;
    int64_t portion_ = 0;  // units drawn from the shared count
    int64_t now_ns_ = 0;
    int64_t last_reply_ns_ = 0;
    uint64_t sent_ = 0;
    Histogram latency_ns_{kLatencyMaxNs, kLatencyDigits};
    std::optional<Error> error_;

    alignas(kCacheLine) std::atomic<uint64_t> replies_shown_{0};
    std::atomic<uint64_t> latency_shown_{0};
};

}  // namespace rota
