// SPDX-License-Identifier: BSD-3-Clause
#include "tools/cli/quote.h"

#include "platform/text.h"

namespace rota {

std::optional<std::string> unquote(Slice text) {
    auto words = split_args(text);
    if (!words || words->size() != 1) return std::nullopt;
    return std::move(words->front());
}

void append_json_string(std::string& out, Slice bytes) {
    out += '"';
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        switch (c) {
            case '\\':
            case '"':
                out += '\\', out += c;
                break;
            case '\n':
                out += "\\n";
                break;
            case '\f':
                out += "\\f";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\b':
                out += "\\b";
                break;
            default:
                if (byte > 0x1f) {
                    out += c;
                } else {
                    out += byte < 0x10 ? "\\u000" : "\\u001";
                    out += "0123456789abcdef"[byte & 15];
                }
        }
    }
    out += '"';
}

void append_ascii_json_string(std::string& out, Slice bytes) {
    for (const char c : escape_repr(bytes)) {
        if (c == '\\') out += '\\';
        out += c;
    }
}

}  // namespace rota
