// SPDX-License-Identifier: BSD-3-Clause
// Every reply is written straight into the buffer's tail: room first, then bytes, then one commit.
#include "proto/reply.h"

#include <algorithm>

#include "platform/assert.h"
#include "platform/text.h"
#include "proto/wire.h"

namespace rota {

using wire::kHeaderMax;
using wire::write_bytes;
using wire::write_crlf;
using wire::write_header;

namespace {

// A line cannot hold line ends: whoever reads the reply would lose step.
char* write_one_line(char* at, Slice text) {
    for (const char c : text) *at++ = c == '\r' || c == '\n' ? ' ' : c;
    return at;
}

}  // namespace

void Reply::ok() { raw("+OK\r\n"); }

void Reply::line(char type, Slice text) {
    if (muted_) return;
    char* const start = out_->extend(text.size() + 3);
    *start = type;
    out_->commit(static_cast<size_t>(write_crlf(write_one_line(start + 1, text)) - start));
}

void Reply::simple(Slice text) { line('+', text); }

namespace {

Slice without_line_end(Slice text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

}  // namespace

void Reply::error(Slice text) {
    text = without_line_end(text);
    ++errors_;
    const Slice code = text.substr(0, text.find(' '));
    last_error_len_ = static_cast<uint8_t>(std::min(code.size(), sizeof last_error_));
    std::copy_n(code.data(), last_error_len_, last_error_);
    line('-', text);
}

void Reply::error_again(Slice text) {
    again_ = true;
    line('-', without_line_end(text));
}

void Reply::header(char type, int64_t count) {
    if (muted_) return;
    char* const start = out_->extend(kHeaderMax);
    out_->commit(static_cast<size_t>(write_header(start, type, count) - start));
}

void Reply::integer(int64_t value) { header(':', value); }

void Reply::bulk(Slice bytes) {
    if (muted_) return;
    char* const start = out_->extend(kHeaderMax + bytes.size() + 2);
    char* at = write_header(start, '$', static_cast<int64_t>(bytes.size()));
    at = write_crlf(write_bytes(at, bytes));
    out_->commit(static_cast<size_t>(at - start));
}

void Reply::bulk_integer(int64_t value) {
    char digits[kIntegerTextMax];
    bulk({digits, write_integer(digits, value)});
}

void Reply::real(double value) { number(format_double(value)); }

void Reply::human(long double value) { number(format_human(value)); }

void Reply::number(Slice text) {
    if (resp_ < 3) return bulk(text);
    line(',', text);
}

void Reply::boolean(bool value) {
    if (resp_ < 3) return integer(value ? 1 : 0);
    raw(value ? "#t\r\n" : "#f\r\n");
}

void Reply::null() { raw(resp_ < 3 ? "$-1\r\n" : "_\r\n"); }

void Reply::null_array() { raw(resp_ < 3 ? "*-1\r\n" : "_\r\n"); }

void Reply::big_number(Slice digits) {
    if (resp_ < 3) return bulk(digits);
    line('(', digits);
}

void Reply::verbatim(Slice format, Slice text) {
    ASSERT(format.size() == 3);
    if (resp_ < 3) return bulk(text);
    if (muted_) return;
    char* const start = out_->extend(kHeaderMax + 4 + text.size() + 2);
    char* at = write_header(start, '=', static_cast<int64_t>(text.size() + 4));
    at = write_bytes(at, format);
    *at++ = ':';
    at = write_crlf(write_bytes(at, text));
    out_->commit(static_cast<size_t>(at - start));
}

void Reply::array(size_t count) { header('*', static_cast<int64_t>(count)); }

void Reply::map(size_t pairs) {
    header(resp_ < 3 ? '*' : '%', static_cast<int64_t>(resp_ < 3 ? pairs * 2 : pairs));
}

void Reply::set(size_t count) { header(resp_ < 3 ? '*' : '~', static_cast<int64_t>(count)); }

void Reply::push(size_t count) { header(resp_ < 3 ? '*' : '>', static_cast<int64_t>(count)); }

void Reply::attribute(size_t pairs) {
    ASSERT(resp_ >= 3);  // RESP2 has no place for attributes: the caller leaves them out
    header('|', static_cast<int64_t>(pairs));
}

void Reply::end_header(size_t begin, char type, size_t count) {
    if (muted_) return;
    char text[kHeaderMax];
    const char* const end = write_header(text, type, static_cast<int64_t>(count));
    out_->insert(begin, {text, static_cast<size_t>(end - text)});
}

void Reply::end_array(size_t begin, size_t count) { end_header(begin, '*', count); }

void Reply::end_map(size_t begin, size_t pairs) {
    end_header(begin, resp_ < 3 ? '*' : '%', resp_ < 3 ? pairs * 2 : pairs);
}

void Reply::end_set(size_t begin, size_t count) { end_header(begin, resp_ < 3 ? '*' : '~', count); }

void Reply::raw(Slice wire) {
    if (muted_) return;
    out_->append(wire);
}

}  // namespace rota
