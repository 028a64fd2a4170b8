// SPDX-License-Identifier: BSD-3-Clause
// Nesting needs no stack: a reply ends when as many values have ended as were announced, whichever
// array they belong to. One value is expected at first, an array of n makes that n instead.
#include "proto/reply_skipper.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "proto/wire.h"

namespace rota {

namespace {

constexpr uint64_t kValuesMax = uint64_t{1} << 62;
constexpr uint64_t kCountMax = 0x7fffffff;
constexpr uint64_t kBulkLenMax = uint64_t{1} << 40;
constexpr uint8_t kDigitsMax = 13;  // more than either limit needs

bool is_line(char type) {
    return type == '+' || type == '-' || type == ':' || type == ',' || type == '#' || type == '_' ||
           type == '(';
}

bool has_body(char type) { return type == '$' || type == '=' || type == '!'; }

bool is_aggregate(char type) {
    return type == '*' || type == '%' || type == '~' || type == '>' || type == '|';
}

}  // namespace

ReplyCount ReplySkipper::skip(Slice bytes, uint64_t replies_max) {
    ReplyCount count;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at != end && count.replies < replies_max) {
        if (!skip_plain(at, end) && !step(at, end)) {
            count.invalid = true;
            break;
        }
        if (left_ != 0) continue;
        left_ = 1;
        const char type = std::exchange(outer_type_, 0);
        count.consumed = static_cast<size_t>(at - bytes.data());
        if (type == '>') {
            ++count.pushes;
        } else {
            ++count.replies;
            if (type == '-' || type == '!') ++count.errors;
        }
    }
    return count;
}

// A short value that is all here: "$5\r\nhello\r\n".
bool ReplySkipper::skip_plain(const char*& at, const char* end) {
    if (state_ != State::type || *at != '$') return false;
    const char* body = at;
    int64_t len = 0;
    if (!wire::read_plain_header(body, end, len) || end - body < len + 2) return false;
    if (body[len] != '\r' || body[len + 1] != '\n') return false;
    note_outer_type('$');
    at = body + len + 2;
    end_value();
    return true;
}

// Goes on by at least one byte; false: these bytes are no reply.
bool ReplySkipper::step(const char*& at, const char* end) {
    switch (state_) {
        case State::type:
            return accept_type(*at++);
        case State::text: {
            const void* cr = std::memchr(at, '\r', static_cast<size_t>(end - at));
            at = cr == nullptr ? end : static_cast<const char*>(cr) + 1;
            if (cr != nullptr) state_ = State::text_lf;
            return true;
        }
        case State::text_lf:
            end_value();
            return *at++ == '\n';
        case State::number:
            return accept_digit(*at++);
        case State::number_lf:
            return *at++ == '\n' && accept_number();
        case State::body: {
            const uint64_t here = std::min(number_, static_cast<uint64_t>(end - at));
            at += here;
            number_ -= here;
            if (number_ == 0) state_ = State::body_cr;
            return true;
        }
        case State::body_cr:
            state_ = State::body_lf;
            return *at++ == '\r';
        case State::body_lf:
            end_value();
            return *at++ == '\n';
    }
    return false;
}

// The reply's own type is that of its first value which is not an attribute.
void ReplySkipper::note_outer_type(char type) {
    if (left_ == 1 && (outer_type_ == 0 || outer_type_ == '|')) outer_type_ = type;
}

bool ReplySkipper::accept_type(char type) {
    type_ = type;
    note_outer_type(type);
    number_ = 0;
    digits_ = 0;
    negative_ = false;
    state_ = is_line(type) ? State::text : State::number;
    return is_line(type) || has_body(type) || is_aggregate(type);
}

bool ReplySkipper::accept_digit(char c) {
    if (c == '\r') {
        state_ = State::number_lf;
        return digits_ != 0;
    }
    if (c == '-' && digits_ == 0 && !negative_) return negative_ = true;
    const unsigned digit = wire::digit_of(c);
    if (digit > 9 || ++digits_ > kDigitsMax) return false;
    number_ = number_ * 10 + digit;
    return true;
}

bool ReplySkipper::accept_number() {
    if (negative_) {
        end_value();
        return number_ == 1 && (type_ == '$' || type_ == '*');
    }
    if (has_body(type_)) {
        state_ = number_ == 0 ? State::body_cr : State::body;
        return number_ <= kBulkLenMax;
    }
    if (number_ > kCountMax || left_ > kValuesMax) return false;
    left_ += type_ == '%' || type_ == '|' ? number_ * 2 : number_;
    if (type_ != '|') --left_;  // an attribute is no value: the one it belongs to follows
    state_ = State::type;
    return true;
}

void ReplySkipper::end_value() {
    --left_;
    state_ = State::type;
}

}  // namespace rota
