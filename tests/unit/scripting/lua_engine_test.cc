// SPDX-License-Identifier: BSD-3-Clause
// Lua as scripts see it. What can be compared with Valkey is compared there, in tests/compat.
#include "script_fixture.h"

namespace rota {
namespace {

class LuaEngine : public ScriptTest {};

TEST_F(LuaEngine, ValuesBecomeReplies) {
    EXPECT_EQ(eval("return 1.9"), ":1\r\n");
    EXPECT_EQ(eval("return 'x'"), "$1\r\nx\r\n");
    EXPECT_EQ(eval("return {1, 'x', {ok='fine'}, nil, 5}"), "*3\r\n:1\r\n$1\r\nx\r\n+fine\r\n");
    EXPECT_EQ(eval("return {err='My error'}"), "-My error\r\n");
    EXPECT_EQ(eval("return 1e300"), ":-9223372036854775808\r\n");
    EXPECT_EQ(eval("return nil"), "$-1\r\n");
}

TEST_F(LuaEngine, ValuesBecomeRepliesOfRESP3) {
    resp_ = 3;
    EXPECT_EQ(eval("return {double=1.5}"), ",1.5\r\n");
    EXPECT_EQ(eval("return {map={a=1}}"), "%1\r\n$1\r\na\r\n:1\r\n");
    EXPECT_EQ(eval("return {set={a=true}}"), "~1\r\n$1\r\na\r\n");
    EXPECT_EQ(eval("return {big_number='12'}"), "(12\r\n");
    EXPECT_EQ(eval("return {verbatim_string={format='txt', string='x'}}"), "=5\r\ntxt:x\r\n");
    EXPECT_EQ(eval("return true"), ":1\r\n");
    EXPECT_EQ(eval("redis.setresp(3) return true"), "#t\r\n");
    EXPECT_EQ(eval("return nil"), "_\r\n");
}

TEST_F(LuaEngine, RepliesBecomeValues) {
    const std::pair<const char*, const char*> cases[] = {
        {"+OK\r\n", "return redis.call('x').ok"},
        {":5\r\n", "return tostring(redis.call('x') + 0)"},
        {"$2\r\nab\r\n", "return redis.call('x')"},
        {"$-1\r\n", "return tostring(redis.call('x'))"},
        {"_\r\n", "return tostring(redis.call('x'))"},
        {"#t\r\n", "return tostring(redis.call('x'))"},
        {",1.5\r\n", "return tostring(redis.call('x').double)"},
        {",nan\r\n", "local d = redis.call('x').double return tostring(d ~= d)"},
        {"(12\r\n", "return redis.call('x').big_number"},
        {"=5\r\ntxt:x\r\n",
         "local v = redis.call('x').verbatim_string return v.format .. v.string"},
        {"*2\r\n:1\r\n$1\r\na\r\n", "local a = redis.call('x') return a[1] .. a[2]"},
        {"%1\r\n$1\r\na\r\n:1\r\n", "return tostring(redis.call('x').map.a)"},
        {"~1\r\n$1\r\na\r\n", "return tostring(redis.call('x').set.a)"},
        {"|1\r\n+k\r\n+v\r\n:7\r\n", "return tostring(redis.call('x'))"},
    };
    const char* const expected[] = {"OK",   "5",  "ab",   "false", "nil", "true", "1.5",
                                    "true", "12", "txtx", "1a",    "1",   "true", "7"};
    for (size_t i = 0; i < std::size(cases); ++i) {
        host_.answer = cases[i].first;
        const Slice text = expected[i];
        EXPECT_EQ(eval(cases[i].second),
                  "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n")
            << cases[i].first;
    }
}

TEST_F(LuaEngine, CommandsGetStringsAndNumbersAsText) {
    eval("redis.call('set', KEYS[1], 3.0, 0.5, 1e20, ARGV[1])", {"key"}, {"arg"});
    ASSERT_EQ(host_.calls.size(), 1u);
    EXPECT_EQ(host_.calls[0], "set key 3 0.5 1e+20 arg ");
}

TEST_F(LuaEngine, ErrorsSayWhere) {
    host_.answer = "-WRONGTYPE no\r\n";
    EXPECT_EQ(eval("\nredis.call('x')"), "-WRONGTYPE no script: on @user_script:2.\r\n");
    EXPECT_EQ(eval("return redis.pcall('x')"), "-WRONGTYPE no\r\n");
    EXPECT_EQ(eval("error('boom')"), "-ERR user_script:1: boom script: on @user_script:1.\r\n");
    EXPECT_EQ(eval("#!lua\n\nerror('boom')"),
              "-ERR user_script:3: boom script: on @user_script:3.\r\n");
    EXPECT_EQ(eval("return ("),
              "-ERR Error compiling script (new function): user_script:1: unexpected symbol near "
              "'<eof>'\r\n");
}

TEST_F(LuaEngine, AKilledScriptCannotGoOn) {
    for (const char* script :
         {"while true do end", "while true do pcall(function() while true do end end) end",
          "while true do xpcall(function() while true do end end, error) end",
          "while true do coroutine.wrap(function() while true do end end)() end",
          "while true do pcall(coroutine.wrap(function() while true do end end)) end"}) {
        host_.steps_left = 1;
        const std::string reply = eval(script);
        EXPECT_NE(reply.find("killed by the test"), std::string::npos) << script << reply;
    }
    host_.steps_left = 1000;
    EXPECT_EQ(eval("local n = 0 for i = 1, 1e6 do n = n + 1 end return n"), ":1000000\r\n");
}

TEST_F(LuaEngine, RandomNumbersAreThoseOfValkey) {
    EXPECT_EQ(eval("return tostring(math.random())"), "$16\r\n0.39646477363839\r\n");
    EXPECT_EQ(eval("return tostring(math.random())"), "$16\r\n0.84048536971234\r\n");
    EXPECT_EQ(eval("math.randomseed(-1) return tostring(math.random())"),
              "$16\r\n0.30002572727391\r\n");
}

TEST_F(LuaEngine, FunctionsAndScriptsAreApart) {
    EXPECT_EQ(load("#!lua name=a\nlocal n = 0 redis.register_function('f', function() n = n + 1 "
                   "return n end)"),
              "");
    EXPECT_EQ(fcall("f"), ":1\r\n");
    EXPECT_EQ(fcall("f"), ":2\r\n");
    EXPECT_TRUE(eval("return f()").starts_with("-ERR"));
    EXPECT_EQ(load("#!lua name=a\nwhile true do end", true),
              "Error registering functions: ERR killed by the test");
    EXPECT_EQ(fcall("f"), ":3\r\n");
}

TEST_F(LuaEngine, AFlushGivesMemoryBack) {
    eval("return 1");
    const size_t before = scripts_.vm_memory(ScriptKind::script);
    eval("return '" + std::string(1000000, 'x') + "'");
    EXPECT_GT(scripts_.vm_memory(ScriptKind::script), before + 1000000);
    scripts_.flush_scripts();
    EXPECT_LE(scripts_.vm_memory(ScriptKind::script), before);
    EXPECT_EQ(eval("return 1"), ":1\r\n");
}

}  // namespace
}  // namespace rota
