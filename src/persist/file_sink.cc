// SPDX-License-Identifier: BSD-3-Clause
#include "persist/file_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "persist/crc64.h"

namespace rota {
namespace {

constexpr size_t kBufferBytes = 256 << 10;

}  // namespace

FileSink::FileSink(FileDescriptor file, std::string path, uint64_t sync_every)
    : file_(std::move(file)), path_(std::move(path)), sync_every_(sync_every) {
    buffer_.reserve(kBufferBytes);
}

void FileSink::write(Slice bytes) {
    while (!bytes.empty() && !error_) {
        const Slice part = bytes.substr(0, kBufferBytes - buffer_.size());
        buffer_ += part;
        bytes.remove_prefix(part.size());
        if (buffer_.size() == kBufferBytes) flush();
    }
}

void FileSink::flush() {
    if (error_ || buffer_.empty()) return;
    checksum_ = crc64(buffer_, checksum_);
    if (const auto written = write_all(file_.get(), buffer_, path_); !written)
        error_ = written.error();
    size_ += buffer_.size();
    buffer_.clear();
    if (sync_every_ != 0 && size_ - synced_ >= sync_every_) {
        // Only hints: what fails here fails again in finish().
        (void)::sync_file_range(file_.get(), static_cast<off64_t>(synced_),
                                static_cast<off64_t>(size_ - synced_), SYNC_FILE_RANGE_WRITE);
        synced_ = size_;
    }
}

uint64_t FileSink::checksum() {
    flush();
    return checksum_;
}

Result<> FileSink::finish() {
    flush();
    if (!error_ && ::fsync(file_.get()) != 0)
        error_ = Error{errno, "fsync " + path_ + ": " + std::strerror(errno)};
    file_.close();
    if (error_) return std::unexpected(*error_);
    return {};
}

}  // namespace rota
