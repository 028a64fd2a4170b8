// SPDX-License-Identifier: BSD-3-Clause
// Glob matching without recursion. Every element but '*' takes exactly one byte of text, so only
// the newest '*' can ever need another try: when the bytes behind it fail, that star takes one byte
// more. Older stars took the shortest run that worked, and no longer run of theirs could do better.
#include "platform/text.h"

namespace rota {

namespace {

struct ClassMatch {
    bool matched;
    size_t next;  // first byte of the pattern behind the set
};

unsigned char fold(char byte, Case letters) {
    return static_cast<unsigned char>(letters == Case::ignored ? to_lower(byte) : byte);
}

// pattern[at] is the byte behind '['.
ClassMatch match_class(Slice pattern, size_t at, char byte, Case letters) {
    const unsigned char wanted = fold(byte, letters);
    const bool negated = at < pattern.size() && pattern[at] == '^';
    if (negated) ++at;
    bool found = false;
    while (at < pattern.size() && pattern[at] != ']') {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            found |= fold(pattern[at + 1], letters) == wanted;
            at += 2;
        } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
            auto low = static_cast<unsigned char>(pattern[at]);
            auto high = static_cast<unsigned char>(pattern[at + 2]);
            if (low > high) std::swap(low, high);
            low = fold(static_cast<char>(low), letters);
            high = fold(static_cast<char>(high), letters);
            found |= low <= wanted && wanted <= high;
            at += 3;
        } else {
            found |= fold(pattern[at], letters) == wanted;
            ++at;
        }
    }
    return {found != negated, at < pattern.size() ? at + 1 : at};
}

// One element against one byte. next == 0: no match.
size_t match_one(Slice pattern, size_t at, char byte, Case letters) {
    switch (pattern[at]) {
        case '?':
            return at + 1;
        case '[': {
            const ClassMatch outcome = match_class(pattern, at + 1, byte, letters);
            return outcome.matched ? outcome.next : 0;
        }
        case '\\':
            if (at + 1 < pattern.size()) ++at;
            [[fallthrough]];
        default:
            return fold(pattern[at], letters) == fold(byte, letters) ? at + 1 : 0;
    }
}

}  // namespace

bool glob_match(Slice pattern, Slice text, Case letters) {
    size_t at = 0;
    size_t read = 0;
    size_t behind_star = 0;  // 0: no star yet
    size_t star_read = 0;    // where the text behind that star is tried
    while (read < text.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            behind_star = ++at;
            star_read = read;
            if (at == pattern.size()) return true;
            continue;
        }
        const size_t next = at < pattern.size() ? match_one(pattern, at, text[read], letters) : 0;
        if (next != 0) {
            at = next;
            ++read;
        } else if (behind_star != 0) {
            at = behind_star;
            read = ++star_read;
        } else {
            return false;
        }
    }
    while (at < pattern.size() && pattern[at] == '*') ++at;
    return at == pattern.size();
}

}  // namespace rota
