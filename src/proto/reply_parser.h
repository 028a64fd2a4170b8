// SPDX-License-Identifier: BSD-3-Clause
// ReplyParser: the server-to-client half of RESP2 and RESP3 as a client reads it, one reply at a
// time, into a tree that owns its bytes.
//
// Use: as RequestParser. Call parse() with all unconsumed bytes, starting at the first byte of the
// current reply.
//   complete   value() is the reply (a push is one too: look at its type), consumed() its length
//   need_more  call again with the same bytes and more behind them (the memory may have moved)
//   invalid    error() says what is wrong; the connection has lost step and must be closed
// Threading: one owner. Memory: in proportion to the bytes received; announced counts and lengths
// allocate nothing. Depth: ReplyLimits::depth_max, so that nobody's recursion runs out of stack.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "platform/slice.h"
#include "proto/parse_status.h"

namespace rota {

enum class ReplyType : uint8_t {
    null,
    simple,
    error,
    integer,
    bulk,
    array,  // RESP2
    real,
    boolean,
    big_number,
    verbatim,
    map,
    set,
    push  // RESP3
};

struct ReplyValue {
    ReplyType type = ReplyType::null;
    bool boolean = false;
    char format[3] = {};  // of a verbatim string: "txt", "mkd"
    int64_t integer = 0;
    double real = 0;
    // The payload as it came: strings, errors, big numbers, also integers and doubles.
    std::string text;
    std::vector<ReplyValue> elements;    // of a map: key, value, key, value, ...
    std::vector<ReplyValue> attributes;  // key, value, ... that came before this value

    bool is_error() const { return type == ReplyType::error; }
};

struct ReplyLimits {
    size_t depth_max = 128;                 // of arrays within arrays
    size_t line_len_max = size_t{1} << 20;  // a line: simple strings, errors, headers
    int64_t count_max = 0x7fffffff;         // elements of one array, pairs of one map
    int64_t bulk_len_max = int64_t{1} << 40;
};

class ReplyParser {
public:
    explicit ReplyParser(const ReplyLimits& limits = {}) : limits_(limits) {}

    ParseStatus parse(Slice bytes);

    const ReplyValue& value() const { return value_; }
    ReplyValue take() { return std::move(value_); }
    size_t consumed() const { return consumed_; }
    Slice error() const { return error_; }
    bool in_reply() const { return !open_.empty(); }
    void reset();

private:
    // An aggregate whose elements are still coming. The outermost one stands for the reply itself.
    struct Open {
        ReplyValue value;
        std::vector<ReplyValue> attributes;  // for the element that comes next
        int64_t left = 0;
        bool is_attribute = false;
    };

    ParseStatus read_value(Slice bytes);
    ParseStatus read_line(Slice bytes);
    ParseStatus read_body(Slice bytes);
    ParseStatus accept_line(char type, Slice line);
    ParseStatus accept_scalar(char type, Slice line);
    ParseStatus accept_bulk_len(char type, int64_t len);
    ParseStatus open(char type, int64_t count);
    ParseStatus add(ReplyValue&& value);
    void close();
    ParseStatus refuse(std::string text);

    ReplyLimits limits_;
    std::vector<Open> open_;
    ReplyValue value_;
    std::string error_;
    size_t line_ = 0;      // first byte of the line being read
    size_t position_ = 0;  // first byte not yet scanned
    size_t consumed_ = 0;
    size_t bulk_len_ = 0;
    char bulk_type_ = 0;  // '$', '=' or '!' while a body is being read, else 0
};

}  // namespace rota
