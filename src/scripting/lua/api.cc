// SPDX-License-Identifier: BSD-3-Clause
// The table `server`, also called `redis`: how a script reaches the server, and how a library
// registers its functions.
#include <cstdlib>
#include <optional>
#include <span>
#include <utility>

#include "platform/sha1.h"
#include "platform/text.h"
#include "platform/version.h"
#include "scripting/flags.h"
#include "scripting/lua/convert.h"
#include "scripting/lua/vm.h"

namespace rota {
namespace {

// REPL_...: what is replicated is decided by what a script has changed; these are accepted.
constexpr int kReplAof = 1, kReplReplica = 2, kReplAll = kReplAof | kReplReplica;
constexpr int kLogLevels = 4;

[[noreturn]] void raise(lua_State* L, Slice text) {
    lua_push_error(L, text, false);
    lua_error(L);
    std::abort();  // lua_error() does not return
}

// A refusal of the call itself: raised by call(), returned by pcall().
int refuse(lua_State* L, Slice text, bool raises) {
    lua_push_error(L, text, false);
    return raises ? lua_error(L) : 1;
}

// The arguments of the function, as a command; false: they cannot be.
bool collect_arguments(lua_State* L, std::vector<Slice>& args) {
    const int count = lua_gettop(L);
    args.resize(static_cast<size_t>(count));
    for (int i = 1; i <= count; ++i) {
        if (!lua_argument(L, i, args[static_cast<size_t>(i - 1)])) return false;
    }
    return true;
}

constexpr Slice kNoArguments = "ERR Please specify at least one argument for this call";
constexpr Slice kBadArguments = "ERR Command arguments must be strings or integers";

int run_command(lua_State* L, bool raises) {
    LuaVm& vm = LuaVm::of(L);
    if (lua_gettop(L) == 0) return refuse(L, kNoArguments, raises);
    if (!collect_arguments(L, vm.args)) return refuse(L, kBadArguments, raises);
    vm.reply.clear();
    vm.host()->call(vm.args, vm.reply);
    const bool failed = vm.reply.view().starts_with('-');
    lua_push_reply(L, vm.reply.view());
    constexpr size_t kKeep = size_t{1} << 20;  // a larger buffer is given back
    if (vm.reply.capacity() > kKeep) vm.reply.release();
    return failed && raises ? lua_error(L) : 1;
}

int server_call(lua_State* L) { return run_command(L, true); }
int server_pcall(lua_State* L) { return run_command(L, false); }

int server_acl_check_cmd(lua_State* L) {
    LuaVm& vm = LuaVm::of(L);
    if (lua_gettop(L) == 0) raise(L, kNoArguments);
    if (!collect_arguments(L, vm.args)) raise(L, kBadArguments);
    const auto allowed = vm.host()->may_call(vm.args);
    if (!allowed) raise(L, "ERR Invalid command passed to server.acl_check_cmd()");
    lua_pushboolean(L, *allowed);
    return 1;
}

// ---- Replies

// {name=...} of the one string that is the argument.
int make_reply(lua_State* L, const char* field) {
    if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
        lua_push_error(L, "ERR wrong number or type of arguments", false);
        return 1;
    }
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, field);
    return 1;
}

// A text of one word has no code yet.
int server_error_reply(lua_State* L) {
    if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) return make_reply(L, "err");
    size_t size;
    const char* bytes = lua_tolstring(L, 1, &size);
    Slice text(bytes, size);
    if (text.starts_with('-')) text.remove_prefix(1);
    const bool has_code = text.find(' ') != Slice::npos;
    lua_pushstring(L, has_code ? "" : "ERR ");
    lua_pushlstring(L, text.data(), text.size());
    lua_concat(L, 2);
    lua_replace(L, 1);
    return make_reply(L, "err");
}

int server_status_reply(lua_State* L) { return make_reply(L, "ok"); }

// ---- The rest

int server_sha1hex(lua_State* L) {
    if (lua_gettop(L) != 1) raise(L, "ERR wrong number of arguments");
    size_t size = 0;
    const char* bytes = lua_tolstring(L, 1, &size);
    const std::string hex = sha1_hex({bytes, size});
    lua_pushlstring(L, hex.data(), hex.size());
    return 1;
}

