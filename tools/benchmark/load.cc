// SPDX-License-Identifier: BSD-3-Clause
#include "tools/benchmark/load.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "platform/rusage.h"
#include "tools/benchmark/load_thread.h"

namespace rota {

namespace {

constexpr auto kTick = std::chrono::milliseconds(125);  // of the clock; progress every second one

// Threads set up, wait for each other, and run. The main thread waits here for all of them.
struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    uint64_t ready = 0;
    uint64_t finished = 0;
    bool open = false;
    std::optional<Error> error;
};

void thread_main(LoadShared& shared, LoadThread& load, Gate& gate) {
    Result<> done = load.setup();
    std::unique_lock lock(gate.mutex);
    if (!done) {
        shared.stop.store(true, std::memory_order_relaxed);
        if (!gate.error) gate.error = done.error();
    }
    ++gate.ready;
    gate.changed.notify_all();
    gate.changed.wait(lock, [&] { return gate.open; });
    lock.unlock();

    done = load.run();
    lock.lock();
    if (!done) {
        shared.stop.store(true, std::memory_order_relaxed);
        if (!gate.error) gate.error = done.error();
    }
    ++gate.finished;
    gate.changed.notify_all();
}

LoadProgress progress_of(const LoadShared& shared,
                         const std::vector<std::unique_ptr<LoadThread>>& loads) {
    LoadProgress progress;
    progress.elapsed_ns = shared.clock.monotonic_ns() - shared.measure_from_ns;
    progress.warming_up = progress.elapsed_ns < 0;
    for (const auto& load : loads) {
        progress.requests += load->replies_so_far();
        progress.latency_sum_ns += load->latency_sum_so_far();
    }
    return progress;
}

void watch(Gate& gate, const LoadShared& shared,
           const std::vector<std::unique_ptr<LoadThread>>& loads,
           const std::function<void(const LoadProgress&)>& on_progress) {
    std::unique_lock lock(gate.mutex);
    for (unsigned tick = 1;
         !gate.changed.wait_for(lock, kTick, [&] { return gate.finished == loads.size(); });
         ++tick) {
        shared.clock.resync();
        if (tick % 2 == 0 && on_progress) on_progress(progress_of(shared, loads));
    }
}

}  // namespace

Result<LoadResult> run_load(const LoadPlan& plan, const MakeTransport& make_transport, Clock& clock,
                            const std::function<void(const LoadProgress&)>& on_progress) {
    LoadShared shared(plan, clock);
    std::vector<std::unique_ptr<LoadThread>> loads;
    for (uint64_t i = 0; i < plan.threads; ++i) {
        auto transport = make_transport();
        if (!transport) return std::unexpected(transport.error());
        const uint64_t clients = plan.clients / plan.threads + (i < plan.clients % plan.threads);
        loads.push_back(std::make_unique<LoadThread>(shared, std::move(*transport), i, clients));
    }
    Gate gate;
    std::vector<std::thread> threads;
    for (auto& load : loads) {
        threads.emplace_back([&shared, &gate, &load] { thread_main(shared, *load, gate); });
    }
    CpuTime cpu_before;
    {
        std::unique_lock lock(gate.mutex);
        gate.changed.wait(lock, [&] { return gate.ready == loads.size(); });
        cpu_before = cpu_time(CpuTimeOf::process);
        shared.start_ns = clock.monotonic_ns();
        shared.measure_from_ns = shared.start_ns + plan.warmup_ns;
        gate.open = true;
        gate.changed.notify_all();
    }
    watch(gate, shared, loads, on_progress);
    for (std::thread& thread : threads) thread.join();
    if (gate.error) return std::unexpected(*gate.error);

    LoadResult result;
    result.cpu_us = cpu_time(CpuTimeOf::process).total_us() - cpu_before.total_us();
    int64_t last_ns = shared.measure_from_ns;
    for (const auto& load : loads) {
        result.latency_ns.merge(load->latency_ns());
        last_ns = std::max(last_ns, load->last_reply_ns());
        result.requests_sent += load->sent();
        result.requests_unsent += load->unsent();
    }
    result.requests = result.latency_ns.count();
    result.elapsed_ns = last_ns - shared.measure_from_ns;
    return result;
}

}  // namespace rota
