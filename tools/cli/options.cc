// SPDX-License-Identifier: BSD-3-Clause
// CLI11 reads the options. Its prefix_command() is exactly valkey-cli's rule: the first word that
// is no option starts the command, and everything behind it belongs to the command, whatever it
// looks like (`rota-cli -p 7000 set -x 1`).
#include "tools/cli/options.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstring>

#include "tools/cli/quote.h"
#include "tools/net/uri.h"

namespace rota {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  rota-cli set greeting hello\n"
    "  rota-cli -x set motd < /etc/motd\n"
    "  rota-cli -r 100 lpush mylist x\n"
    "  rota-cli -r 100 -i 1 info memory\n"
    "  rota-cli --quoted-input set '\"a\\x00b\"' value\n"
    "  rota-cli --scan --pattern 'user:*'\n"
    "  rota-cli --eval script.lua key1 key2 , arg1 arg2\n"
    "    (with --eval the comma stands between the keys and the other arguments)\n"
    "\n"
    "Without a command rota-cli starts a prompt; type help there.";

// What CLI11 fills before it becomes CliOptions.
struct Parsed {
    std::optional<std::string> host, password, user, uri, pattern, quoted_pattern;
    std::optional<std::string> show_pushes, stdin_tag;
    std::optional<int> port, db;
    double timeout_s = 0, interval_s = 0;
    bool resp2 = false, resp3 = false, ipv4 = false, ipv6 = false;
    bool raw = false, no_raw = false, csv = false, json = false, quoted_json = false;
    bool version = false, tls = false, no_auth_warning = false, insecure = false;
    bool stat = false, latency = false, latency_history = false, latency_dist = false;
    bool pipe = false, scan = false, big_keys = false, mem_keys = false, hot_keys = false;
    bool cluster_mode = false, replica = false, ldb = false, ldb_sync = false;
    bool cluster = false;
    std::optional<std::string> rdb, functions_rdb;
    std::optional<int64_t> intrinsic, lru, memory_samples, hot_keys_max;
    std::string ignored;  // TLS files: accepted, of no use without TLS
};

void add_connection_options(CLI::App& app, CliOptions& options, Parsed& parsed) {
    const char* group = "Connection";
    app.add_option("-h", parsed.host, "Server host (default: 127.0.0.1)")->group(group);
    app.add_option("-p", parsed.port, "Server port (default: 6379)")->group(group);
    app.add_option("-t", parsed.timeout_s, "Seconds to connect within, fractions allowed")
        ->group(group);
    app.add_option("-s", options.target.unix_path,
                   "Unix socket of the server, instead of -h and -p")
        ->group(group);
    app.add_option("-a,--pass", parsed.password,
                   "Password; safer: the variable VALKEYCLI_AUTH or --askpass")
        ->group(group);
    app.add_option("--user", parsed.user, "User name to authenticate with; needs a password")
        ->group(group);
    app.add_flag("--askpass", options.ask_password, "Read the password from the terminal, unseen")
        ->group(group);
    app.add_option("-u", parsed.uri, "Server URI: valkey://user:password@host:port/db")
        ->group(group);
    app.add_option("-n", parsed.db, "Database number")->group(group);
    app.add_flag("-2", parsed.resp2, "Speak RESP2")->group(group);
    app.add_flag("-3", parsed.resp3, "Speak RESP3")->group(group);
    app.add_flag("-4", parsed.ipv4, "Use IPv4 only")->group(group);
    app.add_flag("-6", parsed.ipv6, "Use IPv6 only")->group(group);
    app.add_flag("--mptcp", options.target.mptcp, "Use Multipath TCP")->group(group);
    app.add_flag("--rdma", options.target.rdma, "Use RDMA")->group(group);
    app.add_flag("--no-auth-warning", parsed.no_auth_warning,
                 "Do not warn about a password on the command line")
        ->group(group);
}

void add_tls_options(CLI::App& app, Parsed& parsed) {
    const char* group = "TLS (accepted, but this build has no TLS)";
    app.add_flag("--tls", parsed.tls, "Use TLS")->group(group);
    app.add_flag("--insecure", parsed.insecure, "Do not verify the certificate")->group(group);
    app.add_option("--sni", parsed.ignored, "Server name to ask for")->group(group);
    app.add_option("--cacert", parsed.ignored, "File of trusted certificates")->group(group);
    app.add_option("--cacertdir", parsed.ignored, "Folder of trusted certificates")->group(group);
    app.add_option("--cert", parsed.ignored, "Client certificate")->group(group);
    app.add_option("--key", parsed.ignored, "Client key")->group(group);
    app.add_option("--tls-ciphers", parsed.ignored, "Ciphers up to TLS 1.2")->group(group);
    app.add_option("--tls-ciphersuites", parsed.ignored, "Cipher suites of TLS 1.3")->group(group);
}

void add_command_options(CLI::App& app, CliOptions& options, Parsed& parsed) {
    const char* group = "Commands";
    app.add_option("-r", options.repeat, "Run the command N times; -1: for ever")->group(group);
    app.add_option("-i", parsed.interval_s,
                   "Seconds between repetitions, samples or (--bigkeys and the like) 100 scans")
        ->group(group);
    app.add_flag("-x", options.stdin_is_last_argument, "Standard input is the last argument")
        ->group(group);
    app.add_option("-X", parsed.stdin_tag, "Standard input replaces the argument <tag>")
        ->group(group);
    app.add_flag("-e", options.fail_on_error, "Exit code 1 if the reply is an error")->group(group);
    app.add_flag("--quoted-input", options.quoted_input, "Arguments are quoted strings")
        ->group(group);
    app.add_option("--eval", options.eval_file, "Run the Lua script in this file with EVAL")
        ->group(group);
    app.add_flag("-c", parsed.cluster_mode, "Follow redirections (needs cluster)")->group(group);
    app.add_flag("--ldb", parsed.ldb, "Debug the script of --eval")->group(group);
    app.add_flag("--ldb-sync-mode", parsed.ldb_sync, "Debug it in synchronous mode")->group(group);
    app.add_flag("--cluster", parsed.cluster, "Cluster manager commands")->group(group);
    app.add_flag("--verbose", options.verbose, "Say more")->group(group);
}

void add_output_options(CLI::App& app, CliOptions& options, Parsed& parsed) {
    const char* group = "Output";
    app.add_flag("--raw", parsed.raw, "Replies as they are (default: if output is no terminal)")
        ->group(group);
    app.add_flag("--no-raw", parsed.no_raw, "Replies with types and quotes (default: terminal)")
        ->group(group);
    app.add_flag("--csv", parsed.csv, "Replies as CSV")->group(group);
    app.add_flag("--json", parsed.json, "Replies as JSON; uses RESP3 unless -2 is given")
        ->group(group);
    app.add_flag("--quoted-json", parsed.quoted_json, "Like --json, strings in ASCII only")
        ->group(group);
    app.add_option("-d", options.bulk_delimiter, "Between the elements of a raw reply (newline)")
        ->group(group);
    app.add_option("-D", options.command_delimiter, "After a raw reply (newline)")->group(group);
    app.add_option("--show-pushes", parsed.show_pushes,
                   "yes or no: print RESP3 pushes (default: if output is a terminal)")
        ->group(group);
}

void add_mode_options(CLI::App& app, CliOptions& options, Parsed& parsed) {
    const char* group = "Modes";
    app.add_flag("--stat", parsed.stat, "Rolling figures of the server")->group(group);
    app.add_flag("--latency", parsed.latency, "Sample the latency of PING")->group(group);
    app.add_flag("--latency-history", parsed.latency_history,
                 "Like --latency, a new line every 15 s (or -i)")
        ->group(group);
    app.add_flag("--latency-dist", parsed.latency_dist, "Latency as a spectrum, needs 256 colours")
        ->group(group);
    app.add_option("--intrinsic-latency", parsed.intrinsic,
                   "Measure for N seconds how long this machine makes a busy program wait")
        ->group(group);
    app.add_flag("--pipe", parsed.pipe, "Send raw RESP from standard input, count the replies")
        ->group(group);
    app.add_option("--pipe-timeout", options.pipe_timeout_s,
                   "Seconds to wait for the last reply (default: 30; 0: for ever)")
        ->group(group);
    app.add_flag("--scan", parsed.scan, "List all keys with SCAN")->group(group);
    app.add_flag("--bigkeys", parsed.big_keys, "Find the keys with most elements")->group(group);
    app.add_flag("--memkeys", parsed.mem_keys, "Find the keys that use most memory")->group(group);
    app.add_option("--memkeys-samples", parsed.memory_samples,
                   "Like --memkeys, looking at N elements of a key")
        ->group(group);
    app.add_flag("--hotkeys", parsed.hot_keys, "Find the keys used most (needs an LFU policy)")
        ->group(group);
    app.add_option("--hotkeys-count", parsed.hot_keys_max, "How many of them (default: 16)")
        ->group(group);
    app.add_option("--pattern", parsed.pattern, "Only keys that match, for --scan and its kin")
        ->group(group);
    app.add_option("--quoted-pattern", parsed.quoted_pattern, "--pattern as a quoted string")
        ->group(group);
    app.add_option("--count", options.scan_count, "The COUNT of SCAN")->group(group);
    app.add_option("--lru-test", parsed.lru, "Act as a cache of N keys, 80-20 distribution")
        ->group(group);
    app.add_flag("--replica,--slave", parsed.replica, "Act as a replica")->group(group);
    app.add_option("--rdb", parsed.rdb, "Fetch an RDB file from the server")->group(group);
    app.add_option("--functions-rdb", parsed.functions_rdb, "Fetch the functions only")
        ->group(group);
}

// The first feature asked for that this version lacks.
std::optional<std::string> missing_feature(const Parsed& parsed) {
    if (parsed.tls) return "--tls: this build has no TLS";
    if (parsed.cluster)
        return "--cluster needs cluster support, which this version does not have yet";
    if (parsed.cluster_mode)
        return "-c needs cluster support, which this version does not have yet";
    if (parsed.ldb || parsed.ldb_sync)
        return "--ldb needs the script debugger, which this version does not have yet";
    const char* replication = " needs replication, which this version does not have yet";
    if (parsed.replica) return std::string("--replica") + replication;
    if (parsed.rdb) return std::string("--rdb") + replication;
    if (parsed.functions_rdb) return std::string("--functions-rdb") + replication;
    return std::nullopt;
}

Result<> apply_uri(const std::string& text, CliOptions& options) {
    Result<ServerUri> uri = parse_server_uri(text);
    if (!uri) return std::unexpected(uri.error());
    if (uri->tls) return fail("a TLS address was given: this build has no TLS");
    if (!uri->host.empty()) options.target.host = uri->host;
    if (uri->port) options.target.port = *uri->port;
    if (!uri->user.empty()) options.login.user = uri->user;
    if (uri->password) options.login.password = *uri->password;
    if (uri->db) options.login.db = *uri->db;
    options.auth_warning = uri->password.has_value();
    return {};
}

Result<uint16_t> port_from(int64_t port) {
    if (port < 0 || port > 65535) return fail("Invalid server port.");
    return static_cast<uint16_t>(port);
}

Result<> apply_environment(const CliEnvironment& env, CliOptions& options) {
    const char* auth = env.variable("VALKEYCLI_AUTH");
    if (auth == nullptr || *auth == '\0') auth = env.variable("REDISCLI_AUTH");
    if (auth != nullptr) options.login.password = auth;
    const char* host = env.variable("VALKEYCLI_HOST");
    if (host != nullptr && *host != '\0') options.target.host = host;
    const char* port_text = env.variable("VALKEYCLI_PORT");
    if (port_text == nullptr || *port_text == '\0') return {};
    Result<uint16_t> port = port_from(std::atoll(port_text));
    if (!port) return fail("Invalid VALKEYCLI_PORT.");
    options.target.port = *port;
    return {};
}

Result<> apply_connection(const Parsed& parsed, CliOptions& options) {
    if (parsed.uri)
        if (Result<> done = apply_uri(*parsed.uri, options); !done) return done;
    if (parsed.host) options.target.host = *parsed.host;
    if (parsed.port) {
        Result<uint16_t> port = port_from(*parsed.port);
        if (!port) return std::unexpected(port.error());
        options.target.port = *port;
    }
    if (parsed.user) options.login.user = *parsed.user;
    if (parsed.password) {
        options.login.password = *parsed.password;
        options.auth_warning = true;
    }
    if (parsed.no_auth_warning || options.ask_password) options.auth_warning = false;
    if (parsed.db) options.login.db = *parsed.db;
    if (parsed.ipv4) options.target.family = AF_INET;
    if (parsed.ipv6) options.target.family = AF_INET6;
    if (parsed.timeout_s < 0) return fail("Invalid connection timeout for -t.");
    options.target.timeout_ms = std::llround(parsed.timeout_s * 1000);
    return {};
}

void apply_output(const Parsed& parsed, const CliEnvironment& env, CliOptions& options) {
    const char* fake_tty = env.variable("FAKETTY");  // Valkey's test suite sets it
    const bool tty = env.stdout_is_tty || fake_tty != nullptr;
    options.output = tty ? OutputMode::standard : OutputMode::raw;
    if (parsed.raw) options.output = OutputMode::raw;
    if (parsed.no_raw) options.output = OutputMode::standard;
    if (parsed.csv) options.output = OutputMode::csv;
    if (parsed.json) options.output = OutputMode::json;
    if (parsed.quoted_json) options.output = OutputMode::quoted_json;
    options.show_pushes = parsed.show_pushes ? parsed.show_pushes->starts_with('y') : tty;
    const bool json = parsed.json || parsed.quoted_json;
    options.login.resp = parsed.resp3 || (json && !parsed.resp2) ? 3 : 2;
    options.resp_required = parsed.resp3;
}

Result<> apply_mode(const Parsed& parsed, CliOptions& options) {
    if (parsed.stat) options.mode = CliMode::stat;
    if (parsed.latency) options.mode = CliMode::latency;
    if (parsed.latency_history) options.mode = CliMode::latency_history;
    if (parsed.latency_dist) options.mode = CliMode::latency_dist;
    if (parsed.pipe) options.mode = CliMode::pipe;
    if (parsed.scan) options.mode = CliMode::scan;
    if (parsed.big_keys) options.mode = CliMode::big_keys;
    if (parsed.mem_keys || parsed.memory_samples) options.mode = CliMode::mem_keys;
    if (parsed.hot_keys || parsed.hot_keys_max) options.mode = CliMode::hot_keys;
    if (!options.eval_file.empty()) options.mode = CliMode::eval;
    if (parsed.memory_samples) options.memory_samples = *parsed.memory_samples;
    if (parsed.hot_keys_max) options.hot_keys_max = *parsed.hot_keys_max;
    if (parsed.intrinsic) {
        if (*parsed.intrinsic <= 0) return fail("--intrinsic-latency needs a number of seconds.");
        options.mode = CliMode::intrinsic_latency;
        options.intrinsic_seconds = *parsed.intrinsic;
    }
    if (parsed.lru) {
        if (*parsed.lru <= 0) return fail("--lru-test needs a number of keys.");
        options.mode = CliMode::lru_test;
        options.lru_keys = *parsed.lru;
    }
    if (parsed.pattern) options.pattern = *parsed.pattern;
    if (parsed.quoted_pattern) {
        std::optional<std::string> pattern = unquote(*parsed.quoted_pattern);
        if (!pattern) return fail("Invalid quoted string specified for --quoted-pattern.");
        options.pattern = std::move(*pattern);
    }
    return {};
}

Result<> apply_all(const Parsed& parsed, const CliEnvironment& env, CliOptions& options) {
    if (Result<> done = apply_environment(env, options); !done) return done;
    if (Result<> done = apply_connection(parsed, options); !done) return done;
    apply_output(parsed, env, options);
    if (Result<> done = apply_mode(parsed, options); !done) return done;
    if (parsed.resp2 && parsed.resp3) return fail("Options -2 and -3 are mutually exclusive.");
    if (parsed.ipv4 && parsed.ipv6) return fail("Options -4 and -6 are mutually exclusive.");
    if (parsed.interval_s < 0) return fail("Invalid interval for -i.");
    options.interval_us = std::llround(parsed.interval_s * 1e6);
    if (parsed.stdin_tag) options.stdin_tag = *parsed.stdin_tag;
    if (options.stdin_is_last_argument && !options.stdin_tag.empty())
        return fail("Options -x and -X are mutually exclusive.");
    if (options.pipe_timeout_s < 0) return fail("Invalid --pipe-timeout.");
    return {};
}

std::string help_text(const CLI::App& app) {
    std::string text = app.help();
    const size_t usage_end = text.find("[OPTIONS]");
    if (usage_end != std::string::npos)
        text.insert(usage_end + std::strlen("[OPTIONS]"), " [command [argument ...]]");
    return text;
}

CliOptions print_and_leave(std::string text) {
    CliOptions options;
    options.mode = CliMode::print;
    options.text = std::move(text);
    return options;
}

}  // namespace

