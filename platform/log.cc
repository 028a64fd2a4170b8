// SPDX-License-Identifier: BSD-3-Clause
// One mutex serialises the lines. It is held across fork(), so that a child of a busy server finds
// it free; the C library's time zone lock is only taken under it for the same reason.
#include "platform/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <mutex>

#include "platform/log_line.h"

namespace rota {

namespace log_internal {
std::atomic<LogLevel> level{LogLevel::notice};
std::atomic<bool> hide_user_data{true};
}  // namespace log_internal

namespace {

constexpr size_t kPathMax = 4096;

struct LogState {
    std::mutex mutex;
    LogOptions options;
    long utc_offset_s = 0;
    int64_t offset_known_until_s = 0;
    bool complained = false;  // on stderr, since the last line that was written
};

// Never destroyed: threads may log until the process is gone.
LogState& state() {
    static LogState* const shared = new LogState;
    return *shared;
}

std::atomic<char> role_of_process{'M'};

// What open_log_fd needs, where no lock may be taken. Filled by log_configure.
char path_for_handlers[kPathMax];
std::atomic<bool> path_is_set{false};

void hold_log() { state().mutex.lock(); }
void free_log() { state().mutex.unlock(); }

void survive_forks() {
    static const int registered = ::pthread_atfork(hold_log, free_log, free_log);
    (void)registered;
}

// Offsets change on quarter hours only.
long utc_offset(LogState& log, int64_t now_s) {
    constexpr int64_t kQuarterHour = 900;
    const bool stepped_back = now_s < log.offset_known_until_s - kQuarterHour;
    if (now_s >= log.offset_known_until_s || stepped_back) {
        const time_t at = now_s;
        struct tm local;
        if (::localtime_r(&at, &local) != nullptr) log.utc_offset_s = local.tm_gmtoff;
        log.offset_known_until_s = now_s - now_s % kQuarterHour + kQuarterHour;
    }
    return log.utc_offset_s;
}

void complain(LogState& log, int code) {
    if (std::exchange(log.complained, true)) return;
    char text[kPathMax + 128];
    const int length = std::snprintf(
        text, sizeof text, "The log cannot be written, lines are lost: %s: %s\n",
        log.options.file.empty() ? "stdout" : log.options.file.c_str(), std::strerror(code));
    [[maybe_unused]] const ssize_t said =
        ::write(STDERR_FILENO, text, std::min(static_cast<size_t>(length), sizeof text - 1));
}

void write_out(LogState& log, Slice text) {
    const int fd = open_log_fd();
    if (fd < 0) return complain(log, errno);
    int code = 0;
    while (!text.empty() && code == 0) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written > 0) {
            text.remove_prefix(static_cast<size_t>(written));
        } else if (written == 0 || errno != EINTR) {
            code = written == 0 ? EIO : errno;
        }
    }
    close_log_fd(fd);
    if (code != 0) return complain(log, code);
    log.complained = false;
}

void write_syslog(LogLevel level, Slice message) {
    static constexpr int kPriorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING,
                                          LOG_WARNING};
    const size_t length = std::min(message.size(), kLogLineMax);
    ::syslog(kPriorities[static_cast<size_t>(level)], "%.*s", static_cast<int>(length),
             message.data());
}

}  // namespace

Result<> log_configure(const LogOptions& options) {
    if (options.file.size() >= kPathMax) {
        return fail_errno("Can't open the log file", ENAMETOOLONG);
    }
    if (!options.file.empty()) {
        const int fd =
            ::open(options.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0) {
            const int code = errno;
            return fail(std::string("Can't open the log file: ") + std::strerror(code) + " (" +
                            options.file + ")",
                        code);
        }
        ::close(fd);
    }
    survive_forks();
    LogState& log = state();
    const std::lock_guard lock(log.mutex);
    path_is_set.store(false, std::memory_order_relaxed);
    std::memcpy(path_for_handlers, options.file.c_str(), options.file.size() + 1);
    // Pairs with the acquire in open_log_fd: the path is whole.
    path_is_set.store(!options.file.empty(), std::memory_order_release);
    if (log.options.syslog_enabled) ::closelog();
    log.options = options;
    if (options.syslog_enabled) {
        const int facility = options.syslog_facility != 0 ? options.syslog_facility : LOG_LOCAL0;
        ::openlog(log.options.syslog_ident.c_str(), LOG_PID | LOG_NDELAY | LOG_NOWAIT, facility);
    }
    log_internal::level.store(options.level, std::memory_order_relaxed);
    log_internal::hide_user_data.store(options.hide_user_data, std::memory_order_relaxed);
    return {};
}

void log(LogLevel level, const char* fmt, ...) {
    if (!log_enabled(level)) return;
    char message[kLogLineMax + 1];
    va_list arguments;
    va_start(arguments, fmt);
    const int length = std::vsnprintf(message, sizeof message, fmt, arguments);
    va_end(arguments);
    if (length < 0) return;
    struct timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    LogState& log = state();
    const std::lock_guard lock(log.mutex);
    LogLine line;
    line.level = level;
    line.role = role_of_process.load(std::memory_order_relaxed);
    line.pid = ::getpid();
    line.unix_ms = int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
    line.utc_offset_s = utc_offset(log, now.tv_sec);
    line.message = Slice(message, std::min(static_cast<size_t>(length), kLogLineMax));
    char text[kLogTextMax];
    const size_t size =
        write_log_line(text, line, log.options.format, log.options.timestamp_format);
    write_out(log, {text, size});
    if (log.options.syslog_enabled) write_syslog(level, line.message);
}

void log_raw(LogLevel level, Slice text) {
    if (!log_enabled(level)) return;
    LogState& log = state();
    const std::lock_guard lock(log.mutex);
    write_out(log, text);
    if (log.options.syslog_enabled) write_syslog(level, text);
}

void set_log_role(char role) { role_of_process.store(role, std::memory_order_relaxed); }

int open_log_fd() noexcept {
    // Pairs with the release in log_configure.
    if (!path_is_set.load(std::memory_order_acquire)) return STDOUT_FILENO;
    return ::open(path_for_handlers, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

void close_log_fd(int fd) noexcept {
    if (fd > STDERR_FILENO) ::close(fd);
}

}  // namespace rota
