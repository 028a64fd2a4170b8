// SPDX-License-Identifier: BSD-3-Clause
// What took long or was large: SLOWLOG, COMMANDLOG, LATENCY.
#include <algorithm>

#include "commands/ctx.h"
#include "metrics/command_log.h"
#include "metrics/latency_monitor.h"

namespace rota {
namespace {

// ---- SLOWLOG and COMMANDLOG
// ------------------------------------------------------------------------------

constexpr int64_t kSlowlogShown = 10;

// -1 is all; nullopt after having replied with an error.
std::optional<size_t> count_arg(Ctx& ctx, size_t index) {
    constexpr Slice kError = "ERR count should be greater than or equal to -1";
    const auto count = ctx.integer_arg(index, kError);
    if (!count) return std::nullopt;
    if (*count >= -1) return static_cast<size_t>(*count);
    ctx.reply.error(kError);
    return std::nullopt;
}

std::optional<CommandLogKind> kind_arg(Ctx& ctx, size_t index) {
    const auto kind = parse_command_log_kind(ctx.arg(index));
    if (!kind)
        ctx.reply.error(
            "ERR type should be one of the following: slow, large-request, large-reply");
    return kind;
}

void reply_entries(Ctx& ctx, CommandLogKind kind, size_t count) {
    const auto& entries = ctx.parts.command_log.entries(kind);
    count = std::min(count, entries.size());
    ctx.reply.array(count);
    for (size_t i = 0; i < count; ++i) {
        const CommandLog::Entry& entry = entries[i];
        ctx.reply.array(6);
        ctx.reply.integer(static_cast<int64_t>(entry.id));
        ctx.reply.integer(entry.time_s);
        ctx.reply.integer(entry.value);
        ctx.reply.array(entry.args.size());
        for (const std::string& arg : entry.args) ctx.reply.bulk(arg);
        ctx.reply.bulk(entry.client_address);
        ctx.reply.bulk(entry.client_name);
    }
}

void reply_length(Ctx& ctx, CommandLogKind kind) {
    ctx.reply.integer(static_cast<int64_t>(ctx.parts.command_log.entries(kind).size()));
}

void reset_log(Ctx& ctx, CommandLogKind kind) {
    ctx.parts.command_log.reset(kind);
    ctx.reply.ok();
}

void cmd_slowlog_get(Ctx& ctx) {
    if (ctx.argc() > 3) return ctx.unknown_subcommand();
    const auto count = ctx.argc() == 3 ? count_arg(ctx, 2) : std::optional<size_t>(kSlowlogShown);
    if (count) reply_entries(ctx, CommandLogKind::slow, *count);
}

void cmd_slowlog_len(Ctx& ctx) { reply_length(ctx, CommandLogKind::slow); }
void cmd_slowlog_reset(Ctx& ctx) { reset_log(ctx, CommandLogKind::slow); }

void cmd_commandlog_get(Ctx& ctx) {
    const auto count = count_arg(ctx, 2);
    if (!count) return;
    const auto kind = kind_arg(ctx, 3);
    if (kind) reply_entries(ctx, *kind, *count);
}

void cmd_commandlog_len(Ctx& ctx) {
    const auto kind = kind_arg(ctx, 2);
    if (kind) reply_length(ctx, *kind);
}

void cmd_commandlog_reset(Ctx& ctx) {
    const auto kind = kind_arg(ctx, 2);
    if (kind) reset_log(ctx, *kind);
}

void cmd_slowlog_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "GET [<count>]",
        "    Return the latest slow commands (10 of them unless told; -1 is all), each as id, "
        "time,",
        "    duration in microseconds, arguments, address and name of the client.",
        "LEN",
        "    Return how many there are.",
        "RESET",
        "    Forget them.",
    };
    ctx.help(kLines);
}

void cmd_commandlog_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "GET <count> <type>",
        "    Return the latest commands of a type (-1 is all), each as id, time, measure, "
        "arguments,",
        "    address and name of the client. Types: slow (the measure is microseconds), "
        "large-request and",
        "    large-reply (bytes).",
        "LEN <type>",
        "    Return how many of the type there are.",
        "RESET <type>",
        "    Forget those of the type.",
    };
    ctx.help(kLines);
}

// ---- LATENCY
// ---------------------------------------------------------------------------------------------

void cmd_latency_latest(Ctx& ctx) {
    const auto& events = ctx.parts.latency.events();
    ctx.reply.array(events.size());
    for (const auto& [name, series] : events) {
        const LatencySample& latest = series.latest();
        ctx.reply.array(6);
        ctx.reply.bulk(name);
        ctx.reply.integer(latest.time_s);
        for (const uint64_t number :
             {latest.latency_ms, series.max_ms, series.sum_ms, series.count})
            ctx.reply.integer(static_cast<int64_t>(number));
    }
}

