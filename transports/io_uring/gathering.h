// SPDX-License-Identifier: BSD-3-Clause
// Gathering: whether a wait should go on for a moment (`io-uring-min-wait-us`) so that one wake-up
// serves many requests. That pays where many are under way and costs latency where few are. No
// clock is asked: a wait that gathered tells by what it brought, and where it brought too little,
// waits end with the first completion again but for a probe now and then.
// Threading: one owner.
#pragma once

#include <algorithm>
#include <cstdint>

namespace rota::uring {

class Gathering {
public:
    // How many completions end the next wait at once; 1: the first does, no minimum is waited for.
    uint32_t batch() const {
        if (on_) return std::min(expected_, kBatchMost);
        return until_probe_ == 0 ? kWorthwhile : 1;
    }
    // What that wait brought.
    void learn(size_t brought) {
        const auto count = static_cast<uint32_t>(std::min<size_t>(brought, kBatchMost));
        if (on_) return learn_on(count);
        if (count >= kWorthwhile) {
            on_ = true;
            expected_ = count;
            poor_ = 0;
        } else if (until_probe_ != 0) {
            --until_probe_;
        } else {
            probe_every_ = std::min(probe_every_ * 2, kProbeRarest);
            until_probe_ = probe_every_;
        }
    }

private:
    static constexpr uint32_t kWorthwhile = 3;  // with fewer per wait gathering only costs
    static constexpr uint32_t kBatchMost = 64;  // enough for a turn: they may be answered
    static constexpr uint32_t kPoorMost = 4;    // waits in a row that were not worth it
    static constexpr uint32_t kProbeOften = 32, kProbeRarest = 1024;

    // Quick to expect more, slow to expect less: one that came late is no reason to hurry.
    void learn_on(uint32_t count) {
        expected_ = count >= expected_ ? count : expected_ - (expected_ - count + 3) / 4;
        expected_ = std::max(expected_, kWorthwhile);
        poor_ = count < kWorthwhile ? poor_ + 1 : 0;
        if (poor_ <= kPoorMost) return;
        on_ = false;
        until_probe_ = probe_every_ = kProbeOften;
    }

    bool on_ = false;
    uint32_t expected_ = 0;
    uint32_t poor_ = 0;
    uint32_t probe_every_ = kProbeOften;
    uint32_t until_probe_ = kProbeOften;
};

}  // namespace rota::uring