Result<CliOptions> parse_options(const std::vector<std::string>& args, const CliEnvironment& env) {
    CliOptions options;
    Parsed parsed;
    CLI::App app("rota-cli " ROTA_VERSION, "rota-cli");
    app.prefix_command();
    app.set_help_flag("--help", "Show this help (also: -h alone)");
    app.add_flag("-v,--version", parsed.version, "Show the version");
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app.get_formatter()->column_width(28);
    app.footer(kExamples);
    add_connection_options(app, options, parsed);
    add_command_options(app, options, parsed);
    add_output_options(app, options, parsed);
    add_mode_options(app, options, parsed);
    add_tls_options(app, parsed);
    try {
        app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    } catch (const CLI::CallForHelp&) {
        return print_and_leave(help_text(app));
    } catch (const CLI::ParseError& error) {
        if (!args.empty() && args.back() == "-h") return print_and_leave(help_text(app));
        return fail(std::string(error.what()) + "\nrota-cli --help lists the options.");
    }
    options.command = app.remaining();
    if (!options.command.empty() && options.command.front().starts_with('-'))
        return fail("Unrecognized option or bad number of args for: '" + options.command.front() +
                    "'\nrota-cli --help lists the options.");
    if (parsed.version) return print_and_leave("rota-cli " ROTA_VERSION "\n");
    if (std::optional<std::string> missing = missing_feature(parsed)) return fail(*missing);
    if (Result<> done = apply_all(parsed, env, options); !done)
        return std::unexpected(done.error());
    return options;
}

}  // namespace rota
