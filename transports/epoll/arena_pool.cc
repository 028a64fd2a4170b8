// SPDX-License-Identifier: BSD-3-Clause
#include "transports/epoll/arena_pool.h"

namespace rota {

ArenaPool::ArenaPool() : arenas_(kArenasMax) {
    free_.reserve(kArenasMax);
    bare_.reserve(kArenasMax);
    for (uint32_t index = kArenasMax; index-- > 1;) bare_.push_back(index);
    arenas_[0].memory = std::make_unique_for_overwrite<char[]>(kArenaBytes);
    allocated_ = 1;
}

bool ArenaPool::next_arena() {
    if (!free_.empty()) {
        current_ = free_.back();
        free_.pop_back();
        return true;
    }
    if (bare_.empty()) return false;
    current_ = bare_.back();
    bare_.pop_back();
    arenas_[current_].memory = std::make_unique_for_overwrite<char[]>(kArenaBytes);
    ++allocated_;
    return true;
}

void ArenaPool::release(uint32_t index) {
    if (free_.size() < kArenasKept) return free_.push_back(index);
    arenas_[index].memory.reset();
    bare_.push_back(index);
    --allocated_;
}

}  // namespace rota
