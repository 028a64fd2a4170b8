// SPDX-License-Identifier: BSD-3-Clause
// The engine for Lua 5.1: scripts live in one state, functions in another, so that neither finds
// anything of the other. A state ends with the last code that was compiled in it.
#include "scripting/engine.h"

#include <memory>
#include <utility>

#include "platform/text.h"
#include "scripting/lua/convert.h"
#include "scripting/lua/vm.h"
#include "scripting/shebang.h"

namespace rota {
namespace {

constexpr const char* kScriptSource = "@user_script";
constexpr const char* kLibrarySource = "@user_function";

// A function in the registry of its state.
class LuaCode final : public CompiledCode {
public:
    LuaCode(std::shared_ptr<LuaVm> vm, int reference) : vm_(std::move(vm)), reference_(reference) {}
    ~LuaCode() override { luaL_unref(vm_->state(), LUA_REGISTRYINDEX, reference_); }
    LuaCode(const LuaCode&) = delete;

    size_t memory() const override { return sizeof *this; }
    LuaVm& vm() { return *vm_; }
    int reference() const { return reference_; }

private:
    std::shared_ptr<LuaVm> vm_;
    const int reference_;
};

// ---- Calling

struct Call {
    LuaCode& code;
    ScriptHost& host;
    std::span<const Slice> keys, args;
    Reply& reply;
};

void push_strings(lua_State* L, std::span<const Slice> strings) {
    lua_createtable(L, static_cast<int>(strings.size()), 0);
    int index = 0;
    for (const Slice text : strings) {
        lua_pushlstring(L, text.data(), text.size());
        lua_rawseti(L, -2, ++index);
    }
}

// Of a value that was raised: "ERR text", or the error reply itself.
std::string raised_text(lua_State* L, bool& counted) {
    if (!lua_istable(L, -1)) {
        size_t size = 0;
        if (lua_isboolean(L, -1)) return lua_toboolean(L, -1) != 0 ? "ERR true" : "ERR false";
        if (lua_isnil(L, -1)) return "ERR nil";
        const char* text = lua_tolstring(L, -1, &size);
        if (text == nullptr) return std::string("ERR ") + luaL_typename(L, -1);
        return "ERR " + std::string(text);
    }
    lua_pushliteral(L, "ignore_error_stats_update");
    lua_rawget(L, -2);
    counted = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    lua_pushliteral(L, "err");
    lua_rawget(L, -2);
    const char* text = lua_tostring(L, -1);
    return text != nullptr ? text : "ERR unknown error";
}

void reply_error(lua_State* L, const LuaVm& vm, Reply& reply) {
    bool counted = false;
    std::string text = raised_text(L, counted);
    if (!vm.place.source.empty())
        append_format(text, " script: on %s:%d.", vm.place.source.c_str(), vm.place.line);
    counted ? reply.error_again(text) : reply.error(text);
}

void call_code(lua_State* L, Call& call) {
    LuaVm& vm = call.code.vm();
    lua_pushcfunction(L, lua_error_handler);
    lua_rawgeti(L, LUA_REGISTRYINDEX, call.code.reference());
    push_strings(L, call.keys);
    push_strings(L, call.args);
    int arguments = 2;
    if (vm.kind() == ScriptKind::script) {
        vm.set_arguments();
        arguments = 0;
    }
    if (lua_pcall(L, arguments, 1, 1) != 0) return reply_error(L, vm, call.reply);
    lua_write_reply(L, call.reply, call.host.resp() == 3);
}

// ---- The engine

class LuaEngine final : public ScriptEngine {
public:
    LuaEngine() {
        reset(ScriptKind::script);
        reset(ScriptKind::function);
    }

    Slice name() const override { return "LUA"; }

    std::expected<std::unique_ptr<CompiledCode>, std::string> compile_script(Slice code) override {
        int reference = LUA_NOREF;
        const bool compiled = scripts_->run_protected([&](lua_State* L) {
            if (lua_load_source(L, without_head(code), kScriptSource) != 0) lua_error(L);
            reference = luaL_ref(L, LUA_REGISTRYINDEX);
        });
        if (!compiled)
            return std::unexpected("Error compiling script (new function): " + scripts_->error());
        return std::make_unique<LuaCode>(scripts_, reference);
    }

    std::expected<std::vector<CompiledFunction>, std::string> compile_library(
        Slice code, ScriptHost& host) override {
        int code_of_library = LUA_NOREF;
        const bool compiled = functions_->run_protected([&](lua_State* L) {
            if (lua_load_source(L, without_head(code), kLibrarySource) != 0) lua_error(L);
            code_of_library = luaL_ref(L, LUA_REGISTRYINDEX);
        });
        if (!compiled) return std::unexpected("Error compiling function: " + functions_->error());
        std::vector<CompiledFunction> made;
        std::string error;
        const bool ran = load_library(code_of_library, host, made, error);
        if (!ran) error = functions_->error();
        if (!error.empty()) return std::unexpected("Error registering functions: " + error);
        return made;
    }

    void call(CompiledCode& compiled, ScriptKind, ScriptHost& host, std::span<const Slice> keys,
              std::span<const Slice> args, Reply& reply) override {
        auto& code = static_cast<LuaCode&>(compiled);
        LuaVm& vm = code.vm();
        const size_t reply_begin = reply.begin();
        vm.begin(host);
        Call what{code, host, keys, args, reply};
        const bool ran = vm.run_protected([&](lua_State* L) { call_code(L, what); });
        vm.end();
        if (ran) return;
        reply.out().truncate(reply_begin);
        reply.error("ERR " + vm.error());
    }

    void reset(ScriptKind kind) override {
        of(kind) = std::make_shared<LuaVm>(kind);
        of(kind)->set_memory_max(memory_max_);
    }
    size_t used_memory(ScriptKind kind) const override {
        return kind == ScriptKind::script ? scripts_->memory() : functions_->memory();
    }
    void set_memory_max(size_t bytes) override {
        memory_max_ = bytes;
        scripts_->set_memory_max(bytes);
        functions_->set_memory_max(bytes);
    }

private:
    std::shared_ptr<LuaVm>& of(ScriptKind kind) {
        return kind == ScriptKind::script ? scripts_ : functions_;
    }

    // Runs the code, which is dropped. False: as run_protected().
    bool load_library(int code, ScriptHost& host, std::vector<CompiledFunction>& made,
                      std::string& error) {
        LuaVm& vm = *functions_;
        vm.begin(host);
        vm.set_loading(true);
        vm.functions = &made;
        const bool ran = vm.run_protected([&](lua_State* L) {
            lua_rawgeti(L, LUA_REGISTRYINDEX, code);
            luaL_unref(L, LUA_REGISTRYINDEX, code);
            bool counted = false;
            if (lua_pcall(L, 0, 0, 0) != 0) error = raised_text(L, counted);
        });
        vm.functions = nullptr;
        vm.set_loading(false);
        vm.end();
        return ran;
    }

    size_t memory_max_ = SIZE_MAX;
    std::shared_ptr<LuaVm> scripts_, functions_;
};

}  // namespace

void lua_add_function(lua_State* L, std::string name, std::optional<std::string> description,
                      uint64_t flags) {
    LuaVm& vm = LuaVm::of(L);
    const int reference = luaL_ref(L, LUA_REGISTRYINDEX);
    vm.functions->push_back({.name = std::move(name),
                             .description = std::move(description),
                             .flags = flags,
                             .code = std::make_unique<LuaCode>(vm.shared_from_this(), reference)});
}

std::unique_ptr<ScriptEngine> make_lua_engine() { return std::make_unique<LuaEngine>(); }

}  // namespace rota
