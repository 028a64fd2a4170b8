// SPDX-License-Identifier: BSD-3-Clause
// FileSink: bytes into a file through a buffer, with their CRC-64. The first failure is kept, and
// nothing is written after it. Threading: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "persist/byte_sink.h"
#include "platform/file.h"

namespace rota {

class FileSink : public ByteSink {
public:
    // sync_every: so many bytes are handed to the disk at a time, so that the last sync has little
    // to wait for; 0: only then.
    FileSink(FileDescriptor file, std::string path, uint64_t sync_every);

    void write(Slice) override;
    // Of all bytes so far.
    uint64_t checksum();
    // What is in the buffer, then everything onto the disk.
    Result<> finish();
    uint64_t size() const { return size_ + buffer_.size(); }
    bool failed() const { return error_.has_value(); }

private:
    void flush();

    FileDescriptor file_;
    std::string path_;
    uint64_t sync_every_;
    std::string buffer_;
    uint64_t size_ = 0, synced_ = 0;  // bytes given to the kernel, and on their way to the disk
    uint64_t checksum_ = 0;
    std::optional<Error> error_;
};

}  // namespace rota
