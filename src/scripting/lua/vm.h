// SPDX-License-Identifier: BSD-3-Clause
// LuaVm: one Lua 5.1 state, closed: what scripts of all users share in it nobody can change, and
// nothing in it reaches the machine. There are two of them, for scripts and for functions.
//
// Shared tables are behind *proxies*. A proxy is an empty table that reads from another and refuses
// to be written; no script ever holds the table behind it, for the base functions that would show
// one, or write past a metatable, are replaced (sandbox.cc).
//
// Errors are C++ exceptions, as Debian's library for C++ has them: objects on the stack are
// destroyed. std::bad_alloc of ours must not pass Lua's frames: see guarded().
// Threading: executor only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <lua.hpp>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/buffer.h"
#include "platform/slice.h"
#include "scripting/code.h"
#include "scripting/host.h"
#include "scripting/lua/cjson.h"
#include "scripting/lua/random.h"

namespace rota {

class LuaVm : public std::enable_shared_from_this<LuaVm> {
public:
    explicit LuaVm(ScriptKind kind);
    ~LuaVm();
    LuaVm(const LuaVm&) = delete;

    static LuaVm& of(lua_State*);

    ScriptKind kind() const { return kind_; }
    lua_State* state() { return state_; }
    size_t memory() const { return used_; }
    // Beyond so many bytes scripts get "not enough memory". SIZE_MAX: no bound of its own.
    void set_memory_max(size_t bytes) { memory_max_ = bytes; }

    // Calls `body(lua_State*)` where Lua errors are caught; what it leaves on the stack is dropped.
    // False: there was one, and error() says which.
    template <class Body>
    bool run_protected(Body&& body) {
        return run([](lua_State* L, void* it) { (*static_cast<Body*>(it))(L); }, &body);
    }
    const std::string& error() const { return error_; }

    // Before and after the code of a user runs.
    void begin(ScriptHost&);
    void end();
    ScriptHost* host() { return host_; }
    bool killed() const { return killed_; }
    Slice kill_reason() const { return kill_reason_; }

    // While libraries load, names are found in another set of globals.
    void set_loading(bool on);
    bool loading() const { return loading_; }

    // Takes the two tables at the top of the stack as the globals KEYS and ARGV.
    void set_arguments();

    // The first place of the user's code that the latest error came through.
    struct Place {
        std::string source;  // "@user_script"; empty: none
        int line = 0;
    };
    Place place;

    LuaRandom random;
    CjsonOptions* cjson = nullptr;                       // of the library that all share
    Buffer reply;                                        // of the command that the script runs
    std::vector<Slice> args;                             // likewise
    std::vector<CompiledFunction>* functions = nullptr;  // of the library that loads

private:
    using Body = void (*)(lua_State*, void*);
    bool run(Body, void*);
    void collect_if_short();
    static void* allocate(void* vm, void* block, size_t old_size, size_t size);
    static void hook(lua_State*, lua_Debug*);
    static int entry(lua_State*);

    const ScriptKind kind_;
    size_t used_ = 0;
    size_t memory_max_ = SIZE_MAX;
    std::string error_;
    ScriptHost* host_ = nullptr;
    bool killed_ = false;
    Slice kill_reason_;
    bool loading_ = false;
    int calls_ = 0;
    bool ran_short_ = false;  // of memory, since it was last collected
    lua_State* state_;        // the last: its first blocks are counted already
};

// Names the first argument of pcall-ed code's errors: puts where the error came from into `place`.
int lua_error_handler(lua_State*);

// Lets a function throw std::bad_alloc: Lua sees an error of its own.
template <int (*Function)(lua_State*)>
int guarded(lua_State* L) {
    try {
        return Function(L);
    } catch (const std::bad_alloc&) {
    }
    return luaL_error(L, "not enough memory");
}

// Adds functions to the table at the top of the stack.
void lua_add_functions(lua_State*, std::span<const luaL_Reg>);
// Replaces the table at the top of the stack by a proxy of it.
void lua_freeze(lua_State*);
// Pushes what is behind the proxy at `index`; false: it is none, and nothing is pushed.
bool lua_push_frozen(lua_State*, int index);
// Raises the error of a write to a proxy.
[[noreturn]] void lua_refuse_write(lua_State*, bool with_position);

// Base functions and libraries, those of the server included: called once, by the constructor.
void lua_open_sandbox(lua_State*);
void lua_open_api(lua_State*);       // pushes the table of `server`
void lua_open_load_api(lua_State*);  // pushes that of a library that loads
int lua_open_bit(lua_State*);
int lua_open_cjson(lua_State*);
int lua_open_cmsgpack(lua_State*);
int lua_open_struct(lua_State*);

// Adds the function at the top of the stack to those of the library that loads, and pops it.
void lua_add_function(lua_State*, std::string name, std::optional<std::string> description,
                      uint64_t flags);

// Loads a piece of source code. As lua_load(), but never bytecode.
int lua_load_source(lua_State*, Slice code, const char* name);

}  // namespace rota