void cmd_latency_history(Ctx& ctx) {
    const LatencySeries* series = ctx.parts.latency.find(ctx.arg(2));
    if (series == nullptr) return ctx.reply.array(0);
    const auto samples = series->history();
    ctx.reply.array(samples.size());
    for (const LatencySample& sample : samples) {
        ctx.reply.array(2);
        ctx.reply.integer(sample.time_s);
        ctx.reply.integer(static_cast<int64_t>(sample.latency_ms));
    }
}

void cmd_latency_graph(Ctx& ctx) {
    if (ctx.parts.latency.find(ctx.arg(2)) == nullptr)
        return ctx.reply.error("ERR No samples available for event '" + std::string(ctx.arg(2)) +
                               "'");
    ctx.reply.verbatim("txt", ctx.parts.latency.graph(ctx.arg(2), ctx.now_ms() / 1000));
}

void cmd_latency_doctor(Ctx& ctx) {
    ctx.reply.verbatim("txt", ctx.parts.latency.doctor(ctx.now_ms() / 1000));
}

void cmd_latency_reset(Ctx& ctx) {
    ctx.reply.integer(static_cast<int64_t>(ctx.parts.latency.reset(ctx.args.subspan(2))));
}

// True if the command has been timed.
bool reply_histogram(Ctx& ctx, const RegisteredCommand& command) {
    const auto buckets = ctx.parts.control.command_stats(command).latency_buckets();
    if (buckets.empty()) return false;
    ctx.reply.bulk(command.full_name);
    ctx.reply.map(2);
    ctx.reply.bulk("calls");
    ctx.reply.integer(static_cast<int64_t>(buckets.back().cumulative));
    ctx.reply.bulk("histogram_usec");
    ctx.reply.map(buckets.size());
    for (const LatencyBucket& bucket : buckets) {
        ctx.reply.integer(static_cast<int64_t>(bucket.usec));
        ctx.reply.integer(static_cast<int64_t>(bucket.cumulative));
    }
    return true;
}

// A command and its subcommands.
size_t reply_histograms(Ctx& ctx, const RegisteredCommand& command) {
    size_t count = reply_histogram(ctx, command);
    for (const RegisteredCommand* subcommand : command.subcommands)
        count += reply_histogram(ctx, *subcommand);
    return count;
}

void cmd_latency_histogram(Ctx& ctx) {
    const size_t begin = ctx.reply.begin();
    size_t count = 0;
    if (ctx.argc() == 2) {
        for (const RegisteredCommand* command : ctx.parts.commands.top_level())
            count += reply_histograms(ctx, *command);
    }
    for (size_t i = 2; i < ctx.argc(); ++i) {
        const RegisteredCommand* command = ctx.parts.commands.find_full(ctx.arg(i));
        if (command != nullptr) count += reply_histograms(ctx, *command);
    }
    ctx.reply.end_map(begin, count);
}

void cmd_latency_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "DOCTOR",
        "    Say in words what has been slow and what may help.",
        "GRAPH <event>",
        "    Draw the samples of an event.",
        "HISTOGRAM [<command> ...]",
        "    Return how long calls took, of these commands or of all, as cumulative counts.",
        "HISTORY <event>",
        "    Return the samples of an event, each as time and milliseconds.",
        "LATEST",
        "    Return the latest sample, maximum, sum and count of each event.",
        "RESET [<event> ...]",
        "    Forget the samples of these events, or of all.",
    };
    ctx.help(kLines);
}

// ---- Rows
// ------------------------------------------------------------------------------------------------

constexpr uint32_t kAcl = kAclAdmin | kAclDangerous | kAclSlow;
constexpr uint64_t kAnyState = kLoading | kStale;
constexpr Slice kGetTips = "REQUEST_POLICY:ALL_NODES; NONDETERMINISTIC_OUTPUT";
constexpr Slice kLenTips =
    "REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:AGG_SUM; NONDETERMINISTIC_OUTPUT";
constexpr Slice kResetTips = "REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:ALL_SUCCEEDED";
constexpr Slice kLatencyTips =
    "NONDETERMINISTIC_OUTPUT; REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:SPECIAL";
constexpr Slice kLatencyResetTips = "REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:AGG_SUM";
constexpr HistoryItem kSlowlogGetHistory[] = {
    {"4.0.0", "The client's address and name."}};

