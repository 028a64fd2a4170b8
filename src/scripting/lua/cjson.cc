// SPDX-License-Identifier: BSD-3-Clause
// The library `cjson`: JSON with the options, the output and the messages of Lua CJSON 2.1.0. What
// may be nested is bounded by the options and by Lua's own stack, what is long by its memory.
#include "scripting/lua/cjson.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "platform/text.h"
#include "scripting/lua/vm.h"

namespace rota {
namespace {

using InvalidNumbers = CjsonOptions::InvalidNumbers;

CjsonOptions& options_of(lua_State* L) {
    return *static_cast<CjsonOptions*>(lua_touserdata(L, lua_upvalueindex(1)));
}

// ---- Encoding

class Encoder {
public:
    Encoder(lua_State* L, const CjsonOptions& options) : lua_(L), options_(options) {}

    // The value at the top; it stays.
    void append(int depth) {
        switch (lua_type(lua_, -1)) {
            case LUA_TSTRING:
                return append_string();
            case LUA_TNUMBER:
                return append_number();
            case LUA_TBOOLEAN:
                out_ += lua_toboolean(lua_, -1) != 0 ? "true" : "false";
                return;
            case LUA_TTABLE:
                return append_table(depth + 1);
            case LUA_TNIL:
                out_ += "null";
                return;
            case LUA_TLIGHTUSERDATA:
                if (lua_touserdata(lua_, -1) == nullptr) {
                    out_ += "null";
                    return;
                }
                [[fallthrough]];
            default:
                refuse("type not supported");
        }
    }
    const std::string& text() const { return out_; }

private:
    [[noreturn]] void refuse(const char* reason) {
        luaL_error(lua_, "Cannot serialise %s: %s", luaL_typename(lua_, -1), reason);
        std::abort();  // luaL_error() does not return
    }

    void append_string() {
        size_t size;
        const char* bytes = lua_tolstring(lua_, -1, &size);
        out_ += '"';
        for (const char c : Slice(bytes, size)) append_char(c);
        out_ += '"';
    }
    void append_char(char c) {
        switch (c) {
            case '"':
                out_ += "\\\"";
                return;
            case '\\':
                out_ += "\\\\";
                return;
            case '/':
                out_ += "\\/";
                return;
            case '\b':
                out_ += "\\b";
                return;
            case '\t':
                out_ += "\\t";
                return;
            case '\n':
                out_ += "\\n";
                return;
            case '\f':
                out_ += "\\f";
                return;
            case '\r':
                out_ += "\\r";
                return;
            default:
                break;
        }
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f)
            out_ += c;
        else
            append_format(out_, "\\u%04x", byte);
    }

