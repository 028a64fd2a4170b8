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
    if (elapsed_us < kLookUs) return;
    looking_ = false;
    decide(elapsed_us);
}

void WaitModeration::begin_look(int64_t now_us) {
    looking_ = true;
    ++look_;
    look_began_us_ = now_us;
    look_began_ = effort_();
    receives_ = active_ = 0;
    gather_us_ = 0;
}

void WaitModeration::decide(int64_t elapsed_us) {
    gather_us_ = 0;
    const ThreadEffort now = effort_();
    const auto sleeps = static_cast<uint64_t>(now.sleeps - look_began_.sleeps);
    const auto cpu_us = static_cast<double>(now.cpu_us - look_began_.cpu_us);
    if (receives_ == 0 || receives_ * 4 >= active_ * sleeps * 3) return;
    if (1 - cpu_us / static_cast<double>(elapsed_us) > kIdleMax) return;
    const double round_trip_us = static_cast<double>(active_) * static_cast<double>(elapsed_us) /
                                 static_cast<double>(receives_);
    const auto wanted_us = static_cast<int64_t>(kRoundTripShare * round_trip_us);
    if (wanted_us >= kGatherMinUs) gather_us_ = std::min(wanted_us, max_us_);
}

}  // namespace rota
