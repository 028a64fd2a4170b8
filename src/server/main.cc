// SPDX-License-Identifier: BSD-3-Clause
// rota-server: reads the configuration, builds the parts in order, runs.
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <string>
#include <vector>

#include "config/file.h"
#include "platform/cpu.h"
#include "platform/crash.h"
#include "platform/huge_pages.h"
#include "platform/log.h"
#include "platform/notify.h"
#include "platform/process.h"
#include "platform/signals.h"
#include "platform/version.h"
#include "server/server.h"
#include "server/startup.h"
#include "transports/transports.h"

namespace rota {
namespace {

// The server's options that end before a server is built. Nothing: go on.
std::optional<int> run_and_exit_option(const std::vector<std::string>& args) {
    if (args.empty()) return std::nullopt;
    const std::string& first = args[0];
    if (first == "-v" || first == "--version") {
        print_version();
        return 0;
    }
    if (first == "-h" || first == "--help") {
        print_usage(stdout);
        return 0;
    }
    if (first == "--check-system") return check_system() ? 0 : 1;
    if (first == "--test-memory") return test_memory(args);
    if (first == "--sample-config") {
        AllOptions defaults;
        ConfigTable table;
        add_all_rows(table, defaults);
        std::fputs(sample_config(table).c_str(), stdout);
        return 0;
    }
    if (first == "--sentinel") {
        std::fputs("This version cannot run as a Sentinel yet.\n", stderr);
        return 1;
    }
    return std::nullopt;
}

int check_config(const ConfigTable& table, const AllOptions& options) {
    const std::vector<Slice> inert = inert_in_use(table, options);
    for (const Slice name : inert)
        std::printf("%.*s: accepted and kept, without effect in this version\n",
                    static_cast<int>(name.size()), name.data());
    std::printf("configuration ok, %zu directive(s) without effect\n", inert.size());
    return 0;
}

int serve(AllOptions& options, ConfigTable& table, const OwnerDirectives& directives,
          const CommandLine& command_line, ProcessTitle& title) {
    if (const auto logging = log_configure(options.server.log); !logging) {
        std::fprintf(stderr, "%s\n", logging.error().message.c_str());
        return 1;
    }
    if (options.server.daemonize) {
        if (const auto done = daemonize(); !done) return fail_start(done.error());
    }
    log_start(options, command_line.config_file);
    log_inert(table, options);
    prepare_process(options);

    Clock clock;
    auto transport = choose_transport(options.server);
    if (!transport) return fail_start(transport.error());
    const std::string kind = (*transport)->name();
    Server server(options, table, clock, std::move(*transport),
                  transport_factory(kind, options.server));
    server.set_config_file(command_line.config_file);
    if (const auto renamed = rename_commands(server, directives); !renamed) {
        std::fputs(renamed.error().message.c_str(), stderr);
        return 1;
    }
    if (const auto users = server.load_users(directives.users); !users) {
        std::fputs((users.error().message + "\n").c_str(), stderr);
        return fail_start(users.error());
    }
    log(LogLevel::notice, "Server initialized");
    if (const auto loaded = server.load(); !loaded) return fail_start(loaded.error());
    if (const auto started = server.start_threads(); !started) return fail_start(started.error());
    install_shutdown_signals(server.shutdown_signal(), nullptr);
    if (const auto listening = server.listen(); !listening) return fail_start(listening.error());
    if (const auto sealed = seal_transports(transport_options(options.server)); !sealed)
        return fail_start(sealed.error());
    set_title(options, title);
    const PidFile pid_file(options.server);
    log_ready(server, options);
    return server.run();
}

int run(int argc, char** argv) {
    std::setlocale(LC_COLLATE, "");
    ProcessTitle title(argc, argv);
    std::vector<std::string> args(title.args().begin() + 1, title.args().end());
    if (const auto code = run_and_exit_option(args)) return *code;
    const bool only_check = !args.empty() && args[0] == "--check-config";
    if (only_check) args.erase(args.begin());

    AllOptions options;
    ConfigTable table;
    add_all_rows(table, options);
    CommandLine command_line = parse_command_line(args);
    if (!command_line.config_file.empty())  // before `dir` makes another folder the current one
        command_line.config_file = absolute_path(command_line.config_file);
    const LoadRequest request{.source = std::move(command_line),
                              .version = std::string(kRotaVersion)};
    const auto directives = load_config(table, request);
    if (!directives) {
        const std::string& message = directives.error().message;
        std::fprintf(stderr, "%s%s", message.c_str(), message.ends_with('\n') ? "" : "\n");
        return 1;
    }
    if (const char* reason = contradiction(options.inert)) {
        std::fputs(fatal_config_text(kRotaVersion, reason).c_str(), stderr);
        return 1;
    }
    if (only_check) return check_config(table, options);
    return serve(options, table, *directives, request.source, title);
}

}  // namespace
}  // namespace rota

int main(int argc, char** argv) { return rota::run(argc, argv); }
