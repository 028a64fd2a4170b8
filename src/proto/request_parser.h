// SPDX-License-Identifier: BSD-3-Clause
// RequestParser: the client-to-server half of RESP, one request at a time. A pure function of bytes
// plus a little state, so that a request arriving in many pieces is never scanned twice.
//
// Use: call parse() with all unconsumed bytes, starting at the first byte of the current request.
//   complete   args() are slices into `bytes`, consumed() bytes belong to this request (leading
//              empty lines included); args() may be empty (an empty line, "*0", "*-1"): ignore it.
//   need_more  call again with the same bytes and more behind them (the memory may have moved);
//              wanted() is a hint: how many bytes the request is known to need in all, or 0.
//   invalid    error() is Valkey's text for the client ("Protocol error: ..."), which is then closed.
// Threading: one owner. Memory: bounded by the limits, never by a number that the peer announced.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/slice.h"

namespace rota {

struct RequestLimits {
    int64_t bulk_len_max = int64_t{512} << 20;   // proto-max-bulk-len
    int64_t args_max = 0x7fffffff;               // multibulk count
    size_t inline_len_max = 64 * 1024;           // inline request, also a "*..." or "$..." line
    // What a client that has not authenticated may send.
    static RequestLimits before_auth() { return {16 * 1024, 10, 64 * 1024}; }
};

enum class ParseStatus : uint8_t { complete, need_more, invalid };

class RequestParser {
public:
    ParseStatus parse(Slice bytes, const RequestLimits& limits);

    std::span<const Slice> args() const { return args_; }
    size_t consumed() const { return consumed_; }
    size_t wanted() const { return wanted_; }
    Slice error() const { return error_; }
    bool in_request() const { return state_ != State::start; }  // a part of a request has been seen
    // Bytes held for parsed-but-unfinished arguments (CLIENT LIST's argv-mem).
    size_t pending_args_len() const { return args_len_; }

    void reset();

private:
    enum class State : uint8_t { start, inline_line, count_line, bulk_header, bulk_body };

    struct Span { size_t offset, len; };   // an argument of an unfinished multibulk request

    State state_ = State::start;
    int64_t args_left_ = 0;
    int64_t bulk_len_ = -1;
    size_t position_ = 0;                  // first byte not yet scanned
    size_t consumed_ = 0;
    size_t wanted_ = 0;
    size_t args_len_ = 0;
    std::vector<Span> spans_;
    std::vector<Slice> args_;
    std::vector<std::string> unquoted_;    // inline arguments whose escapes had to be undone
    std::string error_;
};

}  // namespace rota
