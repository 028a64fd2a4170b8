// SPDX-License-Identifier: BSD-3-Clause
#include "scripting/lua/convert.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "platform/text.h"

namespace rota {
namespace {

constexpr int kNestedMax = 1000;  // levels of a reply: each is a frame of the C stack

// What a C string of it would be: error and status texts are cut there.
Slice up_to_nul(Slice text) { return text.substr(0, text.find('\0')); }

class Reader {
public:
    Reader(lua_State* L, Slice wire) : lua_(L), rest_(wire) {}

    void push() {
        if (depth_ >= kNestedMax) luaL_error(lua_, "reply is nested too deeply");
        ++depth_;
        luaL_checkstack(lua_, 6, "reply is nested too deeply");
        push_next();
        --depth_;
    }

private:
    void push_next() {
        const char type = rest_.front();
        const Slice line = take_line().substr(1);
        switch (type) {
            case '+':
                return push_field("ok", line);
            case '-':
                return lua_push_error(lua_, line, true);
            case ':':
                return lua_pushnumber(lua_, static_cast<double>(number(line)));
            case '$':
                return line == "-1" ? lua_pushboolean(lua_, 0) : push_text(take_bulk(line));
            case '*':
                return line == "-1" ? lua_pushboolean(lua_, 0) : push_array(number(line));
            case '_':
                return lua_pushnil(lua_);
            case '#':
                return lua_pushboolean(lua_, line == "t");
            case ',':
                return push_double(line);
            case '(':
                return push_field("big_number", line);
            case '=':
                return push_verbatim(take_bulk(line));
            case '%':
                return push_pairs("map", number(line), true);
            case '~':
                return push_pairs("set", number(line), false);
            case '|':
                return skip_attributes(number(line));
            default:
                return push_array(number(line));  // '>'
        }
    }
    Slice take_line() {
        const size_t end = rest_.find('\r');
        const Slice line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 2, rest_.size()));
        return line;
    }
    Slice take_bulk(Slice length) {
        const auto size = static_cast<size_t>(number(length));
        const Slice body = rest_.substr(0, size);
        rest_.remove_prefix(size + 2);
        return body;
    }
    static int64_t number(Slice text) { return parse_int64(text).value_or(0); }

    void push_text(Slice text) { lua_pushlstring(lua_, text.data(), text.size()); }
    void push_field(const char* name, Slice text) {
        lua_createtable(lua_, 0, 1);
        push_text(text);
        lua_setfield(lua_, -2, name);
    }
    void push_array(int64_t count) {
        lua_createtable(lua_, static_cast<int>(count), 0);
        for (int i = 1; i <= count; ++i) {
            push();
            lua_rawseti(lua_, -2, i);
        }
    }
    void push_double(Slice text) {
        lua_createtable(lua_, 0, 1);
        const double value = text == "nan" ? NAN : parse_double(text).value_or(0);
        lua_pushnumber(lua_, value);
        lua_setfield(lua_, -2, "double");
    }
    void push_verbatim(Slice body) {
        lua_createtable(lua_, 0, 1);
        lua_createtable(lua_, 0, 2);
        push_text(body.substr(0, 3));
        lua_setfield(lua_, -2, "format");
        push_text(body.substr(std::min<size_t>(4, body.size())));
        lua_setfield(lua_, -2, "string");
        lua_setfield(lua_, -2, "verbatim_string");
    }
    void push_pairs(const char* name, int64_t count, bool with_values) {
        lua_createtable(lua_, 0, 1);
        lua_createtable(lua_, 0, static_cast<int>(count));
        for (int64_t i = 0; i < count; ++i) {
            push();
            with_values ? push() : lua_pushboolean(lua_, 1);
            lua_rawset(lua_, -3);
        }
        lua_setfield(lua_, -2, name);
    }
    void skip_attributes(int64_t pairs) {
        for (int64_t i = 0; i < 2 * pairs; ++i) {
            push();
            lua_pop(lua_, 1);
        }
        push();
    }

    lua_State* lua_;
    Slice rest_;
    int depth_ = 0;
};

class Writer {
public:
    Writer(lua_State* L, Reply& reply, bool resp3) : lua_(L), reply_(reply), resp3_(resp3) {}

