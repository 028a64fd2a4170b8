// SPDX-License-Identifier: BSD-3-Clause
// rota-history: records histories of a running server, and says whether each is linearizable. The
// exit status is 0 when all are, 1 when one is refused (which is then explained), 2 when the
// server could not be asked, 3 when some history took too many steps to judge.
#include <getopt.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "platform/text.h"
#include "tests/history/checker.h"
#include "tests/history/recorder.h"

namespace rota::history {
namespace {

enum Status { all_linearizable = 0, one_refused = 1, server_failed = 2, some_undecided = 3 };

struct Options {
    ConnectTarget target;
    uint64_t count = 10;
    uint64_t seed = 1;
    uint32_t threads = 4;
};

struct Totals {
    uint64_t histories = 0, operations = 0, steps = 0, undecided = 0;
};

void print_usage() {
    std::puts(
        "Usage: rota-history [--host H] [--port P] [--socket PATH] [--count N] [--seed N] "
        "[--threads N]\n"
        "Records N histories, of the seeds from the given one on, and judges each.");
}

bool read_options(int argc, char** argv, Options& options) {
    constexpr option kLong[] = {{"host", required_argument, nullptr, 'h'},
                                {"port", required_argument, nullptr, 'p'},
                                {"socket", required_argument, nullptr, 's'},
                                {"count", required_argument, nullptr, 'n'},
                                {"seed", required_argument, nullptr, 'r'},
                                {"threads", required_argument, nullptr, 't'},
                                {}};
    int letter;
    while ((letter = getopt_long(argc, argv, "h:p:s:n:r:t:", kLong, nullptr)) != -1) {
        const auto number = optarg ? parse_uint64(optarg) : std::nullopt;
        if (letter == 'h')
            options.target.host = optarg;
        else if (letter == 's')
            options.target.unix_path = optarg;
        else if (letter == 'p' && number && *number <= UINT16_MAX)
            options.target.port = static_cast<uint16_t>(*number);
        else if (letter == 'n' && number)
            options.count = *number;
        else if (letter == 'r' && number)
            options.seed = *number;
        else if (letter == 't' && number && *number >= 1 && *number <= 64)
            options.threads = static_cast<uint32_t>(*number);
        else
            return false;
    }
    return optind == argc;
}

void print_judgement(const Plan& plan, const Judgement& judgement) {
    std::printf(
        "%s: seed %" PRIu64
        ", %u keys, %u connections, pipelines of up to %u, %u%% reads, %u%% of several keys, %u%% "
        "transactions, values of %u bytes\n%s",
        judgement.verdict == Verdict::refused ? "not linearizable" : "too hard to judge", plan.seed,
        plan.keys, plan.connections, plan.pipeline_max, plan.reads_percent,
        plan.several_keys_percent, plan.transaction_percent, plan.value_bytes,
        judgement.because.c_str());
}

Result<Verdict> try_one(const Options& options, const Plan& plan, Totals& totals) {
    const auto history = record(options.target, plan, options.threads);
    if (!history) return std::unexpected(history.error());
    if (auto forgotten = forget(options.target, *history); !forgotten)
        return std::unexpected(forgotten.error());
    const Judgement judgement = check(*history);
    ++totals.histories;
    totals.operations += history->operations.size();
    totals.steps += judgement.steps;
    totals.undecided += judgement.verdict == Verdict::undecided;
    if (judgement.verdict != Verdict::linearizable) print_judgement(plan, judgement);
    return judgement.verdict;
}

int run(const Options& options) {
    const auto transactions = has_transactions(options.target);
    if (!transactions) {
        std::printf("the server could not be asked: %s\n", transactions.error().message.c_str());
        return server_failed;
    }
    if (!*transactions) std::puts("without transactions: the server does not know MULTI");
    Totals totals;
    for (uint64_t seed = options.seed; seed < options.seed + options.count; ++seed) {
        const auto verdict = try_one(options, draw_plan(seed, *transactions), totals);
        if (!verdict) {
            std::printf("seed %" PRIu64 ": %s\n", seed, verdict.error().message.c_str());
            return server_failed;
        }
        if (*verdict == Verdict::refused) return one_refused;
    }
    std::printf("%" PRIu64 " histories, %" PRIu64 " operations, %" PRIu64 " steps, %" PRIu64
                " undecided, none refused\n",
                totals.histories, totals.operations, totals.steps, totals.undecided);
    return totals.undecided ? some_undecided : all_linearizable;
}

}  // namespace
}  // namespace rota::history

int main(int argc, char** argv) {
    rota::history::Options options;
    if (!rota::history::read_options(argc, argv, options)) {
        rota::history::print_usage();
        return rota::history::server_failed;
    }
    return rota::history::run(options);
}
