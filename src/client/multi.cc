// SPDX-License-Identifier: BSD-3-Clause
#include "client/multi.h"

#include <algorithm>

namespace rota {

void MultiState::queue(RegisteredCommand* command, uint64_t command_flags,
                       std::span<const Slice> args) {
    commands_.push_back(
        {command, static_cast<uint32_t>(arg_end_.size()), static_cast<uint32_t>(args.size())});
    for (const Slice arg : args) {
        bytes_.append(arg);
        arg_end_.push_back(bytes_.size());
    }
    flags_ |= command_flags;
}

void MultiState::args_of(const Queued& queued, std::vector<Slice>& out) const {
    out.clear();
    size_t begin = queued.first_arg == 0 ? 0 : arg_end_[queued.first_arg - 1];
    for (uint32_t i = 0; i < queued.arg_count; ++i) {
        const size_t end = arg_end_[queued.first_arg + i];
        out.push_back(bytes_.view().substr(begin, end - begin));
        begin = end;
    }
}

size_t MultiState::queued_bytes() const {
    return commands_.capacity() * sizeof(Queued) + arg_end_.capacity() * sizeof(size_t) +
           bytes_.capacity() + watched.capacity() * sizeof(WatchedKey);
}

MultiState& multi_of(Client& client) {
    if (!client.multi) client.multi = std::make_unique<MultiState>();
    return *client.multi;
}

WatchTable::WatchTable(int databases, const SipKey& seed) {
    for (int i = 0; i < databases; ++i) watchers_.emplace_back(seed);
}

void WatchTable::watch(Client& client, int db, Slice key) {
    MultiState& multi = multi_of(client);
    auto& node = watchers_[static_cast<size_t>(db)].get(key);
    const auto same = [&](const WatchedKey& watched) { return watched.node == &node; };
    const bool again = node.second.size() < multi.watched.size()
                           ? std::ranges::find(node.second, &client) != node.second.end()
                           : std::ranges::any_of(multi.watched, same);
    if (again) return;
    clients_ += multi.watched.empty();
    node.second.push_back(&client);
    multi.watched.push_back({db, &node, std::prev(node.second.end())});
}

void WatchTable::unwatch_all(Client& client) {
    if (!client.multi || client.multi->watched.empty()) return;
    for (const WatchedKey& watched : client.multi->watched) {
        watched.node->second.erase(watched.at);
        if (watched.node->second.empty())
            watchers_[static_cast<size_t>(watched.db)].remove(watched.node->first);
    }
    client.multi->watched.clear();
    --clients_;
}

void WatchTable::touch(int db, Slice key) {
    std::list<Client*>* watchers = watchers_[static_cast<size_t>(db)].lookup(key);
    if (watchers == nullptr) return;
    const std::vector<Client*> all(watchers->begin(), watchers->end());
    for (Client* client : all) {
        client->dirty = true;
        unwatch_all(*client);
    }
}

void WatchTable::discard(Client& client) {
    unwatch_all(client);
    client.multi.reset();
    client.in_multi = client.dirty = false;
}

std::vector<std::string> WatchTable::keys(int db) const {
    std::vector<std::string> names;
    for (const auto& [name, watchers] : watchers_[static_cast<size_t>(db)]) names.push_back(name);
    return names;
}

size_t WatchTable::key_count() const {
    size_t keys = 0;
    for (const auto& watchers : watchers_) keys += watchers.size();
    return keys;
}

}  // namespace rota
