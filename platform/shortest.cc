// SPDX-License-Identifier: BSD-3-Clause
#include "platform/shortest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace rota {
namespace {

__extension__ using Wide = unsigned __int128;

// bits * 2^exponent, the highest bit set.
struct Float {
    uint64_t bits = 0;
    int exponent = 0;
};

// ---- Powers of ten, every eighth of them, right to the last bit; the compiler computes them

constexpr int kFirstPower = -348, kPowerStep = 8, kPowers = 87;

// A natural number of 1536 bits, the lowest limb first.
struct Natural {
    std::array<uint64_t, 24> limbs{};

    constexpr void multiply_by_ten() {
        Wide carry = 0;
        for (uint64_t& limb : limbs) {
            carry += static_cast<Wide>(limb) * 10;
            limb = static_cast<uint64_t>(carry);
            carry >>= 64;
        }
    }
    constexpr void divide_by_ten() {  // what is left over is dropped
        Wide rest = 0;
        for (size_t i = limbs.size(); i-- > 0;) {
            rest = rest << 64 | limbs[i];
            limbs[i] = static_cast<uint64_t>(rest / 10);
            rest %= 10;
        }
    }
    constexpr bool bit(int at) const { return at >= 0 && (limbs[at / 64] >> at % 64 & 1) != 0; }
    // This number * 2^scale, rounded.
    constexpr Float rounded(int scale) const {
        int top = 64 * static_cast<int>(limbs.size()) - 1;
        while (!bit(top)) --top;
        Float result{0, top - 63 + scale};
        for (int at = top; at > top - 64; --at) result.bits = result.bits << 1 | bit(at);
        result.bits += bit(top - 64);
        return result;
    }
};

constexpr std::array<Float, kPowers> make_powers() {
    std::array<Float, kPowers> powers{};
    constexpr int kLastNegative = -kFirstPower / kPowerStep;
    constexpr int kScale = 64 * 24 - 1;
    Natural number;
    number.limbs.back() = uint64_t{1} << 63;  // 2^kScale
    int power = 0;
    for (int i = kLastNegative; i >= 0; --i) {
        for (; power > kFirstPower + i * kPowerStep; --power) number.divide_by_ten();
        powers[i] = number.rounded(-kScale);
    }
    number = {};
    number.limbs.front() = 1;
    power = 0;
    for (int i = kLastNegative + 1; i < kPowers; ++i) {
        for (; power < kFirstPower + i * kPowerStep; ++power) number.multiply_by_ten();
        powers[i] = number.rounded(0);
    }
    return powers;
}

constexpr std::array<Float, kPowers> kPowersOfTen = make_powers();

Float times(Float a, Float b) {
    const auto product = static_cast<Wide>(a.bits) * b.bits;
    constexpr Wide kHalf = Wide{1} << 63;
    return {static_cast<uint64_t>((product + kHalf) >> 64), a.exponent + b.exponent + 64};
}

// ---- Digits

// A number between two others that still read back as it; all have the same exponent.
struct Interval {
    Float value, low, high;
};

Interval interval_of(double number) {
    constexpr int kFraction = 52, kBias = 1075;
    constexpr uint64_t kHidden = uint64_t{1} << kFraction;
    const uint64_t raw = std::bit_cast<uint64_t>(number);
    uint64_t bits = raw & (kHidden - 1);
    int exponent = static_cast<int>(raw >> kFraction);
    if (exponent != 0)
        bits |= kHidden;
    else
        exponent = 1;
    exponent -= kBias;
    const int shift = std::countl_zero(bits);
    // Half way to the neighbours; below a power of two they lie closer together.
    const uint64_t half = uint64_t{1} << (shift - 1);
    const uint64_t below = bits == kHidden ? half / 2 : half;
    const Float value{bits << shift, exponent - shift};
    return {value, {value.bits - below, value.exponent}, {value.bits + half, value.exponent}};
}

// Scales the interval by a power of ten so that its exponent is between -60 and -32: the integers
// in it then fit 32 bits, the fractions 60. Returns the power, to be taken back in the result.
int scale(Interval& interval) {
    const int wanted = -60 - 64 - interval.high.exponent;
    // A step is somewhat less than 27 bits.
    int index = std::max(0, (wanted - kPowersOfTen[0].exponent) / 27);
    while (kPowersOfTen[index].exponent < wanted) ++index;
    const Float power = kPowersOfTen[index];
    interval.value = times(interval.value, power);
    // The product may be wrong by one: what lies one further inside is right for certain.
    interval.low = times(interval.low, power);
    interval.high = times(interval.high, power);
    ++interval.low.bits;
    --interval.high.bits;
    return kFirstPower + index * kPowerStep;
}

// `rest` of the upper end is not in the digits yet, and one more of the last digit's place is
// `unit`. Goes down from the upper end towards the value, as long as that comes nearer to it.
void round_last(Decimal& digits, uint64_t width, uint64_t rest, uint64_t unit, uint64_t distance) {
    while (rest < distance && width - rest >= unit &&
           (rest + unit < distance || distance - rest > rest + unit - distance)) {
        --digits.text[digits.count - 1];
        rest += unit;
    }
}

// The fewest digits of a number in the interval; returns the power of ten of the last one.
int write_digits(const Interval& interval, Decimal& digits) {
    const int point = -interval.high.exponent;
    const uint64_t one = uint64_t{1} << point;
    uint64_t width = interval.high.bits - interval.low.bits;
    uint64_t distance = interval.high.bits - interval.value.bits;
    uint64_t whole = interval.high.bits >> point, fraction = interval.high.bits & (one - 1);
    const auto write = [&digits](uint64_t digit) {
        if (digit != 0 || digits.count > 0)
            digits.text[digits.count++] = static_cast<char>('0' + digit);
    };
    int place = 10;
    for (uint64_t unit = 1000000000; unit > 0; unit /= 10) {
        write(whole / unit);
        whole %= unit;
        --place;
        const uint64_t rest = (whole << point) + fraction;
        if (rest <= width) {
            round_last(digits, width, rest, unit << point, distance);
            return place;
        }
    }
    for (;;) {
        fraction *= 10;
        width *= 10;
        distance *= 10;
        write(fraction >> point);
        fraction &= one - 1;
        --place;
        if (fraction < width) {
            round_last(digits, width, fraction, one, distance);
            return place;
        }
    }
}

}  // namespace

Decimal shortest_decimal(double value) {
    Interval interval = interval_of(value);
    const int scaled_by = scale(interval);
    Decimal decimal;
    decimal.power = write_digits(interval, decimal) - scaled_by;
    return decimal;
}

}  // namespace rota
