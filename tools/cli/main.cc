// SPDX-License-Identifier: BSD-3-Clause
// rota-cli: the command-line client. Understands valkey-cli's options and prints what it prints.
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "tools/cli/modes.h"
#include "tools/cli/one_shot.h"
#include "tools/cli/options.h"
#include "tools/cli/repl.h"
#include "tools/cli/session.h"

namespace rota {
namespace {

// Reads a line from the terminal without showing it.
std::string ask_for_password() {
    termios before{};
    const bool terminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (terminal) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    std::fputs("Please input password: ", stderr);
    std::string password;
    std::getline(std::cin, password);
    if (terminal) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::fputs("\n", stderr);
    return password;
}

int run_mode(Session& session, const CliOptions& options) {
    if (options.mode == CliMode::eval) return run_one_shot(session, options);
    if (!session.connect()) return 1;
    ClientConnection& connection = session.connection();
    switch (options.mode) {
        case CliMode::stat:
            return run_stat(connection, options);
        case CliMode::latency:
        case CliMode::latency_history:
            return run_latency(connection, options);
        case CliMode::latency_dist:
            return run_latency_dist(connection, options);
        case CliMode::pipe:
            return run_pipe(connection, options);
        case CliMode::scan:
            return run_scan(connection, options);
        case CliMode::big_keys:
        case CliMode::mem_keys:
            return run_key_survey(connection, options);
        case CliMode::hot_keys:
            return run_hot_keys(connection, options);
        case CliMode::lru_test:
            return run_lru_test(connection, options);
        default:
            UNREACHABLE();
    }
}

int run(CliOptions options) {
    if (options.mode == CliMode::print) {
        std::fputs(options.text.c_str(), stdout);
        return 0;
    }
    if (options.auth_warning)
        std::fputs(
            "Warning: Using a password with '-a' or '-u' option on the command line interface "
            "may not be safe.\n",
            stderr);
    if (options.ask_password) options.login.password = ask_for_password();
    if (options.mode == CliMode::intrinsic_latency) return run_intrinsic_latency(options);
    Session session(options);
    if (options.mode != CliMode::command) return run_mode(session, options);
    if (options.command.empty()) return run_repl(session, options, ::getenv);
    return run_one_shot(session, options);
}

}  // namespace
}  // namespace rota

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    const rota::CliEnvironment env{::getenv, ::isatty(STDOUT_FILENO) == 1};
    rota::Result<rota::CliOptions> options =
        rota::parse_options(std::vector<std::string>(argv + 1, argv + argc), env);
    if (!options) {
        std::fprintf(stderr, "%s\n", options.error().message.c_str());
        return 1;
    }
    return rota::run(std::move(*options));
}
