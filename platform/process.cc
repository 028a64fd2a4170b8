// SPDX-License-Identifier: BSD-3-Clause
#include "platform/process.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "platform/assert.h"
#include "platform/file.h"
#include "platform/log.h"
#include "platform/text.h"

namespace rota {

Result<> daemonize() {
    const pid_t child = ::fork();
    if (child < 0) return fail_errno("cannot go to the background", errno);
    if (child > 0) ::_exit(0);
    ::setsid();
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return fail_errno("cannot open /dev/null", errno);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
    if (null > STDERR_FILENO) ::close(null);
    return {};
}

Result<> write_pid_file(const std::string& path) {
    return write_file_atomic(path, format("%d\n", static_cast<int>(::getpid())));
}

void remove_pid_file(const std::string& path) {
    if (auto removed = unlink_if_exists(path); !removed) {
        log(LogLevel::warning, "%s", removed.error().message.c_str());
    }
}

uint64_t raise_open_files_limit(uint64_t wanted) {
    struct rlimit limit;
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;  // what POSIX systems start with
    if (limit.rlim_cur >= wanted) return limit.rlim_cur;
    const struct rlimit raised = {wanted, std::max<rlim_t>(limit.rlim_max, wanted)};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
    // Beyond the hard limit only root may go, and not above fs.nr_open.
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

Result<> set_oom_score_adj(int value) {
    const FileDescriptor fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    if (!fd.valid()) return fail_errno("cannot open /proc/self/oom_score_adj", errno);
    return write_all(fd.get(), std::to_string(value), "/proc/self/oom_score_adj");
}

Result<int> oom_score_adj() {
    const auto text = read_file("/proc/self/oom_score_adj");
    if (!text) return std::unexpected(text.error());
    return std::atoi(text->c_str());
}

void random_bytes(std::span<char> out) {
    size_t done = 0;
    while (done < out.size()) {
        const ssize_t got = ::getrandom(out.data() + done, out.size() - done, 0);
        const bool interrupted = got < 0 && errno == EINTR;
        ASSERT(got >= 0 || interrupted);
        if (got > 0) done += static_cast<size_t>(got);
    }
}

uint64_t random_uint64() {
    uint64_t value = 0;
    random_bytes({reinterpret_cast<char*>(&value), sizeof value});
    return value;
}

std::string random_hex(size_t digits) {
    constexpr const char* kHex = "0123456789abcdef";
    std::string out(digits, '\0');
    random_bytes(out);
    for (char& digit : out) digit = kHex[digit & 15];
    return out;
}

Result<std::string> executable_path() {
    char path[PATH_MAX];
    const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
    if (length < 0) return fail_errno("cannot read /proc/self/exe", errno);
    return std::string(path, static_cast<size_t>(length));
}

}  // namespace rota
