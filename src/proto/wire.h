// SPDX-License-Identifier: BSD-3-Clause
// Wire: the one line that both directions of RESP share, "<type><number>\r\n", written and read
// where speed counts. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "platform/slice.h"
#include "platform/text.h"

namespace rota::wire {

inline constexpr size_t kHeaderMax = 1 + kIntegerTextMax + 2;  // type, number, CRLF

inline unsigned digit_of(char c) { return static_cast<unsigned char>(c) - unsigned{'0'}; }

inline char* write_crlf(char* at) {
    at[0] = '\r';
    at[1] = '\n';
    return at + 2;
}

inline char* write_bytes(char* at, Slice bytes) {
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    return at + bytes.size();
}

// kHeaderMax bytes are room enough. Small numbers, which most headers carry, take no loop.
inline char* write_header(char* at, char type, int64_t number) {
    *at++ = type;
    if (number >= 0 && number < 10) {
        *at++ = static_cast<char>('0' + number);
    } else if (number >= 10 && number < 100) {
        at[0] = static_cast<char>('0' + number / 10);
        at[1] = static_cast<char>('0' + number % 10);
        at += 2;
    } else {
        at += write_integer(at, number);
    }
    return write_crlf(at);
}

// A header in its ordinary form: wholly present, no sign, no leading zero, at most ten digits. Then
// `at` moves behind it; else nothing changes and the caller takes its careful road.
inline bool read_plain_header(const char*& at, const char* end, int64_t& number) {
    constexpr ptrdiff_t kDigitsMax = 10;
    if (end - at < 4) return false;
    const char* p = at + 1;
    unsigned digit = digit_of(*p);
    if (digit > 9) return false;
    uint64_t sum = digit;
    for (++p; p != end && (digit = digit_of(*p)) <= 9; ++p) {
        if (sum == 0 || p - at > kDigitsMax) return false;
        sum = sum * 10 + digit;
    }
    if (end - p < 2 || p[0] != '\r' || p[1] != '\n') return false;
    at = p + 2;
    number = static_cast<int64_t>(sum);
    return true;
}

}  // namespace rota::wire
