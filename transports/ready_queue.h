// SPDX-License-Identifier: BSD-3-Clause
// Slots with something to do, first in, first out. Grows to the number of connections and then
// never allocates again: each slot is in it at most once, which its user sees to.
#pragma once

#include <cstdint>
#include <vector>

namespace rota {

class ReadyQueue {
public:
    bool empty() const { return head_ == tail_; }
    size_t size() const { return tail_ - head_; }

    void push(uint32_t slot) {
        if (size() == ring_.size()) grow();
        ring_[tail_++ & (ring_.size() - 1)] = slot;
    }
    uint32_t pop() { return ring_[head_++ & (ring_.size() - 1)]; }

private:
    void grow() {
        std::vector<uint32_t> wider(ring_.size() * 2);
        const size_t count = size();
        for (size_t i = 0; i < count; ++i) wider[i] = pop();
        ring_.swap(wider);
        head_ = 0;
        tail_ = count;
    }

    std::vector<uint32_t> ring_ = std::vector<uint32_t>(64);  // a power of two
    size_t head_ = 0;
    size_t tail_ = 0;
};

}  // namespace rota
