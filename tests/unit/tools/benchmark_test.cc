// SPDX-License-Identifier: BSD-3-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "platform/clock.h"
#include "proto/request_parser.h"
#include "tools/benchmark/load.h"
#include "tools/benchmark/options.h"
#include "tools/benchmark/pacer.h"
#include "tools/benchmark/report.h"
#include "tools/benchmark/request_template.h"
#include "tools/benchmark/tests_table.h"
#include "transports/transports.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

BenchmarkOptions parsed(const std::vector<std::string>& args) {
    auto options = parse_benchmark_options(args);
    EXPECT_TRUE(options.has_value()) << (options ? "" : options.error().message);
    return options.value_or(BenchmarkOptions());
}

std::string refusal(const std::vector<std::string>& args) {
    const auto options = parse_benchmark_options(args);
    return options ? "accepted" : options.error().message;
}

// --- options ---

TEST(BenchmarkOptions, HaveValkeysDefaults) {
    const BenchmarkOptions o = parsed({});
    EXPECT_EQ(o.target.name(), "127.0.0.1:6379");
    EXPECT_EQ(o.clients, 50);
    EXPECT_EQ(o.requests, 100000);
    EXPECT_EQ(o.data_size, 3);
    EXPECT_EQ(o.pipeline, 1);
    EXPECT_EQ(o.precision, 3);
    EXPECT_EQ(o.login.resp, 2);
    EXPECT_TRUE(o.keep_alive);
    EXPECT_FALSE(o.keyspace.has_value());
}

TEST(BenchmarkOptions, ReadEverySwitchThatValkeyKnows) {
    const BenchmarkOptions o = parsed({"-h",        "::1",
                                       "-p",        "7000",
                                       "-a",        "pw",
                                       "--user",    "me",
                                       "-c",        "9",
                                       "-n",        "10",
                                       "-d",        "4",
                                       "--dbnum",   "3",
                                       "-3",        "--threads",
                                       "2",         "-k",
                                       "0",         "-r",
                                       "100",       "--sequential",
                                       "-P",        "8",
                                       "-q",        "--precision",
                                       "1",         "--csv",
                                       "-l",        "-t",
                                       "PING,,Set", "--rps",
                                       "50",        "--seed",
                                       "7",         "--num-functions",
                                       "5",         "--num-keys-in-fcall",
                                       "2",         "--enable-tracking",
                                       "--mptcp",   "-e",
                                       "--warmup",  "1.5",
                                       "--json",    "-"});
    EXPECT_EQ(o.target.host, "::1");
    EXPECT_EQ(o.target.port, 7000);
    EXPECT_EQ(o.login.user, "me");
    EXPECT_EQ(o.login.password, "pw");
    EXPECT_EQ(o.login.db, 3);
    EXPECT_EQ(o.login.resp, 3);
    EXPECT_EQ(o.threads, 2);
    EXPECT_FALSE(o.keep_alive);
    EXPECT_EQ(o.keyspace, 100u);
    EXPECT_TRUE(o.sequential && o.quiet && o.csv && o.loop && o.tracking && o.target.mptcp);
    EXPECT_EQ(o.pipeline, 8);
    EXPECT_THAT(o.tests, ElementsAre("ping", "set"));
    EXPECT_EQ(o.rps, 50);
    EXPECT_EQ(o.seed, 7u);
    EXPECT_EQ(o.functions, 5);
    EXPECT_EQ(o.fcall_keys, 2);
    EXPECT_EQ(o.warmup_s, 1.5);
    EXPECT_TRUE(o.json_to_stdout());
    EXPECT_THAT(o.warnings, ElementsAre(HasSubstr("-e has no effect")));
}

TEST(BenchmarkOptions, LeaveEverythingBehindTheCommandToIt) {
    EXPECT_THAT(parsed({"-q", "set", "-n", "5"}).command, ElementsAre("set", "-n", "5"));
    EXPECT_THAT(parsed({"-n", "5", "--", "get", "k", ";", "ping"}).command,
                ElementsAre("get", "k", ";", "ping"));
    EXPECT_EQ(parsed({"-n", "5", "--", "get", "k"}).requests, 5);
}

TEST(BenchmarkOptions, TakeAServerUri) {
    const BenchmarkOptions o = parsed({"-u", "valkey://me:pw@example.org:7001/4"});
    EXPECT_EQ(o.target.name(), "example.org:7001");
    EXPECT_EQ(o.login.password, "pw");
    EXPECT_EQ(o.login.db, 4);
}

