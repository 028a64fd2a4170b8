// SPDX-License-Identifier: BSD-3-Clause
#include "server/memory_limit.h"

#include <algorithm>
#include <cmath>

#include "metrics/latency_monitor.h"
#include "metrics/server_stats.h"
#include "platform/memory.h"
#include "store/slab.h"

namespace rota {
namespace {

constexpr uint64_t kExcusedShare = 8;  // one part in so many of the limit
constexpr uint64_t kKeysPerLook = 16;  // at the clock, and at what other threads use

uint64_t own_bytes() { return memory_of_thread() + entry_slab().own_bytes(); }

// Valkey's figures: up to half a millisecond by steps of 50 us, then 15 % more for each step.
int64_t time_limit_us(int tenacity) {
    if (tenacity >= 100) return INT64_MAX;
    if (tenacity <= 10) return 50 * tenacity;
    return static_cast<int64_t>(500 * std::pow(1.15, tenacity - 10));
}

}  // namespace

MemoryLimit::MemoryLimit(Parts& parts)
    : parts_(parts), options_(parts.store_options), evictor_(parts.keyspace, parts.store_options) {}

void MemoryLimit::changed() {
    measure_soon();
    if (options_.maxmemory != 0 || last_ != Outcome::within) last_ = Outcome::evicting;
}

// Whether the limit may have been reached since the last look.
bool MemoryLimit::is_near() {
    const auto grown = static_cast<int64_t>(own_bytes() - own_);
    return last_ != Outcome::within || grown >= room_ || --checks_left_ == 0;
}

uint64_t MemoryLimit::excess() {
    const uint64_t limit = options_.maxmemory;
    const uint64_t used = parts_.control.used_memory();
    own_ = own_bytes();
    room_ = limit > used ? static_cast<int64_t>(limit - used) : 0;
    if (limit == 0 || used <= limit) return 0;
    const uint64_t excused =
        std::min<uint64_t>(parts_.keyspace.bytes_on_their_way(), limit / kExcusedShare);
    return used - std::min(used, limit + excused);
}

MemoryLimit::Outcome MemoryLimit::measure_and_evict() {
    checks_left_ = kCheckEvery;
    const uint64_t too_much = excess();
    last_ = too_much == 0 ? Outcome::within : evict(too_much);
    note(last_);
    return last_;
}

MemoryLimit::Outcome MemoryLimit::evict(uint64_t too_much) {
    const int64_t begin_us = parts_.clock.monotonic_us();
    const int64_t limit_us = time_limit_us(options_.maxmemory_eviction_tenacity);
    const auto net = [this] { return own_bytes() - parts_.keyspace.bytes_on_their_way(); };
    Outcome outcome = Outcome::within;
    int64_t last_us = begin_us;
    for (uint64_t keys = 1; too_much > 0; ++keys) {
        const uint64_t before = net();
        if (!evictor_.evict_one()) {
            outcome = Outcome::exceeded;
            break;
        }
        const auto freed = static_cast<int64_t>(before - net());
        const int64_t now_us = parts_.clock.monotonic_us();
        const int64_t now_s = parts_.keyspace.clock().now_ms / 1000;
        parts_.latency.record_if_slow("eviction-del",
                                      static_cast<uint64_t>(now_us - last_us) / 1000, now_s);
        last_us = now_us;
        if (freed >= static_cast<int64_t>(too_much) || keys % kKeysPerLook == 0)
            too_much = excess();
        else
            too_much -= static_cast<uint64_t>(freed);  // more, where the table has grown by it
        if (too_much > 0 && keys % kKeysPerLook == 0 && now_us - begin_us > limit_us) {
            outcome = Outcome::evicting;
            break;
        }
    }
    parts_.latency.record_if_slow("eviction-cycle",
                                  static_cast<uint64_t>(last_us - begin_us) / 1000,
                                  parts_.keyspace.clock().now_ms / 1000);
    return outcome;
}

// How long the limit is exceeded, for INFO.
void MemoryLimit::note(Outcome outcome) {
    const auto now_us = static_cast<uint64_t>(parts_.clock.monotonic_us());
    uint64_t& since_us = parts_.stats.eviction_exceeded_since_us;
    if (outcome != Outcome::within) {
        if (since_us == 0) since_us = now_us;
    } else if (since_us != 0) {
        parts_.stats.eviction_exceeded_us += now_us - since_us;
        since_us = 0;
    }
}

}  // namespace rota
