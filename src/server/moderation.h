// SPDX-License-Identifier: BSD-3-Clause
// WaitModeration: how long a loop lets requests gather before it looks at them, as network cards
// moderate their interrupts. Pure: it is told what a turn was like, and answers with a duration.
//
// A loop that is faster than its clients falls asleep after each request or two. Then each request
// pays for a wait and a wake, and whoever sends it pays for waking this thread. Sleeping a little
// longer costs nobody anything where many clients are under way: each waits many times as long for
// the others. So every period begins with a look, without gathering, and what was seen decides:
//
//     idle share    the thread was off its CPU between kIdleMin and kIdleMax of the look. Below,
//                   there is no time to give away; above, gathering could only add latency
//     turns         a turn served fewer than a quarter of the active clients: they are not in step
//     round trip    active clients / requests per second (Little's law): how far apart the requests
//                   of one client are. Gathering takes at most kRoundTripShare of it
//
// Threading: the loop's.
#pragma once

#include <cstdint>

namespace rota {

inline constexpr int64_t kLookUs = 4'000;
inline constexpr int64_t kModerationPeriodUs = 100'000;
inline constexpr double kIdleMin = 0.08, kIdleMax = 0.50;
inline constexpr double kRoundTripShare = 0.05;
inline constexpr int64_t kGatherMinUs = 8;  // less than a sleep takes anyway
inline constexpr uint8_t kLookMask = 15;

class WaitModeration {
public:
    // thread_cpu_us: CPU time of the calling thread so far. Asked twice a look.
    explicit WaitModeration(int64_t (*thread_cpu_us)()) : thread_cpu_us_(thread_cpu_us) {}
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

    int64_t (*const thread_cpu_us_)();
    int64_t max_us_ = 0;
    bool looking_ = false;
    uint8_t look_ = 0;
    int64_t look_began_us_ = -kModerationPeriodUs;
    int64_t look_began_cpu_us_ = 0;
    uint64_t turns_ = 0, receives_ = 0, active_ = 0;
    int64_t gather_us_ = 0;
};

}  // namespace rota
