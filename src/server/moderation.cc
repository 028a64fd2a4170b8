// SPDX-License-Identifier: BSD-3-Clause
#include "server/moderation.h"

#include <algorithm>

namespace rota {

void WaitModeration::turn(int64_t now_us, uint64_t receives) {
    const int64_t elapsed_us = now_us - look_began_us_;
    if (!looking_) {
        if (elapsed_us >= kModerationPeriodUs) begin_look(now_us);
        return;
    }
    receives_ += receives;
    ++turns_;
    if (elapsed_us < kLookUs) return;
    looking_ = false;
    decide(elapsed_us);
}

void WaitModeration::begin_look(int64_t now_us) {
    looking_ = true;
    ++look_;
    look_began_us_ = now_us;
    look_began_cpu_us_ = thread_cpu_us_();
    turns_ = receives_ = active_ = 0;
    gather_us_ = 0;
}

void WaitModeration::decide(int64_t elapsed_us) {
    gather_us_ = 0;
    const int64_t cpu_us = thread_cpu_us_() - look_began_cpu_us_;
    const double idle = 1 - static_cast<double>(cpu_us) / static_cast<double>(elapsed_us);
    if (idle < kIdleMin || idle > kIdleMax || receives_ == 0) return;
    if (receives_ * 4 >= active_ * turns_) return;
    const double round_trip_us = static_cast<double>(active_) * static_cast<double>(elapsed_us) /
                                 static_cast<double>(receives_);
    const auto wanted_us = static_cast<int64_t>(kRoundTripShare * round_trip_us);
    if (wanted_us >= kGatherMinUs) gather_us_ = std::min(wanted_us, max_us_);
}

}  // namespace rota
