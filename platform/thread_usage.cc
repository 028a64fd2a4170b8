// SPDX-License-Identifier: BSD-3-Clause
#include "platform/thread_usage.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "platform/assert.h"
#include "platform/rusage.h"

namespace rota {

namespace {

constexpr size_t kStatBytes = 80;  // three 64-bit numbers in decimal fit

// CPU time is accounted in steps, so a short stretch may seem to hold more than itself.
double share(int64_t part_ns, int64_t whole_ns) {
    return std::clamp(static_cast<double>(part_ns) / static_cast<double>(whole_ns), 0.0, 1.0);
}

}  // namespace

ThreadShares ShareMeter::advance(const ThreadTimes& times, int64_t now_ns) {
    const int64_t passed_ns = now_ns - last_ns_;
    ThreadShares shares;
    if (started_ && passed_ns > 0) {
        shares = {share(times.user_ns - last_.user_ns, passed_ns),
                  share(times.system_ns - last_.system_ns, passed_ns),
                  share(times.waited_ns - last_.waited_ns, passed_ns)};
    }
    started_ = true;
    last_ = times;
    last_ns_ = now_ns;
    return shares;
}

ThreadUsage::ThreadUsage(const char* waits)
    : thread_(::pthread_self()), waits_(::open(waits, O_RDONLY | O_CLOEXEC)) {
    const int failed = ::pthread_getcpuclockid(thread_, &cpu_clock_);
    ASSERT(failed == 0);
}

ThreadTimes ThreadUsage::read() const {
    ThreadTimes times{.waited_ns = read_waited_ns()};
    if (::pthread_equal(thread_, ::pthread_self()) != 0) {
        const CpuTime own = cpu_time(CpuTimeOf::thread);
        times.user_ns = own.user_us * 1000;
        times.system_ns = own.system_us * 1000;
    } else {
        struct timespec ran;
        if (::clock_gettime(cpu_clock_, &ran) == 0)
            times.user_ns = int64_t{ran.tv_sec} * 1'000'000'000 + ran.tv_nsec;
    }
    return times;
}

int64_t ThreadUsage::read_waited_ns() const {
    char text[kStatBytes];
    const ssize_t size = waits_.valid() ? ::pread(waits_.get(), text, sizeof text, 0) : -1;
    if (size <= 0) return 0;
    const char* end = text + size;
    const char* blank = std::find(static_cast<const char*>(text), end, ' ');
    int64_t waited_ns = 0;
    if (blank != end) std::from_chars(blank + 1, end, waited_ns);
    return waited_ns;
}

ThreadEffort thread_effort() {
    timespec used{};  // getrusage() lags by up to a tick of a busy thread
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return {.cpu_us = int64_t{used.tv_sec} * 1'000'000 + used.tv_nsec / 1000,
            .sleeps = usage.ru_nvcsw};
}

}  // namespace rota
