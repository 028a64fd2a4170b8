// SPDX-License-Identifier: BSD-3-Clause
#include "platform/text.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "platform/assert.h"
#include "platform/shortest.h"

namespace rota {

std::string format_list(const char* fmt, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    char small[256];
    const int length = std::vsnprintf(small, sizeof small, fmt, arguments);
    ASSERT(length >= 0);
    std::string out;
    if (static_cast<size_t>(length) < sizeof small) {
        out.assign(small, static_cast<size_t>(length));
    } else {
        out.resize(static_cast<size_t>(length));
        std::vsnprintf(out.data(), out.size() + 1, fmt, again);
    }
    va_end(again);
    return out;
}

std::string format(const char* fmt, ...) {
    va_list arguments;
    va_start(arguments, fmt);
    std::string out = format_list(fmt, arguments);
    va_end(arguments);
    return out;
}

void append_format(std::string& out, const char* fmt, ...) {
    va_list arguments;
    va_start(arguments, fmt);
    out += format_list(fmt, arguments);
    va_end(arguments);
}

size_t write_integer(char* out, int64_t value) {
    return static_cast<size_t>(std::to_chars(out, out + kIntegerTextMax, value).ptr - out);
}

size_t write_unsigned(char* out, uint64_t value) {
    return static_cast<size_t>(std::to_chars(out, out + kIntegerTextMax, value).ptr - out);
}

void append_integer(Buffer& out, int64_t value) {
    out.commit(write_integer(out.extend(kIntegerTextMax), value));
}

void append_integer(std::string& out, int64_t value) {
    char digits[kIntegerTextMax];
    out.append(digits, write_integer(digits, value));
}

template <class Integer>
static std::optional<Integer> parse_canonical(Slice text) {
    if (text.empty() || text.size() > kIntegerTextMax) return std::nullopt;
    const size_t first = text[0] == '-' ? 1 : 0;
    if (first == text.size()) return std::nullopt;
    if (text[first] == '0' && text.size() > 1) return std::nullopt;
    Integer value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

std::optional<int64_t> parse_int64(Slice text) { return parse_canonical<int64_t>(text); }
std::optional<uint64_t> parse_uint64(Slice text) { return parse_canonical<uint64_t>(text); }

// Lays out the digits: plain while that stays short, else with an exponent.
static std::string lay_out(bool negative, const Decimal& number) {
    const Slice digits = number.digits();
    const int power = number.power, count = static_cast<int>(digits.size());
    const int exponent = power + count - 1;
    std::string out = negative ? "-" : "";
    if (power >= 0 && exponent < count + 7) {
        return out.append(digits).append(static_cast<size_t>(power), '0');
    }
    if (power < 0 && (power > -7 || std::abs(exponent) < 4)) {
        const int before_point = count + power;
        if (before_point <= 0) {
            return out.append("0.").append(static_cast<size_t>(-before_point), '0').append(digits);
        }
        const auto split = static_cast<size_t>(before_point);
        return out.append(digits.substr(0, split)).append(".").append(digits.substr(split));
    }
    out += digits[0];
    if (count > 1) out.append(".").append(digits.substr(1));
    out += exponent < 0 ? "e-" : "e+";
    append_integer(out, std::abs(exponent));
    return out;
}

std::string format_shortest(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    if (value == 0) return std::signbit(value) ? "-0" : "0";
    return lay_out(value < 0, shortest_decimal(std::fabs(value)));
}

std::string format_double(double value) {
    // Integers are written in full as far as Valkey does so, half the range of an int64_t.
    constexpr double kPlainMax = 4611686018427387904.0;
    const bool plain = value >= -kPlainMax && value <= kPlainMax && value == std::trunc(value);
    if (!plain || value == 0) return format_shortest(value);
    std::string out;
    append_integer(out, static_cast<int64_t>(value));
    return out;
}

std::string format_human(long double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    std::string out = format("%.17Lf", value);
    if (out.find('.') != std::string::npos) {
        out.erase(out.find_last_not_of('0') + 1);
        if (out.back() == '.') out.pop_back();
    }
    return out == "-0" ? "0" : out;
}

char to_lower(char byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
}

char to_upper(char byte) {
    return byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - ('a' - 'A')) : byte;
}

std::string to_lower(Slice text) {
    std::string out(text);
    for (char& byte : out) byte = to_lower(byte);
    return out;
}

std::string to_upper(Slice text) {
    std::string out(text);
    for (char& byte : out) byte = to_upper(byte);
    return out;
}

bool equals_ignore_case(Slice left, Slice right) {
    if (left.size() != right.size()) return false;
    for (size_t at = 0; at < left.size(); ++at) {
        if (to_lower(left[at]) != to_lower(right[at])) return false;
    }
    return true;
}

bool starts_with_ignore_case(Slice text, Slice prefix) {
    return text.size() >= prefix.size() &&
           equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

std::optional<uint64_t> parse_memory(Slice text) {
    size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    static constexpr struct {
        const char* name;
        uint64_t factor;
    } kUnits[] = {{"", 1},         {"b", 1},        {"k", 1000},         {"kb", 1 << 10},
                  {"m", 1000'000}, {"mb", 1 << 20}, {"g", 1000'000'000}, {"gb", 1 << 30}};
    uint64_t count = 0;
    // No digits are zero: "" and "kb" are memory values too.
    if (digits > 0) {
        const auto [stop, error] = std::from_chars(text.data(), text.data() + digits, count);
        if (error != std::errc()) return std::nullopt;
    }
    for (const auto& unit : kUnits) {
        if (!equals_ignore_case(text.substr(digits), unit.name)) continue;
        uint64_t bytes = 0;
        if (__builtin_mul_overflow(count, unit.factor, &bytes)) return std::nullopt;
        return bytes;
    }
    return std::nullopt;
}

int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    const char lower = to_lower(byte);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Slice trim(Slice text, Slice blanks) {
    const size_t first = text.find_first_not_of(blanks);
    if (first == Slice::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace rota
