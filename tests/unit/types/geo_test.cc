// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "types/geo_shape.h"

namespace rota::geo {
namespace {

constexpr Point kPalermo{13.361389, 38.115556}, kCatania{15.087269, 37.502669};

TEST(Geohash, GivesTheScoresTextsAndDistancesThatUsersKnow) {
    EXPECT_EQ(encode(kPalermo), 3479099956230698u);
    EXPECT_EQ(encode(kCatania), 3479447370796909u);
    const Point palermo = decode(3479099956230698), catania = decode(3479447370796909);
    EXPECT_EQ(palermo.longitude, 13.361389338970184);
    EXPECT_EQ(palermo.latitude, 38.1155563954963);
    EXPECT_EQ(text_of(palermo), "sqc8b49rny0");
    EXPECT_EQ(text_of(catania), "sqdtr74hyu0");
    EXPECT_NEAR(distance(palermo, catania), 166274.1516, 0.0001);
    EXPECT_EQ(distance(palermo, palermo), 0);
}

TEST(Geohash, TheMapsEndsHaveScoresAndComeBack) {
    for (const double longitude : {-kLongitudeMax, -0.0, kLongitudeMax})
        for (const double latitude : {-kLatitudeMax, 0.0, kLatitudeMax}) {
            const Point there{longitude, latitude};
            const Point back = decode(static_cast<double>(encode(there)));
            EXPECT_TRUE(back.valid());
            EXPECT_NEAR(back.longitude, longitude, 360.0 / (1 << kStepMax));
            EXPECT_NEAR(back.latitude, latitude, 180.0 / (1 << kStepMax));
        }
    EXPECT_FALSE((Point{180.0001, 0}.valid()));
    EXPECT_FALSE((Point{0, -85.06}.valid()));
    EXPECT_FALSE((Point{std::nan(""), 0}.valid()));
}

TEST(Geohash, AnyNumberDecodesToAPlaceOnTheMap) {
    constexpr double kMax = std::numeric_limits<double>::max();
    for (const double score : {-1.0, 0.5, 4503599627370496.0, 1.8e16, 9.3e18, 2e19, kMax, -kMax,
                               HUGE_VAL, -HUGE_VAL, -9.3e18, -0.0, std::nan("")}) {
        EXPECT_TRUE(decode(score).valid()) << score;
        EXPECT_EQ(text_of(decode(score)).size(), 11u);
    }
}

TEST(Geohash, AStoredPlaceIsWithinItsCellAndKeepsItsScore) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> longitude(-kLongitudeMax, kLongitudeMax);
    std::uniform_real_distribution<double> latitude(-kLatitudeMax, kLatitudeMax);
    for (int i = 0; i < 20000; ++i) {
        const Point at{longitude(random), latitude(random)};
        const uint64_t bits = encode(at);
        const Cell cell = Cell::of_bits(bits, kStepMax);
        EXPECT_EQ(cell.bits(), bits);
        const Point low = cell.south_west(), high = cell.north_east();
        EXPECT_LE(low.longitude, at.longitude);
        EXPECT_LE(low.latitude, at.latitude);
        EXPECT_GE(high.longitude, at.longitude);
        EXPECT_GE(high.latitude, at.latitude);
        EXPECT_EQ(encode(decode(static_cast<double>(bits))), bits);
    }
}

TEST(Geohash, NeighboursShareABorderAndTheMapGoesRound) {
    const Cell cell = Cell::around(kPalermo, 12);
    EXPECT_EQ(cell.moved(1, 0).south_west().longitude, cell.north_east().longitude);
    EXPECT_EQ(cell.moved(0, 1).south_west().latitude, cell.north_east().latitude);
    EXPECT_EQ(cell.moved(1, 1).moved(-1, -1), cell);
    EXPECT_EQ((Cell{0, 0, 3}.moved(-1, -1)), (Cell{7, 7, 3}));
}

// ---- Shapes: what the ranges leave out must be outside, and none may be searched twice

class Places {
public:
    explicit Places(unsigned seed) : random_(seed) {}
    double number(double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random_);
    }
    double metres(double max) { return std::pow(10, number(0, std::log10(max))); }
    // Most within a few sizes of the shape, so that many are near its border.
    Point near(Point center, double size) {
        const double up = degrees(size / kEarthRadius) * 2;
        const double aside = up / std::cos(radians(center.latitude));
        const Point at{center.longitude + number(-aside, aside), center.latitude + number(-up, up)};
        return at.valid() ? at : Point{number(-180, 180), number(-85, 85)};
    }

private:
    std::mt19937_64 random_;
};

