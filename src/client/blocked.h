// SPDX-License-Identifier: BSD-3-Clause
// BlockedClients: who waits in a blocking command, for which keys, in which order, until when.
//
// A client that waits keeps its command. When one of its keys is ready, the executor takes it out
// of here and runs the command again from the beginning; what still finds nothing waits anew, with
// the time it had left.
//
// Threading: executor only.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/client.h"
#include "client/key_map.h"
#include "types/kind.h"

namespace rota {

struct RegisteredCommand;

struct KeyQueue {
    std::list<Client*> clients;  // who came first is served first
    int when_gone = 0;           // how many of them want to know that the key is gone
    bool ready = false;          // in the list of ready keys
};

struct BlockedState {
    enum class OnTimeout : uint8_t { null_array, zero, durability };

    Type type = Type::string;  // of the value that it waits for
    bool when_gone = false;    // it also goes on when the key is gone or holds another type
    OnTimeout on_timeout = OnTimeout::null_array;
    uint64_t unit = 0;  // it goes on when this unit of commands is durable; 0: waits for no such
    int64_t deadline_us = 0;  // monotonic; 0: for ever
    RegisteredCommand* command = nullptr;
    std::vector<std::string> args;  // of the command, as it is to be run again
    std::vector<std::string> keys;
    int db = 0;
    uint64_t spent_ns = 0;  // by the calls so far

    struct Place {
        KeyMap<KeyQueue>::Node* queue;
        std::list<Client*>::iterator at;
    };
    std::vector<Place> places;
    size_t memory() const;
};

class BlockedClients {
public:
    BlockedClients(int databases, const SipKey& seed);

    void add(Client&, std::unique_ptr<BlockedState>);
    // Out of all queues; null: it does not wait.
    std::unique_ptr<BlockedState> release(Client&);

    // Of a key that nobody waits for this is one lookup.
    void mark_ready(int db, Slice key);
    void mark_all_ready(int db);
    struct ReadyKey {
        int db;
        std::string key;
    };
    bool has_ready() const { return !ready_.empty(); }
    // In the order in which they became ready; from now on they may become so again.
    std::vector<ReadyKey> take_ready();
    KeyQueue* queue(int db, Slice key) { return queues_[static_cast<size_t>(db)].lookup(key); }

    int64_t next_deadline_us() const {
        return deadlines_.empty() ? INT64_MAX : deadlines_.begin()->first;
    }
    // Somebody whose time is over; null: nobody.
    Client* overdue(int64_t now_us);

    size_t count() const { return count_; }
    size_t deadline_count() const { return deadlines_.size(); }
    size_t key_count() const;
    size_t key_count_when_gone() const;
    bool any_keys() const { return keys_ > 0; }

private:
    std::vector<KeyMap<KeyQueue>> queues_;              // by database
    std::set<std::pair<int64_t, uint64_t>> deadlines_;  // and the client's id
    std::unordered_map<uint64_t, Client*> timed_;
    std::vector<ReadyKey> ready_;
    size_t count_ = 0;
    size_t keys_ = 0;
};

}  // namespace rota