int server_log(lua_State* L) {
    const int count = lua_gettop(L);
    if (count < 2) raise(L, "ERR server.log() requires two arguments or more.");
    if (lua_isnumber(L, 1) == 0) raise(L, "ERR First argument must be a number (log level).");
    const double level = lua_tonumber(L, 1);
    if (!(level >= 0 && level < kLogLevels)) raise(L, "ERR Invalid log level.");
    std::string text;
    for (int i = 2; i <= count; ++i) {
        size_t size = 0;
        const char* bytes = lua_tolstring(L, i, &size);
        if (bytes == nullptr) continue;
        if (i > 2) text += ' ';
        text.append(bytes, size);
    }
    LuaVm::of(L).host()->log(static_cast<int>(level), text);
    return 0;
}

int server_setresp(lua_State* L) {
    if (lua_gettop(L) != 1) raise(L, "ERR server.setresp() requires one argument.");
    const double version = lua_tonumber(L, 1);
    if (version != 2 && version != 3) raise(L, "ERR RESP version must be 2 or 3.");
    LuaVm::of(L).host()->set_resp(static_cast<int>(version));
    return 0;
}

int server_set_repl(lua_State* L) {
    if (lua_gettop(L) != 1) raise(L, "ERR server.set_repl() requires one argument.");
    const double what = lua_tonumber(L, 1);
    if (!(what >= 0 && what <= kReplAll))
        raise(L,
              "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or "
              "REPL_NONE.");
    return 0;
}

int server_replicate_commands(lua_State* L) {
    lua_pushboolean(L, 1);
    return 1;
}

// There is no debugger: nobody stops at a breakpoint, and nobody reads what is said to it.
int server_breakpoint(lua_State* L) {
    lua_pushboolean(L, 0);
    return 1;
}

int server_debug(lua_State*) { return 0; }

// ---- Libraries

// The string or number at `index`; nullopt: something else.
std::optional<std::string> text_at(lua_State* L, int index) {
    Slice text;
    lua_pushvalue(L, index);
    const bool is_text = lua_argument(L, lua_gettop(L), text);
    std::optional<std::string> copy;
    if (is_text) copy.emplace(text);
    lua_pop(L, 1);
    return copy;
}

struct Registration {
    std::optional<std::string> name, description;
    uint64_t flags = 0;
    bool has_callback = false;  // then it is at the top of the stack
};

uint64_t flags_at(lua_State* L, int index) {
    if (!lua_istable(L, index))
        raise(L,
              "ERR flags argument to server.register_function must be a table representing "
              "function flags");
    uint64_t flags = 0;
    for (int i = 1;; ++i) {
        lua_rawgeti(L, index, i);
        if (lua_isnil(L, -1)) break;
        const auto name = text_at(L, -1);
        const auto flag = name ? script_flag(*name) : std::nullopt;
        if (!flag) raise(L, "ERR unknown flag given");
        flags |= *flag;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return flags;
}

void take_field(lua_State* L, const std::string& field, Registration& out) {
    const int value = lua_gettop(L);
    if (field == "function_name") {
        out.name = text_at(L, value);
        if (!out.name)
            raise(L,
                  "ERR function_name argument given to server.register_function must be a "
                  "string");
    } else if (field == "description") {
        out.description = text_at(L, value);
        if (!out.description)
            raise(L,
                  "ERR description argument given to server.register_function must be a "
                  "string");
    } else if (field == "callback") {
        if (!lua_isfunction(L, value))
            raise(L,
                  "ERR callback argument given to server.register_function must be a "
                  "function");
        out.has_callback = true;
        lua_pushvalue(L, value);
        lua_replace(L, 2);
    } else if (field == "flags") {
        out.flags = flags_at(L, value);
    } else {
        raise(L, "ERR unknown argument given to server.register_function");
    }
}

// register_function{function_name=..., callback=..., ...}
Registration registration_of_table(lua_State* L) {
    if (!lua_istable(L, 1))
        raise(L,
              "ERR calling server.register_function with a single argument is only applicable "
              "to Lua table (representing named arguments).");
    Registration out;
    lua_settop(L, 2);  // 2: for the callback
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        if (lua_isstring(L, -2) == 0)
            raise(L, "ERR named argument key given to server.register_function is not a string");
        const bool named = lua_type(L, -2) == LUA_TSTRING;  // a number must stay one for lua_next()
        take_field(L, named ? lua_tostring(L, -2) : "", out);
        lua_settop(L, 3);
    }
    if (!out.name) raise(L, "ERR server.register_function must get a function name argument");
    if (!out.has_callback) raise(L, "ERR server.register_function must get a callback argument");
    return out;
}

