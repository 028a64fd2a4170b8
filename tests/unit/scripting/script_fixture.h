// SPDX-License-Identifier: BSD-3-Clause
// A server for scripts that answers each command with what the test has said.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scripting/scripts.h"

namespace rota {

class FakeHost : public ScriptHost {
public:
    void call(std::span<const Slice> args, Buffer& out) override {
        calls.emplace_back();
        for (const Slice arg : args) calls.back() += std::string(arg) + ' ';
        out.append(answer);
    }
    void set_resp(int version) override { resp_ = version; }
    int resp() const override { return resp_; }
    std::optional<bool> may_call(std::span<const Slice>) override { return true; }
    void log(int, Slice) override {}
    Slice interrupted() override {
        return steps_left-- > 0 ? Slice() : Slice("killed by the test");
    }

    std::vector<std::string> calls;
    std::string answer = "+OK\r\n";
    int steps_left = 1000;  // of a hundred thousand instructions

private:
    int resp_ = 2;
};

class ScriptTest : public testing::Test {
protected:
    void SetUp() override {
        if (auto lua = make_lua_engine()) scripts_.add_engine(std::move(lua));
    }

    // What the client would see.
    std::string eval(Slice text, std::vector<Slice> keys = {}, std::vector<Slice> args = {}) {
        const auto script = scripts_.script_of(text);
        if (!script) return "-ERR " + script.error() + "\r\n";
        Buffer out;
        Reply reply(out, resp_);
        host_.set_resp(2);
        (*script)->engine->call(*(*script)->code, ScriptKind::script, host_, keys, args, reply);
        return std::string(out.view());
    }

    std::string load(Slice code, bool replace = false) {
        auto library = scripts_.compile(code, host_);
        if (!library) return library.error();
        const auto added = scripts_.libraries().add(std::move(*library), replace);
        return added ? "" : added.error();
    }
    std::string fcall(Slice name) {
        const Function* function = scripts_.libraries().find_function(name);
        if (function == nullptr) return "no such function";
        Buffer out;
        Reply reply(out, resp_);
        host_.set_resp(2);
        function->library->engine->call(*function->made.code, ScriptKind::function, host_, {}, {},
                                        reply);
        return std::string(out.view());
    }

    Scripts scripts_;
    FakeHost host_;
    int resp_ = 2;
};

}  // namespace rota