    void append_number() {
        const double value = lua_tonumber(lua_, -1);
        if (std::isfinite(value)) return append_digits(value);
        switch (options_.encode_invalid_numbers) {
            case InvalidNumbers::refuse:
                refuse("must not be NaN or Inf");
            case InvalidNumbers::as_null:
                out_ += "null";
                return;
            case InvalidNumbers::as_they_are:
                out_ += std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
    }
    void append_digits(double value) {
        char text[64];
        std::snprintf(text, sizeof text, "%.*g", options_.number_precision, value);
        out_ += text;
    }

    void append_table(int depth) {
        if (depth > options_.encode_max_depth || lua_checkstack(lua_, 5) == 0)
            luaL_error(lua_, "Cannot serialise, excessive nesting (%d)", depth);
        if (lua_push_frozen(lua_, -1)) lua_replace(lua_, -2);
        const int length = array_length();
        length > 0 ? append_array(length, depth) : append_object(depth);
    }

    // The highest index, if all keys are indexes and not too many of them are missing; else -1.
    int array_length() {
        double highest = 0;
        int64_t items = 0;
        lua_pushnil(lua_);
        while (lua_next(lua_, -2) != 0) {
            lua_pop(lua_, 1);
            const double key = lua_type(lua_, -1) == LUA_TNUMBER ? lua_tonumber(lua_, -1) : 0;
            if (!(key >= 1 && key <= INT32_MAX && std::floor(key) == key)) {
                lua_pop(lua_, 1);
                return -1;
            }
            highest = std::max(highest, key);
            ++items;
        }
        const bool sparse = options_.sparse_ratio > 0 && highest > options_.sparse_safe &&
                            highest > static_cast<double>(items * options_.sparse_ratio);
        if (!sparse) return static_cast<int>(highest);
        if (!options_.sparse_convert) refuse("excessively sparse array");
        return -1;
    }

    void append_array(int length, int depth) {
        out_ += '[';
        for (int i = 1; i <= length; ++i) {
            if (i > 1) out_ += ',';
            lua_rawgeti(lua_, -1, i);
            append(depth);
            lua_pop(lua_, 1);
        }
        out_ += ']';
    }

    void append_object(int depth) {
        out_ += '{';
        bool first = true;
        lua_pushnil(lua_);
        while (lua_next(lua_, -2) != 0) {
            if (!std::exchange(first, false)) out_ += ',';
            append_key();
            out_ += ':';
            append(depth);
            lua_pop(lua_, 1);
        }
        out_ += '}';
    }
    void append_key() {
        lua_pushvalue(lua_, -2);
        if (lua_type(lua_, -1) == LUA_TNUMBER) {
            out_ += '"';
            append_number();
            out_ += '"';
        } else if (lua_type(lua_, -1) == LUA_TSTRING) {
            append_string();
        } else {
            refuse("table key must be a number or string");
        }
        lua_pop(lua_, 1);
    }

    lua_State* lua_;
    const CjsonOptions& options_;
    std::string out_;
};

// ---- Decoding

class Decoder {
public:
    Decoder(lua_State* L, const CjsonOptions& options, Slice text)
        : lua_(L), options_(options), text_(text) {}

    void decode() {
        // Two bytes of text are enough to tell; there is no text that begins so otherwise.
        if (text_.size() >= 2 && (text_[0] == '\0' || text_[1] == '\0'))
            luaL_error(lua_, "JSON parser does not support UTF-16 or UTF-32");
        next();
        push_value();
        next();
        if (token_.type != Type::end) expected("the end");
    }

private:
    enum class Type : unsigned char {
        object_begin,
        object_end,
        array_begin,
        array_end,
        string,
        number,
        boolean,
        null,
        colon,
        comma,
        end,
        error
    };
    static constexpr std::array<const char*, 11> kNames = {
        "T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END", "T_STRING", "T_NUMBER",
        "T_BOOLEAN",   "T_NULL",    "T_COLON",     "T_COMMA",   "T_END"};
    struct Token {
        Type type = Type::end;
        size_t begin = 0;
        double number = 0;
        bool boolean = false;
        const char* error = "";
    };

    [[noreturn]] void expected(const char* what) {
        const char* found =
            token_.type == Type::error ? token_.error : kNames[static_cast<size_t>(token_.type)];
        luaL_error(lua_, "Expected %s but found %s at character %d", what, found,
                   static_cast<int>(token_.begin + 1));
        std::abort();  // luaL_error() does not return
    }

    // ---- Values

    void push_value() {
        switch (token_.type) {
            case Type::string:
                return lua_pushlstring(lua_, string_.data(), string_.size());
            case Type::number:
                return lua_pushnumber(lua_, token_.number);
            case Type::boolean:
                return lua_pushboolean(lua_, token_.boolean);
            case Type::null:
                return lua_pushlightuserdata(lua_, nullptr);
            case Type::object_begin:
                return push_object();
            case Type::array_begin:
                return push_array();
            default:
                expected("value");
        }
    }

    void descend() {
        if (++depth_ <= options_.decode_max_depth && lua_checkstack(lua_, 4) != 0) return;
        luaL_error(lua_, "Found too many nested data structures (%d) at character %d", depth_,
                   static_cast<int>(at_));
    }

