// SPDX-License-Identifier: BSD-3-Clause
// The connections of one transport by slot and generation, which make a ConnId. Addresses are
// stable: the table grows by blocks and never moves one. A Connection has a `generation` that
// starts at 1 and is never 0.
// Threading: one owner.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "transports/transport.h"

namespace rota {

template <class Connection>
class SlotTable {
public:
    // A slot that nobody uses; its generation is new.
    uint32_t take() {
        if (free_.empty()) grow();
        const uint32_t slot = free_.back();
        free_.pop_back();
        return slot;
    }
    // Late names of the connection are void from here on.
    void give_back(uint32_t slot) {
        Connection& connection = at(slot);
        const uint32_t next = connection.generation + 1;
        connection = Connection{};
        connection.generation = next == 0 ? 1 : next;
        free_.push_back(slot);
    }

    Connection& at(uint32_t slot) { return blocks_[slot / kBlock][slot % kBlock]; }
    const Connection& at(uint32_t slot) const { return blocks_[slot / kBlock][slot % kBlock]; }
    uint32_t size() const { return static_cast<uint32_t>(blocks_.size() * kBlock); }

    static ConnId make_id(uint32_t slot, uint32_t generation) {
        return ConnId{uint64_t{generation} << 32 | slot};
    }
    static uint32_t slot_of(ConnId id) { return static_cast<uint32_t>(id); }
    static uint32_t generation_of(ConnId id) { return static_cast<uint64_t>(id) >> 32; }

private:
    static constexpr uint32_t kBlock = 256;

    void grow() {
        const uint32_t first = size();
        blocks_.push_back(std::make_unique<Connection[]>(kBlock));
        for (uint32_t slot = first + kBlock; slot-- > first;) free_.push_back(slot);
    }

    std::vector<std::unique_ptr<Connection[]>> blocks_;
    std::vector<uint32_t> free_;
};

}  // namespace rota
