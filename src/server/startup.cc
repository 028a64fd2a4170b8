// SPDX-License-Identifier: BSD-3-Clause
#include "server/startup.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "platform/cpu.h"
#include "platform/crash.h"
#include "platform/file.h"
#include "platform/huge_pages.h"
#include "platform/log.h"
#include "platform/memory.h"
#include "platform/notify.h"
#include "platform/rusage.h"
#include "platform/signals.h"
#include "platform/text.h"
#include "platform/version.h"
#include "store/slab.h"
#include "transports/transports.h"

namespace rota {

void add_all_rows(ConfigTable& table, AllOptions& options) {
    add_server_options(table, options.server);
    table.add(acl_config_rows(), &options.acl);
    table.add(client_config_rows(), &options.client);
    table.add(store_config_rows(), &options.store);
    table.add(metrics_config_rows(), &options.metrics);
    add_inert_options(table, options.inert);
}

// ---- For people
// ----------------------------------------------------------------------------------------

void print_version() {
    std::printf("Rota server v=%.*s (commands of Valkey %.*s) malloc=%s bits=%zu\n",
                static_cast<int>(kRotaVersion.size()), kRotaVersion.data(),
                static_cast<int>(kValkeyVersion.size()), kValkeyVersion.data(),
                memory_allocator_name().c_str(), sizeof(void*) * 8);
}

void print_usage(FILE* out) {
    std::fputs(
        "Usage: rota-server [/path/to/rota.conf] [options] [-]\n"
        "       rota-server - (read the configuration from standard input)\n"
        "       rota-server -v or --version\n"
        "       rota-server -h or --help\n"
        "       rota-server --check-config [/path/to/rota.conf] [options]\n"
        "       rota-server --sample-config (print every directive with its default)\n"
        "       rota-server --check-system\n"
        "       rota-server --test-memory <megabytes> [passes]\n"
        "\n"
        "Every directive of the configuration file is an option, too:\n"
        "       rota-server (run with the defaults)\n"
        "       rota-server --port 7777\n"
        "       rota-server /etc/rota.conf --loglevel verbose -\n"
        "       echo 'maxmemory 128mb' | rota-server -\n",
        out);
}

namespace {

std::string first_line(const std::string& path) {
    const auto text = read_file(path, 4096);
    return text ? std::string(trim(*text)) : std::string();
}

// Prints one finding; returns whether it is fine.
bool check(const char* what, bool fine, const char* advice) {
    std::printf("[%s] %s\n", what, fine ? "ok" : "WARNING");
    if (!fine) std::printf("    %s\n", advice);
    return fine;
}

}  // namespace

bool check_system() {
    const std::string clocksource =
        first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    bool fine = check(
        "clocksource", clocksource == "tsc" || clocksource == "kvm-clock" || clocksource.empty(),
        "The kernel's clock source is slow. Choose the TSC if it is reliable on this machine.");
    fine &= check("overcommit", first_line("/proc/sys/vm/overcommit_memory") != "0",
                  "Memory overcommit is off: a snapshot may fail under low memory. Set "
                  "vm.overcommit_memory = 1.");
    fine &=
        check("transparent-huge-pages", read_thp_mode() != ThpMode::always,
              "Transparent huge pages are 'always': this costs latency and memory after a fork. "
              "Write 'madvise' to /sys/kernel/mm/transparent_hugepage/enabled.");
    fine &= check("somaxconn",
                  parse_uint64(first_line("/proc/sys/net/core/somaxconn")).value_or(4096) >= 511,
                  "net.core.somaxconn is below 511: the backlog of listeners is cut to it.");
    return fine;
}

int test_memory(const std::vector<std::string>& args) {
    const auto megabytes = args.size() > 1 ? parse_int64(args[1]) : std::nullopt;
    const auto passes = args.size() > 2 ? parse_int64(args[2]) : std::optional<int64_t>(4);
    if (!megabytes || *megabytes < 1 || *megabytes > (1 << 24) || !passes || *passes < 1) {
        std::fputs("Usage: rota-server --test-memory <megabytes> [passes]\n", stderr);
        return 1;
    }
    const size_t words = static_cast<size_t>(*megabytes) << 17;
    std::vector<uint64_t> memory(words);
    for (int64_t pass = 0; pass < *passes; ++pass) {
        // Each address holds a value of its own, then its complement.
        for (const uint64_t flip : {uint64_t{0}, ~uint64_t{0}}) {
            const auto expected = [&](size_t i) {
                return (i * 0x9e3779b97f4a7c15ull + static_cast<uint64_t>(pass)) ^ flip;
            };
            for (size_t i = 0; i < words; ++i) memory[i] = expected(i);
            for (size_t i = 0; i < words; ++i) {
                if (memory[i] == expected(i)) continue;
                std::printf("*** MEMORY ERROR at offset %zu: this machine's memory is broken\n",
                            i * 8);
                return 1;
            }
        }
        if (isatty(STDOUT_FILENO))
            std::printf("\rpass %lld of %lld", static_cast<long long>(pass + 1),
                        static_cast<long long>(*passes));
    }
    std::printf("\nYour memory passed this test.\n");
    return 0;
}

// ---- Steps of a start
// ------------------------------------------------------------------------------------

int fail_start(const Error& error) {
    log(LogLevel::warning, "%s", error.message.c_str());
    return 1;
}

void log_start(const AllOptions& options, const std::string& config_file) {
    log(LogLevel::notice, "oO0OoO0OoO0Oo Rota is starting oO0OoO0OoO0Oo");
    log(LogLevel::notice,
        "Rota version=%.*s, bits=%zu, commit=%08x, modified=%d, pid=%d, just started",
        static_cast<int>(kRotaVersion.size()), kRotaVersion.data(), sizeof(void*) * 8, 0, 0,
        getpid());
    if (config_file.empty()) {
        log(LogLevel::warning,
            "Warning: no config file specified, using the default config. In order to specify a "
            "config file use "
            "rota-server /path/to/rota.conf");
    } else {
        log(LogLevel::notice, "Configuration loaded");
    }
    log(LogLevel::notice, " PID: %d, port: %d", getpid(), options.server.port);
}

std::vector<Slice> inert_in_use(const ConfigTable& table, const AllOptions& options) {
    std::vector<Slice> names = table.inert_in_use();
    const ServerOptions& server = options.server;
    const bool tls = options.inert.tls.tls_port != 0;
    if (server.io_dispatch == IoDispatch::shared &&
        (tls || (server.transport != "auto" && !transport_shares(server.transport))))
        names.push_back("io-dispatch");
    return names;
}

void log_inert(const ConfigTable& table, const AllOptions& options) {
    std::string names;
    for (const Slice name : inert_in_use(table, options)) names += " " + std::string(name);
    if (!names.empty())
        log(LogLevel::warning, "WARNING: without effect in this version:%s", names.c_str());
}

void prepare_process(AllOptions& options) {
    const uint64_t wanted = uint64_t{options.client.maxclients} + kReservedFiles;
    const uint64_t got = raise_open_files_limit(wanted);
    if (got < wanted) {
        options.client.maxclients =
            got > kReservedFiles ? static_cast<uint32_t>(got - kReservedFiles) : 1;
        log(LogLevel::warning,
            "Current maximum open files is %llu. maxclients has been reduced to %u to compensate "
            "for low ulimit.",
            static_cast<unsigned long long>(got), options.client.maxclients);
    }
    if (options.server.disable_thp) {
        if (const auto done = disable_thp(); !done)
            log(LogLevel::warning, "%s", done.error().message.c_str());
    }
    if (options.server.oom_score_adj != OomScoreAdj::no) {
        const auto base = oom_score_adj();
        const int add = options.server.oom_score_adj == OomScoreAdj::relative && base ? *base : 0;
        const auto set = set_oom_score_adj(
            std::clamp(add + options.server.oom_score_adj_values[0], -1000, 1000));
        if (!set)
            log(LogLevel::warning, "Unable to write oom_score_adj: %s",
                set.error().message.c_str());
    }
    ignore_hangup_and_pipe();
    if (options.server.crash_log_enabled)
        install_crash_handler({.server_name = "Rota", .version = std::string(kRotaVersion)});
    set_thread_name("rota-main");
}

TransportOptions transport_options(const ServerOptions& options) {
    TransportOptions made;
    made.io_uring.restrict = options.io_uring_restrict;
    made.io_uring.zerocopy_min = options.io_uring_zerocopy_min;
    made.io_uring.napi_us = options.io_uring_napi_us;
    made.io_uring.min_wait_us = options.io_uring_min_wait_us;
    made.rdma.rx_size = static_cast<uint32_t>(options.rdma_rx_size);
    made.rdma.completion_vector = options.rdma_completion_vector;
    return made;
}

namespace {

// RDMA needs a part of its own in every loop, which a machine without such a device is spared. So a
// port can be set at run time where there is one. TLS costs nothing until there is a port.
Result<std::unique_ptr<Transport>> complete(Result<std::unique_ptr<Transport>> transport,
                                            const TransportOptions& wishes) {
    if (!transport) return transport;
    if (rdma_is_usable()) {
        if (const auto added = add_rdma(*transport, wishes); !added)
            log(LogLevel::warning, "RDMA does not work here: %s", added.error().message.c_str());
    }
    add_tls(*transport);
    return transport;
}

Result<std::unique_ptr<Transport>> choose_host_transport(const ServerOptions& options) {
    const TransportOptions wishes = transport_options(options);
    if (options.transport != "auto") {
        auto transport = make_transport(options.transport, wishes);
        if (transport) log(LogLevel::notice, "Transport: %s", options.transport.c_str());
        return transport;
    }
    Result<std::unique_ptr<Transport>> transport = fail("no transport in this build");
    const bool must_share = options.io_dispatch == IoDispatch::shared;
    for (const TransportRow& row : built_transports()) {
        if (must_share && !transport_shares(row.name)) continue;
        transport = row.make(wishes);
        if (transport) {
            log(LogLevel::notice, "Transport: %s (chosen by 'transport auto')", row.name);
            return transport;
        }
        log(LogLevel::notice, "Transport %s does not work here: %s", row.name,
            transport.error().message.c_str());
    }
    return transport;
}

}  // namespace

Result<std::unique_ptr<Transport>> choose_transport(const ServerOptions& options) {
    return complete(choose_host_transport(options), transport_options(options));
}

std::function<Result<std::unique_ptr<Transport>>()> transport_factory(
    const std::string& kind, const ServerOptions& options) {
    return [kind, transport = transport_options(options)] {
        return complete(make_transport(kind, transport), transport);
    };
}

Result<> rename_commands(Server& server, const OwnerDirectives& directives) {
    for (const ConfigLine& line : directives.rename_commands) {
        CommandTable& commands = server.parts().commands;
        const char* reason = nullptr;
        if (commands.find(line.words[1]) == nullptr) {
            reason = "No such command in rename-command";
        } else if (!commands.rename(line.words[1], line.words[2])) {
            reason = "Target command name already exists";
        }
        if (reason != nullptr) return fail(fatal_config_text(kRotaVersion, reason, &line));
    }
    return {};
}

std::string absolute_path(const std::string& path) {
    char resolved[PATH_MAX];
    return realpath(path.c_str(), resolved) != nullptr ? resolved : path;
}

void set_title(const AllOptions& options, ProcessTitle& title) {
    if (!options.server.set_proc_title) return;
    const ServerOptions& server = options.server;
    std::string listen = server.port != 0 ? (server.bind.empty() ? "*" : server.bind[0]) + ":" +
                                                std::to_string(server.port)
                                          : server.unixsocket;
    const std::pair<Slice, std::string> words[] = {
        {"{title}", "rota-server"}, {"{listen-addr}", listen},
        {"{server-mode}", ""},      {"{port}", std::to_string(server.port)},
        {"{tls-port}", "0"},        {"{unixsocket}", server.unixsocket},
        {"{config-file}", ""},
    };
    std::string text = server.proc_title_template;
    for (const auto& [word, value] : words) {
        for (size_t at; (at = text.find(word)) != std::string::npos;)
            text.replace(at, word.size(), value);
    }
    title.set(trim(text));
}

void log_ready(Server& server, const AllOptions& options) {
    const ServerOptions& config = options.server;
    if (config.port != 0) log(LogLevel::notice, "Ready to accept connections tcp");
    if (!config.unixsocket.empty()) log(LogLevel::notice, "Ready to accept connections unix");
    if (options.inert.tls.tls_port != 0) log(LogLevel::notice, "Ready to accept connections tls");
    if (config.rdma_port != 0) log(LogLevel::notice, "Ready to accept connections rdma");
    const bool automatic = config.supervised == Supervised::automatic;
    const Supervisor found = automatic ? detect_supervisor() : Supervisor::none;
    if (config.supervised == Supervised::systemd || found == Supervisor::systemd)
        (void)notify_systemd("READY=1\nSTATUS=Ready to accept connections\n");
    if (config.supervised == Supervised::upstart || found == Supervisor::upstart)
        (void)stop_for_upstart();
    (void)server;
}

PidFile::PidFile(const ServerOptions& options) {
    constexpr const char* kDefault = "/var/run/rota.pid";
    path_ = !options.pidfile.empty() ? options.pidfile : options.daemonize ? kDefault : "";
    if (path_.empty()) return;
    if (const auto written = write_pid_file(path_); !written)
        log(LogLevel::warning, "%s", written.error().message.c_str());
}

PidFile::~PidFile() {
    if (!path_.empty()) remove_pid_file(path_);
}

}  // namespace rota
