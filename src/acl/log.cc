// SPDX-License-Identifier: BSD-3-Clause
#include "acl/log.h"

#include <algorithm>
#include <utility>

namespace rota {
namespace {

// An entry is met again only among so many, and after so long at most.
constexpr size_t kMetAgainMax = 10;
constexpr int64_t kMetAgainMs = 60000;

bool same_event(const AclLogEntry& a, const AclLogEntry& b) {
    return a.reason == b.reason && a.context == b.context && a.object == b.object &&
           a.user == b.user;
}

}  // namespace

void AclLog::add(AclLogEntry entry, int64_t now_ms, uint64_t length) {
    entry.created_ms = entry.updated_ms = now_ms;
    const auto end =
        entries_.begin() + static_cast<std::ptrdiff_t>(std::min(entries_.size(), kMetAgainMax));
    const auto met = std::find_if(entries_.begin(), end, [&](const AclLogEntry& older) {
        return same_event(older, entry) && now_ms - older.updated_ms <= kMetAgainMs;
    });
    if (met != end) {
        met->client = std::move(entry.client);
        met->updated_ms = now_ms;
        ++met->count;
        std::rotate(entries_.begin(), met, met + 1);
        return;
    }
    entry.id = next_id_++;
    entries_.push_front(std::move(entry));
    while (entries_.size() > length) entries_.pop_back();
}

Slice acl_reason_name(AclReason reason) {
    switch (reason) {
        case AclReason::none:
            return "unknown";
        case AclReason::database:
            return "database";
        case AclReason::command:
            return "command";
        case AclReason::key:
            return "key";
        case AclReason::auth:
            return "auth";
        case AclReason::channel:
            return "channel";
    }
    return "unknown";
}

Slice acl_context_name(AclContext context) {
    switch (context) {
        case AclContext::toplevel:
            return "toplevel";
        case AclContext::multi:
            return "multi";
        case AclContext::lua:
            return "lua";
        case AclContext::module:
            return "module";
    }
    return "unknown";
}

}  // namespace rota
