// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/command_log.h"

#include <algorithm>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota {

std::optional<CommandLogKind> parse_command_log_kind(Slice name) {
    static constexpr std::array<Slice, kCommandLogKinds> kNames = {"slow", "large-request",
                                                                   "large-reply"};
    for (size_t i = 0; i < kNames.size(); ++i) {
        if (equals_ignore_case(name, kNames[i])) return static_cast<CommandLogKind>(i);
    }
    return std::nullopt;
}

std::vector<std::string> trim_logged_args(std::span<const Slice> args) {
    const size_t kept = std::min(args.size(), kLoggedArgsMax);
    std::vector<std::string> logged;
    logged.reserve(kept);
    for (size_t i = 0; i < kept; ++i) {
        if (kept != args.size() && i + 1 == kept) {
            logged.push_back("... (" + std::to_string(args.size() - kept + 1) + " more arguments)");
        } else if (args[i].size() > kLoggedArgBytesMax) {
            std::string& cut = logged.emplace_back(args[i].substr(0, kLoggedArgBytesMax));
            cut += "... (" + std::to_string(args[i].size() - kLoggedArgBytesMax) + " more bytes)";
        } else {
            logged.emplace_back(args[i]);
        }
    }
    return logged;
}

void CommandLog::push(CommandLogKind kind, int64_t value, int64_t time_s,
                      std::span<const Slice> args, Slice client_address, Slice client_name) {
    ASSERT(wants(kind, value));
    Log& target = log(kind);
    target.entries.push_front({target.next_id++, time_s, value, trim_logged_args(args),
                               std::string(client_address), std::string(client_name)});
    while (target.entries.size() > target.limits.max_len) target.entries.pop_back();
}

}  // namespace rota
