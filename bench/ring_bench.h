// SPDX-License-Identifier: BSD-3-Clause
// How a ring is measured: so many items are pushed in batches and popped in batches, by one thread
// in turns or by several at once, and the time is divided by the items. A queue under test is a
// class with
//     Queue::Producer(queue)   made by each producing thread
//     producer.push(items)     a span; returns how many it took
//     producer.flush()         false while something is still held back
//     queue.pop(items)         a span; returns how many it filled
#pragma once

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace rota::bench {

inline constexpr size_t kRingItems = 256;  // few enough that both sides meet
inline constexpr size_t kBatchMost = 32;

struct Shape {
    size_t producers;
    size_t consumers;  // 0: the one thread pushes and pops in turns
    size_t batch;
    size_t items;  // of each producer; a multiple of every batch

    size_t threads() const { return producers + consumers; }
};

// Nanoseconds per item.
using Measure = double (*)(const Shape&);

// DPDK's rte_ring in the three modes; all null where DPDK is not installed.
struct Rival {
    Measure spsc;
    Measure spmc;
    Measure mpsc;
};
Rival dpdk_rings();

class Patience {
public:
    // Nothing to do: on a machine with fewer CPUs than threads, another thread must run.
    void lose() {
        if (++failures_ % 16 == 0) std::this_thread::yield();
    }

private:
    unsigned failures_ = 0;
};

inline void pin_to_cpu(size_t number) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(number % std::thread::hardware_concurrency(), &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

template <class Producer>
void push_all(Producer& producer, std::span<const uint64_t> items) {
    Patience patience;
    while (!items.empty()) {
        const size_t pushed = producer.push(items);
        items = items.subspan(pushed);
        if (pushed == 0) patience.lose();
    }
    while (!producer.flush()) patience.lose();
}

template <class Queue>
void produce(Queue& queue, const Shape& shape) {
    typename Queue::Producer producer(queue);
    std::array<uint64_t, kBatchMost> batch;
    for (size_t done = 0; done < shape.items; done += shape.batch) {
        for (size_t i = 0; i < shape.batch; ++i) batch[i] = done + i + 1;
        push_all(producer, std::span(batch).first(shape.batch));
    }
}

// The sum of what it got.
template <class Queue>
uint64_t consume(Queue& queue, const Shape& shape, const std::atomic<size_t>& producing) {
    std::array<uint64_t, kBatchMost> batch;
    Patience patience;
    uint64_t sum = 0;
    for (bool last_look = false;;) {
        const size_t count = queue.pop(std::span(batch).first(shape.batch));
        for (size_t i = 0; i < count; ++i) sum += batch[i];
        if (count > 0) continue;
        if (last_look) return sum;
        last_look = producing.load(std::memory_order_acquire) == 0;  // pairs with the fetch_sub
        if (!last_look) patience.lose();
    }
}

template <class Queue>
uint64_t take_turns(Queue& queue, const Shape& shape) {
    typename Queue::Producer producer(queue);
    std::array<uint64_t, kBatchMost> batch;
    const auto used = std::span(batch).first(shape.batch);
    uint64_t sum = 0;
    for (size_t done = 0; done < shape.items; done += shape.batch) {
        for (size_t i = 0; i < shape.batch; ++i) batch[i] = done + i + 1;
        push_all(producer, used);
        for (size_t got = 0; got < shape.batch;) {
            const size_t count = queue.pop(used);
            for (size_t i = 0; i < count; ++i) sum += batch[i];
            got += count;
        }
    }
    return sum;
}

inline void check_sum(uint64_t sum, const Shape& shape) {
    if (sum == shape.producers * (shape.items * (shape.items + 1) / 2)) return;
    std::fprintf(stderr, "items were lost: the sum is wrong\n");
    std::exit(1);
}

template <class Queue>
double nanoseconds_per_item(const Shape& shape) {
    using Clock = std::chrono::steady_clock;
    const auto queue = std::make_unique<Queue>();
    const auto per_item = [&shape](Clock::time_point from, Clock::time_point to) {
        return std::chrono::duration<double, std::nano>(to - from).count() /
               static_cast<double>(shape.items * shape.producers);
    };
    if (shape.consumers == 0) {
        const auto start = Clock::now();
        const uint64_t sum = take_turns(*queue, shape);
        const auto end = Clock::now();
        check_sum(sum, shape);
        return per_item(start, end);
    }
    std::atomic<size_t> arrived{0};
    std::atomic<size_t> producing{shape.producers};
    std::atomic<uint64_t> sum{0};
    std::vector<Clock::time_point> starts(shape.threads());
    std::vector<Clock::time_point> ends(shape.threads());
    std::vector<std::thread> threads;
    for (size_t own = 0; own < shape.threads(); ++own) {
        threads.emplace_back([&, own] {
            // The single side has the first CPU, so that on two it is alone.
            const bool produces = own < shape.producers;
            const bool single = produces ? shape.producers == 1 : shape.consumers == 1;
            pin_to_cpu(single ? 0 : 1 + own);
            arrived.fetch_add(1);
            while (arrived.load() < shape.threads()) std::this_thread::yield();
            starts[own] = Clock::now();
            if (produces) {
                produce(*queue, shape);
                producing.fetch_sub(1, std::memory_order_release);  // pairs with consume()'s load
            } else {
                sum.fetch_add(consume(*queue, shape, producing));
            }
            ends[own] = Clock::now();
        });
    }
    for (std::thread& thread : threads) thread.join();
    check_sum(sum.load(), shape);
    return per_item(*std::ranges::min_element(starts), *std::ranges::max_element(ends));
}

}  // namespace rota::bench
