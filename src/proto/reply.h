// SPDX-License-Identifier: BSD-3-Clause
// Reply: the server-to-client half of RESP2 and RESP3, appended to a Buffer. A handler says what it
// means (a map, a double, a null); the protocol version decides how that looks on the wire.
// Threading: one owner. Nothing here fails; memory is the Buffer's.
#pragma once

#include <cstdint>
#include <utility>

#include "platform/buffer.h"
#include "platform/slice.h"

namespace rota {

class Reply {
public:
    // muted: nothing is written (CLIENT REPLY OFF/SKIP), yet errors are still counted.
    Reply(Buffer& out, int resp, bool muted = false) : out_(&out), resp_(resp), muted_(muted) {}

    int resp() const { return resp_; }
    void set_resp(int resp) { resp_ = resp; }
    void unmute() { muted_ = false; }

    void ok();                // +OK
    void simple(Slice text);  // +text
    // `text` starts with the error's code: "ERR no such key". CR and LF in it become spaces.
    void error(Slice text);
    void error_again(Slice text);  // one that has been counted where it came from
    void integer(int64_t value);
    void bulk(Slice bytes);
    void bulk_integer(int64_t value);  // the number as a bulk string
    void real(double value);           // RESP3 double, RESP2 bulk; shortest digits that read back
    void human(long double value);     // likewise, in fixed notation
    void boolean(bool value);          // RESP3 #t/#f, RESP2 :1/:0
    void null();                       // RESP3 _, RESP2 $-1
    void null_array();                 // RESP3 _, RESP2 *-1
    void big_number(Slice digits);     // RESP3 (, RESP2 bulk
    void verbatim(Slice format, Slice text);  // RESP3 =, RESP2 bulk; format has three letters

    void array(size_t count);
    void map(size_t pairs);        // RESP2: an array of twice that
    void set(size_t count);        // RESP2: an array
    void push(size_t count);       // RESP2: an array
    void attribute(size_t pairs);  // RESP3 only

    // For counts known only at the end: elements are written first, the header goes before them.
    //     auto at = reply.begin(); ...; reply.end_array(at, n);
    size_t begin() const { return out_->size(); }
    void end_array(size_t begin, size_t count);
    void end_map(size_t begin, size_t pairs);
    void end_set(size_t begin, size_t count);

    void raw(Slice wire);  // bytes that are RESP already

    // Errors written since the last call, and the code of the latest ("ERR", "WRONGTYPE").
    uint32_t take_error_count() {
        uint32_t n = errors_;
        errors_ = 0;
        return n;
    }
    // Whether error_again() was called since this was last asked.
    bool take_error_again() { return std::exchange(again_, false); }
    Slice last_error() const { return {last_error_, last_error_len_}; }
    Buffer& out() { return *out_; }

private:
    void line(char type, Slice text);  // CR and LF in the text become spaces
    void number(Slice text);
    void header(char type, int64_t count);
    void end_header(size_t begin, char type, size_t count);

    Buffer* out_;
    int resp_;
    bool muted_;
    bool again_ = false;
    uint32_t errors_ = 0;
    uint8_t last_error_len_ = 0;
    char last_error_[31] = {};
};

}  // namespace rota
