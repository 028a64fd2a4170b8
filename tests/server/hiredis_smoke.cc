// SPDX-License-Identifier: BSD-3-Clause
// What a C program does with a server through hiredis, one check a run.
//
// Usage: hiredis_smoke <port> <unix socket> <check>. Exit status 0 when the check held, else a line
// on standard error says what did not.
#include <hiredis/hiredis.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace {

using Context = std::unique_ptr<redisContext, decltype(&redisFree)>;

struct FreeReply {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

struct Target {
    int port;
    const char* unix_path;
};

void expect(bool held, const char* what) {
    if (held) return;
    std::fprintf(stderr, "hiredis_smoke: did not hold: %s\n", what);
    std::exit(1);
}

#define EXPECT_THAT(condition) expect((condition), #condition)

Context connected(redisContext* context) {
    Context owned(context, &redisFree);
    EXPECT_THAT(owned != nullptr);
    expect(owned->err == 0, owned->errstr);
    timeval limit{.tv_sec = 30, .tv_usec = 0};
    EXPECT_THAT(redisSetTimeout(owned.get(), limit) == REDIS_OK);
    return owned;
}

Context connect(const Target& target) {
    return connected(redisConnect("127.0.0.1", target.port));
}

template <class... Args>
Reply ask(const Context& context, const char* format, Args... args) {
    Reply reply(static_cast<redisReply*>(redisCommand(context.get(), format, args...)));
    expect(reply != nullptr, context->errstr);
    return reply;
}

std::string_view text(const Reply& reply) { return {reply->str, static_cast<size_t>(reply->len)}; }

void check_types_of_replies(const Target& target) {
    const Context context = connect(target);
    EXPECT_THAT(ask(context, "PING")->type == REDIS_REPLY_STATUS);
    EXPECT_THAT(text(ask(context, "SET %s %s", "k", "v")) == "OK");
    EXPECT_THAT(text(ask(context, "GET k")) == "v");
    EXPECT_THAT(ask(context, "GET missing")->type == REDIS_REPLY_NIL);
    EXPECT_THAT(ask(context, "INCR n")->integer == 1);
    const Reply several = ask(context, "MGET k missing n");
    EXPECT_THAT(several->type == REDIS_REPLY_ARRAY);
    EXPECT_THAT(several->elements == 3);
    EXPECT_THAT(several->element[1]->type == REDIS_REPLY_NIL);
    const Reply error = ask(context, "INCR k");
    EXPECT_THAT(error->type == REDIS_REPLY_ERROR);
    EXPECT_THAT(text(error) == "ERR value is not an integer or out of range");
    EXPECT_THAT(context->err == 0);
}

void check_binary_safety(const Target& target) {
    const Context context = connect(target);
    std::string value;
    for (int i = 0; i < 100'000; ++i) value.push_back(static_cast<char>(i * 7));
    ask(context, "SET %b %b", "a\0b", size_t{3}, value.data(), value.size());
    EXPECT_THAT(text(ask(context, "GET %b", "a\0b", size_t{3})) == value);
    EXPECT_THAT(ask(context, "STRLEN %b", "a\0b", size_t{3})->integer == 100'000);
}

void check_pipeline(const Target& target) {
    const Context context = connect(target);
    constexpr int kCount = 20'000;
    for (int i = 0; i < kCount; ++i)
        EXPECT_THAT(redisAppendCommand(context.get(), "INCRBY pipelined %d", i) == REDIS_OK);
    long long sum = 0;
    for (int i = 0; i < kCount; ++i) {
        void* raw = nullptr;
        EXPECT_THAT(redisGetReply(context.get(), &raw) == REDIS_OK);
        const Reply reply(static_cast<redisReply*>(raw));
        sum += i;
        EXPECT_THAT(reply->type == REDIS_REPLY_INTEGER);
        EXPECT_THAT(reply->integer == sum);
    }
}

void check_unix_socket(const Target& target) {
    const Context local = connected(redisConnectUnix(target.unix_path));
    const Context remote = connect(target);
    EXPECT_THAT(text(ask(local, "SET shared %s", "both")) == "OK");
    EXPECT_THAT(text(ask(remote, "GET shared")) == "both");
}

void check_connection_that_is_killed(const Target& target) {
    const Context victim = connect(target);
    const Context killer = connect(target);
    const long long id = ask(victim, "CLIENT ID")->integer;
    EXPECT_THAT(ask(killer, "CLIENT KILL ID %lld", id)->integer == 1);
    EXPECT_THAT(redisCommand(victim.get(), "PING") == nullptr);
    EXPECT_THAT(victim->err == REDIS_ERR_EOF || victim->err == REDIS_ERR_IO);
    EXPECT_THAT(redisReconnect(victim.get()) == REDIS_OK);
    EXPECT_THAT(text(ask(victim, "PING")) == "PONG");
}

struct Check {
    const char* name;
    void (*run)(const Target&);
};
constexpr Check kChecks[] = {
    {"types_of_replies", check_types_of_replies},
    {"binary_safety", check_binary_safety},
    {"pipeline", check_pipeline},
    {"unix_socket", check_unix_socket},
    {"connection_that_is_killed", check_connection_that_is_killed},
};

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4) {
        const Target target{.port = std::atoi(argv[1]), .unix_path = argv[2]};
        for (const Check& check : kChecks) {
            if (std::strcmp(check.name, argv[3]) != 0) continue;
            check.run(target);
            return 0;
        }
    }
    std::fprintf(stderr, "usage: hiredis_smoke <port> <unix socket> <check>\n");
    return 2;
}
