// SPDX-License-Identifier: BSD-3-Clause
// The library `struct`: numbers and strings to and from bytes by a format, as Roberto
// Ierusalimschy's library of that name.
//
//     < >          byte order: the lowest first (at the start), the highest first
//     ![n]         alignment: none at the start, a power of two, 16 without n
//     b B h H l L T i[n] I[n]   integers of 1, 2, 8, 8 (size_t), n (4) bytes; capitals: unsigned
//     f d          float, double
//     s            a string with a NUL behind it
//     c[n]         n bytes (1); c0: the whole string, or as many as the number before it says
//     x            a byte of padding
#include <algorithm>
#include <bit>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "scripting/lua/vm.h"

namespace rota {
namespace {

constexpr int64_t kIntegerMax = 32;  // bytes
constexpr size_t kDefaultAlignment = 8;

struct Item {
    char option;
    size_t size;     // its bytes
    size_t padding;  // before it
};

// Goes through a format.
class Format {
public:
    Format(lua_State* L, const char* format) : lua_(L), at_(format) {}

    bool big_endian() const { return big_endian_; }
    bool at_end() const { return *at_ == '\0'; }

    // The next option; padding is by `position`, where it begins.
    Item next(size_t position) {
        const char option = *at_++;
        const size_t size = size_of(option);
        return {option, size, padding(option, size, position)};
    }
    // Of an option that moves nothing: byte order, alignment, blanks.
    void control(char option) {
        switch (option) {
            case ' ':
                return;
            case '>':
                big_endian_ = true;
                return;
            case '<':
                big_endian_ = false;
                return;
            case '!':
                set_alignment(number(kDefaultAlignment));
                return;
            default: {
                const char* text = lua_pushfstring(lua_, "invalid format option '%c'", option);
                luaL_argerror(lua_, 1, text);
            }
        }
    }

private:
    size_t number(size_t otherwise) {
        if (!is_digit(*at_)) return otherwise;
        int64_t value = 0;
        do {
            value = value * 10 + (*at_++ - '0');
            if (value > INT_MAX) luaL_error(lua_, "integral size overflow");
        } while (is_digit(*at_));
        return static_cast<size_t>(value);
    }
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    size_t size_of(char option) {
        switch (option) {
            case 'b':
            case 'B':
            case 'x':
                return 1;
            case 'h':
            case 'H':
                return 2;
            case 'l':
            case 'L':
            case 'T':
            case 'd':
                return 8;
            case 'f':
                return 4;
            case 'c':
                return number(1);
            case 'i':
            case 'I': {
                const size_t size = number(4);
                if (size > kIntegerMax)
                    luaL_error(lua_, "integral size %d is larger than limit of %d",
                               static_cast<int>(size), static_cast<int>(kIntegerMax));
                return size;
            }
            default:
                return 0;  // s, or no item at all
        }
    }
    size_t padding(char option, size_t size, size_t position) const {
        if (size == 0 || option == 'c') return 0;
        const size_t alignment = std::min(size, alignment_);
        if (alignment <= 1) return 0;
        return (alignment - (position & (alignment - 1))) & (alignment - 1);
    }
    void set_alignment(size_t alignment) {
        if (!std::has_single_bit(alignment))
            luaL_error(lua_, "alignment %d is not a power of 2", static_cast<int>(alignment));
        alignment_ = alignment;
    }

