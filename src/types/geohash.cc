// SPDX-License-Identifier: BSD-3-Clause
#include "types/geohash.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rota::geo {
namespace {

// Bit i of `value` at bit 2i, and back.
uint64_t spread(uint64_t value) {
    value = (value | value << 16) & 0x0000FFFF0000FFFFu;
    value = (value | value << 8) & 0x00FF00FF00FF00FFu;
    value = (value | value << 4) & 0x0F0F0F0F0F0F0F0Fu;
    value = (value | value << 2) & 0x3333333333333333u;
    return (value | value << 1) & 0x5555555555555555u;
}

uint32_t gather(uint64_t value) {
    value &= 0x5555555555555555u;
    value = (value | value >> 1) & 0x3333333333333333u;
    value = (value | value >> 2) & 0x0F0F0F0F0F0F0F0Fu;
    value = (value | value >> 4) & 0x00FF00FF00FF00FFu;
    value = (value | value >> 8) & 0x0000FFFF0000FFFFu;
    return static_cast<uint32_t>(value | value >> 16);
}

constexpr double count_of(unsigned step) { return static_cast<double>(uint64_t{1} << step); }

// Which of so many equal parts of -max..max a value lies in, and where a part begins.
uint32_t part_of(double value, double max, unsigned step) {
    return static_cast<uint32_t>((value + max) / (max + max) * count_of(step));
}
double begin_of(uint32_t part, double max, unsigned step) {
    return -max + part / count_of(step) * (max + max);
}

double middle(double low, double high, double max) {
    return std::clamp((low + high) / 2, -max, max);
}

// A score that no position has is cut to 64 bits as x86-64 does it.
uint64_t bits_of(double score) {
    constexpr double kHalf = 9223372036854775808.0;
    if (score >= kHalf) return score < 2 * kHalf ? static_cast<uint64_t>(score) : 0;
    if (score >= -kHalf) return static_cast<uint64_t>(static_cast<int64_t>(score));
    return uint64_t{1} << 63;
}

}  // namespace

double radians(double degrees) { return degrees * (std::numbers::pi / 180); }
double degrees(double radians) { return radians / (std::numbers::pi / 180); }

Cell Cell::around(Point at, unsigned step) {
    return {.column = part_of(at.longitude, kLongitudeMax, step),
            .row = part_of(at.latitude, kLatitudeMax, step),
            .step = step};
}

Cell Cell::of_bits(uint64_t bits, unsigned step) {
    return {.column = gather(bits >> 1), .row = gather(bits), .step = step};
}

uint64_t Cell::bits() const { return spread(column) << 1 | spread(row); }

Cell Cell::moved(int east, int north) const {
    const uint32_t mask = (uint32_t{1} << step) - 1;
    Cell other = *this;
    if (east != 0) other.column = (column + static_cast<uint32_t>(east)) & mask;
    if (north != 0) other.row = (row + static_cast<uint32_t>(north)) & mask;
    return other;
}

Point Cell::south_west() const {
    return {begin_of(column, kLongitudeMax, step), begin_of(row, kLatitudeMax, step)};
}

Point Cell::north_east() const {
    return {begin_of(column + 1, kLongitudeMax, step), begin_of(row + 1, kLatitudeMax, step)};
}

uint64_t encode(Point at) { return Cell::around(at, kStepMax).bits(); }

Point decode(double score) {
    const Cell cell = Cell::of_bits(bits_of(score), kStepMax);
    const Point low = cell.south_west(), high = cell.north_east();
    return {middle(low.longitude, high.longitude, kLongitudeMax),
            middle(low.latitude, high.latitude, kLatitudeMax)};
}

std::string text_of(Point at) {
    constexpr char kLetters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    const Cell cell{.column = part_of(at.longitude, kLongitudeMax, kStepMax),
                    .row = part_of(at.latitude, 90, kStepMax)};
    std::string text;
    for (int shift = 47; shift > 0; shift -= 5) text += kLetters[cell.bits() >> shift & 31];
    return text + '0';  // two bits are left, which the eleventh letter has never shown
}

double latitude_distance(double a, double b) {
    return kEarthRadius * std::fabs(radians(b) - radians(a));
}

// The haversine formula.
double distance(Point a, Point b) {
    constexpr double kSameMeridian = 1e-15;
    const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
    if (std::fabs(v) <= kSameMeridian) return latitude_distance(a.latitude, b.latitude);
    const double south = radians(a.latitude), north = radians(b.latitude);
    const double u = std::sin((north - south) / 2);
    const double h = u * u + std::cos(south) * std::cos(north) * v * v;
    return 2.0 * kEarthRadius * std::asin(std::sqrt(h));
}

}  // namespace rota::geo
