// SPDX-License-Identifier: BSD-3-Clause
// AofLog: the end of an append-only file, where commands are added. They gather in a buffer, which
// is written before the replies of a loop's turn leave; appendfsync says when it is durable:
//
//     always    before those replies leave: one sync for all that a turn has written
//     everysec  about a second later, by a thread. While the disk is that slow, writes wait for
//               it, though not longer than two seconds
//     no        when the kernel wants to
//
// What cannot be written stays in the buffer and is tried again; with `always` the process ends,
// since it cannot keep its word. A sync that failed is never made good by a later one: error()
// stays until everything has been written anew (forgive()).
//
// Threading: executor only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "config/inert_options.h"
#include "persist/background_sync.h"
#include "platform/buffer.h"
#include "platform/clock.h"
#include "platform/file.h"

namespace rota {

class AofLog {
public:
    // `synced` is called on another thread when more has become durable.
    AofLog(const AofOptions& options, Clock& clock, std::function<void()> synced)
        : options_(options), clock_(clock), sync_(std::move(synced)) {}

    // From here on commands go to this file, which is `size` bytes long. What is in the buffer goes
    // to the one before it, which is then synced and closed.
    void use(FileDescriptor, std::string path, uint64_t size);
    // Writes and syncs what there is, and closes.
    void finish();
    bool is_open() const { return file_.valid(); }

    // The commands of a unit follow in the buffer.
    Buffer& begin_unit(uint64_t number) {
        buffered_unit_ = number;
        return buffer_;
    }
    // Before replies leave, and from cron. Often: where there is nothing to do it is two tests.
    void settle(bool child_runs) {
        if (!buffer_.empty() || unsynced_) [[unlikely]]
            write_and_sync(child_runs);
    }
    // All that there is, now. False: it could not be.
    bool flush();

    // Up to which unit everything is durable.
    uint64_t synced_unit() const {
        return options_.appendfsync == AofFsync::always ? synced_unit_ : sync_.synced();
    }
    int error() const { return write_error_ != 0 ? write_error_ : sync_.error(); }
    // Whether the failed sync was of a file before this one, so that a new base makes up for it.
    bool failed_before_this_file() const { return sync_.error() != 0 && failures_at_use_; }
    bool sync_failed() const { return sync_.error() != 0; }
    void forgive();

    uint64_t size() const { return size_; }  // of the file, without what is in the buffer
    size_t buffered() const { return buffer_.size(); }
    uint64_t delayed() const { return delayed_; }  // writes that could wait no longer
    uint64_t syncs_under_way() const { return sync_.jobs_left(); }

private:
    static constexpr int64_t kWaitMaxUs = 2'000'000;  // for a slow disk
    static constexpr int64_t kRetryUs = 100'000;      // of a write that failed

    void write_and_sync(bool child_runs);
    bool must_wait(int64_t now_us);
    bool write_buffer();
    void write_failed(int code, size_t written);
    void sync_now();
    void sync_soon(int64_t now_us);

    const AofOptions& options_;
    Clock& clock_;
    BackgroundSync sync_;
    FileDescriptor file_;
    std::string path_;
    Buffer buffer_;
    uint64_t size_ = 0;
    uint64_t buffered_unit_ = 0, written_unit_ = 0, synced_unit_ = 0;
    bool unsynced_ = false;         // something was written since the last sync began
    bool failures_at_use_ = false;  // a sync had failed when this file was begun
    int write_error_ = 0;
    uint64_t delayed_ = 0;
    int64_t waiting_since_us_ = 0, last_sync_us_ = 0, last_failure_us_ = 0;
};

}  // namespace rota
