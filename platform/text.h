// SPDX-License-Identifier: BSD-3-Clause
// Text: building it, reading numbers out of it, matching, quoting. Pure functions; any thread.
// The grammars are the ones that Valkey's users rely on, so they are strict where Valkey is strict.
// "nullopt" always means that the text does not follow the grammar.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/buffer.h"
#include "platform/slice.h"

namespace rota {

// printf into a string of any length.
std::string format(const char* fmt, ...) __attribute__((format(printf, 1, 2)));
void append_format(std::string& out, const char* fmt, ...) __attribute__((format(printf, 2, 3)));
std::string format_list(const char* fmt, va_list arguments) __attribute__((format(printf, 1, 0)));

inline constexpr size_t kIntegerTextMax = 20;  // the longest int64_t or uint64_t in decimal

// Writes the decimal form to `out` (kIntegerTextMax bytes are enough) and returns its length.
size_t write_integer(char* out, int64_t value);
size_t write_unsigned(char* out, uint64_t value);
void append_integer(Buffer& out, int64_t value);
// A number as text for as long as this lives.
class IntegerText {
public:
    explicit IntegerText(int64_t value) : size_(write_integer(text_, value)) {}
    explicit IntegerText(uint64_t value) : size_(write_unsigned(text_, value)) {}
    operator Slice() const { return {text_, size_}; }  // NOLINT: it is meant to pass for one

private:
    char text_[kIntegerTextMax];
    size_t size_;
};
void append_integer(std::string& out, int64_t value);

// The canonical decimal form and nothing else: no '+', no leading zeros, no "-0", no blanks. Hence
// printing the result always gives the text back, which is what lets a string be stored as integer.
std::optional<int64_t> parse_int64(Slice text);
std::optional<uint64_t> parse_uint64(Slice text);

// A whole decimal floating-point number or (+|-)inf / infinity in any case; no blanks, no nan, no
// overflow, no underflow to zero.
std::optional<double> parse_double(Slice text);
std::optional<long double> parse_long_double(Slice text);

// A text that reads back as the same double, the shortest but for a few (see shortest.h): "3",
// "0.1", "1e+20", "-inf".
std::string format_double(double value);
// Likewise, but integers have no form of their own: "1e+17".
std::string format_shortest(double value);
// Fixed notation with 17 decimals, trailing zeros cut: what INCRBYFLOAT answers and stores.
std::string format_human(long double value);

char to_lower(char byte);
char to_upper(char byte);
std::string to_lower(Slice text);
std::string to_upper(Slice text);
bool equals_ignore_case(Slice left, Slice right);
bool starts_with_ignore_case(Slice text, Slice prefix);

enum class Case : uint8_t { sensitive, ignored };

// Glob: * any run, ? any byte, [abc] [a-z] [^a-z] one of a set, \x the byte x. An unclosed set ends
// with the pattern. Time is at most pattern * text steps, memory constant: hostile patterns are
// fine.
bool glob_match(Slice pattern, Slice text, Case letters = Case::sensitive);

// "100", "1k" = 1000, "1kb" = 1024, likewise m mb g gb, "b" = 1; in any case.
std::optional<uint64_t> parse_memory(Slice text);

// "\"a\\x00\\n\"": quoted and escaped so that it is printable and split_args reads it back.
void append_repr(std::string& out, Slice text);
std::string escape_repr(Slice text);

// Splits a line at blanks. "..." knows \xHH \n \r \t \b \a and \<any>; '...' knows \'; but a
// backslash right before the last byte is only itself. Parts that follow each other directly,
// quoted or not, are one word. A zero byte ends the line. nullopt: a quote is left open.
std::optional<std::vector<std::string>> split_args(Slice line);

// -1 where the byte is no hexadecimal digit.
int hex_digit(char byte);
Slice trim(Slice text, Slice blanks = " \t\r\n");

}  // namespace rota
