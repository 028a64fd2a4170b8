// SPDX-License-Identifier: BSD-3-Clause
// MappedFile: the bytes of a whole file as memory, read ahead by the kernel. Any thread.
#pragma once

#include <string>

#include "platform/result.h"
#include "platform/slice.h"

namespace rota {

class MappedFile {
public:
    static Result<MappedFile> open(const std::string& path);
    MappedFile(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    ~MappedFile();

    Slice view() const { return {static_cast<const char*>(bytes_), size_}; }

private:
    MappedFile(void* bytes, size_t size) : bytes_(bytes), size_(size) {}
    void* bytes_;  // null: an empty file
    size_t size_;
};

}  // namespace rota