void expect_covered(const Shape& shape, Places& places, Point center, double size, int* inside) {
    const auto ranges = shape.ranges();
    ASSERT_LE(ranges.size(), 9u);
    for (int i = 0; i < 200; ++i) {
        const auto score = static_cast<double>(encode(places.near(center, size)));
        if (!shape.contains(decode(score))) continue;
        ++*inside;
        int found = 0;
        for (const auto& range : ranges) found += score >= range.min && score < range.max;
        ASSERT_EQ(found, 1) << center.longitude << ' ' << center.latitude << ' ' << size;
    }
}

TEST(GeoShape, RangesHaveAllPlacesOfACircleOnce) {
    Places places(2);
    int inside = 0;
    for (int i = 0; i < 1000; ++i) {
        const Point center{places.number(-120, 120), places.number(-60, 60)};
        const double radius = places.metres(1.5e6);
        expect_covered(Shape::circle(center, radius), places, center, radius, &inside);
    }
    EXPECT_GT(inside, 10000);
}

TEST(GeoShape, RangesHaveAllPlacesOfABoxOnce) {
    Places places(3);
    int inside = 0;
    for (int i = 0; i < 1000; ++i) {
        const Point center{places.number(-120, 120), places.number(-60, 60)};
        const double width = places.metres(2e6), height = places.metres(2e6);
        expect_covered(Shape::box(center, width, height), places, center,
                       std::max(width, height) / 2, &inside);
    }
    EXPECT_GT(inside, 5000);
}

TEST(GeoShape, RangesHaveAllPlacesOfAPolygonOnce) {
    Places places(4);
    int inside = 0;
    for (int i = 0; i < 1000; ++i) {
        const Point center{places.number(-120, 120), places.number(-60, 60)};
        const double size = places.metres(1e6);
        std::vector<Point> corners;
        for (int corner = 0; corner < 3 + i % 5; ++corner)
            corners.push_back(places.near(center, size / 2));
        expect_covered(Shape::polygon(corners), places, center, size, &inside);
    }
    EXPECT_GT(inside, 5000);
}

TEST(GeoShape, KnowsWhatIsInside) {
    const Point center{15, 37};
    EXPECT_TRUE(Shape::circle(center, 200000).contains(kPalermo));
    EXPECT_FALSE(Shape::circle(center, 100000).contains(kPalermo));
    EXPECT_TRUE(Shape::box(center, 400000, 400000).contains(kPalermo));
    EXPECT_FALSE(Shape::box(center, 400000, 200000).contains(kPalermo));
    const Shape triangle = Shape::polygon({{13, 37}, {13, 39}, {15, 39}});
    EXPECT_TRUE(triangle.contains({13.5, 38.4}));
    EXPECT_FALSE(triangle.contains({14.5, 37.5}));
}

TEST(GeoShape, ExtremeSizesAreSearchedInAFewRanges) {
    const double huge = std::numeric_limits<double>::max();
    for (const double size : {0.0, 5e-324, 1e-9, 2e7, 1e9, huge, HUGE_VAL})
        for (const double latitude : {-kLatitudeMax, -70.0, 0.0, 85.0, kLatitudeMax})
            for (const double longitude : {-180.0, 0.0, 180.0}) {
                const Point center{longitude, latitude};
                for (const Shape& shape : {Shape::circle(center, size), Shape::box(center, size, 0),
                                           Shape::box(center, 0, size)}) {
                    const auto ranges = shape.ranges();
                    ASSERT_GE(ranges.size(), 1u);
                    ASSERT_LE(ranges.size(), 9u);
                    for (const auto& range : ranges) EXPECT_LT(range.min, range.max);
                }
            }
    // Its centre is the pole, which is not on the map.
    EXPECT_GE(Shape::polygon({{0, 80}, {120, 80}, {-120, 80}}).ranges().size(), 1u);
}

}  // namespace
}  // namespace rota::geo
