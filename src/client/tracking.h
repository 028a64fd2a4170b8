// SPDX-License-Identifier: BSD-3-Clause
// Tracking: which clients keep copies of which keys, for CLIENT TRACKING. It knows no messages: the
// executor asks it whom to tell.
//
// Keys are names, whatever the database. A client that has gone stays in the table by its id until
// one of its keys changes.
//
// Threading: executor only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "client/client.h"
#include "client/key_map.h"

namespace rota {

class ClientRegistry;

// What one client asked for.
struct ClientTracking {
    bool broadcast = false;  // all keys with its prefixes, read or not
    bool opt_in = false;     // only what follows CLIENT CACHING YES
    bool opt_out = false;    // all but what follows CLIENT CACHING NO
    bool no_loop = false;    // its own changes are no news to it
    bool caching_given = false;
    bool redirect_broken = false;
    uint64_t redirect = 0;              // the client that is told; 0: itself
    std::vector<std::string> prefixes;  // in order; of broadcast
};

class Tracking {
public:
    Tracking(ClientRegistry& clients, const SipKey& seed)
        : clients_(clients), seed_(seed), readers_(seed) {}

    // In the place of what it asked for before; prefixes are added to those it has.
    void enable(Client&, ClientTracking);
    void disable(Client&);

    // The client has read the key. The table never grows beyond `most` for long: each key too many
    // pushes others out, which are returned in `evicted`, to be told to their readers.
    struct Evicted {
        std::string key;
        std::vector<uint64_t> readers;
    };
    void read(const Client&, Slice key, uint64_t most, std::vector<Evicted>& evicted);
    // Up to `count` keys too many.
    void evict(uint64_t most, size_t count, std::vector<Evicted>& evicted);

    // Who has read the key: they are forgotten, and are to be told. Empty for most keys.
    std::vector<uint64_t> take_readers(Slice key);
    // Remembers the change for those who want all that begins so. by: the client whose command it
    // was; 0: nobody's.
    void broadcast(Slice key, uint64_t by);
    // Prefixes with changes since the last call.
    struct Changes {
        std::vector<uint64_t> listeners;
        std::map<std::string, uint64_t> keys;  // and who changed each last
    };
    std::vector<Changes> take_broadcasts();
    bool has_broadcasts() const { return !changed_.empty(); }
    // Every key has gone.
    void forget_all();

    size_t clients() const { return tracked_clients_; }
    bool any() const { return tracked_clients_ > 0 || !readers_.empty(); }
    size_t keys() const { return readers_.size(); }
    size_t items() const { return items_; }
    size_t prefixes() const { return prefixes_.size(); }

private:
    struct Prefix {
        std::vector<uint64_t> listeners;
        std::map<std::string, uint64_t> keys;
    };
    using Readers = KeyMap<std::vector<uint64_t>>;  // sorted ids

    Evicted evict_one();

    ClientRegistry& clients_;
    const SipKey seed_;
    Readers readers_;
    size_t items_ = 0;  // in all of readers_
    std::map<std::string, Prefix, std::less<>> prefixes_;
    std::map<size_t, size_t> prefix_lengths_;  // and how many have it
    std::vector<std::string> changed_;         // prefixes
    size_t tracked_clients_ = 0;
};

}  // namespace rota
