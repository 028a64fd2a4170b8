// SPDX-License-Identifier: BSD-3-Clause
// Quoting for people's eyes (append_repr) and reading it back (split_args).
#include "platform/text.h"

namespace rota {

static bool is_blank(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

void append_repr(std::string& out, Slice text) {
    constexpr const char* kHex = "0123456789abcdef";
    out += '"';
    for (char byte : text) {
        switch (byte) {
            case '\\':
            case '"':
                out += '\\';
                out += byte;
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\a':
                out += "\\a";
                break;
            case '\b':
                out += "\\b";
                break;
            default:
                if (byte >= ' ' && byte <= '~') {
                    out += byte;
                } else {
                    out += "\\x";
                    out += kHex[static_cast<unsigned char>(byte) >> 4];
                    out += kHex[static_cast<unsigned char>(byte) & 15];
                }
        }
    }
    out += '"';
}

std::string escape_repr(Slice text) {
    std::string out;
    out.reserve(text.size() + 2);
    append_repr(out, text);
    return out;
}

namespace {

struct Splitter {
    Slice line;
    size_t at = 0;

    bool ended() const { return at == line.size(); }

    void take_escape(std::string& word) {
        const char code = line[at + 1];
        if (code == 'x' && at + 3 < line.size() && hex_digit(line[at + 2]) >= 0 &&
            hex_digit(line[at + 3]) >= 0) {
            word += static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3]));
            at += 4;
            return;
        }
        switch (code) {
            case 'n':
                word += '\n';
                break;
            case 'r':
                word += '\r';
                break;
            case 't':
                word += '\t';
                break;
            case 'b':
                word += '\b';
                break;
            case 'a':
                word += '\a';
                break;
            default:
                word += code;
        }
        at += 2;
    }

    // A backslash right before the last byte stands for itself, so that a quote there still closes.
    bool at_escape() const { return line[at] == '\\' && at + 2 < line.size(); }

    // at is behind the opening quote. False: the quote is left open.
    bool take_double_quoted(std::string& word) {
        while (!ended()) {
            if (at_escape()) {
                take_escape(word);
            } else if (line[at] == '"') {
                ++at;
                return true;
            } else {
                word += line[at++];
            }
        }
        return false;
    }

    bool take_single_quoted(std::string& word) {
        while (!ended()) {
            if (at_escape() && line[at + 1] == '\'') {
                word += '\'';
                at += 2;
            } else if (line[at] == '\'') {
                ++at;
                return true;
            } else {
                word += line[at++];
            }
        }
        return false;
    }

    bool take_word(std::string& word) {
        while (!ended()) {
            const char byte = line[at];
            if (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t') return true;
            if (byte == '"' || byte == '\'') {
                ++at;
                const bool closed =
                    byte == '"' ? take_double_quoted(word) : take_single_quoted(word);
                if (!closed) return false;
                continue;
            }
            word += byte;
            ++at;
        }
        return true;
    }
};

}  // namespace

std::optional<std::vector<std::string>> split_args(Slice line) {
    Splitter rest{line.substr(0, line.find('\0'))};
    std::vector<std::string> words;
    for (;;) {
        while (!rest.ended() && is_blank(rest.line[rest.at])) ++rest.at;
        if (rest.ended()) return words;
        std::string word;
        if (!rest.take_word(word)) return std::nullopt;
        words.push_back(std::move(word));
    }
}

}  // namespace rota
