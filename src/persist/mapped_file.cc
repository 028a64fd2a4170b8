// SPDX-License-Identifier: BSD-3-Clause
#include "persist/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "platform/file.h"

namespace rota {

Result<MappedFile> MappedFile::open(const std::string& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return fail_errno("open " + path, errno);
    struct stat about;
    if (::fstat(file.get(), &about) != 0) return fail_errno("stat " + path, errno);
    const auto size = static_cast<size_t>(about.st_size);
    if (size == 0) return MappedFile(nullptr, 0);
    void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (bytes == MAP_FAILED) return fail_errno("map " + path, errno);
    (void)::madvise(bytes, size, MADV_SEQUENTIAL);
    return MappedFile(bytes, size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
    if (bytes_ != nullptr) ::munmap(bytes_, size_);
}

}  // namespace rota
