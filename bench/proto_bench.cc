// SPDX-License-Identifier: BSD-3-Clause
// What RESP costs: requests parsed (GET, SET of three sizes, a pipeline of 16, MSET of 100 pairs,
// the same GET a byte at a time), replies written, and replies skipped as a load generator does.
#include <benchmark/benchmark.h>

#include <initializer_list>
#include <string>

#include "proto/command_writer.h"
#include "proto/reply.h"
#include "proto/reply_parser.h"
#include "proto/reply_skipper.h"
#include "proto/request_parser.h"

namespace rota {
namespace {

void append_bulk(std::string& out, Slice text) {
    out += '$' + std::to_string(text.size()) + "\r\n";
    out.append(text) += "\r\n";
}

std::string request(std::initializer_list<Slice> args) {
    std::string out = '*' + std::to_string(args.size()) + "\r\n";
    for (const Slice arg : args) append_bulk(out, arg);
    return out;
}

const std::string kKey = "key:000000012345";

std::string repeat(const std::string& text, int count) {
    std::string out;
    for (int i = 0; i != count; ++i) out += text;
    return out;
}

std::string mset(int pairs) {
    std::string out = '*' + std::to_string(1 + 2 * pairs) + "\r\n";
    append_bulk(out, "MSET");
    for (int i = 0; i != pairs; ++i) {
        append_bulk(out, "key:" + std::to_string(100000 + i));
        append_bulk(out, std::string(32, 'v'));
    }
    return out;
}

// Every iteration parses all requests of `wire`.
void parse_all(benchmark::State& state, const std::string& wire) {
    RequestParser parser;
    const RequestLimits limits;
    int64_t requests = 0;
    for (auto _ : state) {
        Slice rest = wire;
        while (!rest.empty()) {
            if (parser.parse(rest, limits) != ParseStatus::complete) {
                return state.SkipWithError("the request did not parse");
            }
            benchmark::DoNotOptimize(parser.args().data());
            rest.remove_prefix(parser.consumed());
            ++requests;
        }
    }
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(wire.size()));
    state.SetItemsProcessed(requests);
}

void parse_get(benchmark::State& state) { parse_all(state, request({"GET", kKey})); }
BENCHMARK(parse_get);

void parse_set(benchmark::State& state) {
    parse_all(state, request({"SET", kKey, std::string(static_cast<size_t>(state.range(0)), 'v')}));
}
BENCHMARK(parse_set)->Arg(16)->Arg(512)->Arg(16 * 1024);

void parse_pipeline_of_16(benchmark::State& state) {
    parse_all(state, repeat(request({"GET", kKey}), 16));
}
BENCHMARK(parse_pipeline_of_16);

void parse_mset_of_100(benchmark::State& state) { parse_all(state, mset(100)); }
BENCHMARK(parse_mset_of_100);

void parse_inline(benchmark::State& state) { parse_all(state, "SET " + kKey + " value\r\n"); }
BENCHMARK(parse_inline);

void parse_get_byte_by_byte(benchmark::State& state) {
    const std::string wire = request({"GET", kKey});
    RequestParser parser;
    const RequestLimits limits;
    for (auto _ : state) {
        ParseStatus status = ParseStatus::need_more;
        for (size_t end = 1; end <= wire.size(); ++end) {
            status = parser.parse(Slice(wire).substr(0, end), limits);
        }
        benchmark::DoNotOptimize(status);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_get_byte_by_byte);

// One iteration fills a buffer with 16 replies, as one batch of a pipelining client does.
template <class Write>
void write_replies(benchmark::State& state, Write write) {
    constexpr int kReplies = 16;
    Buffer out;
    for (auto _ : state) {
        out.clear();
        Reply reply(out, 3);
        for (int i = 0; i != kReplies; ++i) write(reply, i);
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations() * kReplies);
}

void write_ok(benchmark::State& state) {
    write_replies(state, [](Reply& reply, int) { reply.ok(); });
}
BENCHMARK(write_ok);

void write_integer_reply(benchmark::State& state) {
    write_replies(state, [](Reply& reply, int i) { reply.integer(i * 12345); });
}
BENCHMARK(write_integer_reply);

void write_bulk(benchmark::State& state) {
    const std::string value(static_cast<size_t>(state.range(0)), 'v');
    write_replies(state, [&](Reply& reply, int) { reply.bulk(value); });
}
BENCHMARK(write_bulk)->Arg(16)->Arg(512)->Arg(16 * 1024);

void write_double(benchmark::State& state) {
    write_replies(state, [](Reply& reply, int i) { reply.real(i + 0.1); });
}
BENCHMARK(write_double);

void write_array_of_10(benchmark::State& state) {
    write_replies(state, [](Reply& reply, int) {
        reply.array(10);
        for (int i = 0; i != 10; ++i) reply.bulk("0123456789abcdef");
    });
}
BENCHMARK(write_array_of_10);

void append_set_command(benchmark::State& state) {
    const std::string value(512, 'v');
    Buffer out;
    for (auto _ : state) {
        out.clear();
        append_command(out, {"SET", kKey, value});
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(append_set_command);

std::string sixteen_replies() {
    std::string bulk;
    append_bulk(bulk, std::string(512, 'v'));
    return repeat(bulk + "+OK\r\n", 8);
}

void skip_16_replies(benchmark::State& state) {
    const std::string wire = sixteen_replies();
    for (auto _ : state) {
        const ReplyCount count = count_replies(wire);
        if (count.replies != 16) return state.SkipWithError("replies were lost");
    }
    state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(skip_16_replies);

void parse_16_replies(benchmark::State& state) {
    const std::string wire = sixteen_replies();
    ReplyParser parser;
    for (auto _ : state) {
        for (Slice rest = wire; !rest.empty(); rest.remove_prefix(parser.consumed())) {
            if (parser.parse(rest) != ParseStatus::complete) {
                return state.SkipWithError("the reply did not parse");
            }
            benchmark::DoNotOptimize(parser.value());
        }
    }
    state.SetItemsProcessed(state.iterations() * 16);
}
BENCHMARK(parse_16_replies);

}  // namespace
}  // namespace rota
