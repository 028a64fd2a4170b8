// SPDX-License-Identifier: BSD-3-Clause
// Aof: the append-only file. Everything that changes the keyspace goes to the last of its files; a
// rewrite, in a child, begins it anew with a base that holds what there is. Which files count is
// what the manifest says (aof_manifest.h), and that changes from one state to the next at once.
//
// Threading: executor only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "config/inert_options.h"
#include "persist/aof_log.h"
#include "persist/aof_manifest.h"
#include "persist/child.h"
#include "persist/snapshots.h"
#include "store/db.h"

namespace rota {

// Runs commands as they come from a file, whatever limits clients are under.
class Replayer {
public:
    virtual ~Replayer() = default;
    // A failure means that there is no such command; what it replies to one that exists, an error
    // included, is what it replied before.
    virtual Result<> replay(std::span<const Slice> args) = 0;
    virtual void begin() = 0;  // of a file: database 0
};

class Aof final : public CommandSink {
public:
    struct Links {
        Keyspace& keyspace;
        Effects& effects;
        const AofOptions& options;
        const RdbOptions& rdb_options;
        const StoreOptions& store_options;
        const Snapshots& snapshots;
        Clock& clock;
    };
    // `synced` is called on another thread when more has become durable.
    Aof(const Links&, std::function<void()> synced);
    Aof(const Aof&) = delete;
    ~Aof() override;

    bool on() const { return state_ != State::off; }
    bool starting() const { return state_ == State::starting; }  // the first rewrite is not done

    // What the files hold into an empty keyspace. No file is no failure.
    Result<> load(Replayer&);
    // Starts to record, at the end of the files that were loaded.
    Result<> begin();
    // CONFIG SET appendonly: a rewrite begins, and once it is done the files are in use.
    Result<> turn_on();
    void turn_off();

    // Before the replies of a turn leave: see AofLog.
    void settle() {
        if (on()) [[unlikely]]
            log_.settle(child_.running());
    }
    // All that there is goes to the file, now. Before the end, and before files are read again.
    bool flush();
    // At the end of the process.
    void finish();

    Result<> start_rewrite();  // no child may be running
    void schedule_rewrite() { scheduled_ = true; }
    bool rewriting() const { return child_.running(); }
    void cancel_rewrite();

    // From cron: a child that has ended is seen, a rewrite that is due begins.
    void tick();

    // Why writes are to be refused; 0: they are not.
    int error() const { return on() ? log_.error() : 0; }
    uint64_t synced_unit() const { return log_.synced_unit(); }

    void done(const CommandUnit&, uint64_t number) override;

    struct Status {
        bool enabled, rewriting, scheduled, last_rewrite_failed, last_write_failed, pending_rewrite;
        int64_t last_rewrite_s, current_rewrite_s;  // -1: there was none, there is none
        uint64_t rewrites, failures, cow_bytes;
        uint64_t size, base_size, buffered, syncs, delayed;
    };
    Status status() const;

private:
    enum class State : uint8_t { off, on, starting };  // starting: until the first rewrite is done

    std::string path_of(const std::string& name) const;
    std::string manifest_path() const;
    std::string starting_path() const;
    Result<bool> read_manifest();
    Result<> adopt_old_file();
    Result<> save_manifest(const AofManifest&);
    void remove_strays();
    Result<> load_file(const AofFile&, bool last, Replayer&);
    Result<> load_commands(Slice bytes, size_t begin, const std::string& path, bool last,
                           Replayer&);
    Result<> cut_off(const std::string& path, bool last, size_t end, const std::string& reason);

    Result<> open_increment();
    Result<> open_new_increment();
    Result<> write_base(const std::string& path);
    void rewrite_ended(int wait_status);
    Result<> take_base();
    void remove_history();
    bool rewrite_is_due();
    bool grown_enough() const;
    uint64_t size_on_disk() const;

    const Links links_;
    const AofOptions& options_;
    AofLog log_;
    Child child_;
    AofManifest manifest_;
    State state_ = State::off;
    int selected_db_ = -1;
    int64_t last_timestamp_s_ = 0;
    bool scheduled_ = false;
    bool cancelled_ = false;
    std::string new_base_;     // where the child writes
    bool base_is_rdb_ = true;  // what it writes
    bool last_failed_ = false;
    uint64_t rewrites_ = 0, failures_ = 0, cow_bytes_ = 0;
    uint64_t earlier_bytes_ = 0;  // of all files but the one being written
    uint64_t size_at_rewrite_ = 0;
    int64_t began_s_ = 0, last_time_s_ = -1, last_failure_s_ = 0;
};

}  // namespace rota
