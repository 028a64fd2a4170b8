// SPDX-License-Identifier: BSD-3-Clause
// Parker: where a thread sleeps until another has work for it. Waking one that is awake costs one
// exchange and no system call. The protocol is modelled in tests/model/park.pml.
// Threading: park() by the one thread that sleeps here, wake() by any. What was published before
// wake() is seen after the next park(), which then does not sleep.
#pragma once

#include <atomic>
#include <cstdint>

#include "platform/slice.h"

namespace rota {

class Parker {
public:
    void park() {
        uint32_t expected = kAwake;
        // Fails if somebody has called wake() since the last park(). Whoever comes from here on
        // sees kAsleep.
        if (state_.compare_exchange_strong(expected, kAsleep, std::memory_order_acq_rel))
            state_.wait(kAsleep, std::memory_order_acquire);
        // Acquire pairs with the release in wake().
        state_.exchange(kAwake, std::memory_order_acq_rel);
    }

    // True if it was asleep.
    bool wake() {
        // Release pairs with the acquires in park().
        const bool slept = state_.exchange(kWoken, std::memory_order_acq_rel) == kAsleep;
        if (slept) state_.notify_one();
        return slept;
    }

private:
    enum : uint32_t { kAwake, kAsleep, kWoken };
    alignas(kCacheLine) std::atomic<uint32_t> state_{kAwake};
};

}  // namespace rota
