// SPDX-License-Identifier: BSD-3-Clause
#include "tools/benchmark/report.h"

#include <algorithm>

#include "platform/text.h"

namespace rota {

namespace {

constexpr double kNsPerMs = 1e6;
constexpr uint64_t kNsPerMsWhole = 1'000'000;

double ms(uint64_t ns) { return static_cast<double>(ns) / kNsPerMs; }

// The histogram knows a value to three digits; the largest one it knows exactly.
uint64_t at_percentile(const Histogram& latency, double percentile) {
    return std::clamp(latency.value_at_percentile(percentile), latency.min(), latency.max());
}

void distribution_line(std::string& out, double percent, uint64_t ns, uint64_t count,
                       int precision) {
    append_format(out, "%3.3f%% <= %.*f milliseconds (cumulative count %llu)\n", percent, precision,
                  ms(ns), static_cast<unsigned long long>(count));
}

// Every percentile halves the distance to 100 %. Those that say the same are said once.
void percentile_distribution(std::string& out, const Histogram& latency, int precision) {
    out += "Latency by percentile distribution:\n";
    double percent = 0, rest = 100;
    for (uint64_t told = 0; told < latency.count(); rest /= 2, percent = 100 - rest) {
        const uint64_t ns = at_percentile(latency, percent);
        const uint64_t count = latency.count_at_or_below(ns);
        if (count == told) continue;
        distribution_line(out, percent, ns, count, precision);
        told = count;
    }
    distribution_line(out, 100, latency.max(), latency.count(), precision);
}

// Steps of a tenth of a millisecond up to two, then of whole ones; steps that add nothing are left
// out.
void cumulative_distribution(std::string& out, const Histogram& latency, int precision) {
    constexpr uint64_t kFineNs = kNsPerMsWhole / 10, kFineEndNs = 2 * kNsPerMsWhole;
    out += "\nCumulative distribution of latencies:\n";
    uint64_t seen = 0, told = 0, edge_ns = kFineNs;
    const auto tell = [&](bool always) {
        if (seen == told && !always) return;
        distribution_line(out,
                          100.0 * static_cast<double>(seen) / static_cast<double>(latency.count()),
                          edge_ns, seen, precision);
        told = seen;
    };
    latency.for_each_bucket([&](uint64_t, uint64_t high_ns, uint64_t count) {
        if (high_ns > edge_ns) {
            tell(edge_ns == kFineNs);
            const uint64_t step = high_ns <= kFineEndNs ? kFineNs : kNsPerMsWhole;
            edge_ns = (high_ns + step - 1) / step * step;
        }
        seen += count;
    });
    tell(true);
}

std::string json_text(Slice text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            append_format(out, "\\u%04x", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out += '"';
}

const char* json_bool(bool value) { return value ? "true" : "false"; }

void json_options(std::string& out, const BenchmarkOptions& o) {
    append_format(out, "  \"server\": %s,\n", json_text(o.target.name()).c_str());
    append_format(out,
                  "  \"options\": {\"clients\": %lld, \"threads\": %lld, \"pipeline\": %lld, "
                  "\"data_size\": %lld, \"keep_alive\": %s, \"rps\": %lld, \"duration_s\": %g, "
                  "\"warmup_s\": %g, \"resp\": %d, \"sequential\": %s, \"keyspace\": ",
                  static_cast<long long>(o.clients), static_cast<long long>(o.thread_count()),
                  static_cast<long long>(o.pipeline), static_cast<long long>(o.data_size),
                  json_bool(o.keep_alive), static_cast<long long>(o.rps), o.duration_s, o.warmup_s,
                  o.login.resp, json_bool(o.sequential));
    out += o.keyspace ? format("%llu", static_cast<unsigned long long>(*o.keyspace)) : "null";
    out += "},\n";
}

void json_test(std::string& out, const TestReport& report) {
    const LoadResult& r = report.result;
    const Histogram& latency = r.latency_ns;
    append_format(out, "    {\"test\": %s,\n", json_text(report.title).c_str());
    append_format(out, "     \"requests\": %llu, \"seconds\": %.6f, \"rps\": %.2f,\n",
                  static_cast<unsigned long long>(r.requests),
                  static_cast<double>(r.elapsed_ns) / 1e9, r.rps());
    append_format(out, "     \"requests_unsent\": %llu, \"generator_cpu_us_per_request\": %.3f,\n",
                  static_cast<unsigned long long>(r.requests_unsent),
                  r.requests_sent == 0
                      ? 0
                      : static_cast<double>(r.cpu_us) / static_cast<double>(r.requests_sent));
    append_format(out, "     \"latency_ms\": {\"avg\": %.6f, \"min\": %.6f",
                  latency.mean() / kNsPerMs, ms(latency.min()));
    for (const char* percentile : {"50", "90", "95", "99", "99.9", "99.99"}) {
        append_format(out, ", \"p%s\": %.6f", percentile,
                      ms(at_percentile(latency, *parse_double(percentile))));
    }
    append_format(out, ", \"max\": %.6f}}", ms(latency.max()));
}

}  // namespace

std::string full_report(const TestReport& report, const BenchmarkOptions& options,
                        const ServerSettings& server) {
    const LoadResult& r = report.result;
    const Histogram& latency = r.latency_ns;
    std::string out;
    append_format(out, "====== %s ======\n", report.title.c_str());
    append_format(out, "  %llu requests completed in %.2f seconds\n",
                  static_cast<unsigned long long>(r.requests),
                  static_cast<double>(r.elapsed_ns) / 1e9);
    append_format(out, "  %lld parallel clients\n", static_cast<long long>(options.clients));
    append_format(out, "  %zu bytes payload\n", report.payload_bytes);
    append_format(out, "  keep alive: %d\n", options.keep_alive ? 1 : 0);
    if (server.known) {
        append_format(out, "  host configuration \"save\": %s\n", server.save.c_str());
        append_format(out, "  host configuration \"appendonly\": %s\n", server.appendonly.c_str());
    }
    append_format(out, "  multi-thread: %s\n", options.threads > 0 ? "yes" : "no");
    if (options.threads > 0) {
        append_format(out, "  threads: %lld\n", static_cast<long long>(options.threads));
    }
    if (options.rps > 0) {
        append_format(out, "  open loop: %lld requests per second wanted, latency from due time\n",
                      static_cast<long long>(options.rps));
    }
    if (r.requests_unsent != 0) {
        append_format(out, "  requests due that no connection was free to send: %llu\n",
                      static_cast<unsigned long long>(r.requests_unsent));
    }
    out += '\n';
    if (latency.count() != 0) {
        percentile_distribution(out, latency, options.precision);
        cumulative_distribution(out, latency, options.precision);
    }
    out += "\nSummary:\n";
    append_format(out, "  throughput summary: %.2f requests per second\n", r.rps());
    out += "  latency summary (msec):\n";
    append_format(out, "    %9s %9s %9s %9s %9s %9s\n", "avg", "min", "p50", "p95", "p99", "max");
    const int digits = options.precision;
    append_format(out, "    %9.*f %9.*f %9.*f %9.*f %9.*f %9.*f\n\n", digits,
                  latency.mean() / kNsPerMs, digits, ms(latency.min()), digits,
                  ms(at_percentile(latency, 50)), digits, ms(at_percentile(latency, 95)), digits,
                  ms(at_percentile(latency, 99)), digits, ms(latency.max()));
    return out;
}

std::string quiet_report(const TestReport& report, const BenchmarkOptions& options) {
    return format("%s: %.2f requests per second, p50=%.*f msec\n", report.title.c_str(),
                  report.result.rps(), options.precision,
                  ms(at_percentile(report.result.latency_ns, 50)));
}

std::string csv_header() {
    return "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\","
           "\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"\n";
}

std::string csv_row(const TestReport& report) {
    const Histogram& latency = report.result.latency_ns;
    std::string title;
    for (char c : report.title) title.append(c == '"' ? 2 : 1, c);  // CSV doubles its quotes
    return format("\"%s\",\"%.2f\",\"%.3f\",\"%.3f\",\"%.3f\",\"%.3f\",\"%.3f\",\"%.3f\"\n",
                  title.c_str(), report.result.rps(), latency.mean() / kNsPerMs, ms(latency.min()),
                  ms(at_percentile(latency, 50)), ms(at_percentile(latency, 95)),
                  ms(at_percentile(latency, 99)), ms(latency.max()));
}

std::string json_report(const std::vector<TestReport>& reports, const BenchmarkOptions& options) {
    std::string out = "{\n";
    json_options(out, options);
    out += "  \"tests\": [";
    for (size_t i = 0; i < reports.size(); ++i) {
        out += i == 0 ? "\n" : ",\n";
        json_test(out, reports[i]);
    }
    return out += "\n  ]\n}\n";
}

std::string progress_line(const std::string& title, const LoadProgress& now,
                          const LoadProgress& last) {
    if (now.warming_up || now.elapsed_ns <= 0) return title + ": warming up";
    const auto rate = [](uint64_t requests, int64_t ns) {
        return ns <= 0 ? 0 : static_cast<double>(requests) * 1e9 / static_cast<double>(ns);
    };
    const auto mean_ms = [](uint64_t sum_ns, uint64_t requests) {
        return requests == 0 ? 0 : ms(sum_ns) / static_cast<double>(requests);
    };
    const uint64_t requests = now.requests - last.requests;
    const int64_t from_ns = std::max<int64_t>(last.elapsed_ns, 0);
    return format("%s: rps=%.1f (overall: %.1f) avg_msec=%.3f (overall: %.3f)", title.c_str(),
                  rate(requests, now.elapsed_ns - from_ns), rate(now.requests, now.elapsed_ns),
                  mean_ms(now.latency_sum_ns - last.latency_sum_ns, requests),
                  mean_ms(now.latency_sum_ns, now.requests));
}

}  // namespace rota
