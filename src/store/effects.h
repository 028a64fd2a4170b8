// SPDX-License-Identifier: BSD-3-Clause
// Effects: what a command did to the keyspace, for those who care. Handlers and the store append;
// the executor hands it to its sinks (AOF, backlog, notifications, tracking) after each command and
// clears it. So the store never names persistence or replication.
// Threading: executor only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/slice.h"

namespace rota {

enum class EventClass : uint16_t {  // the letters of notify-keyspace-events
    generic = 1,                    // g
    string = 2,                     // $
    list = 4,                       // l
    set = 8,                        // s
    hash = 16,                      // h
    zset = 32,                      // z
    expired = 64,                   // x
    evicted = 128,                  // e
    stream = 256,                   // t
    key_miss = 512,                 // m
    module = 1024,                  // d
    created = 2048,                 // n
};

class Effects {
public:
    struct KeyEvent {
        EventClass kind;
        const char* event;
        std::string key;
        int db;
    };

    // The command changed this key: counts as one change since the last save, wakes WATCH and
    // tracking.
    void changed(int db, Slice key) {
        ++dirty_;
        if (listeners_) keys_.push_back({db, std::string(key)});
    }
    // A keyspace event, e.g. (EventClass::string, "set", key, db).
    void notify(EventClass kind, const char* event, Slice key, int db) {
        if (wanted_events_ & static_cast<uint16_t>(kind))
            events_.push_back({kind, event, std::string(key), db});
    }
    void add_dirty(uint64_t count) { dirty_ += count; }
    uint64_t dirty() const { return dirty_; }  // changes since start, never reset: compare

    void set_wanted_events(uint16_t classes) { wanted_events_ = classes; }
    void set_listeners(bool any) { listeners_ = any; }
    const std::vector<KeyEvent>& events() const { return events_; }
    void clear() {
        events_.clear();
        keys_.clear();
    }

private:
    struct ChangedKey {
        int db;
        std::string key;
    };
    uint64_t dirty_ = 0;
    uint16_t wanted_events_ = 0;
    bool listeners_ = false;
    std::vector<KeyEvent> events_;
    std::vector<ChangedKey> keys_;
};

}  // namespace rota
