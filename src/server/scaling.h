// SPDX-License-Identifier: BSD-3-Clause
// ScalingPolicy: how many IO threads are active. Pure: it is told the time and what was measured,
// and answers with a number.
//
//     ignition   the executor alone spends more than kIgnitionShare of its time on a CPU: the first
//     more       IO threads have no time left, or work keeps waiting for one of them
//     fewer      for kIdleMs the rest could have done it all with room to spare
//     crowded    active threads are ready to run but wait for a CPU: others need the machine
//
// It does not flap. The load at which a thread goes is predicted for those that remain and lies
// below the one at which a thread comes, so a constant load leads to one number and stays there;
// and after any change at least kDwellMs pass before the next.
//
// No thread is added where there is no core to spare. A thread that wakes up finds its CPU within
// microseconds on a machine with idle cores, so more than kWaitTolerated of its time spent in a run
// queue means that idle cores are rare, and more than kWaitCrowded that there are none. A thread
// that was added in vain (the machine became crowded, or fewer operations were done than before)
// goes again, and the next try waits: 1 s, then twice as long each time, up to kBackoffMaxMs. So
// where threads can only hurt, they cost one try of a third of a second a minute.
//
// Threading: the executor.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rota {

inline constexpr int64_t kDepthSampleMs = 10;
inline constexpr int64_t kDecisionMs = 160;  // 16 depth samples, where the executor is busy
inline constexpr int64_t kDwellMs = 2 * kDecisionMs;
inline constexpr int64_t kIdleMs = 1000;
inline constexpr int64_t kBackoffMinMs = 1000, kBackoffMaxMs = 64'000;

inline constexpr double kIgnitionShare = 0.30;    // of the executor's time, user and system
inline constexpr double kExtinctionShare = 0.20;  // ... if it did the work of its one IO thread too
inline constexpr double kLoadMore = 0.75;         // of the IO threads' time
inline constexpr double kLoadFewer = 0.50;        // of the time of those that would remain
inline constexpr double kWaitTolerated = 0.05;    // of a thread's time: above, none is added
inline constexpr double kWaitCrowded = 0.20;      // above, twice in a row: one goes
inline constexpr double kHarmShare = 0.10;        // so much less done than before is no accident

struct ScalingLimits {
    int io_threads = 1;          // as the directive counts: the executor is one of them
    int cpus = 1;                // that the process may use; threads beyond them can only hurt
    bool always_active = false;  // all of io_threads, whatever the load
};

// Means since the last decision.
struct ScalingSample {
    double executor_busy = 0;  // share of its time on a CPU
    double io_busy = 0;        // the same, mean of the active IO threads
    double waiting = 0;        // the longest that an active thread waited for a CPU, a share
    uint64_t ops = 0;          // operations done by all threads, never reset; 0: not counted
};

class ScalingPolicy {
public:
    explicit ScalingPolicy(const ScalingLimits& limits) { set_limits(limits); }

    // At the start and after CONFIG SET. Takes effect at once.
    void set_limits(const ScalingLimits& limits);

    // IO threads that should be active now, without the executor.
    int active() const { return active_; }
    // The active threads have to wait for CPUs, and did so at the decision before.
    bool crowded() const { return crowded_decisions_ >= 2; }

    // Jobs that wait for an IO thread, in whatever ring or list, asked before new ones are pushed
    // (those have not had their chance). Any number of calls: one in kDepthSampleMs counts.
    void sample_depth(int64_t now_ms, size_t depth);

    bool due(int64_t now_ms) const { return now_ms - decided_ms_ >= kDecisionMs; }
    // When due(). Returns active().
    int decide(int64_t now_ms, const ScalingSample& sample);

private:
    int max() const;
    void change(int64_t now_ms, int by);
    void back_off(int64_t now_ms);
    void watch(int64_t now_ms, const ScalingSample& sample);
    bool regrets_growth();
    bool wants_more(int64_t now_ms, const ScalingSample& sample) const;
    bool wants_fewer(const ScalingSample& sample) const;

    ScalingLimits limits_;
    int active_ = 0;
    bool started_ = false;
    int64_t decided_ms_ = 0;
    int64_t changed_ms_ = -kDwellMs;
    int64_t busy_ms_ = 0;  // when all active threads were last needed
    int crowded_decisions_ = 0;
    double load_ = 0;  // of the IO threads: their time, or how often work waited for them
    double waiting_ = 0;

    int64_t depth_sampled_ms_ = -kDepthSampleMs;
    int depth_samples_ = 0, depth_waiting_ = 0;

    bool on_trial_ = false;  // a thread was added and not yet judged
    bool grew_since_failure_ = false;
    uint64_t last_ops_ = 0;
    double ops_per_ms_ = 0, ops_per_ms_before_ = 0;  // before the growth on trial
    int64_t failed_ms_ = 0;
    int64_t backoff_ms_ = 0;
    int64_t grow_from_ms_ = 0;
};

}  // namespace rota
