// SPDX-License-Identifier: BSD-3-Clause
// Quiescence: memory that readers on other threads may still be looking at is freed once each of
// them has been seen between two reads (quiescent-state-based reclamation).
//
// The writer takes a thing out of the structure, then retires it. What was retired is a generation;
// reclaim() closes it by raising the epoch, and frees it when every reader either has announced
// that epoch or is offline. A reader announces once per turn of its loop, at a point where it holds
// nothing: one load of the epoch, which seldom changes, and one store to a line of its own. So
// reading costs nothing, and two generations at most wait.
//
// A thread that is going to sleep goes offline, so that it holds nothing up. Coming back is the one
// place that needs a store before a load: either the writer sees that the reader is online, or the
// reader sees all that the writer has taken out. Both change the same word there, and of two such
// changes the later one sees all that came before the earlier one.
//
// Threading: the writer calls everything but Reader's functions, which one reading thread calls.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "platform/slice.h"

namespace rota {

class Quiescence {
public:
    using Free = void (*)(void* what, size_t bytes);

    class alignas(kCacheLine) Reader {
    public:
        explicit Reader(const std::atomic<uint64_t>& epoch) : epoch_(epoch) {}

        // The thread holds nothing it has read. Only while online.
        void quiescent() {
            // The acquire pairs with the release in close(): what was taken out before is not found
            // any more. The release pairs with the acquire in passed(): all reads so far are over.
            seen_.store(epoch_.load(std::memory_order_acquire), std::memory_order_release);
        }
        // Likewise, and it will read nothing until online().
        void offline() {
            seen_.store(kOffline,
                        std::memory_order_release);  // pairs with the acquires in passed()
        }
        void online() {
            // Pairs with the exchange in passed(): if that one comes first, this one sees all that
            // was taken out before it; else that one sees this reader.
            seen_.exchange(epoch_.load(std::memory_order_acquire), std::memory_order_acq_rel);
        }

    private:
        friend class Quiescence;
        static constexpr uint64_t kOffline = 0;

        bool passed(uint64_t epoch);

        std::atomic<uint64_t> seen_{kOffline};
        const std::atomic<uint64_t>& epoch_;
    };

    Quiescence() = default;
    Quiescence(const Quiescence&) = delete;
    Quiescence& operator=(const Quiescence&) = delete;
    ~Quiescence();  // no reader is left; frees what waits

    // Before its thread reads anything, and after it has gone offline for good. A new reader is
    // offline.
    Reader& add_reader();
    void remove_reader(Reader&);
    bool has_readers() const { return !readers_.empty(); }

    // Calls free(what, bytes) on this thread once no reader can see it: at once if there are none.
    // `bytes` is what pending_bytes() counts for it.
    void retire(void* what, size_t bytes, Free free);
    // Frees what can be freed. Once per turn of the writer's loop; nothing waits: one comparison.
    void reclaim();
    size_t pending() const { return closed_.size() + open_.size(); }
    size_t pending_bytes() const { return pending_bytes_; }

    // For what is too large to be freed in one go: over(ticket()) is true once no reader can see
    // what was taken out before ticket() was called.
    uint64_t ticket();
    bool over(uint64_t ticket) const { return ticket <= freed_epoch_ || readers_.empty(); }

private:
    struct Retired {
        void* what;
        size_t bytes;
        Free free;
    };
    using Generation = std::vector<Retired>;
    static constexpr size_t kCapacityKept = 4096;  // of a generation; a larger one is let go

    bool all_passed();
    void close();
    void free_all(Generation&);

    alignas(kCacheLine) std::atomic<uint64_t> epoch_{1};  // written by the writer, seldom
    alignas(kCacheLine) std::vector<std::unique_ptr<Reader>> readers_;
    Generation open_;           // retired since the epoch was last raised
    Generation closed_;         // waiting for all readers to announce epoch_
    uint64_t freed_epoch_ = 1;  // that all have passed; epoch_ or one less
    bool wanted_ = false;       // a ticket waits for the open generation to be closed
    size_t pending_bytes_ = 0;
};

}  // namespace rota
