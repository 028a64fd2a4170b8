// SPDX-License-Identifier: BSD-3-Clause
// CLI11 reads the options; the first word that is none starts the command (prefix_command), and
// everything behind it belongs to the command.
#include "tools/benchmark/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "platform/text.h"
#include "tools/net/uri.h"

namespace rota {
namespace {

constexpr const char* kFooter =
    "COMMAND may be a sequence: separate commands by ';' (quoted from the shell), put a number\n"
    "before one to repeat it. Every command of a sequence counts as one request.\n"
    "\n"
    "Placeholders in arguments of COMMAND:\n"
    "  __rand_int__                  12 digits below -r, another number at every occurrence\n"
    "  __rand_1st__ .. __rand_9th__  likewise, but one number for all occurrences of the name\n"
    "                                within a command or sequence\n"
    "  __data__                      -d bytes\n"
    "\n"
    "Latency is measured from the moment a request is sent. With --rps it is measured from the\n"
    "moment at which the request was due: requests that had to wait because the server (or all\n"
    "connections) were busy show that wait. Use --rps to compare latencies.\n"
    "\n"
    "Examples:\n"
    "  rota-benchmark -t set,get -n 1000000 -r 1000000 -d 512 -P 16\n"
    "  rota-benchmark --rps 50000 --duration 30 --warmup 5 -t get -r 1000000\n"
    "  rota-benchmark -r 100000 -d 64 -- set key:__rand_int__ __data__ ';' 4 get key:__rand_int__\n"
    "  rota-benchmark -q --json result.json -t ping,set,get";

// What CLI11 fills before it becomes BenchmarkOptions.
struct Parsed {
    std::optional<std::string> host, uri, tests;
    std::optional<int64_t> port, requests;
    int keep_alive = 1;
    bool resp3 = false, version = false, show_errors = false;
    bool cluster = false, tls = false, insecure = false;
    std::optional<std::string> read_from;
    std::string ignored;  // TLS files: of no use without TLS
};

void add_connection_options(CLI::App& app, BenchmarkOptions& o, Parsed& p) {
    const char* group = "Connection";
    app.add_option("-h", p.host, "Server host (default: 127.0.0.1)")->group(group);
    app.add_option("-p", p.port, "Server port (default: 6379)")->group(group);
    app.add_option("-s", o.target.unix_path, "Unix socket of the server, instead of -h and -p")
        ->group(group);
    app.add_option("-a", o.login.password, "Password")->group(group);
    app.add_option("--user", o.login.user, "User name to authenticate with; needs -a")
        ->group(group);
    app.add_option("-u", p.uri, "Server URI: valkey://user:password@host:port/db")->group(group);
    app.add_option("--dbnum", o.login.db, "Database number (default: 0)")->group(group);
    app.add_flag("-3", p.resp3, "Speak RESP3")->group(group);
    app.add_flag("--enable-tracking", o.tracking, "Send CLIENT TRACKING on first")->group(group);
    app.add_flag("--mptcp", o.target.mptcp, "Use Multipath TCP")->group(group);
    app.add_flag("--cluster", p.cluster, "Spread over a cluster (not yet)")->group(group);
    app.add_option("--rfr", p.read_from, "Read from replicas: all, yes, no (needs --cluster)")
        ->group(group);
    app.add_flag("--rdma", o.target.rdma, "Use RDMA")->group(group);
    app.add_flag("--tls", p.tls, "Use TLS (not in this build)")->group(group);
    app.add_flag("--insecure", p.insecure, "TLS: do not verify the certificate")->group(group);
    for (const char* name : {"--sni", "--cacert", "--cacertdir", "--cert", "--key", "--tls-ciphers",
                             "--tls-ciphersuites"}) {
        app.add_option(name, p.ignored, "TLS, accepted")->group(group);
    }
}

void add_load_options(CLI::App& app, BenchmarkOptions& o, Parsed& p) {
    const char* group = "Load";
    app.add_option("-c", o.clients, "Parallel connections (default: 50)")->group(group);
    app.add_option("-n", p.requests, "Requests in all (default: 100000)")->group(group);
    app.add_option("--duration", o.duration_s, "Seconds to run for, instead of -n")->group(group);
    app.add_option("--warmup", o.warmup_s, "Seconds to run before anything is counted")
        ->group(group);
    app.add_option("--rps", o.rps, "Send this many requests a second, not as many as possible")
        ->group(group);
    app.add_option("--threads", o.threads, "Threads, each with its share of the connections")
        ->group(group);
    app.add_option("-P", o.pipeline, "Requests (or sequences) sent at once (default: 1)")
        ->group(group);
    app.add_option("-k", p.keep_alive, "1: keep connections (default), 0: reconnect every time")
        ->group(group);
    app.add_flag("-l", o.loop, "Run the tests for ever")->group(group);
    app.add_flag("-I", o.idle, "Only open the connections and wait")->group(group);
}

void add_request_options(CLI::App& app, BenchmarkOptions& o, Parsed& p) {
    const char* group = "Requests";
    app.add_option("-t", p.tests, "Run only these tests, separated by commas")->group(group);
    app.add_option("-d", o.data_size, "Bytes of a value (default: 3)")->group(group);
    app.add_option("-r", o.keyspace,
                   "Use random keys, members and scores below this number;\n"
                   "without it every request uses the same key")
        ->group(group);
    app.add_flag("--sequential", o.sequential, "With -r: count up instead of random numbers")
        ->group(group);
    app.add_option("--seed", o.seed, "Start of the random numbers (default: the time)")
        ->group(group);
    app.add_option("--num-functions", o.functions,
                   "Functions in the library of function_load, fcall")
        ->group(group);
    app.add_option("--num-keys-in-fcall", o.fcall_keys, "Keys of each fcall (default: 1)")
        ->group(group);
    app.add_flag("-x", o.stdin_is_last_argument, "Standard input is the last argument of COMMAND")
        ->group(group);
    app.add_flag("-e", p.show_errors, "Accepted; an error reply always ends the run")->group(group);
}

void add_output_options(CLI::App& app, BenchmarkOptions& o, Parsed& p) {
    const char* group = "Output";
    app.add_flag("-q", o.quiet, "One line per test")->group(group);
    app.add_flag("--csv", o.csv, "CSV")->group(group);
    app.add_option("--json", o.json_path,
                   "Also write JSON to this file; -: to standard output alone")
        ->group(group);
    app.add_option("--precision", o.precision, "Decimals of latencies, 0 to 6 (default: 3)")
        ->group(group);
    app.add_flag("-v,--version", p.version, "Print the version")->group(group);
}

Result<> apply_uri(BenchmarkOptions& o, const std::string& text) {
    auto uri = parse_server_uri(text);
    if (!uri) return std::unexpected(uri.error());
    if (uri->tls) return fail("TLS is not in this build: use a valkey:// URI");
    if (!uri->host.empty()) o.target.host = uri->host;
    if (uri->port) o.target.port = *uri->port;
    if (!uri->user.empty()) o.login.user = uri->user;
    if (uri->password) o.login.password = *uri->password;
    if (uri->db) o.login.db = *uri->db;
    return {};
}

Result<> within(const char* option, int64_t value, int64_t min, int64_t max) {
    if (value >= min && value <= max) return {};
    return fail(format("%s must be between %lld and %lld", option, static_cast<long long>(min),
                       static_cast<long long>(max)));
}

Result<> check_ranges(const BenchmarkOptions& o, const Parsed& p) {
    struct Range {
        const char* option;
        int64_t value, min, max;
    };
    const Range ranges[] = {
        {"-p", p.port.value_or(6379), 1, 65535},
        {"-c", o.clients, 1, kBenchmarkClientsMax},
        {"-n", o.requests, 1, INT64_MAX},
        {"-d", o.data_size, 1, kBenchmarkDataMax},
        {"-P", o.pipeline, 1, kBenchmarkPipelineMax},
        {"--threads", o.threads, 0, kBenchmarkThreadsMax},
        {"--rps", o.rps, 0, 1'000'000'000},
        {"--precision", o.precision, 0, kBenchmarkPrecisionMax},
        {"--num-functions", o.functions, 1, 1'000'000},
        {"--num-keys-in-fcall", o.fcall_keys, 1, 1'000'000},
        {"--dbnum", o.login.db, 0, INT32_MAX},
        {"--duration", static_cast<int64_t>(o.duration_s), 0, 1'000'000'000},
        {"--warmup", static_cast<int64_t>(o.warmup_s), 0, 1'000'000'000},
    };
    for (const Range& range : ranges) {
        if (auto ok = within(range.option, range.value, range.min, range.max); !ok) return ok;
    }
    return {};
}

Result<> refuse_unbuilt(const Parsed& p) {
    if (p.cluster) return fail("--cluster is not supported yet: name one node with -h and -p");
    if (p.read_from) return fail("--rfr needs --cluster, which is not supported yet");
    if (p.tls || p.insecure || !p.ignored.empty()) return fail("TLS is not in this build");
    return {};
}

Result<> finish(BenchmarkOptions& o, Parsed& p) {
    if (auto ok = refuse_unbuilt(p); !ok) return ok;
    if (p.requests && o.duration_s > 0) {
        return fail("Options -n and --duration are mutually exclusive");
    }
    if (p.requests) o.requests = *p.requests;
    if (p.host) o.target.host = *p.host;
    if (auto ok = check_ranges(o, p); !ok) return ok;
    if (p.port) o.target.port = static_cast<uint16_t>(*p.port);
    if (p.uri) {
        if (auto ok = apply_uri(o, *p.uri); !ok) return ok;
    }
    o.login.resp = p.resp3 ? 3 : 2;
    o.keep_alive = p.keep_alive != 0;
    // A thread without a connection would have nothing to do.
    o.threads = std::min(o.threads, o.clients);
    if (p.show_errors) o.warnings.push_back("-e has no effect: an error reply always ends the run");
    if (o.sequential && !o.keyspace) o.warnings.push_back("--sequential has no effect without -r");
    if (p.tests && o.command.empty()) {
        std::string word;
        for (char c : *p.tests + ",") {
            if (c != ',') {
                word += to_lower(c);
            } else if (!word.empty()) {
                o.tests.push_back(std::exchange(word, {}));
            }
        }
    }
    return {};
}

}  // namespace

Result<BenchmarkOptions> parse_benchmark_options(const std::vector<std::string>& args) {
    CLI::App app("Puts a server under load and says how many requests it answered, how fast.");
    app.name("rota-benchmark");
    app.set_help_flag("--help", "Print this help");
    app.footer(kFooter);
    app.prefix_command();
    app.get_formatter()->column_width(28);
    app.option_defaults()->take_last();

    BenchmarkOptions options;
    Parsed parsed;
    add_connection_options(app, options, parsed);
    add_load_options(app, options, parsed);
    add_request_options(app, options, parsed);
    add_output_options(app, options, parsed);
    try {
        app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    } catch (const CLI::CallForHelp&) {
        options.print = app.help();
        const Slice usage_end = "[OPTIONS]";  // CLI11 does not know what prefix_command() is for
        const size_t at = options.print.find(usage_end);
        if (at != std::string::npos) {
            options.print.insert(at + usage_end.size(), " [--] [COMMAND ARGS...]");
        }
        return options;
    } catch (const CLI::ParseError& error) {
        return fail(std::string(error.what()) + "\nTry rota-benchmark --help");
    }
    if (parsed.version) {
        options.print = "rota-benchmark " ROTA_VERSION "\n";
        return options;
    }
    options.command = app.remaining();
    if (!options.command.empty() && options.command.front() == "--") {
        options.command.erase(options.command.begin());
    }
    // To CLI11 an option that it does not know is where the command begins.
    if (!options.command.empty() && options.command.front().starts_with('-')) {
        return fail("Unknown option " + options.command.front() + "\nTry rota-benchmark --help");
    }
    if (auto ok = finish(options, parsed); !ok) return std::unexpected(ok.error());
    return options;
}

}  // namespace rota
