// SPDX-License-Identifier: BSD-3-Clause
#include "types/geo_shape.h"

#include <algorithm>
#include <cmath>

namespace rota::geo {
namespace {

// The step whose cells are large enough for this distance at this latitude: they become narrower
// towards the poles.
unsigned step_for(double metres, double latitude) {
    constexpr double kHalfTheMap = 20037726.37;
    if (metres == 0) return kStepMax;
    int step = -1;
    for (; metres < kHalfTheMap; metres *= 2) ++step;
    if (std::fabs(latitude) > 66) --step;
    if (std::fabs(latitude) > 80) --step;
    return static_cast<unsigned>(std::clamp(step, 1, static_cast<int>(kStepMax)));
}

// The centre of a polygon around a pole has no cell.
Point on_map(Point at) {
    return {at.longitude, std::clamp(at.latitude, -kLatitudeMax, kLatitudeMax)};
}

Shape::Range range_of(const Cell& cell) {
    const unsigned shift = 2 * (kStepMax - cell.step);
    return {static_cast<double>(cell.bits() << shift),
            static_cast<double>((cell.bits() + 1) << shift)};
}

}  // namespace

Shape Shape::polygon(std::vector<Point> corners) {
    double x = 0, y = 0, z = 0;
    for (const Point corner : corners) {
        const double longitude = radians(corner.longitude), latitude = radians(corner.latitude);
        x += std::cos(latitude) * std::cos(longitude);
        y += std::cos(latitude) * std::sin(longitude);
        z += std::sin(latitude);
    }
    const Point center{degrees(std::atan2(y, x)), degrees(std::atan2(z, std::sqrt(x * x + y * y)))};
    Shape shape(Kind::polygon, center, 0, 0);
    shape.corners_ = std::move(corners);
    return shape;
}

// A ray to the east crosses the border an odd number of times.
bool Shape::surrounds(Point at) const {
    bool inside = false;
    Point b = corners_.back();
    for (const Point a : corners_) {
        if ((a.latitude > at.latitude) != (b.latitude > at.latitude) &&
            at.longitude < (b.longitude - a.longitude) * (at.latitude - a.latitude) /
                                   (b.latitude - a.latitude) +
                               a.longitude)
            inside = !inside;
        b = a;
    }
    return inside;
}

std::optional<double> Shape::contains(Point at) const {
    if (kind_ == Kind::circle) {
        const double metres = distance(center_, at);
        return metres > aside_ ? std::nullopt : std::optional(metres);
    }
    if (kind_ == Kind::polygon)
        return surrounds(at) ? std::optional(distance(center_, at)) : std::nullopt;
    if (latitude_distance(at.latitude, center_.latitude) > up_) return std::nullopt;
    if (distance(at, {center_.longitude, at.latitude}) > aside_) return std::nullopt;
    return distance(center_, at);
}

Shape::Bounds Shape::bounds() const {
    if (kind_ == Kind::polygon) {
        Bounds box{corners_[0], corners_[0]};
        for (const Point corner : corners_) {
            box.low.longitude = std::min(box.low.longitude, corner.longitude);
            box.low.latitude = std::min(box.low.latitude, corner.latitude);
            box.high.longitude = std::max(box.high.longitude, corner.longitude);
            box.high.latitude = std::max(box.high.latitude, corner.latitude);
        }
        return box;
    }
    const double up = degrees(up_ / kEarthRadius);
    // Wider on the side that is nearer to a pole.
    const double narrow = center_.latitude < 0 ? center_.latitude - up : center_.latitude + up;
    const double aside = degrees(aside_ / kEarthRadius / std::cos(radians(narrow)));
    return {{center_.longitude - aside, center_.latitude - up},
            {center_.longitude + aside, center_.latitude + up}};
}

// How far it reaches from the centre.
double Shape::reach(const Bounds& box) const {
    if (kind_ == Kind::circle) return aside_;
    if (kind_ == Kind::box) return std::sqrt(aside_ * aside_ + up_ * up_);
    return std::max({distance(center_, {box.low.longitude, box.high.latitude}),
                     distance(center_, {box.high.longitude, box.high.latitude}),
                     distance(center_, {box.low.longitude, box.low.latitude}),
                     distance(center_, {box.high.longitude, box.low.latitude})});
}

unsigned Shape::step(const Bounds& box) const {
    const unsigned step = step_for(reach(box), center_.latitude);
    const Cell cell = Cell::around(on_map(center_), step);
    // A neighbour may end too soon, where the centre is near an edge of its own cell.
    const bool too_small = cell.moved(0, 1).north_east().latitude < box.high.latitude ||
                           cell.moved(0, -1).south_west().latitude > box.low.latitude ||
                           cell.moved(1, 0).north_east().longitude < box.high.longitude ||
                           cell.moved(-1, 0).south_west().longitude > box.low.longitude;
    return step > 1 && too_small ? step - 1 : step;
}

std::vector<Shape::Range> Shape::ranges() const {
    constexpr struct {
        int east, north;
    } kNeighbours[] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    const Bounds box = bounds();
    const Cell center = Cell::around(on_map(center_), step(box));
    const Point low = center.south_west(), high = center.north_east();
    std::vector<Range> ranges{range_of(center)};
    Cell last = center;
    for (const auto [east, north] : kNeighbours) {
        const bool needless =
            center.step >= 2 && ((north < 0 && low.latitude < box.low.latitude) ||
                                 (north > 0 && high.latitude > box.high.latitude) ||
                                 (east < 0 && low.longitude < box.low.longitude) ||
                                 (east > 0 && high.longitude > box.high.longitude));
        const Cell cell = center.moved(east, north);
        if (needless || cell == last) continue;  // on the coarsest grid, two may be one
        ranges.push_back(range_of(cell));
        last = cell;
    }
    return ranges;
}

}  // namespace rota::geo
