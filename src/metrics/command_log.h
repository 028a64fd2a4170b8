// SPDX-License-Identifier: BSD-3-Clause
// COMMANDLOG: the latest commands that were slow, large, or had a large reply; SLOWLOG is a view of
// the first. Each kind is a deque of its own, newest first, bounded by its max_len.
//
// The caller decides what may be logged at all (commands flagged SKIP_COMMANDLOG, redacted
// arguments) and asks wants() first: it is one comparison, so that the ordinary command pays
// nothing else. Threading: one owner (the executor). Full: the oldest entry leaves.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/slice.h"

namespace rota {

inline constexpr size_t kLoggedArgsMax = 32;       // more: the last one says how many were left out
inline constexpr size_t kLoggedArgBytesMax = 128;  // longer: cut, and the cut is told

enum class CommandLogKind : uint8_t { slow, large_request, large_reply };
inline constexpr size_t kCommandLogKinds = 3;

// "slow", "large-request", "large-reply", in any case; nullopt for anything else.
std::optional<CommandLogKind> parse_command_log_kind(Slice name);

// The arguments as an entry keeps them.
std::vector<std::string> trim_logged_args(std::span<const Slice> args);

class CommandLog {
public:
    struct Limits {
        int64_t threshold =
            -1;                // microseconds or bytes; from this value on it is logged; < 0: never
        size_t max_len = 128;  // 0: nothing is logged
    };
    struct Entry {
        uint64_t id;     // counts up per kind; reset() does not start it again
        int64_t time_s;  // unix time at which the command ran
        int64_t value;   // microseconds or bytes
        std::vector<std::string> args;
        std::string client_address;
        std::string client_name;
    };

    // Takes effect at once; a log that is too long now is cut by the next push(), as in Valkey.
    void set_limits(CommandLogKind kind, Limits limits) { log(kind).limits = limits; }

    bool wants(CommandLogKind kind, int64_t value) const {
        const Limits& limits = log(kind).limits;
        return limits.threshold >= 0 && value >= limits.threshold && limits.max_len != 0;
    }
    // Only after wants() said yes.
    void push(CommandLogKind kind, int64_t value, int64_t time_s, std::span<const Slice> args,
              Slice client_address, Slice client_name);

    // Newest first.
    const std::deque<Entry>& entries(CommandLogKind kind) const { return log(kind).entries; }
    void reset(CommandLogKind kind) { log(kind).entries.clear(); }

private:
    struct Log {
        Limits limits;
        uint64_t next_id = 0;
        std::deque<Entry> entries;
    };
    Log& log(CommandLogKind kind) { return logs_[static_cast<size_t>(kind)]; }
    const Log& log(CommandLogKind kind) const { return logs_[static_cast<size_t>(kind)]; }

    std::array<Log, kCommandLogKinds> logs_;
};

}  // namespace rota
