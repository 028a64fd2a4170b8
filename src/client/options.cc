// SPDX-License-Identifier: BSD-3-Clause
#include "client/options.h"

#include <cinttypes>

#include "config/value.h"
#include "platform/text.h"

namespace rota {

namespace {

using enum ConfigFlag;

int class_of(Slice word) {
    if (equals_ignore_case(word, "normal")) return 0;
    if (equals_ignore_case(word, "slave") || equals_ignore_case(word, "replica")) return 1;
    if (equals_ignore_case(word, "pubsub")) return 2;
    return -1;
}

// Classes that are not named keep their limits.
std::string parse_limits(OutputLimits& limits, std::span<const Slice> words, bool) {
    if (words.size() % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
    OutputLimits next = limits;
    for (size_t i = 0; i < words.size(); i += 4) {
        const int which = class_of(words[i]);
        if (which < 0) return "Invalid client class specified in buffer limit configuration.";
        const auto hard = parse_memory(words[i + 1]);
        const auto soft = parse_memory(words[i + 2]);
        const auto seconds = parse_int64(words[i + 3]);
        if (!hard || !soft || !seconds || *seconds < 0 || *seconds > kMaxInt)
            return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
        next[static_cast<size_t>(which)] = {*hard, *soft, *seconds};
    }
    limits = next;
    return {};
}

std::string print_limit(const char* name, const OutputLimit& limit) {
    return format("%s %" PRIu64 " %" PRIu64 " %" PRId64, name, limit.hard_bytes, limit.soft_bytes,
                  limit.soft_seconds);
}

std::string print_limits(const OutputLimits& limits) {
    return print_limit("normal", limits[0]) + " " + print_limit("slave", limits[1]) + " " +
           print_limit("pubsub", limits[2]);
}

std::string file_limit(const char* name, const OutputLimit& limit) {
    return format("%s %s %s %" PRId64, name, format_memory(limit.hard_bytes).c_str(),
                  format_memory(limit.soft_bytes).c_str(), limit.soft_seconds);
}

std::vector<std::string> limit_lines(const OutputLimits& limits) {
    return {file_limit("normal", limits[0]), file_limit("replica", limits[1]),
            file_limit("pubsub", limits[2])};
}

constexpr Codec<OutputLimits> kLimits{parse_limits, print_limits, limit_lines};

constexpr Range kFromOneMegabyte{1 << 20, kMaxLong};

constexpr ConfigRow rows[] = {
    special<&ClientOptions::client_output_buffer_limit, kLimits>(
        "client-output-buffer-limit",
        "Per class of client: close it beyond <hard> bytes of unsent reply, or beyond <soft> bytes "
        "for <seconds>.",
        {.flags = multi_arg}),
    row<&ClientOptions::client_query_buffer_limit>(
        "client-query-buffer-limit", "The most bytes a client may send without ending its command.",
        {.flags = debug, .unit = Unit::memory, .range = kFromOneMegabyte}),
    row<&ClientOptions::maxclients>("maxclients", "The most clients connected at the same time.",
                                    {.range = {1, kMaxUint}}),
    row<&ClientOptions::maxmemory_clients>(
        "maxmemory-clients",
        "The most memory for all clients together, or a share of maxmemory (5%); 0 is no limit.",
        {.unit = Unit::percent, .range = {-100, kMaxLong}}),
    row<&ClientOptions::proto_max_bulk_len>(
        "proto-max-bulk-len", "The longest string a client may send or build.",
        {.flags = debug, .unit = Unit::memory, .range = kFromOneMegabyte}),
    row<&ClientOptions::timeout>("timeout",
                                 "Close a client after so many idle seconds; 0 is never."),
    row<&ClientOptions::tracking_table_max_keys>(
        "tracking-table-max-keys",
        "The most keys remembered for client-side caching; 0 is no limit.",
        {.range = {0, kMaxLong}}),
};

}  // namespace

std::span<const ConfigRow> client_config_rows() { return rows; }

}  // namespace rota
