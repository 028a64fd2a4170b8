// SPDX-License-Identifier: BSD-3-Clause
// What it costs to ask for the time: the server's clock, and the system call that it avoids.
#include <benchmark/benchmark.h>
#include <time.h>

#include "platform/clock.h"

namespace rota {
namespace {

// The label says whether the processor's counter was trusted on this machine.
void clock_ticks(benchmark::State& state) {
    Clock clock;
    for (auto _ : state) benchmark::DoNotOptimize(clock.ticks());
    state.SetLabel(clock.name());
}
BENCHMARK(clock_ticks);

void clock_monotonic_us(benchmark::State& state) {
    Clock clock;
    for (auto _ : state) benchmark::DoNotOptimize(clock.monotonic_us());
    state.SetLabel(clock.name());
}
BENCHMARK(clock_monotonic_us);

void clock_wall_ms(benchmark::State& state) {
    Clock clock;
    for (auto _ : state) benchmark::DoNotOptimize(clock.wall_ms());
    state.SetLabel(clock.name());
}
BENCHMARK(clock_wall_ms);

void clock_resync(benchmark::State& state) {
    Clock clock;
    for (auto _ : state) clock.resync();
    state.SetLabel(clock.name());
}
BENCHMARK(clock_resync);

void kernel_clock_gettime(benchmark::State& state) {
    for (auto _ : state) {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        benchmark::DoNotOptimize(now);
    }
}
BENCHMARK(kernel_clock_gettime);

}  // namespace
}  // namespace rota
