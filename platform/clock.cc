// SPDX-License-Identifier: BSD-3-Clause
#include "platform/clock.h"

#include <time.h>

#include <algorithm>
#include <cstdlib>

#include "platform/log.h"
#include "platform/text.h"

namespace rota {

namespace {

__extension__ typedef unsigned __int128 Wide;  // ISO C++ has no such type, both compilers do

constexpr unsigned kRateBits = 32;
constexpr int64_t kCalibration_ns = 10'000'000;
constexpr int64_t kJump_ns = 500'000'000;
constexpr unsigned kWatchEvery = 64;  // resyncs between two looks at what the kernel trusts

int64_t read_kernel_ns(clockid_t which) {
    struct timespec now;
    ::clock_gettime(which, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class KernelClockSource : public ClockSource {
public:
    int64_t monotonic_ns() override { return read_kernel_ns(CLOCK_MONOTONIC); }
    int64_t wall_ns() override { return read_kernel_ns(CLOCK_REALTIME); }
};

ClockSource& kernel_source() {
    static KernelClockSource source;  // has no state
    return source;
}

int64_t scale(uint64_t ticks, uint64_t rate) {
    const auto wide = static_cast<Wide>(ticks) * rate;
    return static_cast<int64_t>(wide >> kRateBits);
}

uint64_t rate_between(const ClockSample& from, const ClockSample& to) {
    const auto ns = static_cast<uint64_t>(to.monotonic_ns - from.monotonic_ns);
    const uint64_t ticks = std::max<uint64_t>(to.ticks - from.ticks, 1);
    return static_cast<uint64_t>((static_cast<Wide>(ns) << kRateBits) / ticks);
}

// The three clocks at one moment. An interrupt in between spoils a sample, so the quickest of a few
// counts; two kernel clocks are read, and each is moved to the middle of the sample.
ClockSample sample_clocks(ClockSource& source) {
    ClockSample best;
    uint64_t best_width = UINT64_MAX;
    for (int attempt = 0; attempt < 4; ++attempt) {
        const uint64_t before = read_ticks();
        const int64_t early = source.monotonic_ns();
        const int64_t wall = source.wall_ns();
        const int64_t late = source.monotonic_ns();
        const uint64_t width = read_ticks() - before;
        if (width >= best_width) continue;
        best_width = width;
        best = {before + width / 2, early + (late - early) / 2, wall};
    }
    return best;
}

}  // namespace

int64_t ClockAnchor::monotonic_at(uint64_t now) const {
    // A core may be a few ticks behind the one that set the anchor.
    if (static_cast<int64_t>(now - ticks) < 0) return monotonic_ns;
    return monotonic_ns + scale(now - ticks, rate);
}

ClockAnchor next_anchor(const ClockAnchor& anchor, const ClockSample& first,
                        const ClockSample& now) {
    constexpr int64_t kCatchUp_ns = 200'000'000;  // how long a small lead takes to melt away
    constexpr int64_t kSlowest = 10;              // a large lead: run at 1 - 1/10 of the true rate
    constexpr int64_t kWallNoise_ns = 2'000;      // two kernel clocks cannot be read at one moment
    constexpr int64_t kWallLead_ns = 1'000'000;   // up to here wall time shares the lead
    const int64_t predicted = anchor.monotonic_at(now.ticks);
    const int64_t lead = predicted - now.monotonic_ns;
    ClockAnchor next;
    next.ticks = now.ticks;
    next.rate = rate_between(first, now);
    next.monotonic_ns = std::max(predicted, now.monotonic_ns);
    const int64_t offset =
        now.wall_ns - (lead > kWallLead_ns ? next.monotonic_ns : now.monotonic_ns);
    const bool unchanged = std::llabs(offset - anchor.wall_offset_ns) < kWallNoise_ns;
    next.wall_offset_ns = unchanged ? anchor.wall_offset_ns : offset;
    if (lead > 0) {
        const Wide slow_down = static_cast<Wide>(next.rate) * static_cast<Wide>(lead) / kCatchUp_ns;
        next.rate -= static_cast<uint64_t>(std::min<Wide>(slow_down, next.rate / kSlowest));
    }
    return next;
}

Clock::Clock()
    : source_(kernel_source()),
      counts_ticks_(ticks_are_trusted("")),
      uses_anchor_(counts_ticks_),
      name_("POSIX clock_gettime") {
    if (!counts_ticks_) return;
    first_ = sample_clocks(source_);
    const struct timespec pause = {0, kCalibration_ns};
    ::nanosleep(&pause, nullptr);
    const ClockSample now = sample_clocks(source_);
    const uint64_t rate = rate_between(first_, now);
    tick_rate_.store(rate, std::memory_order_relaxed);
    publish({now.ticks, now.monotonic_ns, now.wall_ns - now.monotonic_ns, rate});
    const double per_us = 1000.0 * static_cast<double>(uint64_t{1} << kRateBits) /
                          static_cast<double>(std::max<uint64_t>(rate, 1));
    name_ = format("%s @ %.0f ticks/us", kTickSource, per_us);
}

Clock::Clock(ClockSource& injected)
    : source_(injected), counts_ticks_(false), uses_anchor_(false), name_("injected") {}

ClockAnchor Clock::own_anchor() const {
    return {anchor_ticks_.load(std::memory_order_relaxed),
            anchor_monotonic_ns_.load(std::memory_order_relaxed),
            anchor_wall_offset_ns_.load(std::memory_order_relaxed),
            anchor_rate_.load(std::memory_order_relaxed)};
}

// The counter is read while the anchor is known to be the newest: a thread that was suspended after
// loading an old, faster anchor must not come out ahead of those that already use the new one.
ClockAnchor Clock::load_anchor(uint64_t& now) const {
    for (;;) {
        const uint32_t version = version_.load(std::memory_order_acquire);  // with publish()
        const ClockAnchor anchor = {
            anchor_ticks_.load(std::memory_order_acquire),  // each keeps the last load behind it
            anchor_monotonic_ns_.load(std::memory_order_acquire),
            anchor_wall_offset_ns_.load(std::memory_order_acquire),
            anchor_rate_.load(std::memory_order_acquire)};
        now = read_ticks();
        const bool stable = version_.load(std::memory_order_relaxed) == version;
        if (stable && version % 2 == 0) return anchor;
    }
}

void Clock::publish(const ClockAnchor& anchor) {
    const uint32_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    // Release, so that whoever sees a new value also sees the odd version.
    anchor_ticks_.store(anchor.ticks, std::memory_order_release);
    anchor_monotonic_ns_.store(anchor.monotonic_ns, std::memory_order_release);
    anchor_wall_offset_ns_.store(anchor.wall_offset_ns, std::memory_order_release);
    anchor_rate_.store(anchor.rate, std::memory_order_release);
    version_.store(version + 2, std::memory_order_release);  // pairs with load_anchor()
}

int64_t Clock::monotonic_ns() const {
    // Pairs with the release in resync(): the shift is set.
    if (!uses_anchor_.load(std::memory_order_acquire)) {
        return source_.monotonic_ns() + shift_ns_.load(std::memory_order_relaxed);
    }
    uint64_t now = 0;
    const ClockAnchor anchor = load_anchor(now);
    return anchor.monotonic_at(now);
}

int64_t Clock::wall_ns() const {
    if (!uses_anchor_.load(std::memory_order_relaxed)) return source_.wall_ns();
    uint64_t now = 0;
    const ClockAnchor anchor = load_anchor(now);
    return anchor.monotonic_at(now) + anchor.wall_offset_ns;
}

Clock::Moment Clock::now() const {
    if (!uses_anchor_.load(std::memory_order_relaxed)) return {monotonic_us(), wall_ms()};
    uint64_t now = 0;
    const ClockAnchor anchor = load_anchor(now);
    const int64_t monotonic_ns = anchor.monotonic_at(now);
    return {monotonic_ns / 1000, (monotonic_ns + anchor.wall_offset_ns) / 1'000'000};
}

int64_t Clock::ticks_to_ns(uint64_t delta) const {
    return scale(delta, tick_rate_.load(std::memory_order_relaxed));
}

uint64_t Clock::ns_to_ticks(int64_t ns) const {
    const uint64_t rate = std::max<uint64_t>(tick_rate_.load(std::memory_order_relaxed), 1);
    return static_cast<uint64_t>((static_cast<Wide>(ns) << kRateBits) / rate);
}

void Clock::resync() {
    if (!uses_anchor_.load(std::memory_order_relaxed)) return;
    const bool trusted = ++resyncs_ % kWatchEvery != 0 || kernel_counts_ticks("");
    const int64_t shift = shift_ns_.load(std::memory_order_relaxed);
    ClockSample now = sample_clocks(source_);
    now.monotonic_ns += shift;
    const ClockAnchor anchor = own_anchor();
    const int64_t lead = anchor.monotonic_at(now.ticks) - now.monotonic_ns;
    if (trusted && std::llabs(lead) < kJump_ns && now.ticks > anchor.ticks) {
        tick_rate_.store(rate_between(first_, now), std::memory_order_relaxed);
        publish(next_anchor(anchor, first_, now));
        return;
    }
    // The counter jumped (a suspended or migrated guest) or lost the kernel's trust. Where
    // monotonic time begins means nothing, so a lead is kept as a shift for good: no step back, no
    // standstill.
    const int64_t kept = std::max<int64_t>(lead, 0);
    shift_ns_.store(shift + kept, std::memory_order_relaxed);
    now.monotonic_ns += kept;
    first_ = now;
    publish({now.ticks, now.monotonic_ns, now.wall_ns - now.monotonic_ns,
             tick_rate_.load(std::memory_order_relaxed)});
    log(LogLevel::warning, "The processor's counter is %lld ms off the kernel's clock%s",
        static_cast<long long>(lead / 1'000'000),
        trusted ? "" : " and no longer trusted: time comes from clock_gettime now");
    if (!trusted) uses_anchor_.store(false, std::memory_order_release);  // with monotonic_ns()
}

}  // namespace rota
