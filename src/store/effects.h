// SPDX-License-Identifier: BSD-3-Clause
// Effects: what a command did to the keyspace, for those who care. Handlers and the store append;
// the executor hands it to its sinks (AOF, backlog, notifications) after each command and clears
// it. Those who care for single keys are told at once: KeyObserver. So the store never names
// persistence or replication. Threading: executor only.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "platform/slice.h"
#include "store/command_stream.h"

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

// Whoever must hear of keys at once, in the middle of the command: those who watch them, wait for
// them or keep copies of them. It may look keys up, never change any.
class KeyObserver {
public:
    virtual ~KeyObserver() = default;
    virtual void key_changed(int db, Slice key) = 0;
    // The key has come or gone, or its value is now one that somebody may wait for.
    virtual void key_ready(int db, Slice key) = 0;
    virtual void db_clearing(int db) = 0;         // its keys are still there
    virtual void dbs_swapping(int a, int b) = 0;  // not yet swapped
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
        if (heeds_changes_ != 0) observer_->key_changed(db, key);
    }
    // The key's time is over and it is gone; `how` is the command that says so to others.
    void expired(int db, Slice key, Slice how) {
        if (heeds_changes_ != 0) observer_->key_changed(db, key);
        if (commands_.wanted()) commands_.tell(db, {how, key});
    }
    // See KeyObserver. The store says so of every key that comes or goes; a command that adds to a
    // value which clients may wait for (a stream) says so itself.
    void ready(int db, Slice key) {
        if (heeds_ready_) observer_->key_ready(db, key);
    }
    void clearing(int db) {
        if (heeds_changes_ != 0 || heeds_ready_) observer_->db_clearing(db);
    }
    void swapping(int a, int b) {
        if (heeds_changes_ != 0 || heeds_ready_) observer_->dbs_swapping(a, b);
    }
    // A keyspace event, e.g. (EventClass::string, "set", key, db).
    void notify(EventClass kind, const char* event, Slice key, int db) {
        if (wanted_events_ & static_cast<uint16_t>(kind))
            events_.push_back({kind, event, std::string(key), db});
    }
    void add_dirty(uint64_t count) { dirty_ += count; }
    uint64_t dirty() const { return dirty_; }  // changes since start, never reset: compare

    // What others are to run again: see command_stream.h.
    CommandStream& commands() { return commands_; }

    void set_wanted_events(uint16_t classes) { wanted_events_ = classes; }
    void observe(KeyObserver* observer) {
        observer_ = observer;
        heeds_changes_ = 0;
        heeds_ready_ = false;
    }
    // Who cares for changes; nobody is asked where nobody does.
    enum class Heed : uint8_t { watch = 1, tracking = 2 };
    void heed_changes(Heed who, bool on) {
        const auto bit = static_cast<uint8_t>(who);
        heeds_changes_ = static_cast<uint8_t>(on ? heeds_changes_ | bit : heeds_changes_ & ~bit);
    }
    void heed_ready(bool on) { heeds_ready_ = on; }
    const std::vector<KeyEvent>& events() const { return events_; }
    void clear() { events_.clear(); }
    // The events so far; those that follow begin a new list.
    std::vector<KeyEvent> take_events() { return std::exchange(events_, {}); }

private:
    uint64_t dirty_ = 0;
    uint16_t wanted_events_ = 0;
    uint8_t heeds_changes_ = 0;  // bits of Heed
    bool heeds_ready_ = false;
    KeyObserver* observer_ = nullptr;
    std::vector<KeyEvent> events_;
    CommandStream commands_;
};

}  // namespace rota
