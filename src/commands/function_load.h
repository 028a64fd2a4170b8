// SPDX-License-Identifier: BSD-3-Clause
// LoadHost: what the code of a library may do while it registers its functions, which is nothing,
// and for half a second. Threading: executor only.
#pragma once

#include <optional>
#include <span>

#include "platform/assert.h"
#include "platform/clock.h"
#include "platform/log.h"
#include "scripting/host.h"

namespace rota {

// What a script or a library has to say.
inline void log_of_script(int level, Slice text) {
    log(static_cast<LogLevel>(level), "%.*s", static_cast<int>(text.size()), text.data());
}

class LoadHost final : public ScriptHost {
public:
    explicit LoadHost(const Clock& clock)
        : clock_(clock), deadline_us_(clock.monotonic_us() + kTimeMaxUs) {}

    // No library finds the functions that would ask for these.
    void call(std::span<const Slice>, Buffer&) override { UNREACHABLE(); }
    std::optional<bool> may_call(std::span<const Slice>) override { UNREACHABLE(); }
    void set_resp(int) override { UNREACHABLE(); }
    int resp() const override { return 2; }
    void log(int level, Slice text) override { log_of_script(level, text); }
    Slice interrupted() override {
        return clock_.monotonic_us() < deadline_us_ ? Slice() : Slice("FUNCTION LOAD timeout");
    }

private:
    static constexpr int64_t kTimeMaxUs = 500000;

    const Clock& clock_;
    const int64_t deadline_us_;
};

}  // namespace rota
