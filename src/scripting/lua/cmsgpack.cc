// SPDX-License-Identifier: BSD-3-Clause
// The library `cmsgpack`: MessagePack without extension types, as lua-cmsgpack 0.4.0 writes and
// reads it. Nothing that the bytes announce is believed beyond what they can hold; what is nested
// is bounded by Lua's own stack when reading, and becomes nil beyond 16 levels when writing.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <type_traits>

#include "scripting/lua/vm.h"

namespace rota {
namespace {

constexpr int kNestedMax = 16;
constexpr int kUnpackedNestedMax = 1000;  // levels that are read: each is a frame of the C stack

// ---- Packing

class Packer {
public:
    explicit Packer(lua_State* L) : lua_(L) {}

    // The value at the top; it stays.
    void append(int level) {
        switch (lua_type(lua_, -1)) {
            case LUA_TSTRING:
                return append_string();
            case LUA_TBOOLEAN:
                return byte(lua_toboolean(lua_, -1) != 0 ? 0xc3 : 0xc2);
            case LUA_TNUMBER:
                return append_number(lua_tonumber(lua_, -1));
            case LUA_TTABLE:
                if (level < kNestedMax) return append_table(level + 1);
                [[fallthrough]];
            default:
                byte(0xc0);
        }
    }
    const std::string& bytes() const { return out_; }

private:
    void byte(int value) { out_ += static_cast<char>(value); }
    template <class Integer>
    void big_endian(int mark, Integer value) {
        byte(mark);
        for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8)
            byte(static_cast<int>(value >> shift & 0xff));
    }

    void append_string() {
        size_t size;
        const char* text = lua_tolstring(lua_, -1, &size);
        if (size < 32)
            byte(0xa0 | static_cast<int>(size));
        else if (size <= UINT8_MAX)
            big_endian(0xd9, static_cast<uint8_t>(size));
        else if (size <= UINT16_MAX)
            big_endian(0xda, static_cast<uint16_t>(size));
        else
            big_endian(0xdb, static_cast<uint32_t>(size));
        out_.append(text, size);
    }

    void append_number(double value) {
        if (std::floor(value) == value && value >= -0x1p63 && value < 0x1p63)
            return append_integer(static_cast<int64_t>(value));
        const auto shorter = static_cast<float>(value);
        if (static_cast<double>(shorter) == value)
            big_endian(0xca, std::bit_cast<uint32_t>(shorter));
        else
            big_endian(0xcb, std::bit_cast<uint64_t>(value));
    }
    void append_integer(int64_t value) {
        if (value >= 0) {
            if (value < 128)
                byte(static_cast<int>(value));
            else if (value <= UINT8_MAX)
                big_endian(0xcc, static_cast<uint8_t>(value));
            else if (value <= UINT16_MAX)
                big_endian(0xcd, static_cast<uint16_t>(value));
            else if (value <= UINT32_MAX)
                big_endian(0xce, static_cast<uint32_t>(value));
            else
                big_endian(0xcf, static_cast<uint64_t>(value));
        } else {
            if (value >= -32)
                byte(static_cast<int>(value));
            else if (value >= INT8_MIN)
                big_endian(0xd0, static_cast<int8_t>(value));
            else if (value >= INT16_MIN)
                big_endian(0xd1, static_cast<int16_t>(value));
            else if (value >= INT32_MIN)
                big_endian(0xd2, static_cast<int32_t>(value));
            else
                big_endian(0xd3, value);
        }
    }

    void header(size_t count, int fixed, int wide) {
        if (count < 16)
            byte(fixed | static_cast<int>(count));
        else if (count <= UINT16_MAX)
            big_endian(wide, static_cast<uint16_t>(count));
        else
            big_endian(wide + 1, static_cast<uint32_t>(count));
    }

