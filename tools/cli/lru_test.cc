// SPDX-License-Identifier: BSD-3-Clause
// --lru-test: reads keys as a cache's clients do, few of them often, writes what was missing, and
// shows the share of hits that the eviction policy earns.
#include <cmath>
#include <cstdio>
#include <random>

#include "tools/cli/modes.h"

namespace rota {
namespace {

constexpr int kBatch = 250;    // requests in flight
constexpr double kSkew = 6.2;  // makes about 80 % of the reads go to 20 % of the keys

std::string skewed_key(std::mt19937_64& random, int64_t keys) {
    const double uniform = std::uniform_real_distribution<double>(0, 1)(random);
    const auto spread = std::pow(static_cast<double>(keys), kSkew + 1);
    const double rank = std::pow((spread - 1) * uniform + 1, 1 / (kSkew + 1));
    return "lru:" + std::to_string(keys - std::llround(rank));
}

struct Hits {
    int64_t hits = 0, misses = 0;
};

Result<> run_batch(ClientConnection& connection, std::mt19937_64& random, int64_t keys, Hits& out) {
    std::vector<std::string> names;
    for (int i = 0; i < kBatch; ++i) {
        names.push_back(skewed_key(random, keys));
        connection.queue({"GET", names.back()});
    }
    if (Result<> sent = connection.flush(); !sent) return sent;
    std::vector<const std::string*> missing;
    for (const std::string& name : names) {
        Result<ReplyValue> reply = connection.read_reply();
        if (!reply) return std::unexpected(reply.error());
        if (reply->is_error()) return fail(reply->text);
        if (reply->type == ReplyType::null)
            missing.push_back(&name);
        else
            ++out.hits;
    }
    out.misses += static_cast<int64_t>(missing.size());
    for (const std::string* name : missing) connection.queue({"SET", *name, "value"});
    if (Result<> sent = connection.flush(); !sent) return sent;
    for (size_t i = 0; i < missing.size(); ++i) {
        Result<ReplyValue> reply = connection.read_reply();
        if (!reply) return std::unexpected(reply.error());
        if (reply->is_error()) return fail(reply->text);
    }
    return {};
}

}  // namespace

int run_lru_test(ClientConnection& connection, const CliOptions& options) {
    std::mt19937_64 random(std::random_device{}());
    for (;;) {
        Hits hits;
        const int64_t begun_us = monotonic_us();
        while (monotonic_us() - begun_us < 1'000'000) {
            const Result<> done = run_batch(connection, random, options.lru_keys, hits);
            if (!done) return report_failure(done.error());
        }
        const auto total = static_cast<double>(hits.hits + hits.misses);
        std::printf("%lld Gets/sec | Hits: %lld (%.2f%%) | Misses: %lld (%.2f%%)\n",
                    static_cast<long long>(hits.hits + hits.misses),
                    static_cast<long long>(hits.hits), 100 * static_cast<double>(hits.hits) / total,
                    static_cast<long long>(hits.misses),
                    100 * static_cast<double>(hits.misses) / total);
        std::fflush(stdout);
    }
}

}  // namespace rota
