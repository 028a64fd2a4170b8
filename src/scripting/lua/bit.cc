// SPDX-License-Identifier: BSD-3-Clause
// The library `bit`: operations on 32-bit integers, as Lua BitOp defines them. A number is taken
// modulo 2^32, rounded to the nearest integer; a result is signed.
#include <bit>
#include <cstdlib>

#include "scripting/lua/vm.h"

namespace rota {
namespace {

uint32_t bits_of(double number) {
    // Moves the integer part to the lowest bits of the mantissa.
    return static_cast<uint32_t>(std::bit_cast<uint64_t>(number + 0x1.8p52));
}

uint32_t argument(lua_State* L, int index) { return bits_of(luaL_checknumber(L, index)); }

int give(lua_State* L, uint32_t bits) {
    lua_pushnumber(L, static_cast<int32_t>(bits));
    return 1;
}

int bit_tobit(lua_State* L) { return give(L, argument(L, 1)); }
int bit_bnot(lua_State* L) { return give(L, ~argument(L, 1)); }
int bit_bswap(lua_State* L) { return give(L, __builtin_bswap32(argument(L, 1))); }

template <class Operation>
int combine(lua_State* L, Operation operation) {
    uint32_t bits = argument(L, 1);
    for (int i = lua_gettop(L); i > 1; --i) bits = operation(bits, argument(L, i));
    return give(L, bits);
}

int bit_band(lua_State* L) {
    return combine(L, [](uint32_t a, uint32_t b) { return a & b; });
}
int bit_bor(lua_State* L) {
    return combine(L, [](uint32_t a, uint32_t b) { return a | b; });
}
int bit_bxor(lua_State* L) {
    return combine(L, [](uint32_t a, uint32_t b) { return a ^ b; });
}

template <class Shift>
int shift(lua_State* L, Shift by) {
    const uint32_t bits = argument(L, 1);
    return give(L, by(bits, static_cast<int>(argument(L, 2) & 31)));
}

int bit_lshift(lua_State* L) {
    return shift(L, [](uint32_t bits, int count) { return bits << count; });
}
int bit_rshift(lua_State* L) {
    return shift(L, [](uint32_t bits, int count) { return bits >> count; });
}
int bit_arshift(lua_State* L) {
    return shift(L, [](uint32_t bits, int count) {
        return static_cast<uint32_t>(static_cast<int32_t>(bits) >> count);
    });
}
int bit_rol(lua_State* L) { return shift(L, std::rotl<uint32_t>); }
int bit_ror(lua_State* L) { return shift(L, std::rotr<uint32_t>); }

// Digits beyond the eighth are not there, and a negative count asks for capitals.
int bit_tohex(lua_State* L) {
    constexpr int64_t kDigits = 8;
    uint32_t bits = argument(L, 1);
    const int64_t wanted =
        lua_isnoneornil(L, 2) ? kDigits : int64_t{static_cast<int32_t>(argument(L, 2))};
    const char* const digits = wanted < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
    const auto count = static_cast<size_t>(std::min(std::abs(wanted), kDigits));
    char text[kDigits];
    for (size_t i = count; i-- > 0; bits >>= 4) text[i] = digits[bits & 15];
    lua_pushlstring(L, text, count);
    return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"tobit", bit_tobit}, {"bnot", bit_bnot},     {"band", bit_band},     {"bor", bit_bor},
    {"bxor", bit_bxor},   {"lshift", bit_lshift}, {"rshift", bit_rshift}, {"arshift", bit_arshift},
    {"rol", bit_rol},     {"ror", bit_ror},       {"bswap", bit_bswap},   {"tohex", bit_tohex},
};

}  // namespace

int lua_open_bit(lua_State* L) {
    lua_newtable(L);
    lua_add_functions(L, kFunctions);
    return 1;
}

}  // namespace rota
