// SPDX-License-Identifier: BSD-3-Clause
// Small files and folders: configuration, pid files, manifests. Any thread; everything blocks.
// Every failure names the operation, the path and the reason.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>

#include "platform/result.h"
#include "platform/slice.h"

namespace rota {

// Owns one descriptor and closes it. -1: none.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() { close(); }

    int get() const { return fd_; }
    bool valid() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void close();

private:
    int fd_ = -1;
};

// Longer files fail with EFBIG: nothing read this way may fill the memory. Works on /proc and
// pipes.
Result<std::string> read_file(const std::string& path, size_t size_max = size_t{64} << 20);

// All bytes, whatever write() takes at a time.
Result<> write_all(int fd, Slice bytes, const std::string& path);

// Afterwards the path holds either the old bytes or the new ones, even through a power cut:
// temporary file beside it, fsync, rename, fsync of the folder. On failure the old file is
// untouched.
Result<> write_file_atomic(const std::string& path, Slice bytes, mode_t mode = 0644);

Result<> append_file(const std::string& path, Slice bytes, mode_t mode = 0644);

// Makes a rename, creation or removal in the folder itself durable.
Result<> sync_directory(const std::string& path);
std::string parent_directory(const std::string& path);

Result<> rename_file(const std::string& from, const std::string& to);
Result<> unlink_if_exists(const std::string& path);
// Fine if it is there already.
Result<> make_directory(const std::string& path, mode_t mode = 0755);

bool file_exists(const std::string& path);
Result<uint64_t> file_size(const std::string& path);

}  // namespace rota
