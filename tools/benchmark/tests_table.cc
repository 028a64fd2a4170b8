// SPDX-License-Identifier: BSD-3-Clause
#include "tools/benchmark/tests_table.h"

#include <algorithm>

#include "platform/text.h"

namespace rota {

namespace {

// One test whose request is the same whatever the options say. Words are separated by blanks.
struct Row {
    Slice name;
    Slice title;
    Slice request;
};

constexpr Row kRows[] = {
    {"set", "SET", "SET key:__rand_int__ __data__"},
    {"get", "GET", "GET key:__rand_int__"},
    {"incr", "INCR", "INCR counter:__rand_int__"},
    {"lpush", "LPUSH", "LPUSH mylist __data__"},
    {"rpush", "RPUSH", "RPUSH mylist __data__"},
    {"lpop", "LPOP", "LPOP mylist"},
    {"rpop", "RPOP", "RPOP mylist"},
    {"sadd", "SADD", "SADD myset element:__rand_int__"},
    {"hset", "HSET", "HSET myhash element:__rand_int__ __data__"},
    {"spop", "SPOP", "SPOP myset"},
    // Two names, so that --sequential gives every member once and each its own score.
    {"zadd", "ZADD", "ZADD myzset __rand_1st__ element:__rand_int__"},
    {"zpopmin", "ZPOPMIN", "ZPOPMIN myzset"},
    {"lrange", "LPUSH (needed to benchmark LRANGE)", "LPUSH mylist __data__"},
    {"lrange_100", "LRANGE_100 (first 100 elements)", "LRANGE mylist 0 99"},
    {"lrange_300", "LRANGE_300 (first 300 elements)", "LRANGE mylist 0 299"},
    {"lrange_500", "LRANGE_500 (first 500 elements)", "LRANGE mylist 0 499"},
    {"lrange_600", "LRANGE_600 (first 600 elements)", "LRANGE mylist 0 599"},
};
constexpr int kKeysOfMulti = 10;  // of mset and mget

UnitCommand split(Slice request) {
    UnitCommand command;
    for (size_t start = 0; start <= request.size();) {
        const size_t end = std::min(request.find(' ', start), request.size());
        command.args.emplace_back(request.substr(start, end - start));
        start = end + 1;
    }
    return command;
}

BenchmarkTest make(Slice name, Slice title, UnitCommand command) {
    BenchmarkTest test;
    test.name = name;
    test.title = title;
    test.unit.push_back(std::move(command));
    return test;
}

BenchmarkTest multi_key_test(Slice name, Slice title, Slice command, bool with_values) {
    UnitCommand made;
    made.args.emplace_back(command);
    for (int i = 0; i < kKeysOfMulti; ++i) {
        made.args.emplace_back("key:__rand_int__");
        if (with_values) made.args.emplace_back("__data__");
    }
    return make(name, title, std::move(made));
}

BenchmarkTest fcall_test(const BenchmarkOptions& options) {
    UnitCommand call = split("FCALL rota_bench_0");
    call.args.push_back(std::to_string(options.fcall_keys));
    for (int64_t i = 0; i < options.fcall_keys; ++i) call.args.emplace_back("key:__rand_int__");
    return make("fcall", "FCALL", std::move(call));
}

// Without -r a score of placeholder text would be no number.
void settle_score(BenchmarkTest& test, const BenchmarkOptions& options) {
    if (test.name == "zadd" && !options.keyspace) test.unit[0].args[2] = "0";
}

std::vector<BenchmarkTest> all_tests(const BenchmarkOptions& options) {
    std::vector<BenchmarkTest> tests;
    BenchmarkTest inline_ping;
    inline_ping.name = "ping_inline";
    inline_ping.title = "PING_INLINE";
    inline_ping.inline_request = "PING\r\n";
    tests.push_back(std::move(inline_ping));
    tests.push_back(make("ping_mbulk", "PING_MBULK", split("PING")));
    for (const Row& row : kRows) {
        tests.push_back(make(row.name, row.title, split(row.request)));
        tests.back().preparation = row.name == "lrange";
        settle_score(tests.back(), options);
    }
    tests.push_back(multi_key_test("mset", "MSET (10 keys)", "MSET", true));
    tests.push_back(multi_key_test("mget", "MGET (10 keys)", "MGET", false));
    tests.push_back(make("xadd", "XADD", split("XADD mystream * myfield __data__")));
    UnitCommand load = split("FUNCTION LOAD REPLACE");
    load.args.push_back(function_library(options.functions));
    tests.push_back(make("function_load", "FUNCTION LOAD", std::move(load)));
    tests.push_back(fcall_test(options));
    return tests;
}

// What -t word selects `test`.
bool selects(Slice word, const BenchmarkTest& test) {
    if (word == test.name) return true;
    if (word == "ping") return test.name == "ping_inline" || test.name == "ping_mbulk";
    // Any lrange needs the list; plain "lrange" means all of them.
    if (test.name == "lrange") return word.starts_with("lrange");
    return word == "lrange" && test.name.starts_with("lrange_");
}

}  // namespace

Result<std::vector<BenchmarkTest>> choose_tests(const BenchmarkOptions& options,
                                                std::vector<std::string>& unknown) {
    std::vector<BenchmarkTest> tests = all_tests(options);
    if (options.tests.empty()) return tests;
    for (const std::string& word : options.tests) {
        // Plain "lrange" always matches; a misspelt "lrange_7" matches the preparation alone.
        const bool known = std::any_of(tests.begin(), tests.end(), [&](const BenchmarkTest& test) {
            return selects(word, test) && (!test.preparation || word == "lrange");
        });
        if (!known) unknown.push_back(word);
    }
    std::erase_if(tests, [&](const BenchmarkTest& test) {
        return std::none_of(
            options.tests.begin(), options.tests.end(), [&](const std::string& word) {
                return std::find(unknown.begin(), unknown.end(), word) == unknown.end() &&
                       selects(word, test);
            });
    });
    if (tests.empty()) return fail("-t names no test that exists: try rota-benchmark --help");
    return tests;
}

Result<BenchmarkTest> command_test(const BenchmarkOptions& options, const std::string& stdin_text) {
    std::vector<std::string> words = options.command;
    BenchmarkTest test;
    for (const std::string& word : words) test.title += (test.title.empty() ? "" : " ") + word;
    if (options.stdin_is_last_argument) words.push_back(stdin_text);
    auto unit = parse_sequence(words);
    if (!unit) return std::unexpected(unit.error());
    test.unit = std::move(*unit);
    return test;
}

std::string function_library(int64_t functions) {
    std::string code = "#!lua name=rota_bench\n";
    for (int64_t i = 0; i < functions; ++i) {
        append_format(code,
                      "redis.register_function('rota_bench_%lld', function(keys, args)\n"
                      "    return keys[1]\n"
                      "end)\n",
                      static_cast<long long>(i));
    }
    return code;
}

}  // namespace rota
