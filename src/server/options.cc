// SPDX-License-Identifier: BSD-3-Clause
#include "server/options.h"

#include <limits.h>
#include <locale.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/words.h"
#include "platform/text.h"

namespace rota {

namespace {

using enum ConfigFlag;

// ---- Shapes of their own -----------------------------------------------------------------------

std::string set_directory(WorkingDirectory&, std::span<const Slice> words, bool) {
    if (words.size() != 1) return "wrong number of arguments";
    if (words[0].empty()) return "dir can't be empty";
    if (chdir(std::string(words[0]).c_str()) != 0) return std::strerror(errno);
    return {};
}

std::string get_directory(const WorkingDirectory&) {
    char path[PATH_MAX];
    return getcwd(path, sizeof(path)) == nullptr ? "" : path;
}

std::vector<std::string> directory_line(const WorkingDirectory& dir) {
    const std::string path = get_directory(dir);
    if (path.empty()) return {};
    return {escape_repr(path)};
}

constexpr Codec<WorkingDirectory> kDirectory{set_directory, get_directory, directory_line};

using OomValues = std::array<int, 3>;

std::string parse_oom_values(OomValues& values, std::span<const Slice> words, bool) {
    if (words.size() != values.size()) return "wrong number of arguments";
    OomValues next{};
    for (size_t i = 0; i < next.size(); ++i) {
        const auto value = parse_int64(words[i]);
        if (!value || *value < -2000 || *value > 2000)
            return "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
        next[i] = static_cast<int>(*value);
    }
    values = next;
    return {};
}

std::string print_oom_values(const OomValues& values) {
    return format("%d %d %d", values[0], values[1], values[2]);
}

constexpr Codec<OomValues> kOomValues{parse_oom_values, print_oom_values};

// ---- Words and conditions ----------------------------------------------------------------------

constexpr Choice kLevels[] = {{"debug", LogLevel::debug},
                              {"verbose", LogLevel::verbose},
                              {"notice", LogLevel::notice},
                              {"warning", LogLevel::warning},
                              {"nothing", LogLevel::nothing}};
constexpr Choice kFormats[] = {
    {"legacy", LogFormat::legacy}, {"logfmt", LogFormat::logfmt}, {"json", LogFormat::json}};
constexpr Choice kTimestamps[] = {{"legacy", LogTimestampFormat::legacy},
                                  {"iso8601", LogTimestampFormat::iso8601},
                                  {"milliseconds", LogTimestampFormat::milliseconds}};
// 0 is what the log takes for LOG_LOCAL0.
constexpr Choice kFacilities[] = {
    {"user", LOG_USER},     {"local0", 0},          {"local1", LOG_LOCAL1},
    {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},
    {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7}};
constexpr Choice kPermissions[] = {
    {"no", Permission::no}, {"yes", Permission::yes}, {"local", Permission::local}};
constexpr Choice kSupervised[] = {{"upstart", Supervised::upstart},
                                  {"systemd", Supervised::systemd},
                                  {"auto", Supervised::automatic},
                                  {"no", Supervised::none}};
constexpr Choice kOomModes[] = {{"no", OomScoreAdj::no},
                                {"yes", OomScoreAdj::relative},
                                {"relative", OomScoreAdj::relative},
                                {"absolute", OomScoreAdj::absolute}};
constexpr Choice kPropagation[] = {{"ignore", PropagationError::ignore},
                                   {"panic", PropagationError::panic},
                                   {"panic-on-replicas", PropagationError::panic_on_replicas}};
constexpr Choice kShutdown[] = {{"default", 0},
                                {"save", ShutdownFlag::save},
                                {"nosave", ShutdownFlag::nosave},
                                {"now", ShutdownFlag::now},
                                {"force", ShutdownFlag::force},
                                {"safe", ShutdownFlag::safe},
                                {"failover", ShutdownFlag::failover}};
constexpr Choice kDispatch[] = {
    {"auto", IoDispatch::automatic}, {"shared", IoDispatch::shared}, {"owner", IoDispatch::owner}};
constexpr Choice kNuma[] = {{"local", NumaPolicy::local},
                            {"interleave", NumaPolicy::interleave},
                            {"none", NumaPolicy::none}};

const char* check_shutdown(int64_t flags) {
    const auto bits = static_cast<uint32_t>(flags);
    if (has(bits, ShutdownFlag::save) && has(bits, ShutdownFlag::nosave))
        return "shutdown options SAVE and NOSAVE can't be used simultaneously";
    return nullptr;
}

// {name} stands for a known variable, {{ for a brace; something visible must always be left over.
const char* check_locale(Slice name) {
    const locale_t locale = newlocale(LC_COLLATE_MASK, std::string(name).c_str(), locale_t{});
    if (locale == locale_t{}) return "Invalid locale name";
    freelocale(locale);
    return nullptr;
}

const char* check_proc_title(Slice text) {
    constexpr const char* kRefusal = "template format is invalid or contains unknown variables";
    bool visible = false;
    for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '{') {
            visible |= text[at] != ' ';
            continue;
        }
        if (text.substr(at + 1, 1) == "{") {
            visible = true;
            ++at;
            continue;
        }
        const size_t end = text.find('}', at);
        if (end == Slice::npos) return kRefusal;
        const Slice name = text.substr(at + 1, end - at - 1);
        if (name == "listen-addr" || name == "config-file" || name == "port" || name == "tls-port")
            visible = true;
        else if (name != "title" && name != "server-mode" && name != "unixsocket")
            return kRefusal;
        at = end;
    }
    return visible ? nullptr : kRefusal;
}

