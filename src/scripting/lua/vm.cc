// SPDX-License-Identifier: BSD-3-Clause
#include "scripting/lua/vm.h"

#include <cstdlib>
#include <utility>

namespace rota {
namespace {

constexpr int kHookEvery = 100000;  // instructions
constexpr int kCollectEvery = 50;   // scripts

}  // namespace

// ---- The state and its memory

LuaVm::LuaVm(ScriptKind kind) : kind_(kind), state_(lua_newstate(allocate, this)) {
    if (state_ == nullptr) throw std::bad_alloc();
    // lua_cpcall() would make a closure for each call; this one is made once.
    const auto prepare = [](lua_State* L) {
        lua_checkstack(L, LUA_MINSTACK);
        lua_pushcfunction(L, entry);
        lua_rawseti(L, LUA_REGISTRYINDEX, 1);
        lua_open_sandbox(L);
        return 0;
    };
    if (lua_cpcall(state_, prepare, nullptr) != 0) {
        lua_close(state_);
        throw std::bad_alloc();
    }
    lua_settop(state_, 0);
    lua_sethook(state_, hook, LUA_MASKCOUNT, kHookEvery);
}

LuaVm::~LuaVm() { lua_close(state_); }

LuaVm& LuaVm::of(lua_State* L) {
    void* vm;
    lua_getallocf(L, &vm);
    return *static_cast<LuaVm*>(vm);
}

void* LuaVm::allocate(void* user, void* block, size_t old_size, size_t size) {
    LuaVm& vm = *static_cast<LuaVm*>(user);
    if (size == 0) {
        std::free(block);
        vm.used_ -= block != nullptr ? old_size : 0;
        return nullptr;
    }
    if (block == nullptr) old_size = 0;
    const size_t room = vm.memory_max_ - std::min(vm.used_, vm.memory_max_);
    const bool fits = size <= old_size || size - old_size <= room;
    void* const moved = fits ? std::realloc(block, size) : nullptr;
    if (moved == nullptr) {
        vm.ran_short_ = true;
        return size <= old_size ? block : nullptr;  // Lua relies on that a block can shrink
    }
    vm.used_ = vm.used_ - old_size + size;
    return moved;
}

// ---- Running

int LuaVm::entry(lua_State* L) {
    const auto body = reinterpret_cast<Body>(lua_touserdata(L, 1));
    void* const it = lua_touserdata(L, 2);
    lua_settop(L, 0);
    body(L, it);
    return 0;
}

bool LuaVm::run(Body body, void* it) {
    lua_rawgeti(state_, LUA_REGISTRYINDEX, 1);
    lua_pushlightuserdata(state_, reinterpret_cast<void*>(body));
    lua_pushlightuserdata(state_, it);
    const int status = lua_pcall(state_, 2, 0, 0);
    if (status == 0) return true;
    const char* text = status == LUA_ERRMEM ? "not enough memory" : lua_tostring(state_, -1);
    error_ = text != nullptr ? text : "unknown error";
    lua_settop(state_, 0);
    collect_if_short();
    return false;
}

// Lua does not collect because it is out of memory, so that is done behind whoever was.
void LuaVm::collect_if_short() {
    if (std::exchange(ran_short_, false)) lua_gc(state_, LUA_GCCOLLECT, 0);
}

void LuaVm::begin(ScriptHost& host) {
    host_ = &host;
    killed_ = false;
    place = {};
    *cjson = {};
}

// A script may have told the collector to rest.
void LuaVm::end() {
    host_ = nullptr;
    if (killed_) lua_sethook(state_, hook, LUA_MASKCOUNT, kHookEvery);
    killed_ = false;
    collect_if_short();
    if (++calls_ % kCollectEvery == 0)
        run_protected([](lua_State* L) { lua_gc(L, LUA_GCSTEP, kCollectEvery); });
}

// A script that was killed may catch the error: then each of its instructions raises it again.
void LuaVm::hook(lua_State* L, lua_Debug*) {
    LuaVm& vm = of(L);
    if (vm.host_ == nullptr) return;
    if (!vm.killed_) vm.kill_reason_ = vm.host_->interrupted();
    if (vm.kill_reason_.empty()) {
        if (lua_gethookcount(L) != kHookEvery) lua_sethook(L, hook, LUA_MASKCOUNT, kHookEvery);
        return;
    }
    vm.killed_ = true;
    lua_sethook(L, hook, LUA_MASKCOUNT, 1);
    lua_sethook(vm.state_, hook, LUA_MASKCOUNT, 1);
    lua_pushlstring(L, vm.kill_reason_.data(), vm.kill_reason_.size());
    lua_error(L);
}

int lua_error_handler(lua_State* L) {
    lua_Debug about;
    for (int level = 1; level <= 2 && lua_getstack(L, level, &about) != 0; ++level) {
        lua_getinfo(L, "Sl", &about);
        if (Slice(about.what) == "C") continue;
        LuaVm& vm = LuaVm::of(L);
        vm.place.source = about.source;
        vm.place.line = about.currentline;
        break;
    }
    return 1;
}

// ---- Proxies

namespace {

const char kBehind = 0;  // its address is the key: no script can name it

int refuse_write(lua_State* L) { lua_refuse_write(L, true); }

}  // namespace

void lua_refuse_write(lua_State* L, bool with_position) {
    if (with_position)
        luaL_where(L, 1);
    else
        lua_pushliteral(L, "");
    lua_pushliteral(L, "Attempt to modify a readonly table");
    lua_concat(L, 2);
    lua_error(L);
    std::abort();  // lua_error() does not return
}

void lua_add_functions(lua_State* L, std::span<const luaL_Reg> functions) {
    for (const luaL_Reg& function : functions) {
        lua_pushcfunction(L, function.func);
        lua_setfield(L, -2, function.name);
    }
}

void lua_freeze(lua_State* L) {
    lua_newtable(L);           // the proxy
    lua_createtable(L, 1, 2);  // its metatable
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushlightuserdata(L, const_cast<char*>(&kBehind));
    lua_pushvalue(L, -4);
    lua_rawset(L, -3);
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

bool lua_push_frozen(lua_State* L, int index) {
    if (!lua_istable(L, index) || lua_getmetatable(L, index) == 0) return false;
    lua_pushlightuserdata(L, const_cast<char*>(&kBehind));
    lua_rawget(L, -2);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 2);
        return false;
    }
    lua_remove(L, -2);
    return true;
}

}  // namespace rota
