// SPDX-License-Identifier: BSD-3-Clause
// ClientRegistry: all clients, found by id, listed in order of creation.
// Threading: executor only.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "client/client.h"

namespace rota {

class ClientRegistry {
public:
    ~ClientRegistry();

    Client& create();           // gives it the next id
    void forget(Client&);       // whoever holds its last reference deletes it
    Client* find(uint64_t id);  // null: gone

    size_t size() const { return by_id_.size(); }
    Client* first() { return first_; }
    uint64_t last_id() const { return next_id_ - 1; }

    // Calls visit(Client&) for each; visit may mark clients as closing but must not remove any.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (Client* client = first_; client != nullptr; client = client->next) visit(*client);
    }

private:
    std::unordered_map<uint64_t, Client*> by_id_;
    Client* first_ = nullptr;
    Client* last_ = nullptr;
    uint64_t next_id_ = 1;
};

}  // namespace rota
