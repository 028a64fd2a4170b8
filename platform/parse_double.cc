// SPDX-License-Identifier: BSD-3-Clause
// Text to floating point. In a file of its own because fast_float is a large header.
#include <fast_float/fast_float.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "platform/text.h"

namespace rota {

// Zero written as zero, as against a number too small to be told from it.
static bool has_nonzero_digit(Slice text) {
    for (char byte : text) {
        if (byte >= '1' && byte <= '9') return true;
        if (byte == 'e' || byte == 'E') return false;
    }
    return false;
}

static bool names_infinity(Slice text) {
    const size_t first = text[0] == '-' ? 1 : 0;
    return first < text.size() && to_lower(text[first]) == 'i';
}

std::optional<double> parse_double(Slice text) {
    if (!text.empty() && text[0] == '+') {
        text.remove_prefix(1);
        if (!text.empty() && text[0] == '-') return std::nullopt;
    }
    if (text.empty()) return std::nullopt;
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = fast_float::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    if (std::isnan(value)) return std::nullopt;
    if (std::isinf(value) && !names_infinity(text)) return std::nullopt;
    if (value == 0 && has_nonzero_digit(text)) return std::nullopt;
    return value;
}

std::optional<long double> parse_long_double(Slice text) {
    constexpr size_t kTextMax = size_t{5} * 1024;  // longer: refused, nobody writes such a number
    if (text.empty() || text.size() >= kTextMax) return std::nullopt;
    if (Slice(" \t\n\v\f\r").find(text[0]) != Slice::npos) return std::nullopt;
    const std::string ended(text);
    char* stop = nullptr;
    errno = 0;
    const long double value = std::strtold(ended.c_str(), &stop);
    if (stop != ended.c_str() + ended.size() || std::isnan(value)) return std::nullopt;
    if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
    return value;
}

}  // namespace rota
