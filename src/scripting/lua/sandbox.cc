// SPDX-License-Identifier: BSD-3-Clause
// What scripts find when they look around: the base functions and libraries of Lua that cannot
// reach beyond the script, those among them replaced that would show or change what is shared.
#include <array>
#include <cmath>
#include <cstring>

#include "scripting/lua/vm.h"

namespace rota {
namespace {

// The matcher recurses for each item of a pattern; the longest one takes a quarter of a stack.
constexpr size_t kPatternMax = 10000;

// In the registry, behind LuaVm's own. The last two are what getmetatable() shows.
enum Registered : int {
    kGlobalsMeta = 2,
    kGlobals = 3,
    kLoadGlobals = 4,
    kStringMeta = 5,  // for ""
    kShownMeta = 6,   // for _G
};

// ---- Base functions that look at tables or change them

int base_getmetatable(lua_State* L) {
    luaL_checkany(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, kStringMeta);
        return 1;
    }
    if (lua_push_frozen(L, 1)) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, kGlobals);
        lua_rawequal(L, -1, -2) != 0 ? lua_rawgeti(L, LUA_REGISTRYINDEX, kShownMeta)
                                     : lua_pushnil(L);
        return 1;
    }
    if (lua_getmetatable(L, 1) == 0)
        lua_pushnil(L);
    else
        luaL_getmetafield(L, 1, "__metatable");
    return 1;
}

