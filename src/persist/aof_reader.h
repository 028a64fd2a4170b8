// SPDX-License-Identifier: BSD-3-Clause
// AofReader: the commands in an append-only file, one after the other, with where they are. The
// bytes may be anything; arguments are slices of them, and no number in them is believed before the
// bytes that it announces are there.
//
// Threading: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "platform/slice.h"

namespace rota {

class AofReader {
public:
    explicit AofReader(Slice bytes, size_t begin = 0) : bytes_(bytes), at_(begin), end_(begin) {}

    enum class Step : uint8_t {
        command,     // args() has it
        annotation,  // a line that begins with '#'
        end,
        truncated,  // the file ends in the middle of something
        damaged,
    };
    Step next();

    std::span<const Slice> args() const { return args_; }
    Slice annotation() const { return annotation_; }  // without its end
    // The time that an annotation gives for what follows it, in seconds.
    std::optional<int64_t> timestamp() const;

    size_t begin() const { return at_; }            // of what next() has read, or failed at
    size_t end() const { return end_; }             // of it; where the next one begins
    const char* reason() const { return reason_; }  // of `truncated` and `damaged`
    size_t failed_at() const { return failed_at_; }

private:
    Step fail(Step, const char* reason);
    std::optional<Slice> line();
    Step number(char sign, size_t max, size_t& into);
    Step command();

    Slice bytes_;
    size_t at_, end_;
    size_t cursor_ = 0;
    std::vector<Slice> args_;
    Slice annotation_;
    const char* reason_ = "";
    size_t failed_at_ = 0;
};

// Whether a whole command begins somewhere behind `from`. A file that was cut off has none behind
// the place where it ends too soon; where there is one, a number has been damaged.
bool command_follows(Slice bytes, size_t from);

// A file that begins like a snapshot is one, with or without commands behind it.
bool begins_like_rdb(Slice bytes);

}  // namespace rota
