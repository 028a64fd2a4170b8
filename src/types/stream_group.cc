// SPDX-License-Identifier: BSD-3-Clause
#include "types/stream_group.h"

namespace rota {

Consumer* ConsumerGroup::find_consumer(Slice name) {
    const auto found = consumers_.find(name);
    return found == consumers_.end() ? nullptr : found->second.get();
}

Consumer* ConsumerGroup::add_consumer(Slice name, int64_t now_ms) {
    if (find_consumer(name) != nullptr) return nullptr;
    auto made = std::make_unique<Consumer>();
    made->name = name;
    made->seen_ms = now_ms;
    Consumer* consumer = made.get();
    consumers_.emplace(name, std::move(made));
    return consumer;
}

size_t ConsumerGroup::remove_consumer(Slice name) {
    const auto found = consumers_.find(name);
    if (found == consumers_.end()) return 0;
    const IdSet& pending = found->second->pending;
    const size_t count = pending.size();
    pending.for_each([this](const StreamId& id, NoValue) { deliveries_.erase(id); });
    consumers_.erase(found);
    return count;
}

Delivery* ConsumerGroup::find_delivery(const StreamId& id) {
    const auto at = deliveries_.find(id);
    return at == deliveries_.end() ? nullptr : &deliveries_.value(at);
}

Delivery& ConsumerGroup::assign(const StreamId& id, Consumer& consumer) {
    const auto [at, is_new] = deliveries_.insert(id, {&consumer, 0, 0});
    Delivery& delivery = deliveries_.value(at);
    if (is_new || delivery.consumer != &consumer) consumer.pending.insert(id, {});
    if (delivery.consumer != &consumer) {
        delivery.consumer->pending.erase(id);
        delivery.consumer = &consumer;
    }
    return delivery;
}

bool ConsumerGroup::acknowledge(const StreamId& id) {
    const auto at = deliveries_.find(id);
    if (at == deliveries_.end()) return false;
    acknowledge(at);
    return true;
}

ConsumerGroup::Deliveries::Place ConsumerGroup::acknowledge(Deliveries::Place at) {
    deliveries_.value(at).consumer->pending.erase(deliveries_[at].id);
    return deliveries_.erase(at);
}

ConsumerGroup ConsumerGroup::copy() const {
    ConsumerGroup made(last_id, entries_read);
    for (const auto& [name, consumer] : consumers_) {
        Consumer* twin = made.add_consumer(name, consumer->seen_ms);
        twin->active_ms = consumer->active_ms;
    }
    deliveries_.for_each([&made](const StreamId& id, const Delivery& delivery) {
        Delivery& twin = made.assign(id, *made.find_consumer(delivery.consumer->name));
        twin.delivered_ms = delivery.delivered_ms;
        twin.count = delivery.count;
    });
    return made;
}

size_t ConsumerGroup::allocated_bytes() const {
    size_t bytes = sizeof(ConsumerGroup) + deliveries_.allocated_bytes();
    for (const auto& [name, consumer] : consumers_)
        bytes += sizeof(Consumer) + 2 * name.size() + consumer->pending.allocated_bytes();
    return bytes;
}

}  // namespace rota
