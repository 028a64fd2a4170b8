// SPDX-License-Identifier: BSD-3-Clause
// The append-only file while the server runs. How it is read is in aof_load.cc.
#include "persist/aof.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "persist/aof_rewrite.h"
#include "persist/rdb_file.h"
#include "platform/assert.h"
#include "platform/log.h"
#include "platform/text.h"

namespace rota {
namespace {

Result<FileDescriptor> open_for_appending(const std::string& path, int flags) {
    FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | flags, 0644));
    if (!file.valid()) return fail_errno("open " + path, errno);
    return file;
}

}  // namespace

Aof::Aof(const Links& links, std::function<void()> synced)
    : links_(links), options_(links.options), log_(links.options, links.clock, std::move(synced)) {}

Aof::~Aof() {
    if (on()) links_.effects.commands().detach(*this);
}

// ---- Names
// ---------------------------------------------------------------------------------------------

std::string Aof::path_of(const std::string& name) const {
    return options_.appenddirname + "/" + name;
}

std::string Aof::manifest_path() const {
    return path_of(options_.appendfilename + kAofManifestSuffix);
}

// Of the increment that is to be, once there is a base to go with it.
std::string Aof::starting_path() const {
    return path_of("temp-" + options_.appendfilename + ".incr");
}

Result<> Aof::save_manifest(const AofManifest& manifest) {
    return write_file_atomic(manifest_path(), manifest.text());
}

// ---- Recording
// -----------------------------------------------------------------------------------------

void Aof::done(const CommandUnit& unit, uint64_t number) {
    if (!log_.is_open()) return;  // the first base is yet to be begun, and will hold it
    Buffer& out = log_.begin_unit(number);
    if (options_.aof_timestamp_enabled) {
        const int64_t now_s = links_.keyspace.clock().now_ms / 1000;
        if (now_s != std::exchange(last_timestamp_s_, now_s))
            out.append(format("#TS:%lld\r\n", static_cast<long long>(now_s)));
    }
    unit.append_to(out, selected_db_);
}

bool Aof::flush() { return !on() || log_.flush(); }

Result<> Aof::begin() {
    if (const auto made = make_directory(options_.appenddirname); !made) return made;
    remove_strays();
    if (!manifest_.base && manifest_.increments.empty()) {
        AofManifest next = manifest_;
        const std::string name =
            next.next_base_name(options_.appendfilename, options_.aof_use_rdb_preamble);
        log(LogLevel::notice, "Creating AOF base file %s on server start", name.c_str());
        base_is_rdb_ = options_.aof_use_rdb_preamble;
        if (const auto written = write_base(path_of(name)); !written) return written;
        next.begin_with(name, 0);
        manifest_ = std::move(next);
    }
    if (const auto opened = open_increment(); !opened) return opened;
    remove_history();
    state_ = State::on;
    size_at_rewrite_ = size_on_disk();
    links_.effects.commands().attach(*this);
    return {};
}

// The last one there is, or a first one.
Result<> Aof::open_increment() {
    if (manifest_.increments.empty()) {
        log(LogLevel::notice, "Creating AOF incr file %s on server start",
            manifest_.next_increment_name(options_.appendfilename).c_str());
        return open_new_increment();
    }
    const std::string path = path_of(manifest_.increments.back().name);
    auto file = open_for_appending(path, 0);
    if (!file) return std::unexpected(file.error());
    const uint64_t size = file_size(path).value_or(0);
    earlier_bytes_ = size_on_disk() - size;
    log_.use(std::move(*file), path, size);
    selected_db_ = -1;
    return {};
}

// The file is there before the manifest names it.
Result<> Aof::open_new_increment() {
    AofManifest next = manifest_;
    next.add_increment(options_.appendfilename);
    const std::string path = path_of(next.increments.back().name);
    auto file = open_for_appending(path, O_TRUNC);
    if (!file) return std::unexpected(file.error());
    if (const auto saved = save_manifest(next); !saved) {
        (void)unlink_if_exists(path);
        return saved;
    }
    manifest_ = std::move(next);
    log_.use(std::move(*file), path, 0);
    earlier_bytes_ = size_on_disk();
    selected_db_ = -1;
    return {};
}

