// SPDX-License-Identifier: BSD-3-Clause
// ReadGate: whether IO threads may answer reads themselves right now, and whether what they have
// just read was all of one state. A sequence number, odd while the gate is closed:
//
//     closed for a moment   around a command that writes more than one key
//     closed for long       MONITOR, CLIENT PAUSE ALL, ...
//
// A reader looks at it before and after: open and unchanged, it has not seen half of anything. A
// write of one key needs no gate: one sees one entry or the other. Users' rules have a number, too.
//
// Threading: close() and open() by the executor, the rest by any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "platform/assert.h"
#include "platform/slice.h"

namespace rota {

class ReadGate {
public:
    // Pairs with the release in open(): all that was written behind the closed gate is seen.
    uint64_t sequence() const { return sequence_.load(std::memory_order_acquire); }
    static bool is_open(uint64_t sequence) { return (sequence & 1) == 0; }
    // To be asked after the last read. Whoever has read an entry that was published (release, in
    // the table) behind the closed gate sees the gate's number as of then, or a later one.
    bool unchanged(uint64_t sequence) const {
        return sequence_.load(std::memory_order_relaxed) == sequence;
    }

    // A number for what users may do. Who was told that his reads are plain was told of it, too;
    // with another number he asks the executor, who knows better.
    uint32_t rules() const { return rules_.load(std::memory_order_relaxed); }
    // The rules have changed. What is read from now on goes by them.
    void raise_rules() {
        rules_.store((rules() + 1) & kRulesMask, std::memory_order_relaxed);
        close();
        open();
    }

    // They nest.
    void close() {
        if (closed_++ == 0) bump(std::memory_order_relaxed);
    }
    void open() {
        ASSERT(closed_ > 0);
        if (--closed_ == 0) bump(std::memory_order_release);  // pairs with sequence()
    }

    // Closed while it lives, if `needed`.
    class Closed {
    public:
        Closed(ReadGate& gate, bool needed) : gate_(needed ? &gate : nullptr) {
            if (gate_ != nullptr) gate_->close();
        }
        ~Closed() {
            if (gate_ != nullptr) gate_->open();
        }
        Closed(const Closed&) = delete;

    private:
        ReadGate* gate_;
    };

private:
    void bump(std::memory_order order) {
        sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, order);
    }

    static constexpr uint32_t kRulesMask = (1u << 23) - 1;  // as wide as ClientTerms::rules

    alignas(kCacheLine) std::atomic<uint64_t> sequence_{0};
    std::atomic<uint32_t> rules_{0};
    alignas(kCacheLine) int closed_ = 0;  // by how many
};

}  // namespace rota