    lua_State* lua_;
    const char* at_;
    bool big_endian_ = false;
    size_t alignment_ = 1;
};

bool is_integer(char option) { return std::strchr("bBhHlLTiI", option) != nullptr; }

// ---- Packing

uint64_t integer_bits(double value) {
    if (value >= 0) return value < 0x1p64 ? static_cast<uint64_t>(value) : uint64_t{1} << 63;
    const bool fits = value >= -0x1p63;
    return fits ? static_cast<uint64_t>(static_cast<int64_t>(value)) : uint64_t{1} << 63;
}

void append_bits(std::string& out, uint64_t bits, size_t size, bool big_endian) {
    const size_t begin = out.size();
    for (size_t i = 0; i < size; ++i)
        out += static_cast<char>(i < sizeof bits ? bits >> (8 * i) & 0xff : 0);
    if (big_endian) std::reverse(out.begin() + static_cast<ptrdiff_t>(begin), out.end());
}

void pack_string(lua_State* L, const Item& item, int& argument, std::string& out) {
    size_t size;
    const char* text = luaL_checklstring(L, argument++, &size);
    const size_t wanted = item.option == 's' || item.size == 0 ? size : item.size;
    luaL_argcheck(L, size >= wanted, argument, "string too short");
    out.append(text, wanted);
    if (item.option == 's') out += '\0';
}

int struct_pack(lua_State* L) {
    Format format(L, luaL_checkstring(L, 1));
    std::string out;
    int argument = 2;
    lua_pushnil(L);  // what is missing is nil
    while (!format.at_end()) {
        const Item item = format.next(out.size());
        out.append(item.padding, '\0');
        if (is_integer(item.option)) {
            const uint64_t bits = integer_bits(luaL_checknumber(L, argument++));
            append_bits(out, bits, item.size, format.big_endian());
        } else if (item.option == 'f') {
            const auto value = static_cast<float>(luaL_checknumber(L, argument++));
            append_bits(out, std::bit_cast<uint32_t>(value), item.size, format.big_endian());
        } else if (item.option == 'd') {
            const double value = luaL_checknumber(L, argument++);
            append_bits(out, std::bit_cast<uint64_t>(value), item.size, format.big_endian());
        } else if (item.option == 's' || item.option == 'c') {
            pack_string(L, item, argument, out);
        } else if (item.option == 'x') {
            out += '\0';
        } else {
            format.control(item.option);
        }
    }
    lua_pushlstring(L, out.data(), out.size());
    return 1;
}

// ---- Unpacking

uint64_t read_bits(Slice bytes, bool big_endian) {
    uint64_t bits = 0;
    const size_t used = std::min(bytes.size(), sizeof bits);
    for (size_t i = 0; i < used; ++i) {
        const size_t at = big_endian ? bytes.size() - 1 - i : i;
        bits |= uint64_t{static_cast<unsigned char>(bytes[at])} << (8 * i);
    }
    return bits;
}

double read_integer(char option, Slice bytes, bool big_endian) {
    const uint64_t bits = read_bits(bytes, big_endian);
    const bool is_signed = option >= 'a';
    if (!is_signed) return static_cast<double>(bits);
    const size_t unused = 64 - 8 * std::min<size_t>(bytes.size(), sizeof bits);
    if (unused == 64) return 0;
    return static_cast<double>(static_cast<int64_t>(bits << unused) >> unused);
}

void check_rest(lua_State* L, size_t left, size_t wanted) {
    luaL_argcheck(L, wanted <= left, 2, "data string too short");
}

// "c0" takes as many bytes as the number before it says, which it replaces.
size_t size_before(lua_State* L, int values, size_t left) {
    if (values == 0 || lua_isnumber(L, -1) == 0) luaL_error(L, "format 'c0' needs a previous size");
    const double size = lua_tonumber(L, -1);
    lua_pop(L, 1);
    const bool fits = size >= 0 && size <= static_cast<double>(left);
    luaL_argcheck(L, fits, 2, "data string too short");
    return static_cast<size_t>(size);
}

size_t start_offset(lua_State* L) {
    const double start = luaL_optnumber(L, 3, 1);
    luaL_argcheck(L, start != 0 && start == start, 3, "offset must be 1 or greater");
    return start >= 1 && start < 0x1p53 ? static_cast<size_t>(start) - 1 : SIZE_MAX;
}

int struct_unpack(lua_State* L) {
    Format format(L, luaL_checkstring(L, 1));
    size_t size;
    const char* text = luaL_checklstring(L, 2, &size);
    const Slice data(text, size);
    size_t at = start_offset(L);
    lua_settop(L, 2);
    int values = 0;
    while (!format.at_end()) {
        const Item item = format.next(at);
        check_rest(L, size, at);
        check_rest(L, size - at, item.padding);
        check_rest(L, size - at - item.padding, item.size);
        at += item.padding;
        const Slice bytes = data.substr(at, item.size);
        luaL_checkstack(L, 2, "too many results");
        if (is_integer(item.option)) {
            lua_pushnumber(L, read_integer(item.option, bytes, format.big_endian()));
            ++values;
        } else if (item.option == 'f') {
            const auto bits = static_cast<uint32_t>(read_bits(bytes, format.big_endian()));
            lua_pushnumber(L, std::bit_cast<float>(bits));
            ++values;
        } else if (item.option == 'd') {
            lua_pushnumber(L, std::bit_cast<double>(read_bits(bytes, format.big_endian())));
            ++values;
        } else if (item.option == 'c') {
            size_t count = item.size;
            if (count == 0) count = size_before(L, values--, size - at);
            lua_pushlstring(L, text + at, count);
            at += count - item.size;
            ++values;
        } else if (item.option == 's') {
            const size_t end = data.find('\0', at);
            if (end == Slice::npos) return luaL_error(L, "unfinished string in data");
            lua_pushlstring(L, text + at, end - at);
            at = end + 1;
            ++values;
        } else if (item.option != 'x') {
            format.control(item.option);
        }
        at += item.size;
    }
    luaL_checkstack(L, 1, "too many results");
    lua_pushnumber(L, static_cast<double>(at) + 1);
    return values + 1;
}

int struct_size(lua_State* L) {
    Format format(L, luaL_checkstring(L, 1));
    size_t position = 0;
    while (!format.at_end()) {
        const Item item = format.next(position);
        luaL_argcheck(L, item.option != 's', 1, "option 's' has no fixed size");
        luaL_argcheck(L, item.option != 'c' || item.size > 0, 1, "option 'c0' has no fixed size");
        const bool letter = (item.option | 0x20) >= 'a' && (item.option | 0x20) <= 'z';
        if (!letter) format.control(item.option);  // a letter that is none has no size
        position += item.padding + item.size;
    }
    lua_pushnumber(L, static_cast<double>(position));
    return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", guarded<struct_pack>}, {"unpack", struct_unpack}, {"size", struct_size}};

}  // namespace

int lua_open_struct(lua_State* L) {
    lua_newtable(L);
    lua_add_functions(L, kFunctions);
    return 1;
}

}  // namespace rota
