// SPDX-License-Identifier: BSD-3-Clause
#include "tools/benchmark/runner.h"

#include <netdb.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "platform/buffer.h"
#include "platform/text.h"
#include "proto/command_writer.h"
#include "tools/benchmark/load.h"
#include "tools/benchmark/report.h"
#include "tools/benchmark/tests_table.h"
#include "tools/net/client_connection.h"
#include "transports/transports.h"

namespace rota {

namespace {

constexpr size_t kTitleShownMax = 100;  // of a command line in progress lines

void say(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// A line on the terminal that the next one overwrites.
class ProgressLine {
public:
    explicit ProgressLine(bool shown) : shown_(shown) {}
    void show(const std::string& text) {
        if (!shown_) return;
        const size_t blank = text.size() < width_ ? width_ - text.size() : 0;
        std::printf("\r%s%*s", text.c_str(), static_cast<int>(blank), "");
        std::fflush(stdout);
        width_ = text.size();
    }
    void clear() {
        if (width_ == 0) return;
        show("");
        std::printf("\r");
        width_ = 0;
    }

private:
    bool shown_;
    size_t width_ = 0;
};

class Benchmark {
public:
    explicit Benchmark(const BenchmarkOptions& options)
        : options_(options),
          seed_(options.seed ? *options.seed
                             : static_cast<uint64_t>(
                                   std::chrono::steady_clock::now().time_since_epoch().count())),
          data_(make_data(static_cast<size_t>(options.data_size), seed_)),
          progress_(!options.csv && !options.json_to_stdout() && ::isatty(STDOUT_FILENO) != 0) {}

    int run();

private:
    Result<> prepare();
    void read_settings();
    void make_greeting();
    Result<> load_library();
    Result<std::vector<BenchmarkTest>> tests();
    Result<> run_tests(const std::vector<BenchmarkTest>& tests);
    Result<> run_test(const BenchmarkTest& test);
    Result<> run_idle();
    RequestTemplate make_template(const BenchmarkTest& test) const;
    LoadPlan make_plan() const;
    void report(TestReport done);
    Result<> check_json_path() const;
    Result<> write_json() const;

    const BenchmarkOptions& options_;
    const uint64_t seed_;
    const std::string data_;
    ProgressLine progress_;
    Clock clock_;
    ClientConnection control_;  // says what the tests need before they run
    Endpoint server_;
    ServerSettings settings_;
    Buffer greeting_;
    uint64_t greeting_replies_ = 0;
    std::vector<TestReport> reports_;
};

int Benchmark::run() {
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // inherited by the threads: --rps means its due times
    for (const std::string& warning : options_.warnings) {
        std::fprintf(stderr, "WARNING: %s\n", warning.c_str());
    }
    Result<> done = check_json_path();
    if (done) done = prepare();
    if (done && options_.idle) done = run_idle();
    if (done && !options_.idle) {
        auto chosen = tests();
        done = chosen ? Result<>() : std::unexpected(chosen.error());
        if (done && options_.csv && !options_.json_to_stdout()) say(csv_header());
        while (done) {
            done = run_tests(*chosen);
            if (!options_.loop) break;
        }
        if (done && !options_.csv && !options_.json_to_stdout()) say("\n");
    }
    if (done && !options_.json_path.empty()) done = write_json();
    progress_.clear();
    std::fflush(stdout);
    if (done) return 0;
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return 1;
}

// The address that the control connection found, so that nobody asks for the name again.
Endpoint endpoint_of(const ClientConnection& connection, const ConnectTarget& target) {
    if (!target.unix_path.empty()) return Endpoint::unix_path(target.unix_path);
    if (target.rdma) return Endpoint::rdma(target.host, target.port);
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    char host[NI_MAXHOST];
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::getpeername(connection.fd(), generic, &size) != 0 ||
        ::getnameinfo(generic, size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) {
        return Endpoint::tcp(target.host, target.port);
    }
    return Endpoint::tcp(host, target.port);
}

Result<std::unique_ptr<Transport>> make_client_transport(const ConnectTarget& target) {
    return target.rdma ? make_rdma() : make_transport("epoll");
}

Result<> Benchmark::prepare() {
    auto opened = ClientConnection::open(options_.target);
    if (!opened) {
        return fail("Could not connect to server at " + options_.target.name() + ": " +
                    opened.error().message);
    }
    control_ = std::move(*opened);
    if (auto ok = control_.login(options_.login); !ok) {
        return fail("Error from server: " + ok.error().message);
    }
    server_ = endpoint_of(control_, options_.target);
    read_settings();
    make_greeting();
    return {};
}

void Benchmark::read_settings() {
    const auto get = [&](Slice name) -> std::optional<std::string> {
        auto reply = control_.call({"CONFIG", "GET", name});
        if (!reply || reply->is_error() || reply->elements.size() != 2) return std::nullopt;
        return reply->elements[1].text;
    };
    const auto save = get("save"), appendonly = get("appendonly");
    settings_.known = save.has_value() && appendonly.has_value();
    if (settings_.known) {
        settings_.save = *save;
        settings_.appendonly = *appendonly;
    } else if (control_.is_open()) {
        std::fprintf(stderr, "WARNING: Could not fetch server CONFIG\n");
    }
}

void Benchmark::make_greeting() {
    const auto add = [&](std::initializer_list<Slice> args) {
        append_command(greeting_, args);
        ++greeting_replies_;
    };
    const Login& login = options_.login;
    if (!login.password.empty()) {
        if (login.user.empty()) {
            add({"AUTH", login.password});
        } else {
            add({"AUTH", login.user, login.password});
        }
    }
    if (login.resp == 3) add({"HELLO", "3"});
    if (options_.tracking) add({"CLIENT", "TRACKING", "on"});
    if (login.db != 0) add({"SELECT", std::to_string(login.db)});
}

Result<> Benchmark::load_library() {
    auto reply =
        control_.call({"FUNCTION", "LOAD", "REPLACE", function_library(options_.functions)});
    if (!reply) return std::unexpected(reply.error());
    if (reply->is_error()) return fail("Error from server: " + reply->text);
    return {};
}

Result<std::vector<BenchmarkTest>> Benchmark::tests() {
    if (options_.command.empty()) {
        std::vector<std::string> unknown;
        auto chosen = choose_tests(options_, unknown);
        for (const std::string& name : unknown) {
            std::fprintf(stderr, "WARNING: no test is called '%s'\n", name.c_str());
        }
        return chosen;
    }
    std::string input;
    if (options_.stdin_is_last_argument) {
        input.assign(std::istreambuf_iterator<char>(std::cin), {});
    }
    auto test = command_test(options_, input);
    if (!test) return std::unexpected(test.error());
    return std::vector<BenchmarkTest>{std::move(*test)};
}

Result<> Benchmark::run_tests(const std::vector<BenchmarkTest>& tests) {
    for (const BenchmarkTest& test : tests) {
        Result<> done;
        if (test.name == "fcall") done = load_library();
        if (done) done = run_test(test);
        if (done) continue;
        // A default run goes on where the server only lacks the command. Whoever names a test or a
        // command wants to know.
        const bool lacks = done.error().message.find("ERR unknown command") != std::string::npos ||
                           done.error().message.find("ERR unknown subcommand") != std::string::npos;
        if (!lacks || !options_.tests.empty() || !options_.command.empty()) return done;
        progress_.clear();
        std::fprintf(stderr, "%s: skipped. %s\n", test.title.c_str(), done.error().message.c_str());
    }
    return {};
}

RequestTemplate Benchmark::make_template(const BenchmarkTest& test) const {
    const auto pipeline = static_cast<size_t>(options_.pipeline);
    if (!test.inline_request.empty()) {
        return RequestTemplate::build_raw(test.inline_request, pipeline);
    }
    return RequestTemplate::build(test.unit, pipeline, options_.keyspace.has_value(), data_);
}

LoadPlan Benchmark::make_plan() const {
    LoadPlan plan;
    plan.server = server_;
    plan.connect.mptcp = options_.target.mptcp;
    plan.greeting = greeting_.view();
    plan.greeting_replies = greeting_replies_;
    plan.clients = static_cast<uint64_t>(options_.clients);
    plan.threads = static_cast<uint64_t>(options_.thread_count());
    plan.requests_max = static_cast<uint64_t>(options_.requests);
    plan.duration_ns = static_cast<int64_t>(options_.duration_s * 1e9);
    plan.warmup_ns = static_cast<int64_t>(options_.warmup_s * 1e9);
    plan.rps = static_cast<uint64_t>(options_.rps);
    plan.keep_alive = options_.keep_alive;
    plan.keyspace = options_.keyspace.value_or(1);
    plan.seed = seed_;
    return plan;
}

Result<> Benchmark::run_test(const BenchmarkTest& test) {
    const RequestTemplate requests = make_template(test);
    SequenceCounters counters;
    LoadPlan plan = make_plan();
    plan.requests = &requests;
    plan.sequence = options_.sequential ? &counters : nullptr;

    LoadProgress last;
    const std::string shown = test.title.substr(0, kTitleShownMax);
    auto result = run_load(
        plan, [this] { return make_client_transport(options_.target); }, clock_,
        [&](const LoadProgress& now) {
            progress_.show(progress_line(shown, now, last));
            last = now;
        });
    if (!result) return std::unexpected(result.error());
    // What a user calls the payload of a command line is the whole request.
    const bool own_command = !options_.command.empty();
    report({test.title,
            own_command ? requests.unit_bytes() : static_cast<size_t>(options_.data_size),
            std::move(*result)});
    return {};
}

Result<> Benchmark::run_idle() {
    LoadPlan plan = make_plan();
    plan.idle = true;
    std::printf("Creating %lld idle connections and waiting forever (Ctrl+C when done)\n",
                static_cast<long long>(options_.clients));
    std::fflush(stdout);
    auto result = run_load(
        plan, [this] { return make_client_transport(options_.target); }, clock_, nullptr);
    return result ? Result<>() : std::unexpected(result.error());
}

void Benchmark::report(TestReport done) {
    progress_.clear();
    if (!options_.json_to_stdout()) {
        if (options_.csv) {
            say(csv_row(done));
        } else if (options_.quiet) {
            say(quiet_report(done, options_));
        } else {
            say(full_report(done, options_, settings_));
        }
        std::fflush(stdout);
    }
    // Under -l nobody would ever read them.
    if (!options_.json_path.empty() && !options_.loop) reports_.push_back(std::move(done));
}

// Better to learn it before an hour of measuring than after.
Result<> Benchmark::check_json_path() const {
    if (options_.json_path.empty() || options_.json_to_stdout()) return {};
    if (std::ofstream(options_.json_path, std::ios::app)) return {};
    return fail_errno("cannot write " + options_.json_path, errno);
}

Result<> Benchmark::write_json() const {
    const std::string text = json_report(reports_, options_);
    if (options_.json_to_stdout()) {
        say(text);
        return {};
    }
    std::ofstream file(options_.json_path, std::ios::trunc);
    file << text;
    file.close();
    if (!file) return fail_errno("cannot write " + options_.json_path, errno);
    return {};
}

}  // namespace

int run_benchmark(const BenchmarkOptions& options) { return Benchmark(options).run(); }

}  // namespace rota
