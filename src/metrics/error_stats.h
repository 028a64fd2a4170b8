// SPDX-License-Identifier: BSD-3-Clause
// ErrorStats: how often each error code ("ERR", "WRONGTYPE") was sent. Our own codes are few; those
// that scripts and modules make up are not, so from kErrorKindsMax kinds on a new made-up code
// counts as ERRORSTATS_OVERFLOW instead of taking memory. Threading: one owner (the executor).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "platform/slice.h"

namespace rota {

class InfoWriter;

inline constexpr size_t kErrorKindsMax = 128;
inline constexpr Slice kErrorOverflow = "ERRORSTATS_OVERFLOW";

enum class ErrorOrigin : uint8_t { server, custom };  // custom: a script or a module chose the text

// The code of an error text without its '-': the first word, "ERR" where there is none. Valkey
// looks no further than 32 bytes for its end.
Slice error_code_of(Slice text);

class ErrorStats {
public:
    void count(Slice code, ErrorOrigin origin);
    uint64_t count_of(Slice code) const;
    size_t kinds() const { return counts_.size(); }
    void reset() { counts_.clear(); }

    // `errorstat_<CODE>:count=<n>`, by code.
    void write(InfoWriter& out) const;

private:
    std::map<std::string, uint64_t, std::less<>> counts_;
};

}  // namespace rota
