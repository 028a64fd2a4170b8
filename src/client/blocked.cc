// SPDX-License-Identifier: BSD-3-Clause
#include "client/blocked.h"

namespace rota {

size_t BlockedState::memory() const {
    size_t bytes = sizeof *this + places.capacity() * sizeof(Place);
    for (const std::string& arg : args) bytes += sizeof arg + arg.capacity();
    for (const std::string& key : keys) bytes += sizeof key + key.capacity();
    return bytes;
}

BlockedClients::BlockedClients(int databases, const SipKey& seed) {
    for (int i = 0; i < databases; ++i) queues_.emplace_back(seed);
}

void BlockedClients::add(Client& client, std::unique_ptr<BlockedState> state) {
    auto& queues = queues_[static_cast<size_t>(state->db)];
    for (const std::string& key : state->keys) {
        auto& node = queues.get(key);
        KeyQueue& queue = node.second;
        if (!queue.clients.empty() && queue.clients.back() == &client) continue;  // named twice
        if (queue.clients.empty()) ++keys_;
        queue.clients.push_back(&client);
        queue.when_gone += state->when_gone;
        state->places.push_back({&node, std::prev(queue.clients.end())});
    }
    if (state->deadline_us > 0) {
        deadlines_.emplace(state->deadline_us, client.id);
        timed_.emplace(client.id, &client);
    }
    ++count_;
    client.blocked = std::move(state);
}

std::unique_ptr<BlockedState> BlockedClients::release(Client& client) {
    if (!client.blocked) return nullptr;
    std::unique_ptr<BlockedState> state = std::move(client.blocked);
    auto& queues = queues_[static_cast<size_t>(state->db)];
    for (const BlockedState::Place& place : state->places) {
        KeyQueue& queue = place.queue->second;
        queue.clients.erase(place.at);
        queue.when_gone -= state->when_gone;
        if (!queue.clients.empty()) continue;
        --keys_;
        queues.remove(place.queue->first);
    }
    state->places.clear();
    if (state->deadline_us > 0) {
        deadlines_.erase({state->deadline_us, client.id});
        timed_.erase(client.id);
    }
    --count_;
    return state;
}

void BlockedClients::mark_ready(int db, Slice key) {
    KeyQueue* waiting = queue(db, key);
    if (waiting == nullptr || waiting->ready) return;
    waiting->ready = true;
    ready_.push_back({db, std::string(key)});
}

void BlockedClients::mark_all_ready(int db) {
    for (auto& [key, queue] : queues_[static_cast<size_t>(db)]) {
        if (queue.ready) continue;
        queue.ready = true;
        ready_.push_back({db, key});
    }
}

std::vector<BlockedClients::ReadyKey> BlockedClients::take_ready() {
    std::vector<ReadyKey> taken;
    taken.swap(ready_);
    for (const ReadyKey& key : taken) {
        if (KeyQueue* waiting = queue(key.db, key.key)) waiting->ready = false;
    }
    return taken;
}

Client* BlockedClients::overdue(int64_t now_us) {
    if (next_deadline_us() > now_us) return nullptr;
    return timed_.at(deadlines_.begin()->second);
}

size_t BlockedClients::key_count() const { return keys_; }

size_t BlockedClients::key_count_when_gone() const {
    size_t keys = 0;
    for (const auto& queues : queues_) {
        for (const auto& [key, queue] : queues) keys += queue.when_gone > 0;
    }
    return keys;
}

}  // namespace rota