// Any number is taken as a hint.
int64_t clamp_hz(int64_t hz) { return hz < 1 ? 1 : hz > 500 ? 500 : hz; }

constexpr Range kPort{0, 65535};

// ---- Rows --------------------------------------------------------------------------------------

constexpr ConfigRow log_rows[] = {
    row<&LogOptions::level>("loglevel", "How much is logged.", {.choices = kLevels}),
    row<&LogOptions::format>("log-format", "The shape of a log line.", {.choices = kFormats}),
    row<&LogOptions::timestamp_format>("log-timestamp-format", "How a log line tells the time.",
                                       {.choices = kTimestamps}),
    row<&LogOptions::file>("logfile", "The log's path; empty is standard output.",
                           {.flags = immutable}),
    row<&LogOptions::syslog_enabled>("syslog-enabled", "Log to syslog as well.",
                                     {.flags = immutable}),
    row<&LogOptions::syslog_ident>("syslog-ident", "The name in syslog.", {.flags = immutable}),
    row<&LogOptions::syslog_facility>("syslog-facility", "The facility in syslog.",
                                      {.flags = immutable, .choices = kFacilities}),
    row<&LogOptions::hide_user_data>("hide-user-data-from-log",
                                     "Keep keys and values of clients out of the log."),
};

constexpr ConfigRow network_rows[] = {
    special<&ServerOptions::bind, kAddressList>(
        "bind", "The addresses to listen on; one with a leading '-' may be missing here.",
        {.flags = multi_arg}),
    row<&ServerOptions::port>("port", "The TCP port; 0 is none.", {.range = kPort}),
    row<&ServerOptions::unixsocket>("unixsocket", "The path of a Unix socket to listen on.",
                                    {.flags = immutable | empty_is_unset}),
    row<&ServerOptions::unixsocketgroup>("unixsocketgroup", "The group that owns the Unix socket.",
                                         {.flags = immutable | empty_is_unset}),
    row<&ServerOptions::unixsocketperm>(
        "unixsocketperm", "The permissions of the Unix socket, in octal.",
        {.flags = immutable, .unit = Unit::octal, .range = {0, 0777}}),
    row<&ServerOptions::tcp_backlog>("tcp-backlog", "How many connections may wait to be accepted.",
                                     {.flags = immutable}),
    row<&ServerOptions::tcp_keepalive>("tcp-keepalive",
                                       "Seconds between probes of a silent peer; 0 is none."),
    row<&ServerOptions::max_new_connections_per_cycle>(
        "max-new-connections-per-cycle", "How many connections are accepted in one turn.",
        {.range = {1, 1000}}),
    row<&ServerOptions::socket_mark_id>("socket-mark-id", "The mark (SO_MARK) of every socket.",
                                        {.flags = immutable, .range = {0, kMaxUint}}),
    row<&ServerOptions::mptcp>("mptcp", "Listen with Multipath TCP.", {.flags = immutable}),
    special<&ServerOptions::rdma_bind, kAddressList>(
        "rdma-bind", "The addresses to listen on with RDMA; none is any.", {.flags = multi_arg}),
    row<&ServerOptions::rdma_port>("rdma-port", "The RDMA port; 0 is none.", {.range = kPort}),
    row<&ServerOptions::rdma_rx_size>("rdma-rx-size",
                                      "What the receive buffer of a busy RDMA connection grows to.",
                                      {.flags = immutable, .range = {64 << 10, 16 << 20}}),
    row<&ServerOptions::rdma_completion_vector>("rdma-completion-vector",
                                                "The completion vector; -1 is any.",
                                                {.flags = immutable, .range = {-1, 1024}}),
    row<&ServerOptions::bind_source_addr>("bind-source-addr",
                                          "The local address of connections to other nodes.",
                                          {.flags = empty_is_unset | inert}),
    row<&ServerOptions::transport>(
        "transport", "What carries client bytes: auto, or the name of a built transport.",
        {.flags = immutable}),
    row<&ServerOptions::io_gather_max_us>(
        "io-gather-max-us",
        "How long a loop with many active clients lets requests gather, in microseconds; 0 is not.",
        {.range = {0, 1000}}),
    row<&ServerOptions::io_uring_restrict>(
        "io-uring-restrict",
        "Rings do what serving needs and nothing else, and after the start none can be made.",
        {.flags = immutable}),
    row<&ServerOptions::io_uring_zerocopy_min>(
        "io-uring-zerocopy-min",
        "Replies of so many bytes to other machines are not copied into the kernel; 0 is never.",
        {.flags = immutable, .unit = Unit::memory, .range = {0, kMaxUint}}),
    row<&ServerOptions::io_uring_napi_us>(
        "io-uring-napi-us", "Busy polling of network cards, in microseconds; 0 is none.",
        {.flags = immutable, .range = {0, 1000000}}),
    row<&ServerOptions::io_uring_min_wait_us>(
        "io-uring-min-wait-us",
        "Under load a wait goes on for so many microseconds to gather requests; 0 is off.",
        {.flags = immutable, .range = {0, 1000000}}),
};

