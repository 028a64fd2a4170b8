// SPDX-License-Identifier: BSD-3-Clause
// Pacer: when the next pipeline is due under --rps. The schedule is fixed at the start and nothing
// that the server does can move it: a pipeline sent late keeps the time at which it was due, and
// its latency counts from then. (Measuring from the send would leave out exactly the requests that
// had to wait, which is called coordinated omission.) Threading: one owner. Pure: time comes in as
// an argument.
#pragma once

#include <cstdint>

#include "platform/assert.h"

namespace rota {

class Pacer {
public:
    // One pipeline every interval_ns (a fraction is kept), the first at start_ns.
    Pacer(int64_t start_ns, double interval_ns) : start_ns_(start_ns), interval_ns_(interval_ns) {
        ASSERT(interval_ns > 0);
    }

    int64_t due_ns() const {
        return start_ns_ + static_cast<int64_t>(static_cast<double>(taken_) * interval_ns_);
    }
    bool is_due(int64_t now_ns) const { return due_ns() <= now_ns; }
    // How long until the next is due; 0 if it is.
    int64_t wait_ns(int64_t now_ns) const {
        const int64_t left_ns = due_ns() - now_ns;
        return left_ns > 0 ? left_ns : 0;
    }
    // Takes the next one: the time at which it is due.
    int64_t take() {
        const int64_t due = due_ns();
        ++taken_;
        return due;
    }

private:
    int64_t start_ns_;
    double interval_ns_;
    uint64_t taken_ = 0;
};

}  // namespace rota
