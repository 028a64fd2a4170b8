// SPDX-License-Identifier: BSD-3-Clause
#include "platform/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace rota {

static std::unexpected<Error> fail_on(const char* action, const std::string& path, int code) {
    return fail_errno(std::string(action) + " " + path, code);
}

void FileDescriptor::close() {
    if (fd_ >= 0) ::close(release());  // never retried: on Linux the descriptor is gone either way
}

Result<std::string> read_file(const std::string& path, size_t size_max) {
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return fail_on("cannot open", path, errno);
    std::string bytes;
    for (;;) {
        constexpr size_t kStep = 64 << 10;
        const size_t had = bytes.size();
        bytes.resize(had + kStep);
        const ssize_t got = ::read(fd.get(), bytes.data() + had, kStep);
        const int code = errno;
        bytes.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
        if (got < 0 && code == EINTR) continue;
        if (got < 0) return fail_on("cannot read", path, code);
        if (bytes.size() > size_max) return fail_on("cannot read", path, EFBIG);
        if (got == 0) return bytes;
    }
}

Result<> write_all(int fd, Slice bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_on("cannot write", path, errno);
        bytes.remove_prefix(static_cast<size_t>(written));
    }
    return {};
}

std::string parent_directory(const std::string& path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<> sync_directory(const std::string& path) {
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return fail_on("cannot open the folder", path, errno);
    // EINVAL: a file system that has no way to sync a folder has nothing to promise here.
    if (::fsync(fd.get()) != 0 && errno != EINVAL) {
        return fail_on("cannot sync the folder", path, errno);
    }
    return {};
}

static Result<> write_and_sync(const FileDescriptor& fd, Slice bytes, const std::string& path,
                               mode_t mode) {
    if (::fchmod(fd.get(), mode) != 0) return fail_on("cannot set the mode of", path, errno);
    if (auto written = write_all(fd.get(), bytes, path); !written) return written;
    if (::fsync(fd.get()) != 0) return fail_on("cannot sync", path, errno);
    return {};
}

Result<> write_file_atomic(const std::string& path, Slice bytes, mode_t mode) {
    std::string temporary = path + ".tmp-XXXXXX";
    FileDescriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd.valid()) return fail_on("cannot create", temporary, errno);
    auto done = write_and_sync(fd, bytes, temporary, mode);
    fd.close();
    if (done) done = rename_file(temporary, path);
    if (!done) {
        ::unlink(temporary.c_str());
        return done;
    }
    return sync_directory(parent_directory(path));
}

Result<> append_file(const std::string& path, Slice bytes, mode_t mode) {
    const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode));
    if (!fd.valid()) return fail_on("cannot open", path, errno);
    return write_all(fd.get(), bytes, path);
}

Result<> rename_file(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) == 0) return {};
    return fail_on(("cannot rename " + from + " to").c_str(), to, errno);
}

Result<> unlink_if_exists(const std::string& path) {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return fail_on("cannot remove", path, errno);
}

Result<> make_directory(const std::string& path, mode_t mode) {
    if (::mkdir(path.c_str(), mode) == 0) return {};
    const int code = errno;
    struct stat info;
    if (code == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
    return fail_on("cannot create the folder", path, code);
}

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Result<uint64_t> file_size(const std::string& path) {
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) return fail_on("cannot look up", path, errno);
    return static_cast<uint64_t>(info.st_size);
}

}  // namespace rota
