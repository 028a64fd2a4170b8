// SPDX-License-Identifier: BSD-3-Clause
#include "persist/snapshots.h"

#include <sys/wait.h>

#include <cerrno>

#include "platform/assert.h"
#include "platform/file.h"
#include "platform/log.h"
#include "platform/memory.h"

namespace rota {

namespace {

constexpr int64_t kRetryAfterS = 5;  // a failed attempt

double megabytes(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

Snapshots::Snapshots(Keyspace& keyspace, const Effects& effects, const RdbOptions& options,
                     const StoreOptions& store_options, Clock& clock, std::string version)
    : keyspace_(keyspace),
      effects_(effects),
      options_(options),
      store_options_(store_options),
      clock_(clock),
      version_(std::move(version)),
      last_save_s_(clock.wall_ms() / 1000) {}

Snapshots::~Snapshots() {
    if (in_progress()) cancel();
}

SaveSettings Snapshots::settings() const {
    return {.compress = options_.rdbcompression,
            .checksum = options_.rdbchecksum,
            .incremental_sync = options_.rdb_save_incremental_fsync,
            .version = version_,
            .used_memory = memory_stats().allocated,
            .key_delay_us = options_.rdb_key_save_delay,
            .functions = functions_};
}

size_t Snapshots::key_count() const {
    size_t keys = 0;
    for (int i = 0; i < keyspace_.count(); ++i) keys += keyspace_.db(i).size();
    return keys;
}

void Snapshots::saved(uint64_t changes) {
    changes_saved_ = changes;
    last_save_s_ = clock_.wall_ms() / 1000;
    last_failed_ = false;
    ++saves_;
}

Result<> Snapshots::save() {
    const auto done =
        save_rdb(path(), keyspace_, store_options_, settings(), child_.progress().keys_done);
    if (!done) {
        log(LogLevel::warning, "Error saving the DB: %s", done.error().message.c_str());
        last_failed_ = true;
        return done;
    }
    log(LogLevel::notice, "DB saved on disk");
    saved(effects_.dirty());
    return {};
}

// -- In the background --

Result<> Snapshots::start_background() {
    ASSERT(!in_progress());
    scheduled_ = cancelled_ = false;
    last_try_s_ = clock_.wall_ms() / 1000;
    changes_at_fork_ = effects_.dirty();
    keys_total_ = key_count();
    child_path_ = path();
    const auto started = child_.start([this] {
        return save_rdb(child_path_, keyspace_, store_options_, settings(),
                        child_.progress().keys_done);
    });
    if (!started) {
        last_failed_ = true;
        log(LogLevel::warning, "Can't save in background: %s", started.error().message.c_str());
        return started;
    }
    child_began_s_ = last_try_s_;
    log(LogLevel::notice, "Background saving started by pid %ld", static_cast<long>(child_.pid()));
    return {};
}

void Snapshots::cancel() {
    cancelled_ = true;
    const pid_t pid = child_.pid();
    child_ended(pid, child_.kill());
}

void Snapshots::child_ended(pid_t pid, int status) {
    last_time_s_ = clock_.wall_ms() / 1000 - child_began_s_;
    last_cow_bytes_ = child_.progress().cow_bytes.load(std::memory_order_relaxed);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        log(LogLevel::notice, "Background saving terminated with success (%.2f MB copied on write)",
            megabytes(last_cow_bytes_));
        return saved(changes_at_fork_);
    }
    (void)unlink_if_exists(rdb_temp_path(child_path_, static_cast<int>(pid)));
    if (WIFEXITED(status)) {
        log(LogLevel::warning, "Background saving error");
    } else {
        log(LogLevel::warning, "Background saving terminated by signal %d", WTERMSIG(status));
        if (cancelled_) return;  // no failure
    }
    last_failed_ = true;
}

bool Snapshots::is_due() const {
    const int64_t now_s = clock_.wall_ms() / 1000;
    if (last_failed_ && now_s - last_try_s_ <= kRetryAfterS) return false;
    if (scheduled_) return true;
    const auto changes = static_cast<int64_t>(effects_.dirty() - changes_saved_);
    for (const SavePoint& point : options_.save) {
        if (changes < point.changes || now_s - last_save_s_ <= point.seconds) continue;
        log(LogLevel::notice, "%lld changes in %lld seconds. Saving...",
            static_cast<long long>(point.changes), static_cast<long long>(point.seconds));
        return true;
    }
    return false;
}

void Snapshots::tick(bool may_start) {
    if (in_progress()) {
        const pid_t pid = child_.pid();
        if (const auto status = child_.ended()) child_ended(pid, *status);
        return;
    }
    if (may_start && is_due())
        (void)start_background();  // a failure is logged, and is the last status
}

// -- Loading --

Result<> Snapshots::load(bool replace) {
    const int64_t begin_us = clock_.monotonic_us();
    auto loaded =
        load_rdb(path(), keyspace_, store_options_,
                 {.checksum = options_.rdbchecksum, .replace = replace, .functions = functions_});
    if (!loaded && loaded.error().code == ENOENT) return {};
    if (!loaded) return fail(path() + " cannot be loaded, " + loaded.error().message);
    loaded_ = std::move(*loaded);
    forget_changes();
    log(LogLevel::notice, "DB loaded from disk: %.3f seconds, %llu keys, %llu expired",
        static_cast<double>(clock_.monotonic_us() - begin_us) / 1e6,
        static_cast<unsigned long long>(loaded_.keys),
        static_cast<unsigned long long>(loaded_.expired));
    return {};
}

Snapshots::Status Snapshots::status() const {
    const bool running = in_progress();
    return {.in_progress = running,
            .changes = effects_.dirty() - changes_saved_,
            .saves = saves_,
            .last_save_s = last_save_s_,
            .last_failed = last_failed_,
            .last_time_s = last_time_s_,
            .current_time_s = running ? clock_.wall_ms() / 1000 - child_began_s_ : -1,
            .keys_done = running ? child_.progress().keys_done.load(std::memory_order_relaxed) : 0,
            .keys_total = running ? keys_total_ : 0,
            .last_cow_bytes = last_cow_bytes_,
            .current_cow_bytes =
                running ? child_.progress().cow_bytes.load(std::memory_order_relaxed) : 0,
            .loaded_keys = loaded_.keys,
            .loaded_expired = loaded_.expired};
}

}  // namespace rota