int base_setmetatable(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    const int type = lua_type(L, 2);
    luaL_argcheck(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
    if (lua_push_frozen(L, 1)) lua_refuse_write(L, false);
    if (luaL_getmetafield(L, 1, "__metatable") != 0)
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

int base_rawget(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    if (lua_push_frozen(L, 1)) lua_replace(L, 1);
    lua_rawget(L, 1);
    return 1;
}

int base_rawset(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    lua_settop(L, 3);
    if (lua_push_frozen(L, 1)) lua_refuse_write(L, false);
    lua_rawset(L, 1);
    return 1;
}

int base_next(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (lua_push_frozen(L, 1)) lua_replace(L, 1);
    if (lua_next(L, 1) != 0) return 2;
    lua_pushnil(L);
    return 1;
}

// The upvalue is base_next: that what it iterates is the table itself, never what is behind it.
int base_pairs(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

// Counted in 64 bits: as ints, the ends of the range may wrap round past the check.
int base_unpack(lua_State* L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    const int64_t first = luaL_optint(L, 2, 1);
    const int64_t last = lua_isnoneornil(L, 3) ? static_cast<int64_t>(lua_objlen(L, 1))
                                               : int64_t{luaL_checkint(L, 3)};
    if (first > last) return 0;
    const int64_t count = last - first + 1;
    if (count >= INT32_MAX || lua_checkstack(L, static_cast<int>(count)) == 0)
        return luaL_error(L, "too many results to unpack");
    for (int64_t i = first; i <= last; ++i) lua_rawgeti(L, 1, static_cast<int>(i));
    return static_cast<int>(count);
}

// ---- Errors

// A script that is killed must not catch that.
void raise_if_killed(lua_State* L) {
    const LuaVm& vm = LuaVm::of(L);
    if (!vm.killed()) return;
    lua_pushlstring(L, vm.kill_reason().data(), vm.kill_reason().size());
    lua_error(L);
}

// A command's error is caught as its text.
int base_pcall(lua_State* L) {
    luaL_checkany(L, 1);
    const int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    if (status != 0) {
        raise_if_killed(L);
        if (lua_istable(L, -1)) {
            lua_pushliteral(L, "err");
            lua_rawget(L, -2);
            if (lua_isstring(L, -1) == 0)
                lua_pop(L, 1);
            else
                lua_remove(L, -2);
        }
    }
    lua_pushboolean(L, status == 0);
    lua_insert(L, 1);
    return lua_gettop(L);
}

int base_xpcall(lua_State* L) {
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    lua_insert(L, 1);
    const int status = lua_pcall(L, 0, LUA_MULTRET, 1);
    if (status != 0) raise_if_killed(L);
    lua_pushboolean(L, status == 0);
    lua_replace(L, 1);
    return lua_gettop(L);
}

// ---- Source code

int loaded(lua_State* L, int status) {
    if (status == 0) return 1;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

int base_loadstring(lua_State* L) {
    size_t size;
    const char* code = luaL_checklstring(L, 1, &size);
    return loaded(L, lua_load_source(L, {code, size}, luaL_optstring(L, 2, code)));
}

constexpr size_t kLoadedMax = size_t{64} << 20;

// All pieces are fetched before the parser starts, so that nothing of the script runs inside it.
int base_load(lua_State* L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    const char* name = luaL_optstring(L, 2, "=(load)");
    lua_settop(L, 3);
    std::string code;
    while (true) {
        lua_pushvalue(L, 1);
        if (lua_pcall(L, 0, 1, 0) != 0) {
            raise_if_killed(L);
            return loaded(L, LUA_ERRRUN);
        }
        if (lua_isnil(L, -1)) break;
        if (lua_isstring(L, -1) == 0) {
            lua_pushliteral(L, "reader function must return a string");
            return loaded(L, LUA_ERRRUN);
        }
        size_t size;
        const char* piece = lua_tolstring(L, -1, &size);
        if (size == 0) break;
        code.append(piece, size);
        if (code.size() > kLoadedMax) return luaL_error(L, "source code is too long");
        lua_pop(L, 1);
    }
    return loaded(L, lua_load_source(L, code, name));
}

// The collector is everybody's: it can be asked to work, not to rest.
int base_collectgarbage(lua_State* L) {
    static const char* const kOptions[] = {"stop", "restart",  "collect",    "count",
                                           "step", "setpause", "setstepmul", nullptr};
    static constexpr int kNone = -1;
    static constexpr std::array<int, 7> kActions = {kNone,      kNone, LUA_GCCOLLECT, LUA_GCCOUNT,
                                                    LUA_GCSTEP, kNone, kNone};
    const int option = luaL_checkoption(L, 1, "collect", kOptions);
    const int argument = luaL_optint(L, 2, 0);
    const int action = kActions[static_cast<size_t>(option)];
    if (action == kNone) {
        lua_pushnumber(L, 0);
    } else if (action == LUA_GCCOUNT) {
        lua_pushnumber(L, static_cast<double>(LuaVm::of(L).memory()) / 1024);
    } else {
        const int result = lua_gc(L, action, argument);
        action == LUA_GCSTEP ? lua_pushboolean(L, result) : lua_pushnumber(L, result);
    }
    return 1;
}

// ---- Of libraries

// Goes on as the function that was replaced, in the same frame: its errors look as ever.
int replaced(lua_State* L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

int table_insert(lua_State* L) {
    if (lua_push_frozen(L, 1)) lua_refuse_write(L, false);
    return replaced(L);
}

// Any of the functions that take a pattern as their second argument.
int string_with_pattern(lua_State* L) {
    if (lua_type(L, 2) == LUA_TSTRING && lua_objlen(L, 2) > kPatternMax)
        return luaL_error(L, "pattern too complex");
    return replaced(L);
}

int math_random(lua_State* L) {
    const double part = LuaVm::of(L).random.next() % LuaRandom::kMax / double{LuaRandom::kMax};
    const int count = lua_gettop(L);
    if (count == 0) {
        lua_pushnumber(L, part);
        return 1;
    }
    if (count > 2) return luaL_error(L, "wrong number of arguments");
    const int64_t low = count == 1 ? 1 : luaL_checkint(L, 1);
    const int64_t high = luaL_checkint(L, count);
    luaL_argcheck(L, low <= high, count, "interval is empty");
    lua_pushnumber(
        L, std::floor(part * static_cast<double>(high - low + 1)) + static_cast<double>(low));
    return 1;
}

int math_randomseed(lua_State* L) {
    LuaVm::of(L).random.seed(luaL_checkint(L, 1));
    return 0;
}

// ---- Putting it together

constexpr const char* kTakenOver[] = {"assert", "error",    "gcinfo",   "ipairs", "rawequal",
                                      "select", "tonumber", "tostring", "type",   "_VERSION"};
constexpr luaL_Reg kReplaced[] = {
    {"getmetatable", base_getmetatable},
    {"setmetatable", base_setmetatable},
    {"rawget", base_rawget},
    {"rawset", base_rawset},
    {"next", base_next},
    {"unpack", base_unpack},
    {"pcall", base_pcall},
    {"xpcall", base_xpcall},
    {"loadstring", base_loadstring},
    {"load", guarded<base_load>},
    {"collectgarbage", base_collectgarbage},
};

void open_library(lua_State* L, const char* name, lua_CFunction open) {
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
}

// table[name] = wrapper, with what was there as its upvalue.
void wrap(lua_State* L, const char* name, lua_CFunction wrapper) {
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, wrapper, 1);
    lua_setfield(L, -2, name);
}

// Takes the library from Lua's globals, adapted and frozen, into the table below the top.
template <class Adapt>
void take_library(lua_State* L, const char* name, Adapt&& adapt) {
    lua_getglobal(L, name);
    adapt();
    lua_freeze(L);
    lua_setfield(L, -2, name);
}

void take_standard_libraries(lua_State* L) {
    take_library(L, LUA_TABLIBNAME, [L] { wrap(L, "insert", table_insert); });
    take_library(L, LUA_STRLIBNAME, [L] {
        for (const char* name : {"find", "match", "gmatch", "gfind", "gsub"})
            wrap(L, name, string_with_pattern);
    });
    take_library(L, LUA_MATHLIBNAME, [L] {
        lua_pushcfunction(L, math_random);
        lua_setfield(L, -2, "random");
        lua_pushcfunction(L, math_randomseed);
        lua_setfield(L, -2, "randomseed");
    });
    take_library(L, LUA_COLIBNAME, [] {});
    // Of os there is the clock alone.
    lua_getglobal(L, LUA_OSLIBNAME);
    lua_newtable(L);
    lua_getfield(L, -2, "clock");
    lua_setfield(L, -2, "clock");
    lua_remove(L, -2);
    lua_freeze(L);
    lua_setfield(L, -2, LUA_OSLIBNAME);
}

void take_base(lua_State* L) {
    for (const char* name : kTakenOver) {
        lua_getglobal(L, name);
        lua_setfield(L, -2, name);
    }
    for (const luaL_Reg& function : kReplaced) {
        lua_pushcfunction(L, function.func);
        lua_setfield(L, -2, function.name);
    }
    lua_getfield(L, -1, "next");
    lua_pushcclosure(L, base_pairs, 1);
    lua_setfield(L, -2, "pairs");
}

void add_library(lua_State* L, const char* name, int (*open)(lua_State*)) {
    open(L);
    lua_freeze(L);
    lua_setfield(L, -2, name);
}

int missing_global(lua_State* L) {
    if (lua_type(L, 2) != LUA_TSTRING) return luaL_error(L, "unexpected type");
    return luaL_error(L, "Script attempted to access nonexistent global variable '%s'",
                      lua_tostring(L, 2));
}

// Reading what is not in the table at the top is an error.
void refuse_missing(lua_State* L) {
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, missing_global);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

void add_server(lua_State* L, bool missing_is_error, void (*open)(lua_State*)) {
    open(L);
    if (missing_is_error) refuse_missing(L);
    lua_freeze(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "server");
    lua_setfield(L, -2, "redis");
}

// What getmetatable("") shows: something that reads like it.
void add_string_meta(lua_State* L) {
    lua_createtable(L, 0, 1);
    lua_getfield(L, -2, LUA_STRLIBNAME);
    lua_setfield(L, -2, "__index");
    lua_freeze(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, kStringMeta);
}

void make_globals(lua_State* L) {
    lua_newtable(L);
    take_base(L);
    take_standard_libraries(L);
    add_library(L, "bit", lua_open_bit);
    add_library(L, "cjson", lua_open_cjson);
    add_library(L, "cmsgpack", lua_open_cmsgpack);
    add_library(L, "struct", lua_open_struct);
    add_server(L, false, lua_open_api);
    add_string_meta(L);
    refuse_missing(L);
    lua_getmetatable(L, -1);
    lua_freeze(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, kShownMeta);
}

}  // namespace

void lua_open_sandbox(lua_State* L) {
    open_library(L, "", luaopen_base);
    open_library(L, LUA_TABLIBNAME, luaopen_table);
    open_library(L, LUA_STRLIBNAME, luaopen_string);
    open_library(L, LUA_MATHLIBNAME, luaopen_math);
    open_library(L, LUA_OSLIBNAME, luaopen_os);
    make_globals(L);
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, kGlobals);

    lua_newtable(L);
    add_server(L, true, lua_open_load_api);
    refuse_missing(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, kLoadGlobals);

    // All code sees the globals through one proxy; Lua's own table of them goes.
    lua_pushvalue(L, -1);
    lua_freeze(L);
    lua_getmetatable(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, kGlobalsMeta);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "_G");
    lua_replace(L, LUA_GLOBALSINDEX);
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "_LOADED");  // where the libraries had registered themselves
    lua_settop(L, 0);
}

