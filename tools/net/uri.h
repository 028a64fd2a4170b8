// SPDX-License-Identifier: BSD-3-Clause
// Server URIs as valkey-cli takes them: valkey://[[user]:password@]host[:port][/db], also with the
// schemes redis, valkeys and rediss (TLS), percent-escapes in user and password.
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "platform/result.h"
#include "platform/slice.h"

namespace rota {

struct ServerUri {
    bool tls = false;
    std::string user;
    std::optional<std::string> password;
    std::string host;  // empty: not said
    std::optional<uint16_t> port;
    std::optional<int> db;
};

Result<ServerUri> parse_server_uri(Slice text);

}  // namespace rota