    // Writes the value at the top, and drops it.
    void write() {
        if (depth_ >= kNestedMax || lua_checkstack(lua_, 4) == 0) {
            reply_.error("ERR reached lua stack limit");
            return lua_pop(lua_, 1);
        }
        switch (lua_type(lua_, -1)) {
            case LUA_TSTRING:
                reply_.bulk(text(-1));
                break;
            case LUA_TBOOLEAN:
                write_boolean(lua_toboolean(lua_, -1) != 0);
                break;
            case LUA_TNUMBER:
                reply_.integer(as_integer(lua_tonumber(lua_, -1)));
                break;
            case LUA_TTABLE:
                ++depth_;
                write_table();
                --depth_;
                break;
            default:
                reply_.null();
        }
        lua_pop(lua_, 1);
    }

private:
    Slice text(int index) {
        size_t size;
        const char* bytes = lua_tolstring(lua_, index, &size);
        return {bytes, size};
    }
    // What does not fit is the lowest integer, as the usual machines convert it.
    static int64_t as_integer(double value) {
        return value >= -0x1p63 && value < 0x1p63 ? static_cast<int64_t>(value) : INT64_MIN;
    }
    void write_boolean(bool value) {
        if (resp3_) return reply_.boolean(value);
        value ? reply_.integer(1) : reply_.null();
    }
    // Pushes the table's field if it has that type; false: nothing is pushed.
    bool field(const char* name, int type) {
        lua_pushstring(lua_, name);
        lua_rawget(lua_, -2);
        if (lua_type(lua_, -1) == type) return true;
        lua_pop(lua_, 1);
        return false;
    }

    // The table stays.
    void write_table() {
        if (field("err", LUA_TSTRING)) {
            const Slice error = up_to_nul(text(-1));
            lua_pushliteral(lua_, "ignore_error_stats_update");
            lua_rawget(lua_, -3);
            lua_toboolean(lua_, -1) != 0 ? reply_.error_again(error) : reply_.error(error);
            lua_pop(lua_, 2);
        } else if (field("ok", LUA_TSTRING)) {
            reply_.simple(up_to_nul(text(-1)));
            lua_pop(lua_, 1);
        } else if (field("double", LUA_TNUMBER)) {
            reply_.real(lua_tonumber(lua_, -1));
            lua_pop(lua_, 1);
        } else if (field("map", LUA_TTABLE)) {
            write_pairs(true);
            lua_pop(lua_, 1);
        } else if (field("set", LUA_TTABLE)) {
            write_pairs(false);
            lua_pop(lua_, 1);
        } else if (field("big_number", LUA_TSTRING)) {
            write_big_number();
            lua_pop(lua_, 1);
        } else if (field("verbatim_string", LUA_TTABLE)) {
            const bool written = write_verbatim();
            lua_pop(lua_, 1);
            if (!written) write_array();
        } else {
            write_array();
        }
    }

    void write_pairs(bool with_values) {
        const size_t begin = reply_.begin();
        size_t count = 0;
        lua_pushnil(lua_);
        while (lua_next(lua_, -2) != 0) {
            lua_pushvalue(lua_, -2);
            write();
            with_values ? write() : lua_pop(lua_, 1);
            ++count;
        }
        with_values ? reply_.end_map(begin, count) : reply_.end_set(begin, count);
    }

    void write_big_number() {
        std::string digits(text(-1));
        std::ranges::replace(digits, '\r', ' ');
        std::ranges::replace(digits, '\n', ' ');
        reply_.big_number(digits);
    }

    bool write_verbatim() {
        if (!field("format", LUA_TSTRING)) return false;
        std::string format(text(-1).substr(0, 3));
        lua_pop(lua_, 1);
        if (!field("string", LUA_TSTRING)) return false;
        format.resize(3, ' ');
        reply_.verbatim(format, text(-1));
        lua_pop(lua_, 1);
        return true;
    }

    void write_array() {
        const size_t begin = reply_.begin();
        size_t count = 0;
        while (true) {
            lua_rawgeti(lua_, -1, static_cast<int>(count) + 1);
            if (lua_isnil(lua_, -1)) break;
            write();
            ++count;
        }
        lua_pop(lua_, 1);
        reply_.end_array(begin, count);
    }

    lua_State* lua_;
    Reply& reply_;
    const bool resp3_;
    int depth_ = 0;
};

}  // namespace

void lua_push_reply(lua_State* L, Slice wire) { Reader(L, wire).push(); }

void lua_write_reply(lua_State* L, Reply& reply, bool resp3) { Writer(L, reply, resp3).write(); }

void lua_push_error(lua_State* L, Slice text, bool counted) {
    lua_createtable(L, 0, 2);
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, "err");
    if (!counted) return;
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "ignore_error_stats_update");
}

bool lua_argument(lua_State* L, int index, Slice& out) {
    const int type = lua_type(L, index);
    if (type != LUA_TSTRING && type != LUA_TNUMBER) return false;
    if (type == LUA_TNUMBER) {
        const double value = lua_tonumber(L, index);
        const std::string text = std::isnan(value) ? "-nan"
                                 : value == 0      ? "0"  // also if it is negative
                                                   : format_double(value);
        lua_pushlstring(L, text.data(), text.size());
        lua_replace(L, index);
    }
    size_t size;
    const char* bytes = lua_tolstring(L, index, &size);
    out = {bytes, size};
    return true;
}

}  // namespace rota