    void push_object() {
        descend();
        lua_newtable(lua_);
        next();
        while (token_.type != Type::object_end) {
            if (token_.type != Type::string) expected("object key string");
            lua_pushlstring(lua_, string_.data(), string_.size());
            next();
            if (token_.type != Type::colon) expected("colon");
            next();
            push_value();
            lua_rawset(lua_, -3);
            next();
            if (token_.type == Type::object_end) break;
            if (token_.type != Type::comma) expected("comma or object end");
            next();
            if (token_.type == Type::object_end) expected("object key string");
        }
        --depth_;
    }

    void push_array() {
        descend();
        lua_newtable(lua_);
        next();
        for (int i = 1; token_.type != Type::array_end; ++i) {
            push_value();
            lua_rawseti(lua_, -2, i);
            next();
            if (token_.type == Type::array_end) break;
            if (token_.type != Type::comma) expected("comma or array end");
            next();
            if (token_.type == Type::array_end) expected("value");
        }
        --depth_;
    }

    // ---- Tokens

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    void next() {
        while (at_ < text_.size() && std::strchr(" \t\n\r", text_[at_]) != nullptr &&
               text_[at_] != '\0')
            ++at_;
        token_ = {.begin = at_};
        if (at_ == text_.size()) return;
        switch (text_[at_]) {
            case '{':
                return single(Type::object_begin);
            case '}':
                return single(Type::object_end);
            case '[':
                return single(Type::array_begin);
            case ']':
                return single(Type::array_end);
            case ':':
                return single(Type::colon);
            case ',':
                return single(Type::comma);
            case '"':
                return read_string();
            default:
                break;
        }
        if (starts_number() && (options_.decode_invalid_numbers || is_strict_number()))
            return read_number();
        if (starts_number() && peek() != '+') return fail("invalid number", at_);
        if (take_word("true")) return give_boolean(true);
        if (take_word("false")) return give_boolean(false);
        if (take_word("null"))
            token_.type = Type::null;
        else if (options_.decode_invalid_numbers && is_named_number())
            read_number();
        else
            fail("invalid token", at_);
    }
    void single(Type type) {
        token_.type = type;
        ++at_;
    }
    void give_boolean(bool value) {
        token_.type = Type::boolean;
        token_.boolean = value;
    }
    bool take_word(Slice word) {
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }
    void fail(const char* error, size_t where) {
        token_.type = Type::error;
        token_.error = error;
        token_.begin = where;
    }

    // ---- Numbers: what strtod() reads, so hexadecimal ones, inf and nan, unless they are refused

    bool starts_number() const {
        const char c = peek();
        return c == '-' || c == '+' || (c >= '0' && c <= '9');
    }
    bool is_named_number() const {
        const Slice rest = text_.substr(at_);
        return starts_with_ignore_case(rest, "inf") || starts_with_ignore_case(rest, "nan");
    }
    bool is_strict_number() const {
        size_t at = at_;
        if (text_[at] == '+') return false;
        if (text_[at] == '-') ++at;
        const auto is_digit = [this](size_t i) {
            return i < text_.size() && text_[i] >= '0' && text_[i] <= '9';
        };
        if (!is_digit(at)) return false;
        if (text_[at] != '0') return true;
        return !is_digit(at + 1) && (at + 1 >= text_.size() || (text_[at + 1] | 0x20) != 'x');
    }
    void read_number() {
        // Text is followed by a NUL: it is a string of Lua's.
        char* end;
        token_.number = std::strtod(text_.data() + at_, &end);
        if (end == text_.data() + at_) return fail("invalid number", at_);
        token_.type = Type::number;
        at_ = static_cast<size_t>(end - text_.data());
    }

    // ---- Strings

