// SPDX-License-Identifier: BSD-3-Clause
// What one thread makes of its time: how much of it runs, and how much waits because all CPUs are
// taken. The first tells when a thread needs help, the second whether the machine has a core left
// for a helper.
//
// Threading: built by the thread that is measured; sampled by one thread, that or another, two or
// three system calls each. Where the kernel does not tell, or the thread has ended, a share is 0.
#pragma once

#include <pthread.h>

#include <cstdint>
#include <ctime>

#include "platform/file.h"

namespace rota {

// Since the thread began.
struct ThreadTimes {
    int64_t user_ns = 0;    // all CPU time where a stranger asks: only the thread itself may know
    int64_t system_ns = 0;  // its part in the kernel
    int64_t waited_ns = 0;  // ready to run, but on no CPU
};

// Of the time between two samples, 0 to 1.
struct ThreadShares {
    double user = 0;
    double system = 0;
    double waiting = 0;

    double busy() const { return user + system; }
};

// The arithmetic: pure.
class ShareMeter {
public:
    // The first call only sets the start, and so does one at a time that has not passed.
    ThreadShares advance(const ThreadTimes& times, int64_t now_ns);

private:
    ThreadTimes last_;
    int64_t last_ns_ = 0;
    bool started_ = false;
};

class ThreadUsage {
public:
    // `waits` holds the kernel's "<ns on a CPU> <ns waiting> <slices>"; another path in tests only.
    explicit ThreadUsage(const char* waits = "/proc/thread-self/schedstat");

    ThreadTimes read() const;
    ThreadShares sample(int64_t now_ns) { return meter_.advance(read(), now_ns); }

private:
    int64_t read_waited_ns() const;

    pthread_t thread_;
    clockid_t cpu_clock_ = 0;
    FileDescriptor waits_;
    ShareMeter meter_;
};

// Of the calling thread, to this moment.
struct ThreadEffort {
    int64_t cpu_us = 0;
    int64_t sleeps = 0;  // times that it gave up its CPU to wait; being preempted is none
};
ThreadEffort thread_effort();

}  // namespace rota
