// SPDX-License-Identifier: BSD-3-Clause
// The rings under Relacy, a model checker for the memory model of C++: it runs a scenario of a few
// threads in every interleaving, with every value that each load may return, and knows of each
// access to plain memory whether it is ordered with the others.
//
// Every access of a ring that asks for more than relaxed order is a *site*. weaken() turns one of
// them relaxed, so a test can show that the checker then finds a fault: that the order is needed,
// and that the scenarios would notice were it missing.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <bitset>
#include <cstdlib>
#include <new>
#include <ostream>
#include <relacy/relacy.hpp>
#include <source_location>
#include <streambuf>
#include <string>

#include "platform/assert.h"

// What Relacy defines for programs that are written to it.
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst

// Relacy replaces the plain forms only.
void operator delete(void* block, size_t) noexcept { operator delete(block); }

namespace rota {

// The rings' own assertions are part of what is checked.
void assert_failed(const char* condition, const char* file, int line) {
    rl::ctx().fail_test(condition, rl::test_result_user_assert_failed,
                        {"", file, static_cast<unsigned>(line)});
    std::abort();
}

}  // namespace rota

namespace rota::model {

using Where = std::source_location;

struct Sites {
    std::bitset<1000> lines;  // of the ring header; no set, because Relacy watches allocations
    unsigned weak_line = 0;   // 0: none
};

inline Sites sites;

inline rl::memory_order order_at(std::memory_order order, const Where& where) {
    if (order == std::memory_order_relaxed) return rl::mo_relaxed;
    sites.lines.set(where.line());
    if (where.line() == sites.weak_line) return rl::mo_relaxed;
    switch (order) {
        case std::memory_order_acquire:
            return rl::mo_acquire;
        case std::memory_order_release:
            return rl::mo_release;
        case std::memory_order_acq_rel:
            return rl::mo_acq_rel;
        default:
            return rl::mo_seq_cst;
    }
}

inline rl::debug_info info_of(const Where& where) {
    return {where.function_name(), where.file_name(), where.line()};
}

// Takes the place of StdAtomics.
//
// Relacy lets the stores to one atomic take effect in the order of their execution. Real memory,
// and the memory model, may swap two stores of different threads that nothing orders: a slot that
// is cleared by the consumer could lose the next item, if the index that tells of the clearing were
// published without a release. So an Atomic also asks that of its stores each two are ordered, and
// each store with each exchange or addition; these may come in any order among themselves.
struct RelacyAtomics {
    template <class T>
    class Atomic {
    public:
        Atomic(T value = T{}) : value_(value) { order_(RL_INFO) = 0; }

        T load(std::memory_order order, Where where = Where::current()) const {
            return value_.load(order_at(order, where), info_of(where));
        }
        void store(T value, std::memory_order order, Where where = Where::current()) {
            order_(info_of(where)) = 0;
            value_.store(value, order_at(order, where), info_of(where));
        }
        T fetch_add(T value, std::memory_order order, Where where = Where::current()) {
            order_(info_of(where)).load();
            return value_.fetch_add(value, order_at(order, where), info_of(where));
        }
        T fetch_sub(T value, std::memory_order order, Where where = Where::current()) {
            order_(info_of(where)).load();
            return value_.fetch_sub(value, order_at(order, where), info_of(where));
        }
        T exchange(T value, std::memory_order order, Where where = Where::current()) {
            order_(info_of(where)).load();
            return value_.exchange(value, order_at(order, where), info_of(where));
        }
        bool compare_exchange_weak(T& expected, T desired, std::memory_order order,
                                   Where where = Where::current()) {
            order_(info_of(where)).load();
            return value_.compare_exchange_weak(expected, desired, order_at(order, where),
                                                info_of(where));
        }
        bool compare_exchange_strong(T& expected, T desired, std::memory_order order,
                                     Where where = Where::current()) {
            order_(info_of(where)).load();
            return value_.compare_exchange_strong(expected, desired, order_at(order, where),
                                                  info_of(where));
        }