Result<> Aof::turn_on() {
    ASSERT(!on());
    if (const auto made = make_directory(options_.appenddirname); !made) return made;
    if (const auto read = read_manifest(); !read) return std::unexpected(read.error());
    state_ = State::starting;
    links_.effects.commands().attach(*this);
    if (links_.snapshots.in_progress() || child_.running()) {
        schedule_rewrite();
        log(LogLevel::notice,
            "AOF was enabled but there is already another background operation. An AOF background "
            "was scheduled to start when possible.");
    } else if (const auto started = start_rewrite(); !started) {
        turn_off();
        return started;
    }
    return {};
}

void Aof::turn_off() {
    if (!on()) return;
    links_.effects.commands().detach(*this);
    if (child_.running()) cancel_rewrite();
    log_.finish();
    if (state_ == State::starting) (void)unlink_if_exists(starting_path());
    state_ = State::off;
    scheduled_ = false;
    last_timestamp_s_ = 0;
}

void Aof::finish() {
    if (child_.running()) {
        log(LogLevel::warning, "There is a child rewriting the AOF. Killing it!");
        cancel_rewrite();
    }
    log_.finish();
}

// ---- Rewriting
// -----------------------------------------------------------------------------------------

Result<> Aof::write_base(const std::string& path) {
    if (!base_is_rdb_)
        return write_commands(path, links_.keyspace, links_.snapshots.functions(),
                              child_.progress().keys_done, options_.aof_rewrite_incremental_fsync);
    SaveSettings settings = links_.snapshots.settings();
    settings.aof_base = true;
    settings.incremental_sync = options_.aof_rewrite_incremental_fsync;
    return write_rdb(path, links_.keyspace, links_.store_options, settings,
                     child_.progress().keys_done);
}

// What is done from the fork on goes to an increment of its own.
Result<> Aof::start_rewrite() {
    ASSERT(!child_.running());
    scheduled_ = cancelled_ = false;
    const auto make_folder = make_directory(options_.appenddirname);
    Result<> ready = make_folder;
    if (ready && state_ == State::on) ready = open_new_increment();
    if (ready && state_ == State::off) {
        if (const auto read = read_manifest(); !read) ready = std::unexpected(read.error());
    }
    if (ready && state_ == State::starting) {
        (void)unlink_if_exists(starting_path());  // of an attempt before
        auto file = open_for_appending(starting_path(), O_TRUNC);
        if (file)
            log_.use(std::move(*file), starting_path(), 0);
        else
            ready = std::unexpected(file.error());
        selected_db_ = -1;
    }
    new_base_ = path_of(format("temp-rewriteaof-bg-%d.aof", static_cast<int>(::getpid())));
    base_is_rdb_ = options_.aof_use_rdb_preamble;
    began_s_ = links_.clock.wall_ms() / 1000;
    if (ready) ready = child_.start([this] { return write_base(new_base_); });
    if (!ready) {
        last_failed_ = true;
        ++failures_;
        last_failure_s_ = began_s_;
        log(LogLevel::warning, "Can't rewrite append only file in background: %s",
            ready.error().message.c_str());
        return ready;
    }
    log(LogLevel::notice, "Background append only file rewriting started by pid %ld",
        static_cast<long>(child_.pid()));
    return {};
}

void Aof::cancel_rewrite() {
    log(LogLevel::notice, "Killing running AOF rewrite child: %ld",
        static_cast<long>(child_.pid()));
    cancelled_ = true;
    rewrite_ended(child_.kill());
}

