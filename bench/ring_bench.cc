// SPDX-License-Identifier: BSD-3-Clause
// The three rings at 1 to 4 threads and batches of 1 to 32, beside DPDK's rte_ring in the same
// mode, in turns A B A B within each cell. With one thread, it pushes a batch and pops it. Prints
// JSON; bench/rings makes a table of it. Usage: bench_ring [ROUNDS [ITEMS]]
#include "bench/ring_bench.h"

#include "ring/mpsc_ring.h"
#include "ring/spmc_ring.h"
#include "ring/spsc_ring.h"

namespace rota::bench {
namespace {

class Spsc {
public:
    class Producer {
    public:
        explicit Producer(Spsc& queue) : ring_(queue.ring_) {}
        size_t push(std::span<const uint64_t> items) {
            const size_t pushed = ring_.push(items);
            ring_.commit();
            return pushed;
        }
        bool flush() { return true; }

    private:
        SpscRing<uint64_t, kRingItems>& ring_;
    };
    size_t pop(std::span<uint64_t> out) { return ring_.pop(out); }

private:
    SpscRing<uint64_t, kRingItems> ring_;
};

class Spmc {
public:
    class Producer {
    public:
        explicit Producer(Spmc& queue) : ring_(queue.ring_) {}
        size_t push(std::span<const uint64_t> items) { return ring_.push(items); }
        bool flush() { return true; }

    private:
        SpmcRing<uint64_t, kRingItems>& ring_;
    };
    size_t pop(std::span<uint64_t> out) { return ring_.pop(out); }

private:
    SpmcRing<uint64_t, kRingItems> ring_;
};

class Mpsc {
    using Ring = MpscRing<uint64_t, kRingItems>;

public:
    class Producer {
    public:
        explicit Producer(Mpsc& queue) : own_(queue.ring_) {}
        size_t push(std::span<const uint64_t> items) {
            own_.push(items);
            return items.size();
        }
        bool flush() { return own_.waiting() == 0 || own_.retry(); }

    private:
        Ring::Producer own_;
    };
    size_t pop(std::span<uint64_t> out) { return ring_.pop(out); }

private:
    Ring ring_;
};

struct Contest {
    const char* name;
    Measure ours;
    Measure theirs;  // null: not installed
    bool many_producers;
    bool many_consumers;
};

void print_samples(const char* name, const std::vector<double>& samples) {
    std::printf(", \"%s\": [", name);
    for (size_t i = 0; i < samples.size(); ++i) {
        std::printf("%s%.2f", i > 0 ? ", " : "", samples[i]);
    }
    std::printf("]");
}

void run_cell(const Contest& contest, const Shape& shape, size_t rounds) {
    std::vector<double> ours;
    std::vector<double> theirs;
    contest.ours(shape);  // warms up
    if (contest.theirs != nullptr) contest.theirs(shape);
    for (size_t round = 0; round < rounds; ++round) {
        ours.push_back(contest.ours(shape));
        if (contest.theirs != nullptr) theirs.push_back(contest.theirs(shape));
    }
    std::printf("{\"ring\": \"%s\", \"threads\": %zu, \"batch\": %zu", contest.name,
                shape.threads(), shape.batch);
    print_samples("ours_ns", ours);
    print_samples("rte_ring_ns", theirs);
    std::printf("}");
}

void run_all(size_t rounds, size_t items) {
    const Rival rival = dpdk_rings();
    const Contest contests[] = {
        {"spsc", nanoseconds_per_item<Spsc>, rival.spsc, false, false},
        {"spmc", nanoseconds_per_item<Spmc>, rival.spmc, false, true},
        {"mpsc", nanoseconds_per_item<Mpsc>, rival.mpsc, true, false},
    };
    const char* separator = "[";
    for (const Contest& contest : contests) {
        const size_t threads_most = contest.many_producers || contest.many_consumers ? 4 : 2;
        for (size_t threads = 1; threads <= threads_most; ++threads) {
            for (const size_t batch : {1, 2, 4, 8, 16, 32}) {
                const size_t producers = contest.many_producers && threads > 2 ? threads - 1 : 1;
                std::printf("%s\n", separator);
                separator = ",";
                run_cell(contest,
                         {producers, threads - producers, batch, items / producers / 32 * 32},
                         rounds);
                std::fflush(stdout);
            }
        }
    }
    std::printf("\n]\n");
}

}  // namespace
}  // namespace rota::bench

int main(int argc, char** argv) {
    const auto number = [&](int index, size_t otherwise) {
        const long given = index < argc ? std::atol(argv[index]) : 0;
        return given > 0 ? static_cast<size_t>(given) : otherwise;
    };
    rota::bench::run_all(number(1, 11), number(2, 50'000));
}
