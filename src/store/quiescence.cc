// SPDX-License-Identifier: BSD-3-Clause
#include "store/quiescence.h"

#include <algorithm>

#include "platform/assert.h"

namespace rota {

// What the reader did before it announced the epoch, or went offline, happened before this returns.
bool Quiescence::Reader::passed(uint64_t epoch) {
    uint64_t seen = seen_.load(std::memory_order_acquire);  // pairs with quiescent()
    if (seen != kOffline) return seen >= epoch;
    // Changes nothing, but is a change: pairs with the exchange in online(), see there. The acquire
    // pairs with the release in offline(), or in quiescent() where the reader has just come back.
    if (seen_.compare_exchange_strong(seen, kOffline, std::memory_order_acq_rel,
                                      std::memory_order_acquire))
        return true;
    return seen >= epoch;
}

Quiescence::~Quiescence() {
    ASSERT(readers_.empty());
    free_all(closed_);
    free_all(open_);
}

Quiescence::Reader& Quiescence::add_reader() {
    readers_.push_back(std::make_unique<Reader>(epoch_));
    return *readers_.back();
}

void Quiescence::remove_reader(Reader& reader) {
    ASSERT(reader.seen_.load(std::memory_order_acquire) == Reader::kOffline);  // as in passed()
    const size_t erased = std::erase_if(readers_, [&](auto& own) { return own.get() == &reader; });
    ASSERT(erased == 1);
    if (!readers_.empty()) return;
    free_all(closed_);
    free_all(open_);
    freed_epoch_ = epoch_.load(std::memory_order_relaxed);
}

void Quiescence::retire(void* what, size_t bytes, Free free) {
    if (readers_.empty()) return free(what, bytes);
    open_.push_back({what, bytes, free});
    pending_bytes_ += bytes;
}

void Quiescence::reclaim() {
    const uint64_t epoch = epoch_.load(std::memory_order_relaxed);
    if (freed_epoch_ < epoch && all_passed()) {
        freed_epoch_ = epoch;
        free_all(closed_);
    }
    if (freed_epoch_ == epoch && (!open_.empty() || wanted_)) close();
}

uint64_t Quiescence::ticket() {
    wanted_ = true;
    return epoch_.load(std::memory_order_relaxed) + 1;
}

bool Quiescence::all_passed() {
    const uint64_t epoch = epoch_.load(std::memory_order_relaxed);
    return std::ranges::all_of(readers_, [=](auto& reader) { return reader->passed(epoch); });
}

void Quiescence::close() {
    closed_.swap(open_);
    wanted_ = false;
    // Pairs with the acquire in quiescent() and online(): who sees it finds nothing of closed_.
    epoch_.store(epoch_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void Quiescence::free_all(Generation& generation) {
    for (const Retired& retired : generation) {
        retired.free(retired.what, retired.bytes);
        pending_bytes_ -= retired.bytes;
    }
    generation.clear();
    if (generation.capacity() > kCapacityKept) Generation().swap(generation);
}

}  // namespace rota
