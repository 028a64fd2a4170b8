// SPDX-License-Identifier: BSD-3-Clause
// Where received bytes land: big arenas shared by all connections of a transport, filled from front
// to back, so that a batch of small requests lies side by side in a few hot cache lines and an idle
// connection holds nothing.
// Threading: one owner. Full: space() is empty when every arena is out; nothing can then be
// received until a buffer comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "platform/assert.h"
#include "transports/transport.h"

namespace rota {

inline constexpr size_t kArenaBytes = size_t{256} << 10;
inline constexpr size_t kArenasMax = 64;  // 16 MB out with the consumer: then no more is read
inline constexpr size_t kArenasKept = 8;  // more free ones than this go back to the allocator

class ArenaPool {
public:
    ArenaPool();

    // Room for one receive: at least `least` bytes, at most `most`. Valid until the next space().
    std::span<char> space(size_t least, size_t most) {
        Arena& arena = arenas_[current_];
        const size_t left = kArenaBytes - arena.used;
        if (left < least) [[unlikely]] {
            if (!next_arena()) return {};
            return space(least, most);
        }
        return {arena.memory.get() + arena.used, left < most ? left : most};
    }

    // The first `count` bytes of the last space() hold data now; the name is what take_back()
    // wants.
    BufferId hand_out(size_t count) {
        Arena& arena = arenas_[current_];
        arena.used = (arena.used + count + kCacheLine - 1) & ~(kCacheLine - 1);
        ++arena.outstanding;
        return BufferId{current_};
    }

    void take_back(BufferId buffer) {
        const auto index = static_cast<uint32_t>(buffer);
        ASSERT(index < arenas_.size());
        Arena& arena = arenas_[index];
        ASSERT(arena.outstanding != 0);
        if (--arena.outstanding != 0) return;
        arena.used = 0;
        if (index != current_) release(index);
    }

    size_t allocated() const { return allocated_; }

private:
    struct Arena {
        std::unique_ptr<char[]> memory;
        size_t used = 0;
        uint32_t outstanding = 0;  // buffers that the consumer holds
    };

    bool next_arena();
    void release(uint32_t index);

    std::vector<Arena> arenas_;   // all kArenasMax from the start; most without memory
    std::vector<uint32_t> free_;  // with memory and nothing outstanding; last used on top
    std::vector<uint32_t> bare_;  // without memory
    uint32_t current_ = 0;
    size_t allocated_ = 0;
};

}  // namespace rota