    void append_table(int level) {
        luaL_checkstack(lua_, 5, "in function mp_encode_lua_table");
        if (lua_push_frozen(lua_, -1)) lua_replace(lua_, -2);
        size_t count = 0;
        const bool array = is_array(count);
        array ? header(count, 0x90, 0xdc) : header(count, 0x80, 0xde);
        array ? append_elements(count, level) : append_pairs(level);
    }
    // Whether the keys are 1 to `count`; `count` is then, and otherwise, how many there are.
    bool is_array(size_t& count) {
        double highest = 0;
        bool indexes = true;
        lua_pushnil(lua_);
        while (lua_next(lua_, -2) != 0) {
            lua_pop(lua_, 1);
            ++count;
            const double key = lua_type(lua_, -1) == LUA_TNUMBER ? lua_tonumber(lua_, -1) : 0;
            indexes = indexes && key >= 1 && std::floor(key) == key;
            highest = std::max(highest, key);
        }
        return indexes && highest == static_cast<double>(count);
    }
    void append_elements(size_t count, int level) {
        for (size_t i = 1; i <= count; ++i) {
            lua_rawgeti(lua_, -1, static_cast<int>(i));
            append(level);
            lua_pop(lua_, 1);
        }
    }
    void append_pairs(int level) {
        lua_pushnil(lua_);
        while (lua_next(lua_, -2) != 0) {
            lua_pushvalue(lua_, -2);
            append(level);
            lua_pop(lua_, 1);
            append(level);
            lua_pop(lua_, 1);
        }
    }

    lua_State* lua_;
    std::string out_;
};

int cmsgpack_pack(lua_State* L) {
    const int count = lua_gettop(L);
    luaL_argcheck(L, count > 0, 0, "MessagePack pack needs input.");
    luaL_checkstack(L, 1, "too many arguments for MessagePack pack");
    Packer packer(L);
    for (int i = 1; i <= count; ++i) {
        lua_pushvalue(L, i);
        packer.append(0);
        lua_pop(L, 1);
    }
    lua_pushlstring(L, packer.bytes().data(), packer.bytes().size());
    return 1;
}

// ---- Unpacking

class Unpacker {
public:
    Unpacker(lua_State* L, Slice bytes) : lua_(L), rest_(bytes) {}

    size_t left() const { return rest_.size(); }

    // Pushes one value.
    void push() {
        const auto mark = take<uint8_t>();
        if (mark < 0x80) return lua_pushnumber(lua_, mark);
        if (mark >= 0xe0) return lua_pushnumber(lua_, static_cast<int8_t>(mark));
        if (mark < 0x90) return push_map(mark & 0x0f);
        if (mark < 0xa0) return push_array(mark & 0x0f);
        if (mark < 0xc0) return push_string(mark & 0x1f);
        push_marked(mark);
    }

private:
    [[noreturn]] void refuse(const char* reason) {
        luaL_error(lua_, "%s", reason);
        std::abort();  // luaL_error() does not return
    }
    Slice take_bytes(size_t count) {
        if (rest_.size() < count) refuse("Missing bytes in input.");
        const Slice bytes = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return bytes;
    }
    template <class Integer>
    Integer take() {
        std::make_unsigned_t<Integer> value = 0;
        for (const char c : take_bytes(sizeof value))
            value =
                static_cast<decltype(value)>(uint64_t{value} << 8 | static_cast<unsigned char>(c));
        return static_cast<Integer>(value);
    }
    template <class Integer>
    void push_integer() {
        lua_pushnumber(lua_, static_cast<double>(take<Integer>()));
    }

