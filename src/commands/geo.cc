// SPDX-License-Identifier: BSD-3-Clause
// Positions in sorted sets: handlers and, at the end, their rows.
#include <algorithm>
#include <cmath>
#include <compare>

#include "commands/first_in_order.h"
#include "commands/zset_common.h"
#include "platform/text.h"
#include "types/geo_shape.h"

namespace rota {
namespace {

using geo::Point;

// ---- Arguments

std::optional<Point> point_arg(Ctx& ctx, size_t index) {
    const auto longitude = ctx.double_arg(index);
    const auto latitude = longitude ? ctx.double_arg(index + 1) : std::nullopt;
    if (!latitude) return std::nullopt;
    const Point point{*longitude, *latitude};
    if (point.valid()) return point;
    ctx.reply.error(
        format("ERR invalid longitude,latitude pair %f,%f", point.longitude, point.latitude));
    return std::nullopt;
}

// Metres in one of the unit.
std::optional<double> unit_arg(Ctx& ctx, size_t index) {
    if (ctx.arg_is(index, "m")) return 1;
    if (ctx.arg_is(index, "km")) return 1000;
    if (ctx.arg_is(index, "ft")) return 0.3048;
    if (ctx.arg_is(index, "mi")) return 1609.34;
    ctx.reply.error("ERR unsupported unit provided. please use M, KM, FT, MI");
    return std::nullopt;
}

std::optional<Point> position(Entry* entry, Slice member) {
    const auto score = entry ? Lent<ZSet>(entry)->score(member) : std::nullopt;
    return score ? std::optional(geo::decode(*score)) : std::nullopt;
}

// ---- Replies

void reply_point(Ctx& ctx, Point point) {
    ctx.reply.array(2);
    ctx.reply.human(point.longitude);
    ctx.reply.human(point.latitude);
}

// Four decimals, the nearest even one in the middle.
void reply_distance(Ctx& ctx, double distance) {
    const long long scaled = std::llrint(distance * 10000);
    const unsigned long long size = scaled < 0 ? 0 - static_cast<unsigned long long>(scaled)
                                               : static_cast<unsigned long long>(scaled);
    ctx.reply.bulk(format("%s%llu.%04llu", scaled < 0 ? "-" : "", size / 10000, size % 10000));
}

// ---- Single positions

void cmd_geoadd(Ctx& ctx) {
    ZAddRules rules;
    size_t first = 2;
    for (; first < ctx.argc(); ++first) {
        if (ctx.arg_is(first, "nx"))
            rules.nx = true;
        else if (ctx.arg_is(first, "xx"))
            rules.xx = true;
        else if (ctx.arg_is(first, "ch"))
            rules.ch = true;
        else
            break;
    }
    const size_t left = ctx.argc() - first;
    if (left == 0 || left % 3 != 0 || (rules.nx && rules.xx)) return ctx.syntax_error();
    std::vector<ScoredName> pairs;
    pairs.reserve(left / 3);
    for (size_t i = first; i < ctx.argc(); i += 3) {
        const auto point = point_arg(ctx, i);
        if (!point) return;
        pairs.emplace_back(static_cast<double>(geo::encode(*point)), ctx.arg(i + 2));
    }
    add_scored(ctx, rules, pairs);
}

void cmd_geopos(Ctx& ctx) {
    const auto entry = read_zset(ctx);
    if (!entry) return;
    ctx.reply.array(ctx.argc() - 2);
    for (const Slice member : ctx.args.subspan(2)) {
        const auto point = position(*entry, member);
        point ? reply_point(ctx, *point) : ctx.reply.null_array();
    }
}

void cmd_geohash(Ctx& ctx) {
    const auto entry = read_zset(ctx);
    if (!entry) return;
    ctx.reply.array(ctx.argc() - 2);
    for (const Slice member : ctx.args.subspan(2)) {
        const auto point = position(*entry, member);
        point ? ctx.reply.bulk(geo::text_of(*point)) : ctx.reply.null();
    }
}

void cmd_geodist(Ctx& ctx) {
    if (ctx.argc() > 5) return ctx.syntax_error();
    const auto unit = ctx.argc() == 5 ? unit_arg(ctx, 4) : std::optional(1.0);
    if (!unit) return;
    const auto entry = read_zset(ctx);
    if (!entry) return;
    const auto from = position(*entry, ctx.arg(2)), to = position(*entry, ctx.arg(3));
    if (!from || !to) return ctx.reply.null();
    reply_distance(ctx, geo::distance(*from, *to) / *unit);
}

// ---- Searching: arguments

enum class Order : uint8_t { any, nearest_first, farthest_first };
enum class From : uint8_t { none, member, point };
enum class Area : uint8_t { none, radius, box, polygon };

// Which words a command of the family knows.
struct Dialect {
    bool names_area = false;  // GEOSEARCH and GEOSEARCHSTORE say where the centre and the size are
    bool stores = false;      // always, at the first argument
    bool may_store = false;   // STORE and STOREDIST, each with a key
};

struct Search {
    Dialect dialect;
    Entry* source = nullptr;  // null: there is none, yet all else is looked at
    From from = From::none;
    Area area = Area::none;
    Point center;
    double unit = 1;               // metres
    double width = 0, height = 0;  // in that unit; of a circle the radius
    std::vector<Point> corners;
    bool with_distance = false, with_hash = false, with_point = false;
    bool any = false;  // the first that are found will do
    Order order = Order::any;
    int64_t count = 0;    // 0: all
    size_t store_at = 0;  // the argument that has the key; 0: the result is replied
    bool store_distance = false;

