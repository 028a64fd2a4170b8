// SPDX-License-Identifier: BSD-3-Clause
// AclLog: who was refused what, the newest first; what happens again soon is counted in one entry.
// Threading: the executor.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "acl/user.h"
#include "platform/slice.h"

namespace rota {

// Where the refused command came from.
enum class AclContext : uint8_t { toplevel, multi, lua, module };

struct AclLogEntry {
    AclReason reason;
    AclContext context;
    std::string object;  // the key, channel, database or command
    std::string user;
    std::string client;  // as CLIENT INFO describes it
    uint64_t id = 0;
    uint64_t count = 1;
    int64_t created_ms = 0, updated_ms = 0;  // wall clock
};

class AclLog {
public:
    // length: acllog-max-len as of now.
    void add(AclLogEntry, int64_t now_ms, uint64_t length);
    void clear() { entries_.clear(); }
    const std::deque<AclLogEntry>& entries() const { return entries_; }

private:
    std::deque<AclLogEntry> entries_;
    uint64_t next_id_ = 0;
};

Slice acl_reason_name(AclReason);
Slice acl_context_name(AclContext);

}  // namespace rota
