// SPDX-License-Identifier: BSD-3-Clause
// MemoryLimit: keeps what is in use below maxmemory, by evicting keys. How long it may delay a
// command doing so is for maxmemory-eviction-tenacity to say; what it does not manage in time is
// gone on with between the turns of the loop.
//
// Memory that was freed but has not been given back yet is not counted: entries that a reader on
// another thread may still see, values that LazyFree has, cleared databases. Evicting more in its
// stead would lose keys for nothing. But it excuses an eighth of the limit at most, for whoever
// frees faster than memory comes back must not take the machine's.
//
// Threading: executor only.
#pragma once

#include <cstdint>

#include "commands/ctx.h"
#include "store/evictor.h"

namespace rota {

class MemoryLimit {
public:
    enum class Outcome : uint8_t {
        within,
        evicting,  // above, and there is more to evict: commands run
        exceeded,  // above, and there is nothing to evict
    };

    explicit MemoryLimit(Parts& parts);

    // Before a command, and once more per turn while is_evicting().
    Outcome enforce() {
        if (options_.maxmemory == 0 && last_ == Outcome::within) [[likely]]
            return Outcome::within;
        return is_near() ? measure_and_evict() : Outcome::within;
    }
    bool is_exceeded() const { return last_ == Outcome::exceeded; }  // as of the last look
    bool is_evicting() const { return last_ == Outcome::evicting; }
    // From cron, and when the limit has changed: what other threads use may have changed, too.
    void measure_soon() { checks_left_ = 1; }
    // The limit or the policy has changed: evicts from the next turn on, without any command.
    void changed();

private:
    static constexpr uint32_t kCheckEvery = 32;  // commands, where there is room

    bool is_near();
    Outcome measure_and_evict();
    Outcome evict(uint64_t excess);
    uint64_t excess();
    void note(Outcome);

    Parts& parts_;
    const StoreOptions& options_;
    Evictor evictor_;
    Outcome last_ = Outcome::within;
    // As of the last look: how much more may be used, and what this thread used. Its own growth is
    // known for nothing; that of all threads costs a look at each.
    int64_t room_ = 0;
    uint64_t own_ = 0;
    uint32_t checks_left_ = 1;
};

}  // namespace rota