    void read_string() {
        const size_t begin = at_++;
        string_.clear();
        while (peek() != '"') {
            if (peek() == '\0') return fail("unexpected end of string", at_);
            if (peek() != '\\') {
                string_ += text_[at_++];
            } else if (const char* error = read_escape()) {
                return fail(error, at_);
            }
        }
        ++at_;
        token_.type = Type::string;
        token_.begin = begin;
    }

    // Null, or what is wrong; then nothing was read.
    const char* read_escape() {
        constexpr Slice kLetters = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
        const char letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        if (letter == 'u') return read_unicode() ? nullptr : "invalid unicode escape code";
        const size_t index = letter == '\0' ? Slice::npos : kLetters.find(letter);
        if (index == Slice::npos) return "invalid escape code";
        string_ += kMeant[index];
        at_ += 2;
        return nullptr;
    }

    // Of "\uXXXX" at `at`; negative: it is none.
    int32_t code_unit(size_t at) const {
        if (text_.size() < at + 6 || text_[at] != '\\' || text_[at + 1] != 'u') return -1;
        int32_t unit = 0;
        for (size_t i = at + 2; i < at + 6; ++i) {
            const int digit = hex_digit(text_[i]);
            if (digit < 0) return -1;
            unit = unit * 16 + digit;
        }
        return unit;
    }
    bool read_unicode() {
        int32_t code = code_unit(at_);
        if (code < 0 || (code & 0xfc00) == 0xdc00) return false;
        size_t length = 6;
        if ((code & 0xfc00) == 0xd800) {
            const int32_t low = code_unit(at_ + 6);
            if (low < 0 || (low & 0xfc00) != 0xdc00) return false;
            code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
            length = 12;
        }
        append_utf8(static_cast<uint32_t>(code));
        at_ += length;
        return true;
    }
    void append_utf8(uint32_t code) {
        const auto add = [this](uint32_t byte) { string_ += static_cast<char>(byte); };
        if (code < 0x80) return add(code);
        if (code < 0x800) {
            add(0xc0 | code >> 6);
        } else if (code < 0x10000) {
            add(0xe0 | code >> 12);
            add(0x80 | (code >> 6 & 0x3f));
        } else {
            add(0xf0 | code >> 18);
            add(0x80 | (code >> 12 & 0x3f));
            add(0x80 | (code >> 6 & 0x3f));
        }
        add(0x80 | (code & 0x3f));
    }