    void push_marked(uint8_t mark) {
        switch (mark) {
            case 0xc0:
                return lua_pushnil(lua_);
            case 0xc2:
                return lua_pushboolean(lua_, 0);
            case 0xc3:
                return lua_pushboolean(lua_, 1);
            case 0xd9:
                return push_string(take<uint8_t>());
            case 0xda:
                return push_string(take<uint16_t>());
            case 0xdb:
                return push_string(take<uint32_t>());
            case 0xca:
                return lua_pushnumber(lua_, std::bit_cast<float>(take<uint32_t>()));
            case 0xcb:
                return lua_pushnumber(lua_, std::bit_cast<double>(take<uint64_t>()));
            case 0xcc:
                return push_integer<uint8_t>();
            case 0xcd:
                return push_integer<uint16_t>();
            case 0xce:
                return push_integer<uint32_t>();
            case 0xcf:  // beyond the signed range it wraps, as there
            case 0xd3:
                return push_integer<int64_t>();
            case 0xd0:
                return push_integer<int8_t>();
            case 0xd1:
                return push_integer<int16_t>();
            case 0xd2:
                return push_integer<int32_t>();
            case 0xdc:
                return push_array(take<uint16_t>());
            case 0xdd:
                return push_array(take<uint32_t>());
            case 0xde:
                return push_map(take<uint16_t>());
            case 0xdf:
                return push_map(take<uint32_t>());
            default:
                refuse("Bad data format in input.");
        }
    }
    void push_string(size_t size) {
        const Slice text = take_bytes(size);
        lua_pushlstring(lua_, text.data(), text.size());
    }
    void go_deeper() {
        if (++depth_ > kUnpackedNestedMax) refuse("stack overflow (too deeply nested)");
    }
    void push_array(size_t count) {
        go_deeper();
        luaL_checkstack(lua_, 2, "in function mp_decode_to_lua_array");
        lua_newtable(lua_);
        for (size_t i = 1; i <= count; ++i) {
            push();
            lua_rawseti(lua_, -2, static_cast<int>(i));
        }
        --depth_;
    }
    void push_map(size_t count) {
        go_deeper();
        luaL_checkstack(lua_, 3, "in function mp_decode_to_lua_hash");
        lua_newtable(lua_);
        for (; count > 0; --count) {
            push();
            push();
            lua_rawset(lua_, -3);
        }
        --depth_;
    }

    lua_State* lua_;
    Slice rest_;
    int depth_ = 0;
};

// Pushes up to `limit` values behind `offset`; 0: all. With a limit, where it stopped goes first.
int unpack_some(lua_State* L, int limit, int offset) {
    size_t size;
    const char* bytes = luaL_checklstring(L, 1, &size);
    if (offset < 0 || limit < 0)
        return luaL_error(L, "Invalid request to unpack with offset of %d and limit of %d.", offset,
                          static_cast<int>(size));
    if (static_cast<size_t>(offset) > size)
        return luaL_error(L, "Start offset %d greater than input length %d.", offset,
                          static_cast<int>(size));
    const bool all = limit == 0;
    Unpacker unpacker(L, Slice(bytes, size).substr(static_cast<size_t>(offset)));
    int count = 0;
    for (; unpacker.left() > 0 && (all || count < limit); ++count) {
        luaL_checkstack(L, 1, "too many values to unpack");
        unpacker.push();
    }
    if (all) return count;
    luaL_checkstack(L, 1, "too many values to unpack");
    const size_t left = unpacker.left();
    lua_pushinteger(L, left == 0 ? -1 : static_cast<lua_Integer>(size - left));
    lua_insert(L, -1 - count);
    return count + 1;
}

int cmsgpack_unpack(lua_State* L) { return unpack_some(L, 0, 0); }
int cmsgpack_unpack_one(lua_State* L) {
    const int offset = luaL_optint(L, 2, 0);
    return unpack_some(L, 1, offset);
}
int cmsgpack_unpack_limit(lua_State* L) {
    const int limit = luaL_checkint(L, 2);
    const int offset = luaL_optint(L, 3, 0);
    return unpack_some(L, limit, offset);
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", guarded<cmsgpack_pack>},
    {"unpack", cmsgpack_unpack},
    {"unpack_one", cmsgpack_unpack_one},
    {"unpack_limit", cmsgpack_unpack_limit},
};

}  // namespace

int lua_open_cmsgpack(lua_State* L) {
    lua_newtable(L);
    lua_add_functions(L, kFunctions);
    lua_pushliteral(L, "cmsgpack");
    lua_setfield(L, -2, "_NAME");
    lua_pushliteral(L, "lua-cmsgpack 0.4.0");
    lua_setfield(L, -2, "_VERSION");
    return 1;
}

}  // namespace rota
