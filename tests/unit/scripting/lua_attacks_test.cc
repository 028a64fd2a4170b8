// SPDX-License-Identifier: BSD-3-Clause
// Scripts that try to leave their box, to change what others see, or to break the engine. Each is
// named after what it was known as.
#include "script_fixture.h"

namespace rota {
namespace {

class LuaAttacks : public ScriptTest {
protected:
    bool refused(Slice script) { return eval(script).starts_with("-ERR"); }
    // All that scripts share, as one text.
    std::string picture() {
        return eval(
            "local out = {} local function add(name, t)"
            " for k, v in pairs(t) do out[#out + 1] = name .. '.' .. tostring(k) .. '=' .."
            " (type(v) == 'table' and 'table' or tostring(v)) end end "
            "for k, v in pairs(_G) do if type(v) == 'table' and k ~= '_G' then add(k, v) end end "
            "add('_G', _G) add('string meta', getmetatable('')) add('meta', getmetatable(_G)) "
            "table.sort(out) return table.concat(out, '\\n')");
    }
};

TEST_F(LuaAttacks, NothingThatReachesTheMachineIsThere) {  // CVE-2022-0543
    for (const char* name :
         {"package", "require", "module", "io", "debug", "dofile", "loadfile", "print", "newproxy",
          "getfenv", "setfenv", "os.execute", "os.exit", "os.getenv", "os.remove", "os.tmpname",
          "string.load", "package.loadlib", "io.popen"}) {
        const std::string reply = eval("return " + std::string(name));
        EXPECT_TRUE(reply == "$-1\r\n" || reply.starts_with("-ERR")) << name << reply;
    }
    EXPECT_EQ(eval("local n = 0 for k in pairs(os) do n = n + 1 end return n"), ":1\r\n");
}

TEST_F(LuaAttacks, SharedTablesStayAsTheyAre) {  // CVE-2022-24735, CVE-2025-46818
    const std::string before = picture();
    for (const char* table : {"_G", "redis", "server", "string", "table", "math", "os", "coroutine",
                              "bit", "struct", "cjson", "cmsgpack", "getmetatable('')",
                              "getmetatable(_G)", "getmetatable('').__index"}) {
        const std::string t = table;
        for (const std::string& attempt :
             {t + ".poison = 1", t + "[1] = 1", t + ".__index = 1",
              "rawset(" + t + ", 'poison', 1)", "setmetatable(" + t + ", {})",
              "table.insert(" + t + ", 1)", "table.insert(" + t + ", 1, 1)",
              "for k in pairs(" + t + ") do " + t + "[k] = nil end",
              "for k in next, " + t + " do rawset(" + t + ", k, nil) end",
              "local t = " + t + " t[next(t) or 1] = 1"})
            EXPECT_TRUE(refused(attempt)) << attempt;
        // These write nothing, and may say so or not.
        for (const std::string& attempt :
             {"table.sort(" + t + ")", "table.remove(" + t + ")", "table.foreach(" + t + ", print)",
              "table.setn(" + t + ", 5)"})
            (void)eval(attempt);
    }
    EXPECT_EQ(picture(), before);
}

TEST_F(LuaAttacks, WhatIsBehindAProxyIsNeverHandedOut) {
    // pairs() and next() give the proxy as their state, not the table that they read.
    EXPECT_TRUE(refused("local f, t = pairs(redis) t.x = 1"));
    EXPECT_TRUE(refused("local f, t = pairs(_G) rawset(t, 'x', 1)"));
    EXPECT_EQ(eval("return getmetatable(redis)"), "$-1\r\n");
    EXPECT_TRUE(refused("local m = getmetatable(_G) m.__index = function() return 1 end"));
    // Its own metatable with a field like ours makes no table a proxy.
    EXPECT_EQ(eval("local t = setmetatable({}, {[1] = redis}) rawset(t, 'x', 5) return t.x"),
              ":5\r\n");
}

TEST_F(LuaAttacks, KeysOfOneScriptAreNotAnothers) {
    eval("KEYS[1] = 'poison' ARGV.x = 1 setmetatable(KEYS, {__index = function() return 1 end})",
         {"k"}, {"a"});
    EXPECT_EQ(eval("return {#KEYS, #ARGV, tostring(ARGV.x), tostring(KEYS[1])}"),
              "*4\r\n:0\r\n:0\r\n$3\r\nnil\r\n$3\r\nnil\r\n");
}

TEST_F(LuaAttacks, SettingsOfOneScriptAreNotAnothers) {
    eval("cjson.encode_max_depth(1) cjson.encode_number_precision(1) math.randomseed(5)");
    EXPECT_EQ(eval("return cjson.encode({{1.25}})"), "$8\r\n[[1.25]]\r\n");
    eval("collectgarbage('stop') collectgarbage('setpause', 1000000)");
    EXPECT_EQ(eval("for i = 1, 200000 do local t = {i} end return 1"), ":1\r\n");
    EXPECT_LT(scripts_.vm_memory(ScriptKind::script), size_t{4} << 20);
}

TEST_F(LuaAttacks, BytecodeIsRefused) {  // CVE-2015-4335
    for (const char* load :
         {"loadstring(code)", "load(function() local c = code code = nil return c end)",
          "load((function() local n = 0 return function() n = n + 1 "
          "return n == 1 and code:sub(1, 1) or n == 2 and code:sub(2) or nil end end)())"})
        EXPECT_EQ(eval("local code = string.dump(function() return 1 end) local f = " +
                       std::string(load) + " return tostring(f)"),
                  "$3\r\nnil\r\n")
            << load;
    EXPECT_TRUE(refused("\033Lua"));
    EXPECT_EQ(load("#!lua name=x\n\033Lua").substr(0, 24), "Error compiling function");
}

TEST_F(LuaAttacks, UnpackCountsIn64Bits) {  // CVE-2025-46817
    for (const char* range :
         {"-2147483648, 2147483647", "0, 2147483647", "1, 1e9", "-2147483647, 0"})
        EXPECT_TRUE(refused("return {unpack({}, " + std::string(range) + ")}")) << range;
    EXPECT_EQ(eval("return #{unpack({}, 2147483647, 2147483647)}"), ":0\r\n");
}

TEST_F(LuaAttacks, TheParserKeepsItsNameAlive) {  // CVE-2025-49844, CVE-2024-46981
    // Names with NUL in them are copied, by nobody's hand but the parser's, while it makes garbage.
    EXPECT_EQ(eval("collectgarbage() local n = 0 for i = 1, 200 do "
                   "local name = 'n' .. i .. '\\0' .. ('x'):rep(100) "
                   "local code = {} for j = 1, 50 do code[j] = 'local a' .. j .. ' = \"' .. i .. j "
                   ".. ('y'):rep(50) .. '\" collectgarbage(\"step\")' end "
                   "local f = loadstring(table.concat(code, ' ') .. ' return 1', name) "
                   "n = n + f() end return n"),
              ":200\r\n");
    // A reader that collects in the middle runs before the parser does.
    EXPECT_EQ(eval("local n = 0 local f = load(function() n = n + 1 collectgarbage() "
                   "if n < 100 then return 'local a = \"' .. ('x'):rep(n) .. '\" ' end end) "
                   "return f() or 1"),
              ":1\r\n");
}

TEST_F(LuaAttacks, LongBracketsOfAnyLength) {  // CVE-2025-46819
    EXPECT_EQ(
        eval("local e = ('='):rep(100000) local f = loadstring('return [' .. e .. '[x]' .. e .. "
             "']') return f()"),
        "$1\r\nx\r\n");
    EXPECT_TRUE(refused("return [" + std::string(1 << 20, '=')));
}

TEST_F(LuaAttacks, VarargsWithManyParameters) {  // CVE-2014-5461
    EXPECT_EQ(eval("local p = {} for i = 1, 180 do p[i] = 'p' .. i end "
                   "local f = loadstring('return function(' .. table.concat(p, ',') .. ', ...) "
                   "return select(\"#\", ...) end')() "
                   "local function deep(n) if n == 0 then return f() end return (deep(n - 1)) end "
                   "return deep(150)"),
              ":0\r\n");
}

TEST_F(LuaAttacks, PatternsDoNotEatTheStack) {
    EXPECT_TRUE(refused("return string.find(('a'):rep(1000000), ('a?'):rep(1000000))"));
    for (const char* name : {"find", "match", "gmatch", "gsub"})
        EXPECT_TRUE(
            refused("return string." + std::string(name) + "('a', ('(a)'):rep(100000), 'x')"))
            << name;
    EXPECT_EQ(eval("return ('a'):rep(5000):find(('a?'):rep(5000))"), ":1\r\n");
}

TEST_F(LuaAttacks, DeepNestingIsAnError) {  // CVE-2021-32626, CVE-2022-24834, CVE-2024-31449
    EXPECT_TRUE(refused("cjson.decode_max_depth(1e9) return cjson.decode(('['):rep(1000000))"));
    EXPECT_TRUE(refused("return cjson.decode(('{\"a\":'):rep(100000))"));
    EXPECT_TRUE(
        refused("cjson.encode_max_depth(1e9) local t = {} for i = 1, 100000 do t = {t} end "
                "return cjson.encode(t)"));
    EXPECT_TRUE(refused("local t = {} t[1] = t return cjson.encode(t)"));
    EXPECT_TRUE(refused("return cmsgpack.unpack(('\\145'):rep(1000000))"));
    EXPECT_TRUE(refused("return cmsgpack.unpack(('\\129'):rep(1000000))"));
    EXPECT_EQ(eval("local t = {} t[1] = t return #cmsgpack.pack(t)"), ":17\r\n");
    EXPECT_EQ(eval("return bit.tohex(-1, -2147483648)"), "$8\r\nFFFFFFFF\r\n");
    std::string wire;
    for (int i = 0; i < 10000; ++i) wire += "*1\r\n";
    host_.answer = wire + ":1\r\n";
    EXPECT_TRUE(refused("return redis.call('x')"));
    // A reply that is nested too deeply ends in an error where the stack ends.
    EXPECT_NE(
        eval("local t = {} for i = 1, 10000 do t = {t} end return t").find("reached lua stack"),
        std::string::npos);
    EXPECT_NE(eval("local t = {} t[1] = t return t").find("reached lua stack"), std::string::npos);
    EXPECT_TRUE(refused("return " + std::string(100000, '(') + "1" + std::string(100000, ')')));
    EXPECT_TRUE(refused("return " + std::string(100000, '{') + std::string(100000, '}')));
}

TEST_F(LuaAttacks, AnnouncedCountsAreNotBelieved) {
    for (const char* bytes : {"\\221\\255\\255\\255\\255", "\\223\\255\\255\\255\\255",
                              "\\219\\255\\255\\255\\255x", "\\198\\127\\255\\255\\255"})
        EXPECT_TRUE(refused("return cmsgpack.unpack('" + std::string(bytes) + "')")) << bytes;
    EXPECT_LT(scripts_.vm_memory(ScriptKind::script), size_t{1} << 20);
    for (const char* call :
         {"unpack('c2147483647', 'x')", "unpack('i4', 'abcd', 2147483647)",
          "unpack('i4', 'abcd', 1e300)", "unpack('bc0', '\\255abc')", "pack('i99999999999', 1)",
          "pack('c2147483647', 'x')", "size('i33')", "unpack('i4', 'abcd', -2147483648)",
          "unpack('dc0', struct.pack('d', 0/0))"})
        EXPECT_TRUE(refused("return struct." + std::string(call))) << call;
}

TEST_F(LuaAttacks, RepliesCannotBeForged) {  // CVE-2025-67733
    EXPECT_EQ(eval("return redis.error_reply('x\\r\\n+OK')"), "-ERR x  +OK\r\n");
    EXPECT_EQ(eval("return redis.status_reply('x\\r\\n:1')"), "+x  :1\r\n");
    EXPECT_EQ(eval("return {err='a\\0\\r\\n:1'}"), "-a\r\n");
    EXPECT_EQ(eval("return {big_number='1\\r\\n:1'}"), "$5\r\n1  :1\r\n");
    resp_ = 3;
    EXPECT_EQ(eval("return {big_number='1\\r\\n:1'}"), "(1  :1\r\n");
    EXPECT_EQ(eval("return {verbatim_string={format='a\\r\\n', string='x'}}"), "=5\r\na\r\n:x\r\n");
}

TEST_F(LuaAttacks, MemoryHasABound) {
    scripts_.set_memory_max(size_t{8} << 20);
    EXPECT_TRUE(refused("return #('x'):rep(1e8)"));
    EXPECT_TRUE(refused("local t = {} for i = 1, 1e8 do t[i] = {} end"));
    EXPECT_TRUE(refused("local s = 'x' while true do s = s .. s end"));
    EXPECT_TRUE(refused("return cjson.encode(('\\1'):rep(4e6))"));
    EXPECT_TRUE(refused("return cmsgpack.pack(('x'):rep(7e6))"));
    EXPECT_LT(scripts_.vm_memory(ScriptKind::script), size_t{9} << 20);
    EXPECT_EQ(eval("return 1"), ":1\r\n");
}

TEST_F(LuaAttacks, AllocationFailsAnywhere) {
    // From nothing to enough: wherever memory ends, it is an error, and the next script runs.
    eval("return 1");
    const size_t used = scripts_.vm_memory(ScriptKind::script);
    for (size_t room = 0; room < 40000; room += 97) {
        scripts_.set_memory_max(used + room);
        (void)eval(
            "local t = {} for i = 1, 50 do t[i] = cjson.encode({i, {a = i}}) end "
            "return {redis.call('x', unpack(t)), pcall(loadstring, 'return 1')}");
    }
    scripts_.set_memory_max(SIZE_MAX);
    EXPECT_EQ(eval("return 1"), ":1\r\n");
}

TEST_F(LuaAttacks, CollectingAfterEachStep) {
    // The scripts of a busy day, with a collector that works all the time.
    for (const char* script :
         {"local t = {} for i = 1, 100 do t[i] = cjson.decode(cjson.encode({i, tostring(i)})) end "
          "return #t",
          "local t = {} for i = 1, 100 do t[i] = cmsgpack.unpack(cmsgpack.pack({i, a = {i}})) end "
          "return #t",
          "local n = 0 for i = 1, 100 do n = n + #struct.pack('>I4s', i, tostring(i)) end return n",
          "for i = 1, 100 do redis.call('set', 'k' .. i, i) end return 1",
          "local n = 0 for i = 1, 100 do n = n + loadstring('return ' .. i)() end return n"}) {
        const std::string stressed =
            "collectgarbage() local step = collectgarbage "
            "local co = coroutine.wrap(function() while true do step('step') "
            "coroutine.yield() end end) for round = 1, 5 do co() ; "
            "(function() " +
            std::string(script) + " end)() end return 1";
        EXPECT_EQ(eval(stressed), ":1\r\n") << script;
    }
}

}  // namespace
}  // namespace rota
