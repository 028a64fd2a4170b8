// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/rates.h"

#include <algorithm>
#include <numeric>

#include "metrics/server_stats.h"

namespace rota {

void RateMeter::sample(uint64_t value, uint64_t base) {
    if (started_) {
        const uint64_t grown = value > last_value_ ? value - last_value_ : 0;
        const uint64_t passed = base > last_base_ ? base - last_base_ : 0;
        // In floating point: bytes times a million would overflow 64 bits at 18 TB a sample.
        const double rate = static_cast<double>(grown) * static_cast<double>(scale_) /
                            static_cast<double>(std::max<uint64_t>(passed, 1));
        samples_[next_] = passed == 0 ? 0 : static_cast<uint64_t>(rate);
        next_ = (next_ + 1) % kRateSamples;
    }
    started_ = true;
    last_value_ = value;
    last_base_ = base;
}

uint64_t RateMeter::value() const {
    return std::accumulate(samples_.begin(), samples_.end(), uint64_t{0}) / kRateSamples;
}

void ServerRates::sample(const ServerStats& s, uint64_t monotonic_us) {
    commands.sample(s.commands_processed, monotonic_us);
    net_input.sample(s.net_input_bytes + s.net_repl_input_bytes, monotonic_us);
    net_output.sample(s.net_output_bytes + s.net_repl_output_bytes, monotonic_us);
    net_repl_input.sample(s.net_repl_input_bytes, monotonic_us);
    net_repl_output.sample(s.net_repl_output_bytes, monotonic_us);
    loop_cycles.sample(s.loop_cycles, monotonic_us);
    loop_duration.sample(s.loop_us, s.loop_cycles);
}

}  // namespace rota
