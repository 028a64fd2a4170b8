// SPDX-License-Identifier: BSD-3-Clause
// What the command line and the environment of rota-cli ask for. parse_options() is a pure function
// of its arguments, so that the tests can drive it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/result.h"
#include "tools/net/client_connection.h"

namespace rota {

enum class OutputMode : uint8_t { standard, raw, csv, json, quoted_json };

enum class CliMode : uint8_t {
    command,  // one-shot, or the prompt if no command was given
    print,    // print CliOptions::text and leave
    stat,
    latency,
    latency_history,
    latency_dist,
    intrinsic_latency,
    pipe,
    scan,
    big_keys,
    mem_keys,
    hot_keys,
    lru_test,
    eval,
};

struct CliOptions {
    CliMode mode = CliMode::command;
    ConnectTarget target;
    Login login;                 // login.resp is what to ask for at first
    bool resp_required = false;  // -3: say so if the server refuses; --json only tries
    OutputMode output = OutputMode::standard;
    std::string bulk_delimiter = "\n";     // -d: between the elements of a raw reply
    std::string command_delimiter = "\n";  // -D: after a raw reply
    bool show_pushes = true;
    bool fail_on_error = false;           // -e: an error reply makes the exit code 1
    bool stdin_is_last_argument = false;  // -x
    std::string stdin_tag;                // -X: the argument that standard input replaces
    bool quoted_input = false;
    bool ask_password = false;
    bool auth_warning = false;  // a password stands on the command line: say it once
    bool verbose = false;
    int64_t repeat = 1;  // -1: for ever
    int64_t interval_us = 0;
    int64_t pipe_timeout_s = 30;  // 0: wait for ever
    int64_t intrinsic_seconds = 0;
    int64_t lru_keys = 0;
    int64_t memory_samples = -1;  // -1: the server's default
    int64_t hot_keys_max = 16;
    int64_t scan_count = 0;  // 0: the server's default
    std::string pattern;     // empty: all keys
    std::string eval_file;
    std::string text;  // for CliMode::print
    std::vector<std::string> command;
};

// What the surroundings contribute; tests hand in their own.
struct CliEnvironment {
    std::function<const char*(const char*)> variable;
    bool stdout_is_tty = false;
};

// `args` without the program's name. An Error is for stderr, exit code 1.
Result<CliOptions> parse_options(const std::vector<std::string>& args, const CliEnvironment& env);

}  // namespace rota
