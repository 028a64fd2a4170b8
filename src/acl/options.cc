// SPDX-License-Identifier: BSD-3-Clause
#include "acl/options.h"

namespace rota {
namespace {

using enum ConfigFlag;

constexpr Choice kPubsubDefaults[] = {{"allchannels", AclPubsubDefault::allchannels},
                                      {"resetchannels", AclPubsubDefault::resetchannels}};

constexpr ConfigRow rows[] = {
    row<&AclOptions::aclfile>("aclfile", "The file of users.", {.flags = immutable}),
    row<&AclOptions::acl_pubsub_default>("acl-pubsub-default", "The channels of a new user.",
                                         {.choices = kPubsubDefaults}),
    row<&AclOptions::acllog_max_len>("acllog-max-len", "How many refusals are remembered.",
                                     {.range = {0, static_cast<uint64_t>(kMaxLong)}}),
};

}  // namespace

std::span<const ConfigRow> acl_config_rows() { return rows; }

}  // namespace rota