    lua_State* lua_;
    const CjsonOptions& options_;
    const Slice text_;
    size_t at_ = 0;
    int depth_ = 0;
    Token token_;
    std::string string_;  // of a string token
};

int cjson_encode(lua_State* L) {
    luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
    Encoder encoder(L, options_of(L));
    encoder.append(0);
    lua_pushlstring(L, encoder.text().data(), encoder.text().size());
    return 1;
}

int cjson_decode(lua_State* L) {
    luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
    size_t size;
    const char* text = luaL_checklstring(L, 1, &size);
    Decoder(L, options_of(L), {text, size}).decode();
    return 1;
}

// ---- Options: each function sets one, if it is given a value, and returns what it is

void check_count(lua_State* L, int most) {
    luaL_argcheck(L, lua_gettop(L) <= most, most + 1, "found too many arguments");
}

void integer_option(lua_State* L, int index, int& value, int least, int most) {
    if (!lua_isnoneornil(L, index)) {
        const int wanted = luaL_checkint(L, index);
        if (wanted < least || wanted > most)
            luaL_argerror(L, 1,
                          lua_pushfstring(L, "expected integer between %d and %d", least, most));
        value = wanted;
    }
    lua_pushinteger(L, value);
}

// Of "off", "on" and perhaps more; a boolean is one of these two.
void choice_option(lua_State* L, int index, int& value, const char* const* names, int on) {
    if (lua_isboolean(L, index))
        value = lua_toboolean(L, index) != 0 ? on : 0;
    else if (!lua_isnoneornil(L, index))
        value = luaL_checkoption(L, index, nullptr, names);
    if (value == 0 || value == on)
        lua_pushboolean(L, value == on);
    else
        lua_pushstring(L, names[value]);
}

void boolean_option(lua_State* L, int index, bool& value) {
    static constexpr const char* kNames[] = {"off", "on", nullptr};
    int choice = value;
    choice_option(L, index, choice, kNames, 1);
    value = choice == 1;
}

int cjson_encode_max_depth(lua_State* L) {
    check_count(L, 1);
    integer_option(L, 1, options_of(L).encode_max_depth, 1, INT32_MAX);
    return 1;
}
int cjson_decode_max_depth(lua_State* L) {
    check_count(L, 1);
    integer_option(L, 1, options_of(L).decode_max_depth, 1, INT32_MAX);
    return 1;
}
int cjson_encode_number_precision(lua_State* L) {
    check_count(L, 1);
    integer_option(L, 1, options_of(L).number_precision, 1, 14);
    return 1;
}
int cjson_encode_keep_buffer(lua_State* L) {
    check_count(L, 1);
    boolean_option(L, 1, options_of(L).keep_buffer);
    return 1;
}
int cjson_encode_sparse_array(lua_State* L) {
    check_count(L, 3);
    lua_settop(L, 3);
    CjsonOptions& options = options_of(L);
    boolean_option(L, 1, options.sparse_convert);
    integer_option(L, 2, options.sparse_ratio, 0, INT32_MAX);
    integer_option(L, 3, options.sparse_safe, 0, INT32_MAX);
    return 3;
}
int cjson_encode_invalid_numbers(lua_State* L) {
    static constexpr const char* kNames[] = {"off", "null", "on", nullptr};
    check_count(L, 1);
    InvalidNumbers& option = options_of(L).encode_invalid_numbers;
    int choice = static_cast<int>(option);
    choice_option(L, 1, choice, kNames, static_cast<int>(InvalidNumbers::as_they_are));
    option = static_cast<InvalidNumbers>(choice);
    return 1;
}
int cjson_decode_invalid_numbers(lua_State* L) {
    check_count(L, 1);
    boolean_option(L, 1, options_of(L).decode_invalid_numbers);
    return 1;
}

// ---- The table

int cjson_new(lua_State*);

constexpr luaL_Reg kFunctions[] = {
    {"encode", guarded<cjson_encode>},
    {"decode", guarded<cjson_decode>},
    {"encode_max_depth", cjson_encode_max_depth},
    {"decode_max_depth", cjson_decode_max_depth},
    {"encode_number_precision", cjson_encode_number_precision},
    {"encode_keep_buffer", cjson_encode_keep_buffer},
    {"encode_sparse_array", cjson_encode_sparse_array},
    {"encode_invalid_numbers", cjson_encode_invalid_numbers},
    {"decode_invalid_numbers", cjson_decode_invalid_numbers},
    {"new", cjson_new},
};

// Pushes a library with options of its own.
CjsonOptions* push_library(lua_State* L) {
    lua_newtable(L);
    auto* const options = static_cast<CjsonOptions*>(lua_newuserdata(L, sizeof(CjsonOptions)));
    new (options) CjsonOptions;
    for (const luaL_Reg& function : kFunctions) {
        lua_pushvalue(L, -1);
        lua_pushcclosure(L, function.func, 1);
        lua_setfield(L, -3, function.name);
    }
    lua_pop(L, 1);  // its functions keep them
    lua_pushlightuserdata(L, nullptr);
    lua_setfield(L, -2, "null");
    lua_pushliteral(L, "cjson");
    lua_setfield(L, -2, "_NAME");
    lua_pushliteral(L, "2.1.0");
    lua_setfield(L, -2, "_VERSION");
    return options;
}

int cjson_new(lua_State* L) {
    push_library(L);
    return 1;
}

}  // namespace

int lua_open_cjson(lua_State* L) {
    LuaVm::of(L).cjson = push_library(L);
    return 1;
}

}  // namespace rota
