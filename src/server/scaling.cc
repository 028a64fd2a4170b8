// SPDX-License-Identifier: BSD-3-Clause
#include "server/scaling.h"

#include <algorithm>
#include <utility>

namespace rota {

int ScalingPolicy::max() const {
    const int threads =
        limits_.always_active ? limits_.io_threads : std::min(limits_.io_threads, limits_.cpus);
    return std::max(threads - 1, 0);
}

void ScalingPolicy::set_limits(const ScalingLimits& limits) {
    limits_ = limits;
    active_ = limits_.always_active ? max() : std::min(active_, max());
}

void ScalingPolicy::sample_depth(int64_t now_ms, size_t depth) {
    if (now_ms - depth_sampled_ms_ < kDepthSampleMs) return;
    depth_sampled_ms_ = now_ms;
    ++depth_samples_;
    if (depth != 0) ++depth_waiting_;
}

int ScalingPolicy::decide(int64_t now_ms, const ScalingSample& sample) {
    watch(now_ms, sample);
    decided_ms_ = now_ms;
    if (!std::exchange(started_, true)) return active_;  // what came before has no beginning
    if (limits_.always_active || now_ms - changed_ms_ < kDwellMs) return active_;
    if (regrets_growth() || (crowded() && active_ > 0)) {
        back_off(now_ms);
        change(now_ms, -1);
    } else if (wants_more(now_ms, sample)) {
        on_trial_ = true;
        grew_since_failure_ = true;
        ops_per_ms_before_ = ops_per_ms_;
        change(now_ms, +1);
    } else if (active_ > 0 && now_ms - busy_ms_ > kIdleMs) {
        change(now_ms, -1);
    }
    return active_;
}

void ScalingPolicy::watch(int64_t now_ms, const ScalingSample& sample) {
    const double backlog =
        depth_samples_ == 0 ? 0 : static_cast<double>(depth_waiting_) / depth_samples_;
    depth_samples_ = depth_waiting_ = 0;
    load_ = std::max(sample.io_busy, backlog);
    waiting_ = sample.waiting;
    crowded_decisions_ = waiting_ > kWaitCrowded ? crowded_decisions_ + 1 : 0;
    const auto passed_ms = static_cast<double>(std::max<int64_t>(now_ms - decided_ms_, 1));
    const uint64_t done = sample.ops > last_ops_ ? sample.ops - last_ops_ : 0;
    ops_per_ms_ = static_cast<double>(done) / passed_ms;
    last_ops_ = sample.ops;
    if (!wants_fewer(sample)) busy_ms_ = now_ms;
}

// A new thread stays or goes by what the last decision time of its first dwell time has shown.
bool ScalingPolicy::regrets_growth() {
    if (!on_trial_) return false;
    on_trial_ = false;
    return active_ > 0 &&
           (waiting_ > kWaitCrowded || ops_per_ms_ < ops_per_ms_before_ * (1 - kHarmShare));
}

bool ScalingPolicy::wants_more(int64_t now_ms, const ScalingSample& sample) const {
    if (active_ >= max() || now_ms < grow_from_ms_ || waiting_ > kWaitTolerated) return false;
    return active_ == 0 ? sample.executor_busy > kIgnitionShare : load_ > kLoadMore;
}

bool ScalingPolicy::wants_fewer(const ScalingSample& sample) const {
    if (active_ == 0) return false;
    if (active_ == 1) return sample.executor_busy + load_ < kExtinctionShare;
    return load_ * active_ < kLoadFewer * (active_ - 1);
}

void ScalingPolicy::change(int64_t now_ms, int by) {
    active_ += by;
    changed_ms_ = busy_ms_ = now_ms;
}

// A row of failures without a growth between them is one failure.
void ScalingPolicy::back_off(int64_t now_ms) {
    const bool forgotten = now_ms - failed_ms_ > 2 * kBackoffMaxMs;
    if (backoff_ms_ == 0 || forgotten) {
        backoff_ms_ = kBackoffMinMs;
    } else if (grew_since_failure_) {
        backoff_ms_ = std::min(2 * backoff_ms_, kBackoffMaxMs);
    }
    grew_since_failure_ = false;
    failed_ms_ = now_ms;
    grow_from_ms_ = now_ms + backoff_ms_;
}

}  // namespace rota