constexpr ConfigRow security_rows[] = {
    row<&ServerOptions::protected_mode>(
        "protected-mode", "Refuse clients from other machines while there is no password."),
    row<&ServerOptions::requirepass>("requirepass", "The password of the default user.",
                                     {.flags = sensitive | empty_is_unset}),
    row<&ServerOptions::enable_debug_command>("enable-debug-command", "Who may use DEBUG.",
                                              {.flags = immutable, .choices = kPermissions}),
    row<&ServerOptions::enable_protected_configs>("enable-protected-configs",
                                                  "Who may set protected directives.",
                                                  {.flags = immutable, .choices = kPermissions}),
    row<&ServerOptions::enable_module_command>(
        "enable-module-command", "Who may use MODULE.",
        {.flags = immutable | inert, .choices = kPermissions}),
    row<&ServerOptions::enable_debug_assert>("enable-debug-assert", "Costly checks, for tests.",
                                             {.flags = immutable | hidden | inert}),
};

constexpr ConfigRow process_rows[] = {
    special<&ServerOptions::dir, kDirectory>("dir", "The working directory.",
                                             {.flags = protect | deny_loading | always_written}),
    row<&ServerOptions::daemonize>("daemonize", "Run in the background.", {.flags = immutable}),
    row<&ServerOptions::pidfile>("pidfile", "Where the process id is written.",
                                 {.flags = immutable | empty_is_unset}),
    row<&ServerOptions::supervised>("supervised", "Who is told that the server is ready.",
                                    {.flags = immutable, .choices = kSupervised}),
    row<&ServerOptions::set_proc_title>("set-proc-title", "Show the state in the process title.",
                                        {.flags = immutable}),
    row<&ServerOptions::proc_title_template>("proc-title-template",
                                             "The process title, with {variables}.",
                                             {.check_text = check_proc_title}),
    row<&ServerOptions::always_show_logo>("always-show-logo", "Print the logo into a file, too.",
                                          {.flags = immutable}),
    row<&ServerOptions::crash_log_enabled>("crash-log-enabled", "Write a report on a crash."),
    row<&ServerOptions::crash_memcheck_enabled>("crash-memcheck-enabled",
                                                "Test the memory after a crash.", {.flags = inert}),
    row<&ServerOptions::use_exit_on_panic>("use-exit-on-panic", "exit() instead of abort().",
                                           {.flags = hidden | inert}),
    row<&ServerOptions::disable_thp>("disable-thp", "Opt out of transparent huge pages.",
                                     {.flags = immutable}),
    row<&ServerOptions::oom_score_adj>("oom-score-adj",
                                       "Tell the kernel whom to kill first when memory runs out.",
                                       {.choices = kOomModes}),
    special<&ServerOptions::oom_score_adj_values, kOomValues>(
        "oom-score-adj-values", "The scores of a primary, a replica and a child process.",
        {.flags = multi_arg}),
    row<&ServerOptions::shutdown_on_sigint>(
        "shutdown-on-sigint", "How SIGINT ends the server.",
        {.flags = multi_arg, .choices = kShutdown, .check_number = check_shutdown}),
    row<&ServerOptions::shutdown_on_sigterm>(
        "shutdown-on-sigterm", "How SIGTERM ends the server.",
        {.flags = multi_arg, .choices = kShutdown, .check_number = check_shutdown}),
    row<&ServerOptions::shutdown_timeout>(
        "shutdown-timeout", "Seconds that a shutdown waits for replicas.", {.flags = inert}),
    row<&ServerOptions::watchdog_period>("watchdog-period",
                                         "Log what takes longer than so many milliseconds.",
                                         {.flags = hidden | inert}),
    row<&ServerOptions::ignore_warnings>(
        "ignore-warnings", "Start despite these failed system checks.", {.flags = inert}),
    row<&ServerOptions::locale_collate>("locale-collate", "The locale in which strings compare.",
                                        {.flags = inert, .check_text = check_locale}),
    row<&ServerOptions::debug_context>("debug-context", "Printed in a crash report.",
                                       {.flags = debug | hidden}),
};