    private:
        rl::atomic<T> value_;
        rl::var<uint32_t> order_;  // written with each store, read with each read-modify-write
    };

    template <class T>
    class Shared {
    public:
        Shared() = default;
        Shared& operator=(T value) {
            value_(RL_INFO) = value;
            return *this;
        }
        operator T() const { return value_(RL_INFO); }

    private:
        rl::var<T> value_;
    };
};

// What the items of a scenario stand for: item n, from 1 on, is memory that its producer writes
// before it pushes it and whoever pops it writes again, as if it were freed and used anew.
template <size_t kItems>
class Payloads {
public:
    // As the producer of `item`, before pushing it.
    uint64_t make(uint64_t item) {
        memory_[item] = item;
        return item;
    }
    // As the one who popped `item`.
    void use(uint64_t item) {
        RL_ASSERT(item >= 1 && item <= kItems);
        RL_ASSERT(memory_[item] == item);  // and not twice
        memory_[item] = 0;
    }
    // After everything: nothing was lost.
    void expect_all_used() {
        for (uint64_t item = 1; item <= kItems; ++item) RL_ASSERT(memory_[item] == 0);
    }

private:
    RelacyAtomics::Shared<uint64_t> memory_[kItems + 1];
};

// The cache lines of a ring need an alignment that Relacy's own allocation has not.
template <class Scenario>
struct Suite : rl::test_suite<Suite<Scenario>, Scenario::kThreads> {
    void before() { scenario = ::new (static_cast<void*>(storage)) Scenario; }
    void thread(unsigned index) { scenario->thread(index); }
    void after() {
        scenario->finish();
        scenario->~Scenario();
    }

    alignas(Scenario) static inline unsigned char storage[sizeof(Scenario)];
    Scenario* scenario = nullptr;
};

// ROTA_MODEL=long in the environment: searches of minutes, not seconds.
inline bool long_search() {
    const char* wish = std::getenv("ROTA_MODEL");
    return wish != nullptr && std::string(wish) == "long";
}

struct Search {
    static constexpr unsigned kAllSwitches = 0;
    // Every execution, or every one with at most so many switches away from a running thread.
    unsigned switches = kAllSwitches;
};

struct Outcome {
    bool holds;
    uint64_t executions;
    std::string report;
};

// Text without allocation, because Relacy watches that; what does not fit is dropped.
class Report : public std::streambuf {
public:
    Report() { setp(text_, text_ + sizeof text_); }
    std::string text() const { return {pbase(), pptr()}; }

private:
    char text_[100'000];
};

template <class Scenario>
Outcome explore(Search search) {
    rl::test_params params;
    Report report;
    std::ostream out(&report);
    std::ostream nowhere(nullptr);
    params.output_stream = &out;
    params.progress_stream = &nowhere;
    params.search_type = search.switches == Search::kAllSwitches ? rl::sched_full : rl::sched_bound;
    params.context_bound = search.switches;
    const bool holds = rl::simulate<Suite<Scenario>>(params);
    return {holds, params.stop_iteration, report.text()};
}

template <class Scenario>
void expect_holds(Search search) {
    const Outcome outcome = explore<Scenario>(search);
    EXPECT_TRUE(outcome.holds) << outcome.report;
    testing::Test::RecordProperty("executions", std::to_string(outcome.executions));
    std::printf("%lu executions\n", static_cast<unsigned long>(outcome.executions));
}

// Each site in turn is made relaxed; some scenario must then fail.
template <class... Scenarios>
void expect_every_order_is_needed(Search search) {
    (explore<Scenarios>({1}), ...);
    const auto lines = sites.lines;
    EXPECT_GE(lines.count(), 4u);
    for (unsigned line = 0; line < lines.size(); ++line) {
        if (!lines[line]) continue;
        sites.weak_line = line;
        EXPECT_TRUE((!explore<Scenarios>(search).holds || ...)) << "line " << line;
    }
    sites.weak_line = 0;
}

}  // namespace rota::model
