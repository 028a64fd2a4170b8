// SPDX-License-Identifier: BSD-3-Clause
// Shape: the part of the map that a search looks at. It is covered by one cell of the geohash grid
// and its eight neighbours, the smallest that are large enough; all positions inside lie in nine
// ranges of scores, and contains() picks them out. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "types/geohash.h"

namespace rota::geo {

class Shape {
public:
    static Shape circle(Point center, double radius) {
        return {Kind::circle, center, radius, radius};
    }
    static Shape box(Point center, double width, double height) {
        return {Kind::box, center, width / 2, height / 2};
    }
    // Three corners or more, all valid. Its centre is theirs.
    static Shape polygon(std::vector<Point> corners);

    // The distance to the centre; nullopt: outside.
    std::optional<double> contains(Point) const;

    struct Range {
        double min, max;  // scores; the upper one is excluded
    };
    // Not two of them are the same; each is to be searched in this order. Beyond a quarter of the
    // Earth's circumference, and across the 180th meridian or a pole, a shape reaches farther
    // than its cells do.
    std::vector<Range> ranges() const;

private:
    enum class Kind : uint8_t { circle, box, polygon };
    struct Bounds {
        Point low, high;
    };
    Shape(Kind kind, Point center, double aside, double up)
        : kind_(kind), center_(center), aside_(aside), up_(up) {}
    Bounds bounds() const;
    double reach(const Bounds&) const;
    unsigned step(const Bounds&) const;
    bool surrounds(Point) const;

    Kind kind_;
    Point center_;
    double aside_, up_;  // metres from the centre to the border; of a circle and a box
    std::vector<Point> corners_;
};

}  // namespace rota::geo
