// SPDX-License-Identifier: BSD-3-Clause
// ConsumerGroup: who reads a stream together, up to where, and what was delivered and not yet
// acknowledged. A delivery is kept once, in the group; a consumer has the ids of its own.
//
// Threading: one owner.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "types/id_map.h"

namespace rota {

struct Consumer {
    std::string name;
    int64_t seen_ms = 0;     // when it last asked
    int64_t active_ms = -1;  // when it last got something; -1: never
    IdSet pending;
};

struct Delivery {
    Consumer* consumer;  // never null between commands
    int64_t delivered_ms;
    uint64_t count;
};

class ConsumerGroup {
public:
    static constexpr int64_t kUnknown = -1;  // entries_read

    ConsumerGroup(const StreamId& last_delivered, int64_t read)
        : last_id(last_delivered), entries_read(read) {}
    ConsumerGroup copy() const;

    StreamId last_id;  // the last one that was delivered to any of them
    int64_t entries_read;

    using Consumers = std::map<std::string, std::unique_ptr<Consumer>, std::less<>>;
    const Consumers& consumers() const { return consumers_; }
    Consumer* find_consumer(Slice name);
    // Null: there is one of this name.
    Consumer* add_consumer(Slice name, int64_t now_ms);
    // With its deliveries; returns how many.
    size_t remove_consumer(Slice name);

    using Deliveries = IdMap<Delivery>;
    const Deliveries& deliveries() const { return deliveries_; }
    Delivery* find_delivery(const StreamId&);
    Delivery& delivery(Deliveries::Place at) { return deliveries_.value(at); }
    // To this consumer, whoever had it; the time and the count are the caller's to set. A new one
    // has a count of 0.
    Delivery& assign(const StreamId&, Consumer&);
    bool acknowledge(const StreamId&);                    // false: it was not pending
    Deliveries::Place acknowledge(Deliveries::Place at);  // the place of the next one
    size_t allocated_bytes() const;

private:
    Deliveries deliveries_;
    Consumers consumers_;
};

}  // namespace rota
