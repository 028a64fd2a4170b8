// SPDX-License-Identifier: BSD-3-Clause
#include "client/pubsub.h"

#include <algorithm>

namespace rota {

size_t Subscriptions::memory() const {
    constexpr size_t kEach = 64;  // a node here and a place there, about
    return sizeof *this + (of[0].size() + of[1].size() + of[2].size()) * kEach;
}

void PubSub::subscribe(Client& client, Subscription kind, Slice name) {
    const auto index = static_cast<size_t>(kind);
    if (!client.subscriptions) client.subscriptions = std::make_unique<Subscriptions>();
    Channels::Node& node = channels_[index].get(name);
    auto& clients = node.second.clients;
    if (!client.subscriptions->of[index].emplace(&node, clients.size()).second) return;
    clients.push_back(&client);
    if (client.type == ClientType::normal) client.type = ClientType::pubsub;
}

// The last one takes the place of the one that goes.
void PubSub::remove(Client& client, Subscription kind, Channels::Node& node) {
    const auto index = static_cast<size_t>(kind);
    auto& clients = node.second.clients;
    const auto mine = client.subscriptions->of[index].find(&node);
    const size_t place = mine->second;
    client.subscriptions->of[index].erase(mine);
    if (place + 1 != clients.size()) {
        clients[place] = clients.back();
        clients[place]->subscriptions->of[index][&node] = place;
    }
    clients.pop_back();
    if (clients.empty()) channels_[index].remove(node.first);
}

void PubSub::unsubscribe(Client& client, Subscription kind, Slice name) {
    if (!client.subscriptions) return;
    const auto index = static_cast<size_t>(kind);
    const auto found = channels_[index].find(name);
    if (found == channels_[index].end()) return;
    if (!client.subscriptions->of[index].contains(&*found)) return;
    remove(client, kind, *found);
    if (!client.subscriptions->none()) return;
    client.subscriptions.reset();
    if (client.type == ClientType::pubsub) client.type = ClientType::normal;
}

void PubSub::unsubscribe_all(Client& client) {
    if (!client.subscriptions) return;
    for (const auto kind : {Subscription::channel, Subscription::pattern, Subscription::shard}) {
        auto& mine = client.subscriptions->of[static_cast<size_t>(kind)];
        while (!mine.empty()) remove(client, kind, *mine.begin()->first);
    }
    client.subscriptions.reset();
    if (client.type == ClientType::pubsub) client.type = ClientType::normal;
}

std::vector<std::string> PubSub::names_of(const Client& client, Subscription kind) {
    std::vector<std::string> names;
    if (!client.subscriptions) return names;
    for (const auto& [node, place] : client.subscriptions->of[static_cast<size_t>(kind)])
        names.push_back(node->first);
    std::ranges::sort(names);
    return names;
}

size_t PubSub::count_of(const Client& client, Subscription kind) {
    return client.subscriptions ? client.subscriptions->count(kind) : 0;
}

}  // namespace rota