constexpr Command sub(Slice name, Handler run, int arity, uint64_t flags, uint32_t acl, Slice since,
                      Slice complexity, Slice syntax, Slice summary, Slice tips = {}) {
    return {.name = name,
            .run = run,
            .arity = arity,
            .flags = flags,
            .keys = {},
            .acl = acl,
            .group = Group::server,
            .since = since,
            .complexity = complexity,
            .syntax = syntax,
            .summary = summary,
            .tips = tips};
}

constexpr Slice kTypes = "type=<SLOW|LARGE-REQUEST|LARGE-REPLY>";
constexpr Command kCommandlogSubcommands[] = {
    sub("get", cmd_commandlog_get, 4, kAdmin | kAnyState, kAcl, "8.1.0",
        "O(N) where N is the number of entries returned",
        "count type=<SLOW|LARGE-REQUEST|LARGE-REPLY>",
        "Returns entries of the log of slow or large commands.", kGetTips),
    sub("help", cmd_commandlog_help, 2, kAnyState, kAclSlow, "8.1.0", "O(1)", "",
        "Explains the subcommands."),
    sub("len", cmd_commandlog_len, 3, kAdmin | kAnyState, kAcl, "8.1.0", "O(1)", kTypes,
        "Returns the number of entries of a type.", kLenTips),
    sub("reset", cmd_commandlog_reset, 3, kAdmin | kAnyState, kAcl, "8.1.0",
        "O(N) where N is the number of entries in the commandlog", kTypes,
        "Forgets the entries of a type.", kResetTips),
};

constexpr uint64_t kLatencyFlags = kAdmin | kNoScript | kAnyState;
constexpr Command kLatencySubcommands[] = {
    sub("doctor", cmd_latency_doctor, 2, kLatencyFlags, kAcl, "2.8.13", "O(1)", "",
        "Says in words what has been slow.", kLatencyTips),
    sub("graph", cmd_latency_graph, 3, kLatencyFlags, kAcl, "2.8.13", "O(1)", "event",
        "Draws the samples of an event.", kLatencyTips),
    sub("help", cmd_latency_help, 2, kAnyState, kAclSlow, "2.8.13", "O(1)", "",
        "Explains the subcommands."),
    sub("histogram", cmd_latency_histogram, -2, kLatencyFlags, kAcl, "7.0.0",
        "O(N) where N is the number of commands with latency information being retrieved.",
        "[command ...]", "Returns how long calls of commands took.", kLatencyTips),
    sub("history", cmd_latency_history, 3, kLatencyFlags, kAcl, "2.8.13", "O(1)", "event",
        "Returns the samples of an event.", kLatencyTips),
    sub("latest", cmd_latency_latest, 2, kLatencyFlags, kAcl, "2.8.13", "O(1)", "",
        "Returns the latest sample of each event.", kLatencyTips),
    sub("reset", cmd_latency_reset, -2, kLatencyFlags, kAcl, "2.8.13", "O(1)",
        "[event [event ...]]", "Forgets the samples of events.", kLatencyResetTips),
};

constexpr Command slowlog_get() {
    Command row = sub("get", cmd_slowlog_get, -2, kAdmin | kAnyState, kAcl, "2.2.12",
                      "O(N) where N is the number of entries returned", "[count]",
                      "Returns entries of the log of slow commands.", kGetTips);
    row.history = kSlowlogGetHistory;
    return row;
}

constexpr Command kSlowlogSubcommands[] = {
    slowlog_get(),
    sub("help", cmd_slowlog_help, 2, kAnyState, kAclSlow, "6.2.0", "O(1)", "",
        "Explains the subcommands."),
    sub("len", cmd_slowlog_len, 2, kAdmin | kAnyState, kAcl, "2.2.12", "O(1)", "",
        "Returns the number of slow commands in the log.", kLenTips),
    sub("reset", cmd_slowlog_reset, 2, kAdmin | kAnyState, kAcl, "2.2.12",
        "O(N) where N is the number of entries in the slowlog", "", "Forgets all slow commands.",
        kResetTips),
};

constexpr Command container(Slice name, Slice since, Slice summary,
                            std::span<const Command> subcommands) {
    return {.name = name,
            .arity = -2,
            .keys = {},
            .acl = kAclSlow,
            .group = Group::server,
            .since = since,
            .complexity = "Depends on subcommand.",
            .summary = summary,
            .subcommands = subcommands};
}

constexpr Command kMonitoringCommands[] = {
    container("commandlog", "8.1.0",
              "A container for commands about the log of slow and large commands.",
              kCommandlogSubcommands),
    container("latency", "2.8.13", "A container for commands about what has been slow.",
              kLatencySubcommands),
    container("slowlog", "2.2.12", "A container for commands about the log of slow commands.",
              kSlowlogSubcommands),
};

}  // namespace

std::span<const Command> monitoring_commands() { return kMonitoringCommands; }

}  // namespace rota
