// SPDX-License-Identifier: BSD-3-Clause
#include "transports/endpoint.h"

#include <charconv>

namespace rota {
namespace {

constexpr Slice kUnixPrefix = "unix:";

}  // namespace

std::string format_host_port(Slice host, uint16_t port) {
    const bool brackets = host.find(':') != Slice::npos;
    std::string text;
    text.reserve(host.size() + 8);
    if (brackets) text += '[';
    text += host;
    if (brackets) text += ']';
    text += ':';
    text += std::to_string(port);
    return text;
}

std::string Endpoint::to_string() const {
    if (kind == Kind::unix_socket) return std::string(kUnixPrefix) + host;
    return format_host_port(host, port);
}

Result<Endpoint> parse_endpoint(Slice text) {
    if (text.starts_with(kUnixPrefix)) {
        const Slice path = text.substr(kUnixPrefix.size());
        if (path.empty()) return fail("an empty Unix socket path");
        return Endpoint::unix_path(std::string(path));
    }
    const size_t colon = text.rfind(':');
    if (colon == Slice::npos) return fail("no port in '" + std::string(text) + "'");
    Slice host = text.substr(0, colon);
    const Slice digits = text.substr(colon + 1);
    uint16_t port = 0;
    const auto [end, problem] = std::from_chars(digits.begin(), digits.end(), port);
    if (problem != std::errc{} || end != digits.end())
        return fail("no port in '" + std::string(text) + "'");
    const bool opened = host.starts_with('[');
    if (opened != host.ends_with(']'))
        return fail("unpaired bracket in '" + std::string(text) + "'");
    if (opened) host = host.substr(1, host.size() - 2);
    if (host.empty()) return fail("no host in '" + std::string(text) + "'");
    return Endpoint::tcp(std::string(host), port);
}

}  // namespace rota
