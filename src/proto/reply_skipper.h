// SPDX-License-Identifier: BSD-3-Clause
// ReplySkipper: finds where replies end without reading them, for a load generator that only
// counts. It remembers where it stopped, so bytes may be thrown away as soon as they have been
// shown. Framing is checked (types, lengths, CRLF), contents are not. RESP2 and RESP3, any depth.
// Threading: one owner. Memory: none but the object.
#pragma once

#include <cstdint>

#include "platform/slice.h"

namespace rota {

struct ReplyCount {
    size_t consumed = 0;   // bytes up to the end of the last reply that ended here
    uint64_t replies = 0;  // replies that ended here, without pushes
    uint64_t errors = 0;   // how many of them were errors (errors inside an array do not count)
    uint64_t pushes = 0;   // RESP3 messages that answer no request
    bool invalid = false;  // the stream has lost step; nothing behind it means anything
};

class ReplySkipper {
public:
    // Takes all of `bytes`, unless replies_max replies have ended: then it stops at consumed.
    ReplyCount skip(Slice bytes, uint64_t replies_max = UINT64_MAX);
    bool in_reply() const { return state_ != State::type || outer_type_ != 0; }
    void reset() { *this = {}; }

private:
    enum class State : uint8_t { type, text, text_lf, number, number_lf, body, body_cr, body_lf };

    bool skip_plain(const char*& at, const char* end);
    bool step(const char*& at, const char* end);
    bool accept_type(char type);
    bool accept_digit(char c);
    bool accept_number();
    void note_outer_type(char type);
    void end_value();

    State state_ = State::type;
    char type_ = 0;
    char outer_type_ = 0;  // the type of the reply itself, 0 between replies
    bool negative_ = false;
    uint8_t digits_ = 0;
    uint64_t number_ = 0;  // a header's number, then what is left of a body
    uint64_t left_ = 1;    // values still to come until the reply ends
};

// All whole replies at the front of `bytes`.
inline ReplyCount count_replies(Slice bytes) { return ReplySkipper().skip(bytes); }

}  // namespace rota
