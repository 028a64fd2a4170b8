// SPDX-License-Identifier: BSD-3-Clause
// Two roads lead through a header line. The plain one reads "$16\r\n" byte by byte and serves every
// well-behaved client; whatever it does not recognise (a split line, a sign, a strange byte) takes
// the careful one, which knows all the errors and remembers how far it has looked.
#include "proto/request_parser.h"

#include <algorithm>
#include <cstring>

#include "platform/assert.h"
#include "platform/text.h"
#include "proto/wire.h"

namespace rota {

namespace {

constexpr size_t kArgsKept = 1024;      // room for this many arguments outlives a request
constexpr size_t kUnquotedKept = 4096;  // as does this much of unquoted inline text

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// The bytes that end an argument outside quotes.
bool ends_word(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

char escaped(char c) {
    switch (c) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'b':
            return '\b';
        case 'a':
            return '\a';
        default:
            return c;
    }
}

}  // namespace

ParseStatus RequestParser::parse(Slice bytes, const RequestLimits& limits) {
    if (state_ == State::start) {
        if (bytes.empty()) return ParseStatus::need_more;
        begin();
        state_ = bytes.front() == '*' ? State::count_line : State::inline_line;
    }
    ASSERT(position_ <= bytes.size());
    if (state_ == State::inline_line) return parse_inline(bytes, limits);
    if (state_ == State::count_line) {
        const ParseStatus status = parse_count(bytes, limits);
        if (status != ParseStatus::complete || args_left_ == 0) return status;
    }
    return parse_bulks(bytes, limits);
}

// complete with no arguments left to read means that the request ends here ("*0", "*-1").
ParseStatus RequestParser::parse_count(Slice bytes, const RequestLimits& limits) {
    const char* at = bytes.data();
    int64_t count = 0;
    if (position_ == 0 && wire::read_plain_header(at, bytes.data() + bytes.size(), count)) {
        position_ = static_cast<size_t>(at - bytes.data());
        return accept_count(count, limits);
    }
    const ParseStatus status = find_line_end(bytes, '\r', limits);
    if (status == ParseStatus::invalid) {
        return refuse("Protocol error: too big mbulk count string");
    }
    if (status == ParseStatus::need_more) return status;
    if (bytes[position_ + 1] != '\n') return refuse("Protocol error: invalid CRLF in request");
    const auto number = parse_int64(bytes.substr(1, position_ - 1));
    if (!number) return refuse("Protocol error: invalid multibulk length");
    position_ += 2;
    return accept_count(*number, limits);
}

ParseStatus RequestParser::accept_count(int64_t count, const RequestLimits& limits) {
    if (count > limits.args_max) return refuse("Protocol error: invalid multibulk length");
    if (!limits.authenticated && count > RequestLimits::kArgsMaxBeforeAuth) {
        return refuse("Protocol error: unauthenticated multibulk length");
    }
    if (count <= 0) return finish(position_);
    args_left_ = count;
    line_ = position_;
    state_ = State::bulk_header;
    return ParseStatus::complete;
}

ParseStatus RequestParser::parse_bulks(Slice bytes, const RequestLimits& limits) {
    for (; args_left_ != 0; --args_left_) {
        if (state_ == State::bulk_header) {
            const ParseStatus status = parse_bulk_header(bytes, limits);
            if (status != ParseStatus::complete) return status;
        }
        if (bytes.size() - position_ < bulk_len_ + 2) {
            wanted_ = position_ + bulk_len_ + 2;
            return ParseStatus::need_more;
        }
        const size_t end = position_ + bulk_len_;
        if (bytes[end] != '\r' || bytes[end + 1] != '\n') {
            return refuse("Protocol error: invalid CRLF in request");
        }
        spans_.push_back({position_, bulk_len_});
        args_len_ += bulk_len_;
        line_ = position_ = end + 2;
        state_ = State::bulk_header;
    }
    args_.resize(spans_.size());
    for (size_t i = 0; i != spans_.size(); ++i) {
        args_[i] = Slice(bytes.data() + spans_[i].offset, spans_[i].len);
    }
    return finish(position_);
}

ParseStatus RequestParser::parse_bulk_header(Slice bytes, const RequestLimits& limits) {
    const char* at = bytes.data() + position_;
    int64_t len = 0;
    if (position_ == line_ && position_ != bytes.size() && *at == '$' &&
        wire::read_plain_header(at, bytes.data() + bytes.size(), len)) {
        position_ = static_cast<size_t>(at - bytes.data());
        return accept_bulk_len(len, limits);
    }
    wanted_ = 0;
    const ParseStatus status = find_line_end(bytes, '\r', limits);
    if (status == ParseStatus::invalid) {
        return refuse("Protocol error: too big bulk count string");
    }
    if (status == ParseStatus::need_more) return status;
    if (bytes[line_] != '$') {
        const char text[] = "Protocol error: expected '$', got '";
        error_.assign(text).append(1, bytes[line_]).append(1, '\'');
        return refuse(error_);
    }
    if (bytes[position_ + 1] != '\n') return refuse("Protocol error: invalid CRLF in request");
    const auto number = parse_int64(bytes.substr(line_ + 1, position_ - line_ - 1));
    if (!number) return refuse("Protocol error: invalid bulk length");
    position_ += 2;
    return accept_bulk_len(*number, limits);
}

ParseStatus RequestParser::accept_bulk_len(int64_t len, const RequestLimits& limits) {
    if (len < 0 || len > limits.bulk_len_max) return refuse("Protocol error: invalid bulk length");
    if (!limits.authenticated && len > RequestLimits::kBulkLenMaxBeforeAuth) {
        return refuse("Protocol error: unauthenticated bulk length");
    }
    bulk_len_ = static_cast<size_t>(len);
    state_ = State::bulk_body;
    return ParseStatus::complete;
}

// Moves position_ to the terminator (for CR: only once the byte behind it is here too). invalid:
// the line is longer than the limit.
ParseStatus RequestParser::find_line_end(Slice bytes, char terminator,
                                         const RequestLimits& limits) {
    const size_t stop = std::min(bytes.size(), line_ + limits.inline_len_max + 1);
    const void* found = nullptr;
    if (position_ < stop) {
        found = std::memchr(bytes.data() + position_, terminator, stop - position_);
    }
    if (found == nullptr) {
        position_ = std::max(position_, stop);
        return stop - line_ > limits.inline_len_max ? ParseStatus::invalid : ParseStatus::need_more;
    }
    position_ = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
    if (terminator == '\r' && position_ + 1 == bytes.size()) return ParseStatus::need_more;
    return ParseStatus::complete;
}

ParseStatus RequestParser::parse_inline(Slice bytes, const RequestLimits& limits) {
    const ParseStatus status = find_line_end(bytes, '\n', limits);
    if (status == ParseStatus::invalid) return refuse("Protocol error: too big inline request");
    if (status == ParseStatus::need_more) return status;
    Slice line = bytes.substr(0, position_);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!split_line(line)) return refuse("Protocol error: unbalanced quotes in request");
    return finish(position_ + 1);
}

