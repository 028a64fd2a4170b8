// SPDX-License-Identifier: BSD-3-Clause
// --stat: one line of INFO's figures per second, a heading above every twenty.
#include <cstdio>

#include "platform/text.h"
#include "tools/cli/modes.h"

namespace rota {
namespace {

constexpr int kLinesPerHeading = 20;

// The value of "name:value" in an INFO text, or an empty slice.
Slice info_field(Slice info, Slice name) {
    for (size_t at = 0; at < info.size();) {
        const size_t end = std::min(info.find('\n', at), info.size());
        const Slice line = trim(info.substr(at, end - at));
        if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':')
            return line.substr(name.size() + 1);
        at = end + 1;
    }
    return {};
}

int64_t info_number(Slice info, Slice name) {
    return parse_int64(info_field(info, name)).value_or(0);
}

// "db0:keys=12,expires=0,..." of all databases.
int64_t count_keys(Slice info) {
    constexpr Slice kLead = ":keys=";
    int64_t keys = 0;
    for (size_t at = info.find(kLead); at != Slice::npos; at = info.find(kLead, at)) {
        at += kLead.size();
        keys += parse_int64(info.substr(at, info.find(',', at) - at)).value_or(0);
    }
    return keys;
}

std::string human_size(int64_t bytes) {
    const auto value = static_cast<double>(bytes);
    if (bytes < 1024) return format("%lldB", static_cast<long long>(bytes));
    if (bytes < 1024 * 1024) return format("%.2fK", value / 1024);
    if (bytes < 1024LL * 1024 * 1024) return format("%.2fM", value / (1024.0 * 1024));
    return format("%.2fG", value / (1024.0 * 1024 * 1024));
}

const char* child_at_work(Slice info) {
    const bool save = info_number(info, "rdb_bgsave_in_progress") != 0;
    const bool rewrite = info_number(info, "aof_rewrite_in_progress") != 0;
    if (info_number(info, "loading") != 0) return "LOAD";
    if (save && rewrite) return "SAVE+AOF";
    if (save) return "SAVE";
    return rewrite ? "AOF" : "";
}

}  // namespace

int run_stat(ClientConnection& connection, const CliOptions& options) {
    const int64_t interval_us = options.interval_us > 0 ? options.interval_us : 1'000'000;
    int64_t requests_before = 0;
    for (int64_t line = 0; options.repeat <= 1 || line < options.repeat; ++line) {
        Result<ReplyValue> reply = ask(connection, {"INFO"});
        if (!reply) return report_failure(reply.error());
        const Slice info = reply->text;
        if (line % kLinesPerHeading == 0)
            std::printf(
                "------- data ------ --------------------- load -------------------- - child -\n"
                "keys       mem      clients blocked requests            connections          \n");
        const int64_t requests = info_number(info, "total_commands_processed");
        const int64_t added = line == 0 ? 0 : requests - requests_before;
        requests_before = requests;
        std::printf(
            "%-11lld%-8s %-7lld %-7lld %-20s%-12lld %s\n", static_cast<long long>(count_keys(info)),
            human_size(info_number(info, "used_memory")).c_str(),
            static_cast<long long>(info_number(info, "connected_clients")),
            static_cast<long long>(info_number(info, "blocked_clients")),
            format("%lld (+%lld)", static_cast<long long>(requests), static_cast<long long>(added))
                .c_str(),
            static_cast<long long>(info_number(info, "total_connections_received")),
            child_at_work(info));
        std::fflush(stdout);
        pause_us(interval_us);
    }
    return 0;
}

}  // namespace rota
