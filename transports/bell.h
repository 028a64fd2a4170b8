// SPDX-License-Identifier: BSD-3-Clause
// Bell: how any thread, or a signal handler, ends the sleep of a transport's owner, who sleeps
// until a descriptor can be read. It is written to only if the owner sleeps and nobody has rung
// yet, and nobody ever has to read it where it is watched for edges. Threading: ring() and strike()
// from anywhere, the rest is the owner's. What was published before ring() is seen by the owner
// after heard() or get_up() said true.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "platform/result.h"
#include "platform/slice.h"
#include "transports/sockets.h"

namespace rota {

class Bell {
public:
    static Result<UniqueFd> open() {
        UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!fd) return fail_errno("eventfd", errno);
        return fd;
    }
    explicit Bell(UniqueFd fd) : fd_(std::move(fd)) {}
    int fd() const { return fd_.get(); }

    void ring() noexcept {
        // Release pairs with the acquire in heard() and get_up().
        if (state_.exchange(kRung, std::memory_order_acq_rel) == kAsleep) strike();
    }
    // Writes whatever the owner does. A signal handler's errno is not ours to change.
    void strike() const noexcept {
        const int kept = errno;
        const uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(fd_.get(), &one, sizeof one);
        errno = kept;
    }
    // Whether it rang and nobody has heard it; anybody may ask.
    bool is_rung() const { return state_.load(std::memory_order_relaxed) == kRung; }

    // Takes note of a ring.
    bool heard() {
        if (!is_rung()) return false;
        state_.exchange(kAwake, std::memory_order_acquire);  // pairs with the release in ring()
        return true;
    }
    // False if it has rung. Else whoever rings from here on writes to the descriptor.
    bool lie_down() {
        uint8_t expected = kAwake;
        return state_.compare_exchange_strong(expected, kAsleep, std::memory_order_acq_rel);
    }
    // After the sleep, or after lie_down() said false: whether it rang.
    bool get_up() {
        return state_.exchange(kAwake, std::memory_order_acq_rel) == kRung;  // pairs with ring()
    }

private:
    enum : uint8_t { kAwake, kAsleep, kRung };
    UniqueFd fd_;
    alignas(kCacheLine) std::atomic<uint8_t> state_{kAwake};
};

}  // namespace rota
