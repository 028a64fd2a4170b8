// SPDX-License-Identifier: BSD-3-Clause
// The server's log. Any thread may call anything here; one call is one line, never mixed with
// another. Options: the log is one of the few globals, because asserts and signal handlers need it
// too. A line longer than kLogLineMax is cut. A log that cannot be written (full disk) loses the
// line and says so once on stderr; it never stops the server. The file is opened for each line, so
// it may be renamed or removed at any time.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "platform/result.h"
#include "platform/slice.h"

namespace rota {

enum class LogLevel : uint8_t { debug, verbose, notice, warning, nothing };
enum class LogFormat : uint8_t { legacy, logfmt, json };
enum class LogTimestampFormat : uint8_t { legacy, iso8601, milliseconds };

inline constexpr size_t kLogLineMax = 1024;  // of message; the rest is cut

struct LogOptions {
    LogLevel level = LogLevel::notice;
    LogFormat format = LogFormat::legacy;
    LogTimestampFormat timestamp_format = LogTimestampFormat::legacy;
    std::string file;  // empty: stdout
    bool syslog_enabled = false;
    std::string syslog_ident = "rota";
    int syslog_facility = 0;  // LOG_USER, LOG_LOCAL0 ... of <syslog.h>; 0: LOG_LOCAL0
    bool hide_user_data = true;
};

// Fails, and changes nothing, where the file cannot be opened for appending.
Result<> log_configure(const LogOptions& options);

void log(LogLevel level, const char* fmt, ...) __attribute__((format(printf, 2, 3)));
// The bytes alone, without time and level, of any length (a logo, a report).
void log_raw(LogLevel level, Slice text);

// 'M' primary, 'S' replica, 'C' a child that saves, 'X' sentinel.
void set_log_role(char role);

// A descriptor to append to: the file, or stdout. Async-signal-safe; close it with close_log_fd.
int open_log_fd() noexcept;
void close_log_fd(int fd) noexcept;

namespace log_internal {
extern std::atomic<LogLevel> level;
extern std::atomic<bool> hide_user_data;
}  // namespace log_internal

// Worth asking before costly arguments are computed.
inline bool log_enabled(LogLevel level) {
    return level >= log_internal::level.load(std::memory_order_relaxed);
}

// Whether keys, values and names given by clients must stay out of the log.
inline bool log_hides_user_data() {
    return log_internal::hide_user_data.load(std::memory_order_relaxed);
}

}  // namespace rota
