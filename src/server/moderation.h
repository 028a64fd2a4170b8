// SPDX-License-Identifier: BSD-3-Clause
// WaitModeration: how long a loop lets requests gather before it looks at them, as network cards
// moderate their interrupts. Pure: it is told what a turn was like, and answers with a duration.
//
// A loop that is faster than its clients falls asleep again and again. Then each sleep costs its
// sender a wake-up of another CPU, more than a request costs him. Sleeping a little longer costs
// nobody anything where many clients are under way: each waits many times as long for the others,
// and who sends to a loop that sleeps by the clock wakes nobody. So every period begins with a
// look, without gathering, and what was seen decides:
//
//     sleeps        each was followed by requests of fewer than three quarters of the active
//                   clients. With more they are in step, and served together anyway; and a loop
//                   that hardly sleeps has no time to give away. (Idle time would not tell that:
//                   on a shared machine it is mostly time that others took.)
//     idle share    the thread was off its CPU for at most kIdleMax of the look. Above that,
//                   gathering could only add latency
//     round trip    active clients / requests per second (Little's law): how far apart the requests
//                   of one client are. Gathering takes at most kRoundTripShare of it
//
// Threading: the loop's.
#pragma once

#include <cstdint>

#include "platform/thread_usage.h"

namespace rota {

inline constexpr int64_t kLookUs = 4'000;
inline constexpr int64_t kModerationPeriodUs = 100'000;
inline constexpr double kIdleMax = 0.50;
inline constexpr double kRoundTripShare = 0.08;
inline constexpr int64_t kGatherMinUs = 15;  // shorter sleeps cost more than they save
inline constexpr uint8_t kLookMask = 15;

class WaitModeration {
public:
    // effort: thread_effort(), asked twice a look.
    explicit WaitModeration(ThreadEffort (*effort)()) : effort_(effort) {}
    void set_max_us(int64_t max_us) { max_us_ = max_us; }  // 0: never gather

    // Which look this is: a client that was read from counts once in each. Constant between looks.
    uint8_t look() const { return look_ & kLookMask; }
    void client_is_active() { active_ += looking_; }

    // After each turn's wait, at `now_us` of the monotonic clock, with the number of times that
    // clients were read from in it.
    void turn(int64_t now_us, uint64_t receives);

    // How long the loop's waits should gather from now on.
    int64_t gather_us() const { return gather_us_; }

private:
    void decide(int64_t elapsed_us);
    void begin_look(int64_t now_us);

    ThreadEffort (*const effort_)();
    int64_t max_us_ = 0;
    bool looking_ = false;
    uint8_t look_ = 0;
    int64_t look_began_us_ = -kModerationPeriodUs;
    ThreadEffort look_began_;
    uint64_t receives_ = 0, active_ = 0;
    int64_t gather_us_ = 0;
};

}  // namespace rota