TEST(BenchmarkOptions, RefuseWhatCannotBeDone) {
    EXPECT_EQ(refusal({"-n", "5", "--duration", "1"}),
              "Options -n and --duration are mutually exclusive");
    EXPECT_THAT(refusal({"--cluster"}), HasSubstr("not supported yet"));
    EXPECT_THAT(refusal({"--rfr", "yes"}), HasSubstr("--cluster"));
    EXPECT_THAT(refusal({"--tls"}), HasSubstr("not in this build"));
    EXPECT_THAT(refusal({"--cacert", "x.pem"}), HasSubstr("not in this build"));
    EXPECT_TRUE(parsed({"--rdma"}).target.rdma);
    EXPECT_THAT(refusal({"-c", "0"}), HasSubstr("-c must be between 1 and"));
    EXPECT_THAT(refusal({"-P", "x"}), HasSubstr("-P"));
    EXPECT_THAT(refusal({"-q", "--nosuch"}), StartsWith("Unknown option --nosuch"));
}

TEST(BenchmarkOptions, HelpNamesThePlaceholdersAndTheOpenLoop) {
    const std::string help = parsed({"--help"}).print;
    EXPECT_THAT(help, HasSubstr("__rand_1st__"));
    EXPECT_THAT(help, HasSubstr("[OPTIONS] [--] [COMMAND ARGS...]"));
    EXPECT_THAT(help, HasSubstr("moment at which the request was due"));
    EXPECT_THAT(parsed({"--version"}).print, StartsWith("rota-benchmark "));
}

// --- sequences and templates ---

std::vector<UnitCommand> sequence(const std::vector<std::string>& words) {
    auto unit = parse_sequence(words);
    EXPECT_TRUE(unit.has_value());
    return unit.value_or(std::vector<UnitCommand>());
}

TEST(BenchmarkSequence, SplitsAtSemicolonsAndRepeats) {
    const auto unit = sequence({"set", "k", "4", ";", "4", "get", "k", ";"});
    ASSERT_EQ(unit.size(), 2u);
    EXPECT_THAT(unit[0].args, ElementsAre("set", "k", "4"));
    EXPECT_EQ(unit[0].repeat, 1u);
    EXPECT_THAT(unit[1].args, ElementsAre("get", "k"));
    EXPECT_EQ(unit[1].repeat, 4u);
}

TEST(BenchmarkSequence, RefusesEmptyCommands) {
    EXPECT_FALSE(parse_sequence(std::vector<std::string>{";", "get", "k"}).has_value());
    EXPECT_FALSE(
        parse_sequence(std::vector<std::string>{"get", "k", ";", ";", "ping"}).has_value());
    EXPECT_FALSE(parse_sequence(std::vector<std::string>{"0", "get", "k"}).has_value());
}

// The first `units` units of the template with numbers in them.
std::string expand(const RequestTemplate& requests, size_t units, const NumberSource& numbers) {
    std::string copy(requests.bytes());
    requests.patch(copy.data(), units, numbers);
    return copy.substr(0, units * requests.unit_bytes());
}

TEST(RequestTemplate, RepeatsTheUnitForThePipeline) {
    const auto requests = RequestTemplate::build(sequence({"2", "ping"}), 3, false, "");
    EXPECT_EQ(requests.unit_commands(), 2u);
    EXPECT_EQ(requests.unit_bytes(), 28u);
    EXPECT_EQ(requests.bytes().size(), 3 * 28u);
    EXPECT_THAT(std::string(requests.bytes()), StartsWith("*1\r\n$4\r\nping\r\n*1\r\n"));
}

TEST(RequestTemplate, PutsDataInBeforeItCountsBytes) {
    const auto requests =
        RequestTemplate::build(sequence({"set", "k", "<__data__>"}), 1, false, "abc");
    EXPECT_EQ(requests.bytes(), "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$5\r\n<abc>\r\n");
}

TEST(RequestTemplate, LeavesPlaceholdersAloneWithoutAKeyspace) {
    const auto requests = RequestTemplate::build(sequence({"get", "k__rand_int__"}), 1, false, "");
    EXPECT_FALSE(requests.has_placeholders());
    EXPECT_THAT(std::string(requests.bytes()), HasSubstr("k__rand_int__"));
}

TEST(RequestTemplate, CountsEachNameForItselfUnderSequential) {
    const auto requests =
        RequestTemplate::build(sequence({"set", "__rand_int__", "__rand_int__", ";", "set",
                                         "__rand_1st__", "__rand_1st__"}),
                               2, true, "");
    SequenceCounters counters;
    const NumberSource numbers{.limit = 3, .sequence = &counters};
    const std::string text = expand(requests, 2, numbers);
    std::vector<std::string> drawn;
    for (size_t at = 0; (at = text.find("$12\r\n", at)) != std::string::npos;) {
        drawn.push_back(text.substr(at += 5, 12));
    }
    EXPECT_THAT(drawn, ElementsAre("000000000000", "000000000001", "000000000000", "000000000000",
                                   "000000000002", "000000000000", "000000000001", "000000000001"));
}

