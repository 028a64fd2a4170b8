// SPDX-License-Identifier: BSD-3-Clause
// Geohash: places on Earth as numbers that keep neighbours together, so that a sorted set finds
// them. The map is cut into a grid of 2^step columns and rows; a cell's bits are those of its
// column and its row by turns. 26 bits of each make the 52 that a score holds exactly. The rows
// end where the Mercator projection does, at 85 degrees, so the poles are left out.
//
// All arithmetic is in the order that Valkey's users see the results of, down to the last bit.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace rota::geo {

inline constexpr double kLongitudeMax = 180, kLatitudeMax = 85.05112878;
inline constexpr unsigned kStepMax = 26;

struct Point {  // degrees
    double longitude = 0, latitude = 0;
    bool operator==(const Point&) const = default;
    bool valid() const {
        return longitude >= -kLongitudeMax && longitude <= kLongitudeMax &&
               latitude >= -kLatitudeMax && latitude <= kLatitudeMax;
    }
};

struct Cell {
    uint32_t column = 0, row = 0;  // from the west, from the south
    unsigned step = kStepMax;      // 1 to kStepMax

    // The cell that a valid point lies in. The upper ends of the map lie in a column and a row of
    // their own, behind the last.
    static Cell around(Point, unsigned step);
    static Cell of_bits(uint64_t bits, unsigned step);
    bool operator==(const Cell&) const = default;

    uint64_t bits() const;
    Cell moved(int east, int north) const;  // the map goes round; steps of one
    Point south_west() const;
    Point north_east() const;
};

// What is stored, and where that is: the middle of its cell.
uint64_t encode(Point);
Point decode(double score);  // whatever number it is, the result is a valid point

// The text that other programs know, 11 letters; its rows go from pole to pole.
std::string text_of(Point);

// In metres, along the great circle of a sphere, and between two latitudes.
double distance(Point, Point);
double latitude_distance(double, double);

double radians(double degrees);
double degrees(double radians);
inline constexpr double kEarthRadius = 6372797.560856;  // metres

}  // namespace rota::geo
