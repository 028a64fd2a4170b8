// SPDX-License-Identifier: BSD-3-Clause
// Any score is a place, and any circle, box or polygon of the map is searched in at most nine
// ranges, no two of them the same.
#include <algorithm>
#include <cmath>
#include <vector>

#include "check.h"
#include "types/geo_shape.h"

using namespace rota;
using geo::Point;
using geo::Shape;

namespace {

class Numbers {
public:
    explicit Numbers(Slice bytes) : bytes_(bytes) {}
    bool more() const { return bytes_.size() >= sizeof(double); }
    double next() {
        double number = 0;
        if (!more()) return number;
        std::memcpy(&number, bytes_.data(), sizeof number);
        bytes_.remove_prefix(sizeof number);
        return number;
    }
    Point point() {
        const Point at{next(), next()};
        return at.valid() ? at : geo::decode(at.longitude);
    }

private:
    Slice bytes_;
};

void try_score(double score) {
    const Point at = geo::decode(score);
    ASSERT(at.valid());
    const uint64_t bits = geo::encode(at);
    ASSERT(geo::Cell::of_bits(bits, geo::kStepMax).bits() == bits);
    ASSERT(geo::text_of(at).size() == 11);
}

void try_shape(const Shape& shape, Point probe) {
    const auto ranges = shape.ranges();
    ASSERT(!ranges.empty());
    ASSERT(ranges.size() <= 9);
    for (size_t i = 0; i < ranges.size(); ++i) {
        ASSERT(ranges[i].min < ranges[i].max);
        for (size_t j = 0; j < i; ++j) ASSERT(ranges[i].min != ranges[j].min);
    }
    shape.contains(probe);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    Numbers numbers({reinterpret_cast<const char*>(data), size});
    const double score = numbers.next();
    try_score(score);
    const Point center = numbers.point();
    const double width = std::fabs(numbers.next()), height = std::fabs(numbers.next());
    if (std::isnan(width) || std::isnan(height)) return 0;
    try_shape(Shape::circle(center, width), geo::decode(score));
    try_shape(Shape::box(center, width, height), geo::decode(score));
    std::vector<Point> corners;
    while (numbers.more()) corners.push_back(numbers.point());
    if (corners.size() >= 3) try_shape(Shape::polygon(corners), center);
    return 0;
}