    size_t extras() const { return size_t{with_distance} + with_hash + with_point; }
    geo::Shape shape() const {
        if (area == Area::polygon) return geo::Shape::polygon(corners);
        if (area == Area::box) return geo::Shape::box(center, width * unit, height * unit);
        return geo::Shape::circle(center, width * unit);
    }
};

// Failed: after having replied with an error.
enum class Parsed : uint8_t { no, yes, failed };

Parsed parse_flag(Ctx& ctx, size_t at, Search& search) {
    if (ctx.arg_is(at, "withdist"))
        search.with_distance = true;
    else if (ctx.arg_is(at, "withhash"))
        search.with_hash = true;
    else if (ctx.arg_is(at, "withcoord"))
        search.with_point = true;
    else if (ctx.arg_is(at, "any"))
        search.any = true;
    else if (ctx.arg_is(at, "asc"))
        search.order = Order::nearest_first;
    else if (ctx.arg_is(at, "desc"))
        search.order = Order::farthest_first;
    else if (search.dialect.stores && ctx.arg_is(at, "storedist"))
        search.store_distance = true;
    else
        return Parsed::no;
    return Parsed::yes;
}

Parsed parse_count(Ctx& ctx, size_t& at, Search& search) {
    if (!ctx.arg_is(at, "count") || at + 1 >= ctx.argc()) return Parsed::no;
    const auto count = ctx.integer_arg(++at);
    if (!count) return Parsed::failed;
    search.count = *count;
    if (*count > 0) return Parsed::yes;
    ctx.reply.error("ERR COUNT must be > 0");
    return Parsed::failed;
}

Parsed parse_store(Ctx& ctx, size_t& at, Search& search) {
    const bool distance = ctx.arg_is(at, "storedist");
    if (!search.dialect.may_store || at + 1 >= ctx.argc() ||
        (!distance && !ctx.arg_is(at, "store")))
        return Parsed::no;
    search.store_at = ++at;
    search.store_distance = distance;
    return Parsed::yes;
}

Parsed parse_member(Ctx& ctx, size_t at, Search& search) {
    search.from = From::member;
    if (search.source == nullptr) return Parsed::yes;
    const auto point = position(search.source, ctx.arg(at));
    if (!point) {
        ctx.reply.error("ERR member " + std::string(ctx.arg(at)) + " does not exist");
        return Parsed::failed;
    }
    search.center = *point;
    return Parsed::yes;
}

Parsed parse_point(Ctx& ctx, size_t at, Search& search) {
    search.from = From::point;
    const auto point = point_arg(ctx, at);
    if (!point) return Parsed::failed;
    search.center = *point;
    return Parsed::yes;
}

Parsed parse_center(Ctx& ctx, size_t& at, Search& search) {
    const size_t left = ctx.argc() - at - 1, first = at + 1;
    if (search.area == Area::polygon) return Parsed::no;
    if (left >= 1 && search.from != From::point && ctx.arg_is(at, "frommember")) {
        at += 1;
        return parse_member(ctx, first, search);
    }
    if (left >= 2 && search.from != From::member && ctx.arg_is(at, "fromlonlat")) {
        at += 2;
        return parse_point(ctx, first, search);
    }
    return Parsed::no;
}

Parsed parse_radius(Ctx& ctx, size_t at, Search& search) {
    search.area = Area::radius;
    const auto radius = ctx.double_arg(at, "ERR need numeric radius");
    if (!radius) return Parsed::failed;
    if (*radius < 0) {
        ctx.reply.error("ERR radius cannot be negative");
        return Parsed::failed;
    }
    const auto unit = unit_arg(ctx, at + 1);
    if (!unit) return Parsed::failed;
    search.width = *radius;
    search.unit = *unit;
    return Parsed::yes;
}

Parsed parse_box(Ctx& ctx, size_t at, Search& search) {
    search.area = Area::box;
    const auto width = ctx.double_arg(at, "ERR need numeric width");
    const auto height = width ? ctx.double_arg(at + 1, "ERR need numeric height") : std::nullopt;
    if (!height) return Parsed::failed;
    if (*width < 0 || *height < 0) {
        ctx.reply.error("ERR height or width cannot be negative");
        return Parsed::failed;
    }
    const auto unit = unit_arg(ctx, at + 2);
    if (!unit) return Parsed::failed;
    search.width = *width;
    search.height = *height;
    search.unit = *unit;
    return Parsed::yes;
}

Parsed parse_polygon(Ctx& ctx, size_t& at, Search& search) {
    search.area = Area::polygon;
    const auto count = range_arg(ctx, at, INT32_MIN, INT32_MAX, "ERR invalid number of vertices");
    if (!count) return Parsed::failed;
    if (*count < 3 || static_cast<size_t>(*count) > (ctx.argc() - at - 1) / 2) {
        ctx.reply.error("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
        return Parsed::failed;
    }
    search.unit = 1;
    search.corners.clear();
    for (int64_t i = 0; i < *count; ++i, at += 2) {
        const auto corner = point_arg(ctx, at + 1);
        if (!corner) return Parsed::failed;
        search.corners.push_back(*corner);
    }
    return Parsed::yes;
}

Parsed parse_area(Ctx& ctx, size_t& at, Search& search) {
    const size_t left = ctx.argc() - at - 1, first = at + 1;
    const auto free_for = [&search](Area area) {
        return search.area == Area::none || search.area == area;
    };
    if (left >= 2 && free_for(Area::radius) && ctx.arg_is(at, "byradius")) {
        at += 2;
        return parse_radius(ctx, first, search);
    }
    if (left >= 3 && free_for(Area::box) && ctx.arg_is(at, "bybox")) {
        at += 3;
        return parse_box(ctx, first, search);
    }
    if (left >= 2 && free_for(Area::polygon) && search.from == From::none &&
        ctx.arg_is(at, "bypolygon"))
        return parse_polygon(ctx, ++at, search);
    return Parsed::no;
}

// False after having replied with an error.
bool parse_options(Ctx& ctx, size_t first, Search& search) {
    for (size_t at = first; at < ctx.argc(); ++at) {
        Parsed parsed = parse_flag(ctx, at, search);
        if (parsed == Parsed::no) parsed = parse_count(ctx, at, search);
        if (parsed == Parsed::no) parsed = parse_store(ctx, at, search);
        if (parsed == Parsed::no && search.dialect.names_area) {
            parsed = parse_center(ctx, at, search);
            if (parsed == Parsed::no) parsed = parse_area(ctx, at, search);
        }
        if (parsed == Parsed::no) ctx.syntax_error();
        if (parsed != Parsed::yes) return false;
    }
    return true;
}

// Whether the options go together; false after having replied with an error.
bool compatible(Ctx& ctx, const Search& search) {
    const std::string name(ctx.arg(0));
    const bool names_area = search.dialect.names_area;
    if (search.store_at != 0 && search.extras() > 0) {
        ctx.reply.error(std::string("ERR ") +
                        (names_area ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") +
                        " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
    } else if (names_area && search.from == From::none && search.area != Area::polygon) {
        ctx.reply.error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name);
    } else if (names_area && search.area == Area::none) {
        ctx.reply.error("ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for " +
                        name);
    } else if (search.any && search.count == 0) {
        ctx.reply.error("ERR the ANY argument requires COUNT argument");
    } else {
        return true;
    }
    return false;
}

// ---- Searching: the work

struct Found {
    std::string name;
    double score;
    Point at;
    double distance;  // metres
};

std::vector<Found> find(const Search& search) {
    const geo::Shape shape = search.shape();
    const size_t enough = search.any ? static_cast<size_t>(search.count) : SIZE_MAX;
    const Lent<ZSet> zset(search.source);
    std::vector<Found> found;
    for (const auto& range : shape.ranges()) {
        const size_t begin =
            zset->count_while([&range](Slice, double score) { return score < range.min; });
        zset->visit_ranks(begin, zset->size() - begin, false, [&](Slice name, double score) {
            if (score >= range.max) return false;
            const Point at = geo::decode(score);
            if (const auto distance = shape.contains(at))
                found.push_back({std::string(name), score, at, *distance});
            return found.size() < enough;
        });
        if (found.size() >= enough) break;
    }
    return found;
}

// The first that are wanted, in the order that is wanted.
std::vector<const Found*> choose(const Search& search, const std::vector<Found>& found) {
    const size_t count = search.count == 0
                             ? found.size()
                             : std::min(found.size(), static_cast<size_t>(search.count));
    // The nearest few are wanted where nothing else is said.
    const bool as_found = search.order == Order::any && (search.count == 0 || search.any);
    auto chosen = first_in_order(found, as_found ? 0 : count, [&](const Found& a, const Found& b) {
        return search.order == Order::farthest_first ? std::strong_order(b.distance, a.distance)
                                                     : std::strong_order(a.distance, b.distance);
    });
    chosen.resize(count);
    return chosen;
}

void reply_found(Ctx& ctx, const Search& search, const std::vector<const Found*>& chosen) {
    ctx.reply.array(chosen.size());
    for (const Found* found : chosen) {
        if (search.extras() > 0) ctx.reply.array(search.extras() + 1);
        ctx.reply.bulk(found->name);
        if (search.with_distance) reply_distance(ctx, found->distance / search.unit);
        if (search.with_hash) ctx.reply.integer(static_cast<int64_t>(found->score));
        if (search.with_point) reply_point(ctx, found->at);
    }
}

void store_found(Ctx& ctx, const Search& search, const std::vector<const Found*>& chosen) {
    const ZSetLimits limits = zset_limits(ctx);
    ZSet result = ZSet::make_table(limits.seed);
    for (const Found* found : chosen)
        result.set(found->name,
                   search.store_distance ? found->distance / search.unit : found->score, limits);
    result.compact(limits);
    if (result.size() > 1) ctx.parts.effects.add_dirty(result.size() - 1);
    store_zset(ctx, ctx.key(search.store_at), std::move(result),
               search.dialect.names_area ? "geosearchstore" : "georadiusstore");
}

void run(Ctx& ctx, Search& search, size_t options_at) {
    if (!parse_options(ctx, options_at, search) || !compatible(ctx, search)) return;
    std::vector<Found> found;
    if (search.source != nullptr) found = find(search);
    const auto chosen = choose(search, found);
    search.store_at != 0 ? store_found(ctx, search, chosen) : reply_found(ctx, search, chosen);
}

void search_area(Ctx& ctx, bool store) {
    const auto entry = read_zset(ctx, store ? 2 : 1);
    if (!entry) return;
    Search search{.dialect = {.names_area = true, .stores = store},
                  .source = *entry,
                  .store_at = size_t{store}};
    run(ctx, search, store ? 3 : 2);
}

void search_around_point(Ctx& ctx, bool may_store) {
    const auto entry = read_zset(ctx);
    if (!entry) return;
    Search search{.dialect = {.may_store = may_store}, .source = *entry};
    if (parse_point(ctx, 2, search) == Parsed::failed ||
        parse_radius(ctx, 4, search) == Parsed::failed)
        return;
    run(ctx, search, 6);
}

void search_around_member(Ctx& ctx, bool may_store) {
    const auto entry = read_zset(ctx);
    if (!entry) return;
    Search search{.dialect = {.may_store = may_store}, .source = *entry};
    // Without a source, the radius is not looked at.
    if (*entry != nullptr && (parse_member(ctx, 2, search) == Parsed::failed ||
                              parse_radius(ctx, 3, search) == Parsed::failed))
        return;
    run(ctx, search, 5);
}

void cmd_geosearch(Ctx& ctx) { search_area(ctx, false); }
void cmd_geosearchstore(Ctx& ctx) { search_area(ctx, true); }
void cmd_georadius(Ctx& ctx) { search_around_point(ctx, true); }
void cmd_georadius_ro(Ctx& ctx) { search_around_point(ctx, false); }
void cmd_georadiusbymember(Ctx& ctx) { search_around_member(ctx, true); }
void cmd_georadiusbymember_ro(Ctx& ctx) { search_around_member(ctx, false); }

// STORE or STOREDIST, whichever is the last.
bool keys_of_georadius(std::span<const Slice> args, std::vector<KeyPosition>& out) {
    out.push_back({1, kRO | kAccess});
    uint32_t store_at = 0;
    for (uint32_t i = 5; i + 1 < args.size(); ++i)
        if (equals_ignore_case(args[i], "store") || equals_ignore_case(args[i], "storedist"))
            store_at = ++i;
    if (store_at != 0) out.push_back({store_at, kOW | kUpdate});
    return true;
}

// ---- Rows

#define ROTA_GEO_UNIT "unit=<M|KM|FT|MI>"
#define ROTA_GEO_WITH " [WITHCOORD] [WITHDIST] [WITHHASH]"
#define ROTA_GEO_RADIUS_OPTIONS(any) \
    ROTA_GEO_WITH " count-block=[<COUNT count> " any "] order=[ASC|DESC]"
#define ROTA_GEO_STORE " store=[storekey=STORE key#1|storedistkey=STOREDIST key#2]"
#define ROTA_GEO_AREA                                                              \
    "from=[FROMMEMBER member:string|FROMLONLAT longitude:double latitude:double] " \
    "by=<circle=<<BYRADIUS radius:double> " ROTA_GEO_UNIT                          \
    ">|box=<<BYBOX width:double> height:double " ROTA_GEO_UNIT                     \
    ">|polygon=<<BYPOLYGON num-vertices> "                                         \
    "vertices=<longitude:double latitude:double> [...]>@9.0.0> "                   \
    "order=[ASC|DESC] count-block=[<COUNT count> [ANY]]"

constexpr HistoryItem kAddHistory[] = {{"6.2.0", "`CH`, `NX` and `XX`."}};
constexpr HistoryItem kRadiusHistory[] = {{"6.2.0", "`ANY` behind `COUNT`."},
                                          {"7.0.0", "Units in upper case."}};
constexpr HistoryItem kSearchHistory[] = {{"7.0.0", "Units in upper case."},
                                          {"9.0.0", "`BYPOLYGON`."}};
constexpr Slice kSearchCost =
    "O(N+log(M)) where N is the number of positions in the cells around the area and M the number "
    "of positions.";

constexpr Command kGeoCommands[] = {
    {.name = "geoadd",
     .run = cmd_geoadd,
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclGeo | kAclSlow | kAclWrite,
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(log(N)) for each position, where N is the number of positions.",
     .syntax = "key condition=[NX|XX]@6.2.0 [change=CH@6.2.0] "
               "data=<longitude:double latitude:double member:string> [...]",
     .summary = "Adds positions to a sorted set, or moves them.",
     .history = kAddHistory},
    {.name = "geodist",
     .run = cmd_geodist,
     .arity = -4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclGeo | kAclRead | kAclSlow,
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(1)",
     .syntax = "key member1:string member2:string unit=[M|KM|FT|MI]",
     .summary = "Returns how far two positions are from each other."},
    {.name = "geohash",
     .run = cmd_geohash,
     .arity = -2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclGeo | kAclRead | kAclSlow,
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(1) for each member.",
     .syntax = "key [member:string ...]",
     .summary = "Returns positions as geohash text."},
    {.name = "geopos",
     .run = cmd_geopos,
     .arity = -2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclGeo | kAclRead | kAclSlow,
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = "O(1) for each member.",
     .syntax = "key [member:string ...]",
     .summary = "Returns positions as longitude and latitude."},
    {.name = "georadius",
     .run = cmd_georadius,
     .arity = -6,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRO | kAccess, 1), keys_behind(kOW | kUpdate | kVariableFlags, "STORE", 6, 0),
              keys_behind(kOW | kUpdate | kVariableFlags, "STOREDIST", 6, 0)},
     .acl = kAclGeo | kAclSlow | kAclWrite,
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = kSearchCost,
     .syntax = "key longitude:double latitude:double radius:double " ROTA_GEO_UNIT
         ROTA_GEO_RADIUS_OPTIONS("[ANY]@6.2.0") ROTA_GEO_STORE,
     .summary = "Returns or stores the positions within a distance from a place.",
     .history = kRadiusHistory,
     .keys_of = keys_of_georadius},
    {.name = "georadius_ro",
     .run = cmd_georadius_ro,
     .arity = -6,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclGeo | kAclRead | kAclSlow,
     .group = Group::geo,
     .since = "3.2.10",
     .complexity = kSearchCost,
     .syntax = "key longitude:double latitude:double radius:double " ROTA_GEO_UNIT
         ROTA_GEO_RADIUS_OPTIONS("[ANY]@6.2.0"),
     .summary = "Returns the positions within a distance from a place.",
     .history = kRadiusHistory},
    {.name = "georadiusbymember",
     .run = cmd_georadiusbymember,
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRO | kAccess, 1), keys_behind(kOW | kUpdate | kVariableFlags, "STORE", 5, 0),
              keys_behind(kOW | kUpdate | kVariableFlags, "STOREDIST", 5, 0)},
     .acl = kAclGeo | kAclSlow | kAclWrite,
     .group = Group::geo,
     .since = "3.2.0",
     .complexity = kSearchCost,
     .syntax = "key member:string radius:double " ROTA_GEO_UNIT ROTA_GEO_RADIUS_OPTIONS("[ANY]")
         ROTA_GEO_STORE,
     .summary = "Returns or stores the positions within a distance from a member's.",
     .history = kRadiusHistory,
     .keys_of = keys_of_georadius},
    {.name = "georadiusbymember_ro",
     .run = cmd_georadiusbymember_ro,
     .arity = -5,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclGeo | kAclRead | kAclSlow,
     .group = Group::geo,
     .since = "3.2.10",
     .complexity = kSearchCost,
     .syntax = "key member:string radius:double " ROTA_GEO_UNIT ROTA_GEO_RADIUS_OPTIONS("[ANY]"),
     .summary = "Returns the positions within a distance from a member's.",
     .history = kRadiusHistory},
    {.name = "geosearch",
     .run = cmd_geosearch,
     .arity = -7,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclGeo | kAclRead | kAclSlow,
     .group = Group::geo,
     .since = "6.2.0",
     .complexity = kSearchCost,
     .syntax = "key " ROTA_GEO_AREA ROTA_GEO_WITH,
     .summary = "Returns the positions within a circle, a box or a polygon.",
     .history = kSearchHistory},
    {.name = "geosearchstore",
     .run = cmd_geosearchstore,
     .arity = -8,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 1), key_at(kRO | kAccess, 2)},
     .acl = kAclGeo | kAclSlow | kAclWrite,
     .group = Group::geo,
     .since = "6.2.0",
     .complexity = kSearchCost,
     .syntax = "destination:key source:key " ROTA_GEO_AREA " [STOREDIST]",
     .summary = "Stores the positions within a circle, a box or a polygon.",
     .history = kSearchHistory},
};

}  // namespace

std::span<const Command> geo_commands() { return kGeoCommands; }

}  // namespace rota
