// SPDX-License-Identifier: BSD-3-Clause
// How one log line looks. Pure: time, process and role come in from outside. No allocation.
#pragma once

#include <sys/types.h>

#include "platform/log.h"

namespace rota {

struct LogLine {
    LogLevel level = LogLevel::notice;
    char role = 'M';
    pid_t pid = 0;
    int64_t unix_ms = 0;
    long utc_offset_s = 0;  // local time minus UTC
    Slice message;          // at most kLogLineMax bytes are used
};

// Room for a line whose every byte needs the longest escape.
inline constexpr size_t kLogTextMax = kLogLineMax * 6 + 256;

// Writes the line with its '\n' to `out` (kLogTextMax bytes); returns its length.
size_t write_log_line(char* out, const LogLine& line, LogFormat format,
                      LogTimestampFormat timestamp_format);

}  // namespace rota
