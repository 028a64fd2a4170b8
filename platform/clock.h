// SPDX-License-Identifier: BSD-3-Clause
// Clock: what time it is, without a system call where the processor's counter can be trusted.
//
// The counter is tied to the kernel's clocks by an anchor that resync() renews. Between two anchors
// time is anchor + counted ticks * rate. Monotonic time never steps back: when the counter turns
// out to have run ahead, the next stretch runs slower until the kernel has caught up. Wall time
// follows every step that somebody makes to the system's clock at the next resync().
//
// Threading: reading from any thread; resync() from one thread at a time, about ten times a second.
// A Clock on an injected ClockSource asks that source each time and is as safe as the source is.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "platform/tsc.h"

namespace rota {

// Where time comes from: the kernel, or a test that decides itself.
class ClockSource {
public:
    virtual ~ClockSource() = default;
    virtual int64_t monotonic_ns() = 0;
    virtual int64_t wall_ns() = 0;
};

// Time that only moves when told to.
class FakeClockSource : public ClockSource {
public:
    explicit FakeClockSource(int64_t start_wall_ns = 1'700'000'000'000'000'000)
        : wall_ns_(start_wall_ns) {}
    int64_t monotonic_ns() override { return monotonic_ns_; }
    int64_t wall_ns() override { return wall_ns_; }
    void advance_ns(int64_t ns) {
        monotonic_ns_ += ns;
        wall_ns_ += ns;
    }
    void advance_ms(int64_t ms) { advance_ns(ms * 1'000'000); }
    void step_wall_ns(int64_t ns) { wall_ns_ += ns; }

private:
    int64_t monotonic_ns_ = 1'000'000'000;
    int64_t wall_ns_;
};

// One straight piece of the line from ticks to time.
struct ClockAnchor {
    uint64_t ticks = 0;
    int64_t monotonic_ns = 0;
    int64_t wall_offset_ns = 0;  // wall time minus monotonic time
    uint64_t rate = 0;           // ns per tick, 32 bits of fraction

    int64_t monotonic_at(uint64_t now) const;
};

// What the kernel said while the counter stood at `ticks`.
struct ClockSample {
    uint64_t ticks = 0;
    int64_t monotonic_ns = 0;
    int64_t wall_ns = 0;
};

// The arithmetic of resync(): the next anchor, given where the very first sample was. Pure.
ClockAnchor next_anchor(const ClockAnchor& anchor, const ClockSample& first,
                        const ClockSample& now);

class Clock {
public:
    Clock();                                // the kernel's clocks, and the counter if it is trusted
    explicit Clock(ClockSource& injected);  // that source alone; it must outlive the clock
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;

    int64_t monotonic_ns() const;
    int64_t monotonic_us() const { return monotonic_ns() / 1000; }
    int64_t wall_ns() const;
    int64_t wall_us() const { return wall_ns() / 1000; }
    int64_t wall_ms() const { return wall_ns() / 1'000'000; }

    // Both times by one reading of the counter.
    struct Moment {
        int64_t monotonic_us, wall_ms;
    };
    Moment now() const;

    // For measuring durations: the raw counter, or monotonic nanoseconds where there is none.
    uint64_t ticks() const {
        return counts_ticks_ ? read_ticks() : static_cast<uint64_t>(monotonic_ns());
    }
    int64_t ticks_to_ns(uint64_t delta) const;
    int64_t ticks_to_us(uint64_t delta) const { return ticks_to_ns(delta) / 1000; }
    uint64_t ns_to_ticks(int64_t ns) const;

    // "X86 TSC @ 2096 ticks/us" or "POSIX clock_gettime".
    const std::string& name() const { return name_; }

    void resync();

private:
    ClockAnchor load_anchor(uint64_t& now) const;
    ClockAnchor own_anchor() const;
    void publish(const ClockAnchor& anchor);

    ClockSource& source_;
    const bool counts_ticks_;           // fixed for life, so that differences of ticks() make sense
    std::atomic<bool> uses_anchor_;     // falls to false if the kernel withdraws its trust
    std::atomic<int64_t> shift_ns_{0};  // monotonic time minus the kernel's, see resync()
    std::atomic<uint64_t> tick_rate_{uint64_t{1} << 32};  // best known ns per tick, 32 bit fraction
    ClockSample first_;
    unsigned resyncs_ = 0;
    std::string name_;

    // The anchor, readable while it changes: odd version means a writer is at work.
    alignas(64) std::atomic<uint32_t> version_{0};
    std::atomic<uint64_t> anchor_ticks_{0};
    std::atomic<int64_t> anchor_monotonic_ns_{0};
    std::atomic<int64_t> anchor_wall_offset_ns_{0};
    std::atomic<uint64_t> anchor_rate_{0};
};

}  // namespace rota
