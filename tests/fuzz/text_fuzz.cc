// SPDX-License-Identifier: BSD-3-Clause
// Text that clients send: patterns, quoted lines, numbers. The first byte chooses, the rest is the
// text.
#include <cstdlib>

#include "platform/text.h"

using rota::Slice;

static void check(bool held) {
    if (!held) std::abort();
}

// Splits at the middle: pattern and text. A pattern made of the escaped text must match it.
static void try_glob(Slice input) {
    const Slice pattern = input.substr(0, input.size() / 2);
    const Slice text = input.substr(input.size() / 2);
    rota::glob_match(pattern, text, rota::Case::ignored);
    std::string literal;
    for (const char byte : text) literal += {'\\', byte};
    check(rota::glob_match(literal, text));
    check(rota::glob_match("*" + literal + "*", text));
    if (rota::glob_match(pattern, text)) {
        check(rota::glob_match("*" + std::string(pattern), text));
    }
}

// Whatever was split can be quoted and split again.
static void try_split(Slice input) {
    const auto words = rota::split_args(input);
    if (!words) return;
    std::string line;
    for (const std::string& word : *words) {
        rota::append_repr(line, word);
        line += ' ';
    }
    check(rota::split_args(line) == *words);
}

static void try_numbers(Slice input) {
    if (const auto value = rota::parse_int64(input)) {
        std::string again;
        rota::append_integer(again, *value);
        check(again == input);
    }
    if (const auto value = rota::parse_double(input)) {
        check(rota::parse_double(rota::format_double(*value)) == *value);
    }
    rota::parse_long_double(input);
    rota::parse_memory(input);
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    if (size == 0) return 0;
    const Slice input(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 3) {
        case 0:
            try_glob(input);
            break;
        case 1:
            try_split(input);
            break;
        default:
            try_numbers(input);
    }
    return 0;
}
