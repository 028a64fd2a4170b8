// SPDX-License-Identifier: BSD-3-Clause
// --latency, --latency-history, --latency-dist: how long PING takes, a hundred times a second;
// --intrinsic-latency: how long this machine keeps a busy program from running.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>

#include "tools/cli/modes.h"

namespace rota {
namespace {

constexpr int64_t kSampleGapUs = 10'000;
constexpr int64_t kHistoryRangeUs = 15'000'000;  // --latency-history without -i
constexpr int64_t kOneOffRangeUs = 1'000'000;    // --latency into a file or pipe, without -i

// In microseconds; shown in milliseconds, the average with what lies behind the point.
struct Samples {
    int64_t min = 0, max = 0, sum = 0, count = 0;

    void add(int64_t value) {
        min = count == 0 ? value : std::min(min, value);
        max = count == 0 ? value : std::max(max, value);
        sum += value;
        ++count;
    }
    double average_ms() const {
        return count == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(count) / 1000;
    }
};

void print_samples(const Samples& samples, OutputMode mode) {
    const auto rounded_ms = [](int64_t us) { return static_cast<long long>((us + 500) / 1000); };
    const char* layout = "%lld %lld %.2f %lld\n";
    if (mode == OutputMode::standard) layout = "min: %lld, max: %lld, avg: %.2f (%lld samples)";
    if (mode == OutputMode::csv) layout = "%lld,%lld,%.2f,%lld\n";
    if (mode == OutputMode::json || mode == OutputMode::quoted_json)
        layout = "{\"min\": %lld, \"max\": %lld, \"avg\": %.2f, \"count\": %lld}\n";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    std::printf(layout, rounded_ms(samples.min), rounded_ms(samples.max), samples.average_ms(),
                static_cast<long long>(samples.count));
#pragma GCC diagnostic pop
}

Result<int64_t> ping_us(ClientConnection& connection) {
    const int64_t begun_us = monotonic_us();
    Result<ReplyValue> reply = connection.call({"PING"});
    if (!reply) return std::unexpected(reply.error());
    return monotonic_us() - begun_us;
}

// Where one mark of --latency-dist ends, and its letter.
struct Mark {
    int64_t up_to_us;
    char letter;
};
constexpr Mark kMarks[] = {{10, '.'},       {125, '-'},      {250, '*'},      {500, '#'},
                           {1000, '1'},     {2000, '2'},     {3000, '3'},     {4000, '4'},
                           {5000, '5'},     {6000, '6'},     {7000, '7'},     {8000, '8'},
                           {9000, '9'},     {10000, 'A'},    {20000, 'B'},    {30000, 'C'},
                           {40000, 'D'},    {50000, 'E'},    {100000, 'F'},   {200000, 'G'},
                           {300000, 'H'},   {400000, 'I'},   {500000, 'J'},   {1000000, 'K'},
                           {2000000, 'L'},  {4000000, 'M'},  {8000000, 'N'},  {16000000, 'O'},
                           {30000000, 'P'}, {60000000, 'Q'}, {INT64_MAX, '?'}};

// Colours of the 256-colour terminal, from never to always.
constexpr int kShades[] = {0,   233, 235, 237, 239, 241, 243, 245,
                           247, 144, 142, 184, 226, 214, 202, 196};

void print_spectrum_legend() {
    std::puts("---------------------------------------------");
    std::puts(". - * #          up to .01 .125 .25 .5 milliseconds");
    std::puts("1,2,3,...,9      up to 1 to 9          milliseconds");
    std::puts("A,B,C,D,E        up to 10,20,30,40,50  milliseconds");
    std::puts("F,G,H,I,J        up to .1,.2,.3,.4,.5       seconds");
    std::puts("K,L,M,N,O,P,Q,?  up to 1,2,4,8,16,30,60,>60 seconds");
    std::fputs("From 0 to 100%: ", stdout);
    for (const int shade : kShades) std::printf("\033[48;5;%dm ", shade);
    std::puts("\033[0m\n---------------------------------------------");
}

void print_spectrum(const std::array<int64_t, std::size(kMarks)>& counts, int64_t total) {
    std::fputs("\033[38;5;0m", stdout);
    for (size_t i = 0; i < counts.size(); ++i) {
        const auto top = static_cast<int64_t>(std::size(kShades)) - 1;
        const int64_t shade = total == 0 ? 0 : (counts[i] * top + total - 1) / total;
        std::printf("\033[48;5;%dm%c", kShades[shade], kMarks[i].letter);
    }
    std::puts("\033[0m");
    std::fflush(stdout);
}

// One step of the busy loop: real work that the compiler cannot remove.
uint64_t spin(uint64_t seed) {
    for (int i = 0; i < 64; ++i) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
    }
    return seed;
}

}  // namespace