void LuaVm::set_loading(bool on) {
    loading_ = on;
    lua_rawgeti(state_, LUA_REGISTRYINDEX, kGlobalsMeta);
    lua_rawgeti(state_, LUA_REGISTRYINDEX, on ? kLoadGlobals : kGlobals);
    lua_setfield(state_, -2, "__index");
    lua_pop(state_, 1);
}

void LuaVm::set_arguments() {
    lua_rawgeti(state_, LUA_REGISTRYINDEX, kGlobals);
    lua_insert(state_, -3);
    lua_setfield(state_, -3, "ARGV");
    lua_setfield(state_, -2, "KEYS");
    lua_pop(state_, 1);
}

// The name is kept alive by hand: while the parser runs it is nobody's but the parser's, which
// relies on no collection being due.
int lua_load_source(lua_State* L, Slice code, const char* name) {
    constexpr size_t kCodeMax = size_t{1} << 30;  // the lexer counts in ints
    if (code.size() >= kCodeMax) {
        lua_pushliteral(L, "source code is too long");
        return LUA_ERRSYNTAX;
    }
    lua_pushstring(L, name);
    int status;
    if (code.starts_with(LUA_SIGNATURE[0])) {  // bytecode is not checked by anybody
        char shown[LUA_IDSIZE];
        lua_pushvalue(L, -1);
        const Slice given = name;
        if (given.starts_with('=') || given.starts_with('@'))
            std::snprintf(shown, sizeof shown, "%s", name + 1);
        else
            std::snprintf(shown, sizeof shown, "[string \"%.40s\"]", name);
        lua_pushfstring(L, "%s:1: unexpected symbol near 'char(27)'", shown);
        lua_remove(L, -2);
        status = LUA_ERRSYNTAX;
    } else {
        status = luaL_loadbuffer(L, code.data(), code.size(), name);
    }
    lua_remove(L, -2);
    return status;
}

}  // namespace rota
