// SPDX-License-Identifier: BSD-3-Clause
#include "tools/net/uri.h"

#include <strings.h>

#include <charconv>

#include "platform/text.h"

namespace rota {
namespace {

Result<std::string> percent_decode(Slice text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) return fail("Incomplete URI encoding");
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

template <class T>
bool parse_number(Slice text, T& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

// Cuts the scheme off `rest`; false if it is none that we know.
bool take_scheme(Slice& rest, bool& tls) {
    struct Scheme {
        Slice text;
        bool tls;
    };
    static constexpr Scheme kSchemes[] = {
        {"valkey://", false}, {"redis://", false}, {"valkeys://", true}, {"rediss://", true}};
    for (const Scheme& scheme : kSchemes) {
        const size_t len = scheme.text.size();
        if (rest.size() < len || strncasecmp(rest.data(), scheme.text.data(), len) != 0) continue;
        rest.remove_prefix(len);
        tls = scheme.tls;
        return true;
    }
    return false;
}

// "user:password", or a password alone.
Result<> take_userinfo(Slice userinfo, ServerUri& uri) {
    const size_t colon = userinfo.find(':');
    if (colon != Slice::npos) {
        Result<std::string> user = percent_decode(userinfo.substr(0, colon));
        if (!user) return std::unexpected(user.error());
        uri.user = std::move(*user);
        userinfo.remove_prefix(colon + 1);
    }
    Result<std::string> password = percent_decode(userinfo);
    if (!password) return std::unexpected(password.error());
    uri.password = std::move(*password);
    return {};
}

Result<> take_host_and_port(Slice text, ServerUri& uri) {
    size_t host_end = text.find(':');
    if (!text.empty() && text[0] == '[') {
        const size_t bracket = text.find(']');
        if (bracket == Slice::npos) return fail("Invalid URI: '[' without ']'");
        uri.host = text.substr(1, bracket - 1);
        host_end = bracket + 1 < text.size() ? bracket + 1 : Slice::npos;
        if (host_end != Slice::npos && text[host_end] != ':') return fail("Invalid URI host");
    } else {
        uri.host = text.substr(0, host_end);
    }
    if (host_end == Slice::npos) return {};
    uint16_t port = 0;
    if (!parse_number(text.substr(host_end + 1), port)) return fail("Invalid URI port");
    uri.port = port;
    return {};
}

}  // namespace

Result<ServerUri> parse_server_uri(Slice text) {
    ServerUri uri;
    Slice rest = text;
    if (!take_scheme(rest, uri.tls)) return fail("Invalid URI scheme");
    const size_t slash = rest.find('/');
    Slice authority = rest.substr(0, slash);
    // The last '@' of the authority ends the user info: people do not always escape it.
    if (const size_t at = authority.rfind('@'); at != Slice::npos) {
        if (Result<> taken = take_userinfo(authority.substr(0, at), uri); !taken)
            return std::unexpected(taken.error());
        authority.remove_prefix(at + 1);
    }
    if (Result<> taken = take_host_and_port(authority, uri); !taken)
        return std::unexpected(taken.error());
    if (slash == Slice::npos) return uri;
    Slice db_text = rest.substr(slash + 1);
    db_text = db_text.substr(0, db_text.find('?'));
    if (db_text.empty()) return uri;
    int db = 0;
    if (!parse_number(db_text, db) || db < 0) return fail("Invalid URI database number");
    uri.db = db;
    return uri;
}

}  // namespace rota