// Arguments without quotes stay slices of the line; the others are rebuilt in unquoted_, which is
// given its room first so that it never moves (undoing quotes never makes an argument longer).
bool RequestParser::split_line(Slice line) {
    const char* at = line.data();
    const char* const end = at + line.size();
    while (true) {
        while (at != end && is_space(*at)) ++at;
        if (at == end) return true;
        const char* const word = at;
        while (at != end && !ends_word(*at) && *at != '"' && *at != '\'') ++at;
        if (at == end || ends_word(*at)) {
            args_.emplace_back(word, static_cast<size_t>(at - word));
            continue;
        }
        if (unquoted_.capacity() < line.size()) {
            ASSERT(unquoted_.empty());
            unquoted_.reserve(line.size());
        }
        const size_t begin = unquoted_.size();
        at = unquote(word, end);
        if (at == nullptr) return false;
        args_.emplace_back(unquoted_.data() + begin, unquoted_.size() - begin);
    }
}

// Appends one argument with its quotes undone (quoted and bare parts may follow each other
// directly); returns where it ends, or null if a quote is left open. A backslash right before the
// line's last byte stands for itself, so that the quote there still closes.
const char* RequestParser::unquote(const char* at, const char* end) {
    char quote = 0;
    for (; at != end; ++at) {
        const char c = *at;
        if (quote == 0 && ends_word(c)) break;
        if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else if (quote != 0 && c == quote) {
            quote = 0;
        } else if (quote == '"' && c == '\\' && end - at > 2) {
            if (at[1] == 'x' && end - at > 3 && hex_digit(at[2]) >= 0 && hex_digit(at[3]) >= 0) {
                unquoted_.push_back(static_cast<char>(hex_digit(at[2]) * 16 + hex_digit(at[3])));
                at += 3;
            } else {
                unquoted_.push_back(escaped(*++at));
            }
        } else if (quote == '\'' && c == '\\' && end - at > 2 && at[1] == '\'') {
            unquoted_.push_back(*++at);
        } else {
            unquoted_.push_back(c);
        }
    }
    return quote == 0 ? at : nullptr;
}

// Nothing of the previous request survives but the capacity of ordinary requests.
void RequestParser::begin() {
    if (spans_.capacity() > kArgsKept) std::vector<Span>().swap(spans_);
    if (args_.capacity() > kArgsKept) std::vector<Slice>().swap(args_);
    if (unquoted_.capacity() > kUnquotedKept) std::string().swap(unquoted_);
    spans_.clear();
    args_.clear();
    unquoted_.clear();
    error_.clear();
    args_left_ = 0;
    line_ = position_ = consumed_ = wanted_ = args_len_ = bulk_len_ = 0;
}

ParseStatus RequestParser::finish(size_t consumed) {
    consumed_ = consumed;
    args_len_ = wanted_ = 0;
    state_ = State::start;
    return ParseStatus::complete;
}

ParseStatus RequestParser::refuse(Slice text) {
    if (text.data() != error_.data()) error_.assign(text);
    spans_.clear();
    args_.clear();
    args_len_ = wanted_ = args_left_ = 0;
    state_ = State::start;
    return ParseStatus::invalid;
}

void RequestParser::reset() {
    begin();
    state_ = State::start;
}

size_t RequestParser::memory_bytes() const {
    return spans_.capacity() * sizeof(Span) + args_.capacity() * sizeof(Slice) +
           unquoted_.capacity() + error_.capacity();
}

}  // namespace rota
