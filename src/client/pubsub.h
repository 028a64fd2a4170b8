// SPDX-License-Identifier: BSD-3-Clause
// PubSub: who has subscribed to which channels, patterns and shard channels. It knows no messages:
// the executor asks it for the receivers. Threading: executor only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/client.h"
#include "client/key_map.h"

namespace rota {

enum class Subscription : uint8_t { channel, pattern, shard };

struct Subscribers {
    std::vector<Client*> clients;  // in no order
};
using Channels = KeyMap<Subscribers>;

// What one client has subscribed to: where it stands among the subscribers of each.
struct Subscriptions {
    std::array<std::unordered_map<Channels::Node*, size_t>, 3> of;
    size_t count(Subscription kind) const { return of[static_cast<size_t>(kind)].size(); }
    bool none() const { return of[0].empty() && of[1].empty() && of[2].empty(); }
    size_t memory() const;
};

class PubSub {
public:
    explicit PubSub(const SipKey& seed)
        : channels_{Channels(seed), Channels(seed), Channels(seed)} {}

    // Both change the client's type with the first and with the last of its subscriptions.
    void subscribe(Client&, Subscription, Slice name);
    void unsubscribe(Client&, Subscription, Slice name);
    void unsubscribe_all(Client&);

    // In the order of their names.
    static std::vector<std::string> names_of(const Client&, Subscription);
    static size_t count_of(const Client&, Subscription);

    const Channels& all(Subscription kind) const { return channels_[static_cast<size_t>(kind)]; }
    const std::vector<Client*>* subscribers(Subscription kind, Slice name) {
        const Subscribers* found = channels_[static_cast<size_t>(kind)].lookup(name);
        return found == nullptr ? nullptr : &found->clients;
    }
    bool has_channels_or_patterns() const { return !channels_[0].empty() || !channels_[1].empty(); }

private:
    void remove(Client&, Subscription, Channels::Node&);

    std::array<Channels, 3> channels_;
};

}  // namespace rota
