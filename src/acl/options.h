// SPDX-License-Identifier: BSD-3-Clause
// AclOptions: the directives of users. Field = directive, '_' for '-'.
// Threading: main(), then the executor (CONFIG SET).
#pragma once

#include <cstdint>
#include <string>

#include "config/row.h"

namespace rota {

enum class AclPubsubDefault : uint8_t { resetchannels, allchannels };

struct AclOptions {
    std::string aclfile;  // empty: users are in the configuration
    AclPubsubDefault acl_pubsub_default = AclPubsubDefault::resetchannels;
    uint64_t acllog_max_len = 128;
};

std::span<const ConfigRow> acl_config_rows();

}  // namespace rota
