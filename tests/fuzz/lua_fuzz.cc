// SPDX-License-Identifier: BSD-3-Clause
// The libraries of scripts with arguments of any bytes, and whole scripts: the first byte says
// which. Nothing may break the state; what a decoder has accepted its encoder accepts, and the
// bytes that it then makes are understood.
#include "check.h"
#include "scripting/lua/convert.h"
#include "scripting/lua/vm.h"

using namespace rota;

namespace rota {

// Libraries are not loaded here.
void lua_add_function(lua_State* L, std::string, std::optional<std::string>, uint64_t) {
    lua_pop(L, 1);
}

}  // namespace rota

namespace {

class Host final : public ScriptHost {
public:
    void call(std::span<const Slice> args, Buffer& out) override {
        Reply reply(out, resp_);
        reply.array(args.size());
        for (const Slice arg : args) reply.bulk(arg);
    }
    void set_resp(int version) override { resp_ = version; }
    int resp() const override { return resp_; }
    std::optional<bool> may_call(std::span<const Slice>) override { return true; }
    void log(int, Slice) override {}
    Slice interrupted() override { return steps_-- > 0 ? Slice() : Slice("too long"); }

private:
    int resp_ = 2;
    int steps_ = 20;
};

void push_function(lua_State* L, const char* library, const char* name) {
    lua_getglobal(L, library);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

// Decodes, encodes what came of it, and decodes that.
void round_trip(lua_State* L, const char* library, const char* decode, const char* encode,
                Slice bytes) {
    push_function(L, library, decode);
    lua_pushlstring(L, bytes.data(), bytes.size());
    if (lua_pcall(L, 1, 1, 0) != 0 || lua_isnil(L, -1)) return;
    push_function(L, library, encode);
    lua_insert(L, -2);
    if (lua_pcall(L, 1, 1, 0) != 0) return;
    push_function(L, library, decode);
    lua_insert(L, -2);
    lua_call(L, 1, 1);
}

void run(lua_State* L, unsigned char choice, Slice bytes) {
    switch (choice % 5) {
        case 0:
            return round_trip(L, "cjson", "decode", "encode", bytes);
        case 1:
            return round_trip(L, "cmsgpack", "unpack", "pack", bytes);
        case 2: {
            const size_t format = std::min<size_t>(bytes.find('|'), bytes.size());
            push_function(L, "struct", "unpack");
            lua_pushlstring(L, bytes.data(), format);
            const Slice data = bytes.substr(std::min(format + 1, bytes.size()));
            lua_pushlstring(L, data.data(), data.size());
            (void)lua_pcall(L, 2, LUA_MULTRET, 0);
            return;
        }
        case 3: {
            push_function(L, "string", "find");
            lua_pushliteral(L, "some text to look at 123");
            lua_pushlstring(L, bytes.data(), bytes.size());
            (void)lua_pcall(L, 2, LUA_MULTRET, 0);
            return;
        }
        default: {
            if (lua_load_source(L, bytes, "@user_script") != 0) return;
            if (lua_pcall(L, 0, 1, 0) != 0) return;
            Buffer out;
            Reply reply(out, 3);
            lua_write_reply(L, reply, true);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    if (size == 0) return 0;
    static LuaVm vm(ScriptKind::script);
    vm.set_memory_max(size_t{64} << 20);
    Host host;
    vm.begin(host);
    const Slice bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    (void)vm.run_protected([&](lua_State* L) { run(L, data[0], bytes); });
    vm.end();
    ASSERT(lua_gettop(vm.state()) == 0);
    return 0;
}
