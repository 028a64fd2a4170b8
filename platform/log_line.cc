// SPDX-License-Identifier: BSD-3-Clause
#include "platform/log_line.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace rota {

namespace {

struct CivilTime {
    int year, month, day, hour, minute, second;  // month 1..12
};

// Days since 1970 to a date: years begin in March, so the leap day is the last of its year.
CivilTime civil_time(int64_t unix_s) {
    const int64_t days = (unix_s >= 0 ? unix_s : unix_s - 86399) / 86400;
    const auto second_of_day = static_cast<int>(unix_s - days * 86400);
    const int64_t shifted = days + 719468;  // days from 0000-03-01 to 1970-01-01
    const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const auto day_of_era = static_cast<int>(shifted - era * 146097);
    const int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int march_month = (5 * day_of_year + 2) / 153;
    const int month = march_month < 10 ? march_month + 3 : march_month - 9;
    const auto year = static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0));
    return {year,
            month,
            day_of_year - (153 * march_month + 2) / 5 + 1,
            second_of_day / 3600,
            second_of_day / 60 % 60,
            second_of_day % 60};
}

constexpr size_t kTimestampMax = 128;

void write_timestamp(char (&out)[kTimestampMax], const LogLine& line, LogTimestampFormat format) {
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const int64_t seconds = (line.unix_ms >= 0 ? line.unix_ms : line.unix_ms - 999) / 1000;
    const auto millis = static_cast<int>(line.unix_ms - seconds * 1000);
    const CivilTime at = civil_time(seconds + line.utc_offset_s);
    const long offset_minutes = std::labs(line.utc_offset_s) / 60;
    switch (format) {
        case LogTimestampFormat::legacy:
            std::snprintf(out, sizeof out, "%02d %s %d %02d:%02d:%02d.%03d", at.day,
                          kMonths[at.month - 1], at.year, at.hour, at.minute, at.second, millis);
            return;
        case LogTimestampFormat::iso8601:
            std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02ld:%02ld",
                          at.year, at.month, at.day, at.hour, at.minute, at.second, millis,
                          line.utc_offset_s < 0 ? '-' : '+', offset_minutes / 60,
                          offset_minutes % 60);
            return;
        case LogTimestampFormat::milliseconds:
            std::snprintf(out, sizeof out, "%lld", static_cast<long long>(line.unix_ms));
            return;
    }
}

const char* role_name(char role) {
    switch (role) {
        case 'X':
            return "sentinel";
        case 'C':
            return "RDB/AOF";
        case 'S':
            return "replica";
        default:
            return "primary";
    }
}

const char* level_name(LogLevel level) {
    static constexpr const char* kNames[] = {"debug", "info", "notice", "warning", "nothing"};
    return kNames[static_cast<size_t>(level)];
}

// A quote would end the value and a line break the line, so both are replaced; other control bytes
// would let a client drive the reader's terminal.
char* write_logfmt_value(char* out, Slice text) {
    for (char byte : text) {
        if (byte == '"') {
            *out++ = '\'';
        } else {
            *out++ = static_cast<unsigned char>(byte) < ' ' || byte == 0x7f ? ' ' : byte;
        }
    }
    return out;
}

// Length of the UTF-8 sequence at the front of text, 0 if it is none. JSON must be valid UTF-8.
size_t utf8_length(Slice text) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
    for (size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xc0) != 0x80) return 0;
    }
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;  // overlong
    if (lead == 0xed && byte(1) > 0x9f) return 0;  // half of a surrogate pair
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) > 0x8f) return 0;  // above U+10FFFF
    return length;
}

char* write_json_escape(char* out, unsigned char byte) {
    constexpr const char* kHex = "0123456789abcdef";
    const char code[] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    return std::copy(std::begin(code), std::end(code), out);
}

// Bytes that are not UTF-8 are shown as the code point of the same number.
char* write_json_value(char* out, Slice text) {
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text[0]);
        const size_t length = utf8_length(text);
        const size_t taken = length == 0 ? 1 : length;
        if (byte == '"' || byte == '\\') {
            *out++ = '\\';
            *out++ = text[0];
        } else if (length == 0 || byte < ' ' || byte == 0x7f) {
            out = write_json_escape(out, byte);
        } else {
            out = std::copy_n(text.data(), length, out);
        }
        text.remove_prefix(taken);
    }
    return out;
}

}  // namespace

size_t write_log_line(char* out, const LogLine& line, LogFormat format,
                      LogTimestampFormat timestamp_format) {
    const Slice message = line.message.substr(0, kLogLineMax);
    const int pid = static_cast<int>(line.pid);
    char timestamp[kTimestampMax];
    write_timestamp(timestamp, line, timestamp_format);
    char* end = out;
    switch (format) {
        case LogFormat::legacy:
            end += std::snprintf(out, kLogTextMax, "%d:%c %s %c ", pid, line.role, timestamp,
                                 ".-*# "[static_cast<size_t>(line.level)]);
            end = std::copy(message.begin(), message.end(), end);
            break;
        case LogFormat::logfmt:
            end += std::snprintf(out, kLogTextMax,
                                 "pid=%d role=%s timestamp=\"%s\" level=%s message=\"", pid,
                                 role_name(line.role), timestamp, level_name(line.level));
            end = write_logfmt_value(end, message);
            *end++ = '"';
            break;
        case LogFormat::json:
            end +=
                std::snprintf(out, kLogTextMax,
                              R"({"pid":%d,"role":"%s","timestamp":"%s","level":"%s","message":")",
                              pid, role_name(line.role), timestamp, level_name(line.level));
            end = write_json_value(end, message);
            *end++ = '"';
            *end++ = '}';
            break;
    }
    *end++ = '\n';
    return static_cast<size_t>(end - out);
}

}  // namespace rota
