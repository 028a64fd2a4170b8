// SPDX-License-Identifier: BSD-3-Clause
#include "client/tracking.h"

#include <algorithm>

#include "platform/process.h"

namespace rota {

void Tracking::enable(Client& client, ClientTracking wanted) {
    if (!client.tracking) {
        client.tracking = std::make_unique<ClientTracking>();
        ++tracked_clients_;
    }
    std::vector<std::string> prefixes = std::move(client.tracking->prefixes);
    for (std::string& prefix : wanted.prefixes) {
        const auto at = std::ranges::lower_bound(prefixes, prefix);
        if (at != prefixes.end() && *at == prefix) continue;
        const auto [found, is_new] = prefixes_.try_emplace(prefix);
        found->second.listeners.push_back(client.id);
        if (is_new) ++prefix_lengths_[prefix.size()];
        prefixes.insert(at, std::move(prefix));
    }
    wanted.prefixes = std::move(prefixes);
    *client.tracking = std::move(wanted);
}

void Tracking::disable(Client& client) {
    if (!client.tracking) return;
    for (const std::string& name : client.tracking->prefixes) {
        const auto prefix = prefixes_.find(name);
        std::erase(prefix->second.listeners, client.id);
        if (!prefix->second.listeners.empty()) continue;
        if (--prefix_lengths_[name.size()] == 0) prefix_lengths_.erase(name.size());
        std::erase(changed_, name);
        prefixes_.erase(prefix);
    }
    client.tracking.reset();
    --tracked_clients_;
}

// ---- What was read

void Tracking::read(const Client& client, Slice key, uint64_t most, std::vector<Evicted>& evicted) {
    const bool is_new = readers_.find(key) == readers_.end();
    auto& ids = readers_.get(key).second;
    const auto at = std::ranges::lower_bound(ids, client.id);
    if (at != ids.end() && *at == client.id) return;
    ids.insert(at, client.id);
    ++items_;
    if (is_new) evict(most, 2, evicted);
}

void Tracking::evict(uint64_t most, size_t count, std::vector<Evicted>& evicted) {
    for (; most > 0 && readers_.size() > most && count > 0; --count) evicted.push_back(evict_one());
}

// Any one will do.
Tracking::Evicted Tracking::evict_one() {
    if (readers_.bucket_count() > 8 * readers_.size() + 64) readers_.rehash(0);
    size_t bucket = random_uint64() % readers_.bucket_count();
    while (readers_.bucket_size(bucket) == 0) bucket = (bucket + 1) % readers_.bucket_count();
    std::string key = readers_.begin(bucket)->first;
    std::vector<uint64_t> ids = take_readers(key);
    return {std::move(key), std::move(ids)};
}

std::vector<uint64_t> Tracking::take_readers(Slice key) {
    const auto found = readers_.find(key);
    if (found == readers_.end()) return {};
    std::vector<uint64_t> ids = std::move(found->second);
    items_ -= ids.size();
    readers_.erase(found);
    return ids;
}

void Tracking::forget_all() {
    readers_.clear();
    items_ = 0;
}

// ---- What begins with a prefix

void Tracking::broadcast(Slice key, uint64_t by) {
    for (const auto& [length, count] : prefix_lengths_) {
        if (length > key.size()) return;
        const auto prefix = prefixes_.find(key.substr(0, length));
        if (prefix == prefixes_.end()) continue;
        if (prefix->second.keys.empty()) changed_.push_back(prefix->first);
        prefix->second.keys.insert_or_assign(std::string(key), by);
    }
}

std::vector<Tracking::Changes> Tracking::take_broadcasts() {
    std::vector<Changes> all;
    for (const std::string& name : std::exchange(changed_, {})) {
        Prefix& prefix = prefixes_.find(name)->second;
        all.push_back({prefix.listeners, std::exchange(prefix.keys, {})});
    }
    return all;
}

}  // namespace rota