int run_latency(ClientConnection& connection, const CliOptions& options) {
    const bool history = options.mode == CliMode::latency_history;
    const bool live = options.output == OutputMode::standard;
    const int64_t default_us = history ? kHistoryRangeUs : kOneOffRangeUs;
    const int64_t range_us = options.interval_us > 0 ? options.interval_us : default_us;
    Samples samples;
    int64_t begun_us = monotonic_us();
    for (;;) {
        Result<int64_t> took_us = ping_us(connection);
        if (!took_us) return report_failure(took_us.error());
        samples.add(*took_us);
        if (live) std::fputs("\033[0G\033[2K", stdout), print_samples(samples, options.output);
        std::fflush(stdout);
        const int64_t passed_us = monotonic_us() - begun_us;
        if (passed_us > range_us && (history || !live)) {
            if (!live)
                print_samples(samples, options.output);
            else
                std::printf(" -- %.2f seconds range\n", static_cast<double>(passed_us) / 1e6);
            std::fflush(stdout);
            if (!history) return 0;
            samples = {};
            begun_us = monotonic_us();
        }
        pause_us(kSampleGapUs);
    }
}

int run_latency_dist(ClientConnection& connection, const CliOptions& options) {
    constexpr int kLinesPerLegend = 20;
    const int64_t range_us = options.interval_us > 0 ? options.interval_us : 1'000'000;
    for (int line = 0;; ++line) {
        if (line % kLinesPerLegend == 0) print_spectrum_legend();
        std::array<int64_t, std::size(kMarks)> counts{};
        int64_t total = 0;
        for (const int64_t end_us = monotonic_us() + range_us; monotonic_us() < end_us;) {
            Result<int64_t> took_us = ping_us(connection);
            if (!took_us) return report_failure(took_us.error());
            const Mark* mark = std::find_if(std::begin(kMarks), std::end(kMarks),
                                            [&](const Mark& m) { return *took_us <= m.up_to_us; });
            ++counts[static_cast<size_t>(mark - kMarks)];
            ++total;
            pause_us(kSampleGapUs);
        }
        print_spectrum(counts, total);
    }
}

int run_intrinsic_latency(const CliOptions& options) {
    const int64_t begun_us = monotonic_us();
    const int64_t end_us = begun_us + options.intrinsic_seconds * 1'000'000;
    volatile uint64_t result = 88172645463325252u;
    int64_t runs = 0, max_us = 0, last_us = begun_us;
    while (last_us < end_us) {
        result = spin(result);
        const int64_t now_us = monotonic_us();
        ++runs;
        if (now_us - last_us > max_us) {
            max_us = now_us - last_us;
            std::printf("Max latency so far: %lld microseconds.\n", static_cast<long long>(max_us));
            std::fflush(stdout);
        }
        last_us = monotonic_us();  // printing is not the machine's doing
    }
    const double average_us = static_cast<double>(last_us - begun_us) / static_cast<double>(runs);
    std::printf("\n%lld total runs (avg latency: %.4f microseconds / %.2f nanoseconds per run).\n",
                static_cast<long long>(runs), average_us, average_us * 1e3);
    std::printf("Worst run took %.0fx longer than the average latency.\n",
                static_cast<double>(max_us) / average_us);
    return 0;
}

}  // namespace rota
