// SPDX-License-Identifier: BSD-3-Clause
// RdbReader: numbers and strings of the RDB format, from bytes of any origin that lie in memory as
// a whole. A read that fails says so from then on; what it returns is then zero or empty. No number
// that the bytes announce is believed beyond what they can hold.
// Threading: one owner.
#pragma once

#include <cstdint>
#include <string>

#include "persist/rdb_format.h"
#include "platform/slice.h"

namespace rota {

class RdbReader {
public:
    explicit RdbReader(Slice bytes) : all_(bytes), rest_(bytes) {}

    bool failed() const { return failed_; }
    bool at_end() const { return rest_.empty(); }
    size_t offset() const { return all_.size() - rest_.size(); }
    Slice consumed() const { return all_.substr(0, offset()); }

    uint8_t byte();
    uint64_t length();
    uint64_t fixed64();  // the lowest byte first
    uint32_t fixed32();
    Slice raw(uint64_t size);
    // Valid until the next call of string(), for it may have been put together in here.
    Slice string();

    void fail() {
        failed_ = true;
        rest_ = {};
    }

private:
    struct Length {
        uint64_t value;
        bool encoded;  // then value says how
    };
    Length any_length();
    uint64_t big_endian(size_t size);
    Slice encoded_string(uint64_t form);
    Slice integer_text(int64_t);

    Slice all_, rest_;
    std::string made_;
    bool failed_ = false;
};

}  // namespace rota
