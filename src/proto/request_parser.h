// SPDX-License-Identifier: BSD-3-Clause
// RequestParser: the client-to-server half of RESP, one request at a time. A pure function of bytes
// plus a little state, so that a request arriving in many pieces is never scanned twice.
//
// Use: call parse() with all unconsumed bytes, starting at the first byte of the current request.
//   complete   args() are slices into `bytes` (an inline argument that had quotes is a slice of the
//              parser's own memory), valid until the next parse(); consumed() bytes belong to this
//              request. args() may be empty (an empty line, "*0", "*-1"): ignore it.
//   need_more  call again with the same bytes and more behind them (the memory may have moved);
//              wanted() is a hint: how many bytes the request is known to need in all, or 0.
//   invalid    error() is Valkey's text for the client ("Protocol error: ..."): close it then.
// What comes out does not depend on how the bytes were cut into pieces.
// Threading: one owner. Memory: bounded by the bytes received, never by an announced number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/slice.h"
#include "proto/parse_status.h"

namespace rota {

struct RequestLimits {
    int64_t bulk_len_max = int64_t{512} << 20;  // proto-max-bulk-len
    int64_t args_max = 0x7fffffff;              // multibulk count
    size_t inline_len_max = 64 * 1024;          // inline request, also a header line; at least 16
    bool authenticated = true;                  // false: the two limits below hold as well

    static constexpr int64_t kArgsMaxBeforeAuth = 10;
    static constexpr int64_t kBulkLenMaxBeforeAuth = 16 * 1024;

    // What a client that has not authenticated may send.
    static RequestLimits before_auth() {
        RequestLimits limits;
        limits.authenticated = false;
        return limits;
    }
};

class RequestParser {
public:
    ParseStatus parse(Slice bytes, const RequestLimits& limits);

    std::span<const Slice> args() const { return args_; }
    size_t consumed() const { return consumed_; }
    size_t wanted() const { return wanted_; }
    Slice error() const { return error_; }
    bool in_request() const { return state_ != State::start; }  // a part of a request has been seen
    // Bytes of the arguments that an unfinished request has completed (CLIENT LIST's argv-mem).
    size_t pending_args_len() const { return args_len_; }
    // What the parser itself holds on the heap.
    size_t memory_bytes() const;

    // Forgets the request under way; args() and error() become empty.
    void reset();

private:
    enum class State : uint8_t { start, inline_line, count_line, bulk_header, bulk_body };

    struct Span {
        size_t offset, len;
    };  // an argument of a request that is still being read

    ParseStatus parse_inline(Slice bytes, const RequestLimits& limits);
    ParseStatus parse_count(Slice bytes, const RequestLimits& limits);
    ParseStatus parse_bulks(Slice bytes, const RequestLimits& limits);
    ParseStatus parse_bulk_header(Slice bytes, const RequestLimits& limits);
    ParseStatus accept_count(int64_t count, const RequestLimits& limits);
    ParseStatus accept_bulk_len(int64_t len, const RequestLimits& limits);
    ParseStatus find_line_end(Slice bytes, char terminator, const RequestLimits& limits);
    bool split_line(Slice line);
    const char* unquote(const char* at, const char* end);
    void begin();
    ParseStatus finish(size_t consumed);
    ParseStatus refuse(Slice text);

    State state_ = State::start;
    int64_t args_left_ = 0;
    size_t bulk_len_ = 0;
    size_t line_ = 0;      // first byte of the header or inline line being read
    size_t position_ = 0;  // first byte not yet scanned
    size_t consumed_ = 0;
    size_t wanted_ = 0;
    size_t args_len_ = 0;
    std::vector<Span> spans_;
    std::vector<Slice> args_;
    std::string unquoted_;  // inline arguments whose quotes had to be undone
    std::string error_;
};

}  // namespace rota
