// SPDX-License-Identifier: BSD-3-Clause
#include "persist/aof_log.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "platform/log.h"

namespace rota {
namespace {

constexpr int64_t kSyncEveryUs = 1'000'000;

// With `always` nothing may be acknowledged that is not durable, and nothing can be any more.
[[noreturn]] void give_up(const char* what, int code) {
    log(LogLevel::warning,
        "Can't %s the append-only file when the AOF fsync policy is 'always': %s. Exiting...", what,
        std::strerror(code));
    ::_exit(1);
}

}  // namespace

void AofLog::use(FileDescriptor file, std::string path, uint64_t size) {
    if (is_open()) {
        (void)flush();
        sync_.sync_and_close(std::move(file_), written_unit_);
    }
    file_ = std::move(file);
    path_ = std::move(path);
    size_ = size;
    unsynced_ = false;
    failures_at_use_ = sync_.error() != 0;
}

void AofLog::finish() {
    if (!is_open()) return;
    if (!flush())
        log(LogLevel::warning, "%zu bytes could not be written to the append-only file %s",
            buffer_.size(), path_.c_str());
    sync_.sync_and_close(std::move(file_), written_unit_);
    sync_.wait();
    write_error_ = 0;
    buffer_.release();
    unsynced_ = false;
}

void AofLog::forgive() {
    sync_.wait();
    sync_.forgive();
    failures_at_use_ = false;
    unsynced_ = true;  // so that the next sync says how far it has come
    if (options_.appendfsync == AofFsync::always) sync_now();
}

bool AofLog::flush() { return buffer_.empty() || write_buffer(); }

void AofLog::write_and_sync(bool child_runs) {
    const int64_t now_us = clock_.monotonic_us();
    const bool spared = child_runs && options_.no_appendfsync_on_rewrite;
    if (!buffer_.empty() && !must_wait(now_us)) (void)write_buffer();
    if (!unsynced_ || spared) return;
    if (options_.appendfsync == AofFsync::always) return sync_now();
    if (options_.appendfsync == AofFsync::everysec) sync_soon(now_us);
}

// While the thread syncs the file, a write to it may take as long; better that nobody waits.
bool AofLog::must_wait(int64_t now_us) {
    if (write_error_ != 0 && now_us - last_failure_us_ < kRetryUs) return true;
    if (options_.appendfsync != AofFsync::everysec || !sync_.busy()) {
        waiting_since_us_ = 0;
        return false;
    }
    if (waiting_since_us_ == 0) waiting_since_us_ = now_us;
    if (now_us - waiting_since_us_ < kWaitMaxUs) return true;
    waiting_since_us_ = 0;
    ++delayed_;
    log(LogLevel::notice,
        "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without "
        "waiting for fsync to complete, this may slow down the server.");
    return false;
}

// False: not all of it.
bool AofLog::write_buffer() {
    size_t written = 0;
    while (written < buffer_.size()) {
        const ssize_t now =
            ::write(file_.get(), buffer_.data() + written, buffer_.size() - written);
        if (now < 0 && errno == EINTR) continue;
        if (now <= 0) {
            write_failed(now < 0 ? errno : ENOSPC, written);
            return false;
        }
        written += static_cast<size_t>(now);
    }
    if (write_error_ != 0) {
        log(LogLevel::warning, "AOF write error looks solved. The server can write again.");
        write_error_ = 0;
    }
    constexpr size_t kKeep = size_t{1} << 20;  // a larger buffer is given back
    buffer_.capacity() > kKeep ? buffer_.release() : buffer_.clear();
    size_ += written;
    written_unit_ = buffered_unit_;
    unsynced_ = true;
    return true;
}

// What was written of a command is taken back, so that the file ends with a whole one.
void AofLog::write_failed(int code, size_t written) {
    if (options_.appendfsync == AofFsync::always) give_up("write", code);
    if (write_error_ == 0)
        log(LogLevel::warning, "Error writing to the AOF file %s: %s", path_.c_str(),
            std::strerror(code));
    write_error_ = code;
    last_failure_us_ = clock_.monotonic_us();
    if (written == 0) return;
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) == 0) return;
    log(LogLevel::warning, "Could not remove short write from the append-only file %s: %s",
        path_.c_str(), std::strerror(errno));
    size_ += written;  // then what follows completes it
    buffer_.drop_front(written);
}

void AofLog::sync_now() {
    if (file_.valid() && ::fdatasync(file_.get()) != 0 && errno != EINVAL) give_up("sync", errno);
    unsynced_ = false;
    synced_unit_ = written_unit_;
    last_sync_us_ = clock_.monotonic_us();
}

void AofLog::sync_soon(int64_t now_us) {
    if (sync_.busy() || now_us - last_sync_us_ < kSyncEveryUs) return;
    unsynced_ = false;
    last_sync_us_ = now_us;
    sync_.sync(file_.get(), written_unit_);
}

}  // namespace rota
