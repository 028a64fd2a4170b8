// SPDX-License-Identifier: BSD-3-Clause
// What a client has of a transaction: the keys it watches, and the commands that it has queued
// since MULTI. WatchTable: who watches which keys. Threading: executor only.
#pragma once

#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <vector>

#include "client/client.h"
#include "client/key_map.h"
#include "platform/buffer.h"

namespace rota {

struct RegisteredCommand;

struct WatchedKey {
    using Watchers = KeyMap<std::list<Client*>>;
    int db;
    Watchers::Node* node;  // its name, and all who watch it
    std::list<Client*>::iterator at;
};

class MultiState {
public:
    struct Queued {
        RegisteredCommand* command;
        uint32_t first_arg, arg_count;
    };

    void queue(RegisteredCommand*, uint64_t command_flags, std::span<const Slice> args);
    const std::vector<Queued>& commands() const { return commands_; }
    // Good until the next queue().
    void args_of(const Queued&, std::vector<Slice>& out) const;
    uint64_t flags() const { return flags_; }  // of all commands together
    size_t queued_bytes() const;

    bool refused = false;  // a command could not be queued: EXEC will say so
    int db = 0;  // where the next command will run, SELECTs in the queue taken into account
    std::vector<WatchedKey> watched;

private:
    std::vector<Queued> commands_;
    Buffer bytes_;                 // of all arguments
    std::vector<size_t> arg_end_;  // where in bytes_ each argument ends
    uint64_t flags_ = 0;
};

class WatchTable {
public:
    WatchTable(int databases, const SipKey& seed);

    void watch(Client&, int db, Slice key);
    void unwatch_all(Client&);
    // The key has changed: EXEC of whoever watches it will run nothing.
    void touch(int db, Slice key);
    // MULTI and WATCH are over.
    void discard(Client&);

    std::vector<std::string> keys(int db) const;
    bool any() const { return key_count() > 0; }
    size_t key_count() const;
    size_t client_count() const { return clients_; }

private:
    std::vector<WatchedKey::Watchers> watchers_;  // by database
    size_t clients_ = 0;
};

// The client's, made if need be.
MultiState& multi_of(Client&);

}  // namespace rota
