// SPDX-License-Identifier: BSD-3-Clause
// The categories that commands belong to and rules may name. Constants; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "platform/slice.h"
#include "platform/text.h"

namespace rota {

enum AclCategory : uint32_t {
    kAclKeyspace = 1u << 0,
    kAclRead = 1u << 1,
    kAclWrite = 1u << 2,
    kAclSet = 1u << 3,
    kAclSortedSet = 1u << 4,
    kAclList = 1u << 5,
    kAclHash = 1u << 6,
    kAclString = 1u << 7,
    kAclBitmap = 1u << 8,
    kAclHyperLogLog = 1u << 9,
    kAclGeo = 1u << 10,
    kAclStream = 1u << 11,
    kAclPubsub = 1u << 12,
    kAclAdmin = 1u << 13,
    kAclFast = 1u << 14,
    kAclSlow = 1u << 15,
    kAclBlocking = 1u << 16,
    kAclDangerous = 1u << 17,
    kAclConnection = 1u << 18,
    kAclTransaction = 1u << 19,
    kAclScripting = 1u << 20,
};

struct AclCategoryName {
    AclCategory bit;
    Slice name;
};

// In the order of the bits, which is that of ACL CAT.
inline constexpr AclCategoryName kAclCategories[] = {
    {kAclKeyspace, "keyspace"},
    {kAclRead, "read"},
    {kAclWrite, "write"},
    {kAclSet, "set"},
    {kAclSortedSet, "sortedset"},
    {kAclList, "list"},
    {kAclHash, "hash"},
    {kAclString, "string"},
    {kAclBitmap, "bitmap"},
    {kAclHyperLogLog, "hyperloglog"},
    {kAclGeo, "geo"},
    {kAclStream, "stream"},
    {kAclPubsub, "pubsub"},
    {kAclAdmin, "admin"},
    {kAclFast, "fast"},
    {kAclSlow, "slow"},
    {kAclBlocking, "blocking"},
    {kAclDangerous, "dangerous"},
    {kAclConnection, "connection"},
    {kAclTransaction, "transaction"},
    {kAclScripting, "scripting"},
};

// The bit of a category, its name in any case and without the '@'.
inline std::optional<uint32_t> acl_category(Slice name) {
    for (const AclCategoryName& category : kAclCategories) {
        if (equals_ignore_case(category.name, name)) return category.bit;
    }
    return std::nullopt;
}

}  // namespace rota