constexpr ConfigRow service_rows[] = {
    row<&ServerOptions::databases>("databases", "How many databases there are.",
                                   {.flags = immutable, .range = {1, kMaxInt}}),
    row<&ServerOptions::hz>("hz", "How often a second background work is done.",
                            {.clamp = clamp_hz}),
    row<&ServerOptions::availability_zone>("availability-zone", "Told to clients that ask."),
    row<&ServerOptions::extended_redis_compatibility>(
        "extended-redis-compatibility", "Answer HELLO by the older name and version."),
    row<&ServerOptions::propagation_error_behavior>("propagation-error-behavior",
                                                    "What happens when a replicated command fails.",
                                                    {.flags = inert, .choices = kPropagation}),
};

constexpr ConfigRow thread_rows[] = {
    row<&ServerOptions::io_threads>("io-threads", "Threads for IO, the executor among them.",
                                    {.flags = debug, .range = {1, 256}}),
    row<&ServerOptions::io_threads_always_active>("io-threads-always-active",
                                                  "Keep all IO threads active.", {.flags = hidden}),
    row<&ServerOptions::io_threads_do_command_reads>(
        "io-threads-do-command-reads", "Let IO threads answer plain reads of strings themselves.",
        {}),
    row<&ServerOptions::io_dispatch>(
        "io-dispatch", "Whether connections are shared by all IO threads or owned by one.",
        {.flags = immutable, .choices = kDispatch}),
    row<&ServerOptions::numa_policy>("numa-policy", "Which memory node threads allocate from.",
                                     {.flags = immutable, .choices = kNuma}),
    row<&ServerOptions::prefetch_batch_max_size>("prefetch-batch-max-size",
                                                 "How many keys are prefetched together.",
                                                 {.flags = inert, .range = {0, 128}}),
    row<&ServerOptions::min_io_threads_avoid_copy_reply>(
        "min-io-threads-avoid-copy-reply", "From so many threads on, send values without a copy.",
        {.flags = hidden | inert}),
    row<&ServerOptions::min_string_size_avoid_copy_reply>(
        "min-string-size-avoid-copy-reply", "From this size on, send a value without a copy.",
        {.flags = hidden | inert}),
    row<&ServerOptions::min_string_size_avoid_copy_reply_threaded>(
        "min-string-size-avoid-copy-reply-threaded", "The same, with IO threads.",
        {.flags = hidden | inert}),
    row<&ServerOptions::server_cpulist>(
        "server-cpulist", "The processors of the executor and the IO threads.",
        {.alias = "server_cpulist", .flags = immutable | empty_is_unset}),
    row<&ServerOptions::bio_cpulist>("bio-cpulist", "The processors of background threads.",
                                     {.alias = "bio_cpulist", .flags = immutable | empty_is_unset}),
    row<&ServerOptions::io_threads_cpulist>("io-threads-cpulist",
                                            "The processors of the IO threads, one each.",
                                            {.flags = immutable | empty_is_unset}),
};

}  // namespace

void add_server_options(ConfigTable& table, ServerOptions& options) {
    table.add(log_rows, &options.log);
    table.add(network_rows, &options);
    table.add(security_rows, &options);
    table.add(process_rows, &options);
    table.add(service_rows, &options);
    table.add(thread_rows, &options);
}

}  // namespace rota