void Aof::rewrite_ended(int status) {
    last_time_s_ = links_.clock.wall_ms() / 1000 - began_s_;
    cow_bytes_ = child_.progress().cow_bytes.load(std::memory_order_relaxed);
    Result<> done;
    if (WIFSIGNALED(status))
        done = fail(format("terminated by signal %d", WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        done = fail("terminated with error");
    if (done) done = take_base();
    (void)unlink_if_exists(new_base_);
    last_failed_ = !done && !cancelled_;
    if (done) {
        ++rewrites_;
        failures_ = 0;
        log(LogLevel::notice, "Background AOF rewrite finished successfully");
        return;
    }
    log(LogLevel::warning, "Background AOF rewrite %s", done.error().message.c_str());
    if (cancelled_) return;
    ++failures_;
    last_failure_s_ = links_.clock.wall_ms() / 1000;
    if (state_ == State::starting) schedule_rewrite();
}

// The new base, and the increment begun with it, in place of all that there was.
Result<> Aof::take_base() {
    AofManifest next = manifest_;
    const std::string name = next.next_base_name(options_.appendfilename, base_is_rdb_);
    Result<> done = rename_file(new_base_, path_of(name));
    if (!done) return done;
    const bool starting = state_ == State::starting;
    if (starting) {
        next.begin_with(name, next.increments.size());
        next.add_increment(options_.appendfilename);
        done = rename_file(starting_path(), path_of(next.increments.back().name));
    } else {
        next.begin_with(name, next.increments.size() - (state_ == State::on ? 1 : 0));
    }
    if (done) done = save_manifest(next);
    if (!done) {
        (void)unlink_if_exists(path_of(name));
        if (starting) (void)rename_file(path_of(next.increments.back().name), starting_path());
        return done;
    }
    manifest_ = std::move(next);
    if (starting) state_ = State::on;
    if (log_.failed_before_this_file()) log_.forgive();
    remove_history();
    earlier_bytes_ = size_on_disk() - log_.size();
    size_at_rewrite_ = size_on_disk();
    return {};
}

void Aof::remove_history() {
    if (manifest_.history.empty() || options_.aof_disable_auto_gc) return;
    for (const AofFile& file : manifest_.history) {
        log(LogLevel::notice, "Removing the history file %s in the background", file.name.c_str());
        (void)unlink_if_exists(path_of(file.name));
    }
    AofManifest next = manifest_;
    next.history.clear();
    if (save_manifest(next)) manifest_ = std::move(next);
}

// What an earlier process was in the middle of.
void Aof::remove_strays() {
    std::error_code ignored;
    for (const auto& file : std::filesystem::directory_iterator(options_.appenddirname, ignored)) {
        const std::string name = file.path().filename();
        const bool half_saved = name.starts_with(options_.appendfilename + kAofManifestSuffix) &&
                                name.find(".tmp-") != std::string::npos;
        if (name.starts_with("temp-") || half_saved) (void)unlink_if_exists(path_of(name));
    }
}

uint64_t Aof::size_on_disk() const {
    uint64_t bytes = 0;
    for (const AofFile& file : manifest_.files())
        bytes += file_size(path_of(file.name)).value_or(0);
    return bytes;
}

bool Aof::grown_enough() const {
    const uint64_t size = earlier_bytes_ + log_.size();
    const auto min = static_cast<uint64_t>(options_.auto_aof_rewrite_min_size);
    if (options_.auto_aof_rewrite_percentage == 0 || size <= min) return false;
    const uint64_t base = std::max<uint64_t>(size_at_rewrite_, 1);
    const uint64_t growth = size > base ? (size - base) * 100 / base : 0;
    if (growth < static_cast<uint64_t>(options_.auto_aof_rewrite_percentage)) return false;
    log(LogLevel::notice, "Starting automatic rewriting of AOF on %llu%% growth",
        static_cast<unsigned long long>(growth));
    return true;
}

// After a few failures it is tried less and less often.
bool Aof::rewrite_is_due() {
    constexpr uint64_t kAtOnce = 3, kSlowest = 6;
    constexpr int64_t kMinuteS = 60;
    if (failures_ > 0) {
        const uint64_t slower = failures_ < kAtOnce ? 0 : std::min(failures_ - kAtOnce, kSlowest);
        const int64_t pause_s = failures_ < kAtOnce ? 1 : kMinuteS << slower;
        if (links_.clock.wall_ms() / 1000 - last_failure_s_ < std::min(pause_s, 60 * kMinuteS))
            return false;
    }
    if (scheduled_) return true;
    if (state_ != State::on) return false;
    // What the disk has lost can only be written anew.
    return log_.error() != 0 ? log_.sync_failed() : grown_enough();
}

void Aof::tick() {
    if (child_.running()) {
        if (const auto status = child_.ended()) rewrite_ended(*status);
        return;
    }
    if (links_.snapshots.in_progress()) return;
    if (rewrite_is_due()) (void)start_rewrite();  // a failure is logged, and is the last status
}

Aof::Status Aof::status() const {
    const bool running = child_.running();
    return {.enabled = on(),
            .rewriting = running,
            .scheduled = scheduled_,
            .last_rewrite_failed = last_failed_,
            .last_write_failed = error() != 0,
            .pending_rewrite = scheduled_,
            .last_rewrite_s = last_time_s_,
            .current_rewrite_s = running ? links_.clock.wall_ms() / 1000 - began_s_ : -1,
            .rewrites = rewrites_,
            .failures = failures_,
            .cow_bytes = cow_bytes_,
            .size = earlier_bytes_ + log_.size(),
            .base_size = size_at_rewrite_,
            .buffered = log_.buffered(),
            .syncs = log_.syncs_under_way(),
            .delayed = log_.delayed()};
}

}  // namespace rota
