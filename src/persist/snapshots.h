// SPDX-License-Identifier: BSD-3-Clause
// Snapshots: when RDB files are written, and how that went. SAVE writes on the spot; BGSAVE forks a
// child, which sees the keyspace as it was at that moment and writes while the server goes on.
//
// Threading: executor only.
#pragma once

#include <cstdint>
#include <string>

#include "config/inert_options.h"
#include "persist/child.h"
#include "persist/rdb_file.h"
#include "platform/clock.h"

namespace rota {

class Snapshots {
public:
    Snapshots(Keyspace&, const Effects&, const RdbOptions&, const StoreOptions&, Clock&,
              std::string version);
    Snapshots(const Snapshots&) = delete;
    ~Snapshots();

    Result<> save();
    Result<> start_background();  // none may be in progress
    void schedule_background() { scheduled_ = true; }
    bool in_progress() const { return child_.running(); }
    bool scheduled() const { return scheduled_; }
    void unschedule() { scheduled_ = false; }
    void cancel();  // the child that is in progress; it is gone when this returns

    // The file that `dbfilename` names, if there is one. Keys that are there already are a failure,
    // unless they may be replaced.
    Result<> load(bool replace = false);
    // Whose functions are saved and loaded along with the keys.
    void set_functions(FunctionStore* functions) { functions_ = functions; }
    FunctionStore* functions() const { return functions_; }  // null: there are none

    // From cron: a child that has ended is seen, one that is due is started if it may.
    void tick(bool may_start);

    // Whether writes are to be refused, since the last snapshot failed.
    bool refuses_writes() const {
        return last_failed_ && !options_.save.empty() && options_.stop_writes_on_bgsave_error;
    }
    bool wanted_at_end() const { return !options_.save.empty(); }

    struct Status {
        bool in_progress;
        uint64_t changes, saves;
        int64_t last_save_s;
        bool last_failed;
        int64_t last_time_s, current_time_s;  // -1: there was none, there is none
        uint64_t keys_done, keys_total;       // of the one in progress
        uint64_t last_cow_bytes, current_cow_bytes;
        uint64_t loaded_keys, loaded_expired;
    };
    Status status() const;
    // What there is has just been loaded from elsewhere.
    void forget_changes() { changes_saved_ = effects_.dirty(); }
    int64_t last_save_s() const { return last_save_s_; }
    std::string path() const { return options_.dbfilename; }

    SaveSettings settings() const;

private:
    size_t key_count() const;
    void child_ended(pid_t, int wait_status);
    void saved(uint64_t changes);
    bool is_due() const;

    Keyspace& keyspace_;
    const Effects& effects_;
    const RdbOptions& options_;
    const StoreOptions& store_options_;
    Clock& clock_;
    std::string version_;
    FunctionStore* functions_ = nullptr;

    Child child_;
    std::string child_path_;
    bool scheduled_ = false, cancelled_ = false;
    bool last_failed_ = false;
    uint64_t changes_saved_ = 0;  // effects' count at the last snapshot
    uint64_t changes_at_fork_ = 0;
    uint64_t keys_total_ = 0, saves_ = 0, last_cow_bytes_ = 0;
    int64_t last_save_s_, last_try_s_ = 0, child_began_s_ = 0, last_time_s_ = -1;
    LoadReport loaded_;
};

}  // namespace rota