// register_function(name, callback)
Registration registration_of_arguments(lua_State* L) {
    Registration out;
    out.name = text_at(L, 1);
    if (!out.name) raise(L, "ERR first argument to server.register_function must be a string");
    if (!lua_isfunction(L, 2))
        raise(L, "ERR second argument to server.register_function must be a function");
    return out;
}

int server_register_function(lua_State* L) {
    LuaVm& vm = LuaVm::of(L);
    if (vm.functions == nullptr)
        raise(L, "ERR server.register_function can only be called on FUNCTION LOAD command");
    const int count = lua_gettop(L);
    if (count < 1 || count > 2)
        raise(L, "ERR wrong number of arguments to server.register_function");
    Registration made = count == 1 ? registration_of_table(L) : registration_of_arguments(L);
    lua_settop(L, 2);
    lua_add_function(L, std::move(*made.name), std::move(made.description), made.flags);
    return 0;
}

// ---- The tables

constexpr luaL_Reg kFunctions[] = {
    {"call", guarded<server_call>},
    {"pcall", guarded<server_pcall>},
    {"acl_check_cmd", guarded<server_acl_check_cmd>},
    {"error_reply", server_error_reply},
    {"status_reply", server_status_reply},
    {"sha1hex", guarded<server_sha1hex>},
    {"log", guarded<server_log>},
    {"setresp", server_setresp},
    {"set_repl", server_set_repl},
    {"replicate_commands", server_replicate_commands},
    {"breakpoint", server_breakpoint},
    {"debug", server_debug},
};

struct Number {
    const char* name;
    int value;
};
constexpr Number kLogNumbers[] = {
    {"LOG_DEBUG", 0}, {"LOG_VERBOSE", 1}, {"LOG_NOTICE", 2}, {"LOG_WARNING", 3}};
constexpr Number kReplNumbers[] = {{"REPL_NONE", 0},
                                   {"REPL_AOF", kReplAof},
                                   {"REPL_REPLICA", kReplReplica},
                                   {"REPL_SLAVE", kReplReplica},
                                   {"REPL_ALL", kReplAll}};

void add_numbers(lua_State* L, std::span<const Number> numbers) {
    for (const Number& number : numbers) {
        lua_pushinteger(L, number.value);
        lua_setfield(L, -2, number.name);
    }
}

// "9.1.2" and 0x090102.
void add_version(lua_State* L, const std::string& prefix, Slice version) {
    int number = 0, part = 0;
    for (const char c : version) {
        if (c != '.')
            part = part * 10 + (c - '0');
        else
            number = number * 256 + std::exchange(part, 0);
    }
    number = number * 256 + part;
    lua_pushlstring(L, version.data(), version.size());
    lua_setfield(L, -2, (prefix + "_VERSION").c_str());
    lua_pushinteger(L, number);
    lua_setfield(L, -2, (prefix + "_VERSION_NUM").c_str());
}

void add_versions(lua_State* L) {
    lua_pushlstring(L, kServerName.data(), kServerName.size());
    lua_setfield(L, -2, "SERVER_NAME");
    add_version(L, "REDIS", kRedisVersion);
    add_version(L, "VALKEY", kValkeyVersion);
}

}  // namespace

void lua_open_api(lua_State* L) {
    lua_newtable(L);
    lua_add_functions(L, kFunctions);
    add_numbers(L, kLogNumbers);
    add_numbers(L, kReplNumbers);
    add_versions(L);
}

void lua_open_load_api(lua_State* L) {
    lua_newtable(L);
    lua_pushcfunction(L, guarded<server_register_function>);
    lua_setfield(L, -2, "register_function");
    lua_pushcfunction(L, guarded<server_log>);
    lua_setfield(L, -2, "log");
    add_numbers(L, kLogNumbers);
    add_versions(L);
}

}  // namespace rota