TEST(RequestTemplate, PatchesOnlyTheUnitsThatAreSent) {
    const auto requests = RequestTemplate::build(sequence({"get", "__rand_9th__"}), 2, true, "");
    SequenceCounters counters;
    std::string copy(requests.bytes());
    requests.patch(copy.data(), 1, {.limit = 100, .sequence = &counters});
    EXPECT_THAT(copy.substr(0, requests.unit_bytes()), HasSubstr("000000000000"));
    EXPECT_THAT(copy.substr(requests.unit_bytes()), HasSubstr("__rand_9th__"));
}

TEST(RequestTemplate, DrawsRandomNumbersBelowTheLimit) {
    RandomNumbers random(1);
    std::set<uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random.below(10));
    EXPECT_EQ(seen.size(), 10u);
    EXPECT_EQ(*seen.rbegin(), 9u);
    EXPECT_EQ(random.below(0), 0u);
    EXPECT_EQ(RandomNumbers(5).next(), RandomNumbers(5).next());
}

TEST(RequestTemplate, PadsToTwelveDigits) {
    char out[12];
    const auto padded = [&](uint64_t number) {
        write_padded(out, number);
        return std::string(out, sizeof out);
    };
    EXPECT_EQ(padded(0), "000000000000");
    EXPECT_EQ(padded(123'456'789'012), "123456789012");
    EXPECT_EQ(padded(9'999), "000000009999");
    EXPECT_EQ(padded(5'000'000'000'001), "000000000001");
}

// --- the named tests ---

std::vector<std::string> chosen(const std::string& names,
                                std::vector<std::string>* unknown = nullptr) {
    std::vector<std::string> ignored, titles;
    const auto tests = choose_tests(parsed({"-t", names}), unknown ? *unknown : ignored);
    if (tests) {
        for (const BenchmarkTest& test : *tests) titles.push_back(test.name);
    }
    return titles;
}

TEST(BenchmarkTests, ComeInTheirOwnOrderWhateverTheUserSays) {
    EXPECT_THAT(chosen("get,ping,set"), ElementsAre("ping_inline", "ping_mbulk", "set", "get"));
    EXPECT_THAT(chosen("lrange_300"), ElementsAre("lrange", "lrange_300"));
    EXPECT_THAT(chosen("lrange"),
                ElementsAre("lrange", "lrange_100", "lrange_300", "lrange_500", "lrange_600"));
}

TEST(BenchmarkTests, UnknownNamesAreToldAndAloneAreAnError) {
    std::vector<std::string> unknown;
    EXPECT_THAT(chosen("get,lrange_7", &unknown), ElementsAre("get"));
    EXPECT_THAT(unknown, ElementsAre("lrange_7"));
    EXPECT_TRUE(chosen("nosuch").empty());
}

TEST(BenchmarkTests, AllHaveTheNamesThatValkeyHas) {
    std::vector<std::string> unknown, names;
    const auto tests = choose_tests(parsed({}), unknown);
    ASSERT_TRUE(tests.has_value());
    for (const BenchmarkTest& test : *tests) names.push_back(test.name);
    EXPECT_THAT(names, ElementsAre("ping_inline", "ping_mbulk", "set", "get", "incr", "lpush",
                                   "rpush", "lpop", "rpop", "sadd", "hset", "spop", "zadd",
                                   "zpopmin", "lrange", "lrange_100", "lrange_300", "lrange_500",
                                   "lrange_600", "mset", "mget", "xadd", "function_load", "fcall"));
}

// --- pacing ---

TEST(Pacer, KeepsItsScheduleWhateverHappens) {
    FakeClockSource time;
    const int64_t start_ns = time.monotonic_ns();
    Pacer pacer(start_ns, 1e6);  // one a millisecond
    EXPECT_TRUE(pacer.is_due(time.monotonic_ns()));
    EXPECT_EQ(pacer.take(), start_ns);
    EXPECT_FALSE(pacer.is_due(time.monotonic_ns()));
    EXPECT_EQ(pacer.wait_ns(time.monotonic_ns()), 1'000'000);
    time.advance_ms(10);  // the server hung: ten are due, each at its own time
    for (int i = 1; i <= 10; ++i) {
        ASSERT_TRUE(pacer.is_due(time.monotonic_ns()));
        EXPECT_EQ(pacer.take(), start_ns + i * 1'000'000);
    }
    EXPECT_FALSE(pacer.is_due(time.monotonic_ns()));
}

TEST(Pacer, KeepsFractionsOfANanosecond) {
    Pacer pacer(0, 1e9 / 3);
    for (int i = 0; i < 3000; ++i) pacer.take();
    EXPECT_NEAR(static_cast<double>(pacer.due_ns()), 1e12, 1);
}

// --- reports ---

TestReport sample_report() {
    TestReport report;
    report.title = "SET";
    report.payload_bytes = 3;
    for (int i = 0; i < 99; ++i) report.result.latency_ns.record(250'000);
    report.result.latency_ns.record(2'500'000);
    report.result.requests = 100;
    report.result.requests_sent = 100;
    report.result.cpu_us = 150;
    report.result.elapsed_ns = 500'000'000;
    return report;
}

TEST(BenchmarkReport, LooksAsValkeysDoes) {
    const ServerSettings server{true, "3600 1", "no"};
    EXPECT_EQ(full_report(sample_report(), parsed({"--threads", "2"}), server),
              "====== SET ======\n"
              "  100 requests completed in 0.50 seconds\n"
              "  50 parallel clients\n"
              "  3 bytes payload\n"
              "  keep alive: 1\n"
              "  host configuration \"save\": 3600 1\n"
              "  host configuration \"appendonly\": no\n"
              "  multi-thread: yes\n"
              "  threads: 2\n"
              "\n"
              "Latency by percentile distribution:\n"
              "0.000% <= 0.250 milliseconds (cumulative count 99)\n"
              "99.219% <= 2.500 milliseconds (cumulative count 100)\n"
              "100.000% <= 2.500 milliseconds (cumulative count 100)\n"
              "\n"
              "Cumulative distribution of latencies:\n"
              "0.000% <= 0.100 milliseconds (cumulative count 0)\n"
              "99.000% <= 0.300 milliseconds (cumulative count 99)\n"
              "100.000% <= 3.000 milliseconds (cumulative count 100)\n"
              "\n"
              "Summary:\n"
              "  throughput summary: 200.00 requests per second\n"
              "  latency summary (msec):\n"
              "          avg       min       p50       p95       p99       max\n"
              "        0.273     0.250     0.250     0.250     0.250     2.500\n"
              "\n");
}

TEST(BenchmarkReport, OneLinersAndCsvLookAsValkeysDo) {
    EXPECT_EQ(quiet_report(sample_report(), parsed({})),
              "SET: 200.00 requests per second, p50=0.250 msec\n");
    EXPECT_EQ(csv_row(sample_report()),
              "\"SET\",\"200.00\",\"0.273\",\"0.250\",\"0.250\",\"0.250\",\"0.250\",\"2.500\"\n");
    EXPECT_EQ(csv_header().substr(0, 29), "\"test\",\"rps\",\"avg_latency_ms\"");
}

TEST(BenchmarkReport, JsonHoldsTheSameAndTheGeneratorsCost) {
    TestReport report = sample_report();
    report.title = "say \"hi\"\n";
    std::vector<TestReport> reports;
    reports.push_back(std::move(report));
    const std::string json = json_report(reports, parsed({"-P", "4", "-r", "9"}));
    EXPECT_THAT(json, HasSubstr("\"test\": \"say \\\"hi\\\"\\u000a\""));
    EXPECT_THAT(json, HasSubstr("\"requests\": 100, \"seconds\": 0.500000, \"rps\": 200.00"));
    EXPECT_THAT(json, HasSubstr("\"generator_cpu_us_per_request\": 1.500"));
    EXPECT_THAT(json, HasSubstr("\"pipeline\": 4"));
    EXPECT_THAT(json, HasSubstr("\"keyspace\": 9}"));
    EXPECT_THAT(json, HasSubstr("\"max\": 2.500000}}"));
}

TEST(BenchmarkReport, ProgressTellsTheLastIntervalAndTheWhole) {
    const LoadProgress last{1'000'000'000, 100, 100'000'000, false};
    const LoadProgress now{1'500'000'000, 200, 300'000'000, false};
    EXPECT_EQ(progress_line("GET", now, last),
              "GET: rps=200.0 (overall: 133.3) avg_msec=2.000 (overall: 1.500)");
    EXPECT_EQ(progress_line("GET", {-5, 0, 0, true}, {}), "GET: warming up");
    EXPECT_EQ(progress_line("GET", now, now),
              "GET: rps=0.0 (overall: 133.3) avg_msec=0.000 (overall: 1.500)");
}

// --- the generator against a server that answers `reply` to everything ---

class EchoServer {
public:
    explicit EchoServer(std::string reply) : reply_(std::move(reply)) {
        auto made = make_transport("epoll");
        EXPECT_TRUE(made.has_value());
        transport_ = std::move(*made);
        auto listener = transport_->listen(Endpoint::tcp("127.0.0.1", 0), {});
        EXPECT_TRUE(listener.has_value());
        where_ = transport_->local_endpoint(*listener);
        thread_ = std::thread([this] { serve(); });
    }
    ~EchoServer() {
        stop_ = true;
        transport_->wake();
        thread_.join();
    }
    Endpoint where() const { return where_; }
    uint64_t requests() const { return requests_; }
    uint64_t connections() const { return connections_; }

private:
    void serve() {
        std::array<Event, 64> events;
        while (!stop_) {
            const size_t count = transport_->poll(events, -1);
            for (size_t i = 0; i < count; ++i) handle(events[i]);
        }
    }
    void handle(const Event& event) {
        if (event.kind == Event::Kind::accepted) ++connections_;
        if (event.kind == Event::Kind::eof) transport_->close(event.conn);
        if (event.kind != Event::Kind::received) return;
        // Requests of these tests are "PING\r\n": each ends with its only LF.
        const auto lines = std::count(event.data.begin(), event.data.end(), '\n');
        requests_ += static_cast<uint64_t>(lines);
        replies_.clear();
        for (auto i = lines; i > 0; --i) replies_ += reply_;
        const Slice chunk = replies_;
        EXPECT_EQ(transport_->send(event.conn, {&chunk, 1}), SendStatus::done);
        transport_->recycle(event.buffer);
    }

    std::string reply_, replies_;
    std::unique_ptr<Transport> transport_;
    Endpoint where_;
    std::atomic<bool> stop_{false};
    std::atomic<uint64_t> requests_{0}, connections_{0};
    std::thread thread_;
};

Result<LoadResult> load(LoadPlan plan, const EchoServer& server, size_t pipeline) {
    const auto requests = RequestTemplate::build_raw("PING\r\n", pipeline);
    Clock clock;
    plan.requests = &requests;
    plan.server = server.where();
    return run_load(
        plan, [] { return make_transport("epoll"); }, clock, nullptr);
}

TEST(LoadGenerator, SendsExactlyAsManyRequestsAsAskedFor) {
    EchoServer server("+PONG\r\n");
    const auto result = load({.clients = 5, .threads = 2, .requests_max = 1003}, server, 4);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->requests, 1003u);
    EXPECT_EQ(result->latency_ns.count(), 1003u);
    EXPECT_EQ(server.requests(), 1003u);
    EXPECT_EQ(server.connections(), 5u);
    EXPECT_GT(result->rps(), 0);
}

TEST(LoadGenerator, ReconnectsForEveryPipelineWithoutKeepAlive) {
    EchoServer server("+PONG\r\n");
    const auto result = load({.clients = 2, .requests_max = 40, .keep_alive = false}, server, 2);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(server.requests(), 40u);
    EXPECT_GE(server.connections(), 20u);
}

TEST(LoadGenerator, CountsOnlyWhatCameAfterTheWarmUp) {
    EchoServer server("+PONG\r\n");
    const auto result =
        load({.clients = 2, .requests_max = 100, .warmup_ns = 20'000'000}, server, 1);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->requests, 100u);
    EXPECT_GT(server.requests(), 100u);
    EXPECT_EQ(result->requests_sent, server.requests());
}

TEST(LoadGenerator, HoldsTheRateThatItWasGiven) {
    EchoServer server("+PONG\r\n");
    const auto result =
        load({.clients = 4, .threads = 2, .duration_ns = 100'000'000, .rps = 2000}, server, 1);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->requests + result->requests_unsent, 200u);
}

TEST(LoadGenerator, StopsAtAnErrorReplyAndSaysIt) {
    EchoServer server("-WRONGTYPE Operation against a key\r\n");
    const auto result = load({.clients = 2, .requests_max = 100}, server, 3);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().message, "Error from server: WRONGTYPE Operation against a key");
}

TEST(LoadGenerator, SaysThatNobodyListens) {
    Endpoint gone;
    {
        EchoServer server("+PONG\r\n");
        gone = server.where();
    }
    const auto requests = RequestTemplate::build_raw("PING\r\n", 1);
    Clock clock;
    LoadPlan plan{.server = gone, .requests = &requests, .requests_max = 1};
    const auto result = run_load(
        plan, [] { return make_transport("epoll"); }, clock, nullptr);
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().message, HasSubstr("Connection refused"));
}

}  // namespace
}  // namespace rota
