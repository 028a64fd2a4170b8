// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/info.h"

#include <gtest/gtest.h>

#include "metrics/error_stats.h"

namespace rota {
namespace {

std::string written(void (*write)(InfoWriter&)) {
    std::string text;
    InfoWriter out(text);
    write(out);
    return text;
}

TEST(InfoWriter, WritesFieldsAsValkeyDoes) {
    EXPECT_EQ(
        written([](InfoWriter& out) {
            out.section("Memory");
            out.text("mode", "standalone");
            out.integer("delta", -3);
            out.count("big", UINT64_MAX);
            out.real2("ratio", 1.0 / 3);
            out.percent2("share", 12.345);
            out.bytes_human("human", 1572864);
            out.seconds_us("cpu", 2'000'013);
            out.format("db0", "keys=%d,expires=%d", 2, 1);
        }),
        "# Memory\r\nmode:standalone\r\ndelta:-3\r\nbig:18446744073709551615\r\nratio:0.33\r\n"
        "share:12.35%\r\nhuman:1.50M\r\ncpu:2.000013\r\ndb0:keys=2,expires=1\r\n");
}

TEST(InfoWriter, LetsNoNameOrValueBreakALine) {
    EXPECT_EQ(written([](InfoWriter& out) { out.text("a:b\r\nc", "d\r\ne:f"); }),
              "a?b??c:d  e:f\r\n");
}

TEST(InfoWriter, PrintsBytesInTheUnitBelow1024) {
    EXPECT_EQ(bytes_to_human(0), "0B");
    EXPECT_EQ(bytes_to_human(1023), "1023B");
    EXPECT_EQ(bytes_to_human(1024), "1.00K");
    EXPECT_EQ(bytes_to_human(uint64_t{1} << 20), "1.00M");
    EXPECT_EQ(bytes_to_human((uint64_t{5} << 30) / 2), "2.50G");
    EXPECT_EQ(bytes_to_human(uint64_t{1} << 40), "1.00T");
    EXPECT_EQ(bytes_to_human(uint64_t{1} << 50), "1.00P");
    EXPECT_EQ(bytes_to_human(uint64_t{1} << 60), "1152921504606846976B");
}

constexpr InfoSection kServer{
    "server", "Server", InfoWhen::by_default,
    [](void* owner, InfoWriter& out) { out.text("name", *static_cast<std::string*>(owner)); }};
constexpr InfoSection kStats{"stats", "Stats", InfoWhen::by_default,
                             [](void*, InfoWriter& out) { out.count("one", 1); }};
constexpr InfoSection kMoreStats{"stats", "Stats", InfoWhen::by_default,
                                 [](void*, InfoWriter& out) { out.count("two", 2); }};
constexpr InfoSection kCommands{"commandstats", "Commandstats", InfoWhen::in_all,
                                [](void*, InfoWriter&) {}};
constexpr InfoSection kDebug{"debug", "Debug", InfoWhen::on_request,
                             [](void*, InfoWriter& out) { out.count("depth", 7); }};
constexpr InfoSection kModules{"module_list", "Modules", InfoWhen::by_default,
                               [](void*, InfoWriter&) {}, "modules"};
constexpr InfoSection kOurs{"ours", "Ours", InfoWhen::by_default, [](void*, InfoWriter&) {}};

struct InfoSections : testing::Test {
    InfoSections() {  // in an order that is not the answer's
        for (const InfoSection* row :
             {&kOurs, &kDebug, &kStats, &kModules, &kServer, &kMoreStats, &kCommands}) {
            registry.add(*row, &server_name);
        }
    }
    std::string info(std::vector<Slice> args) { return registry.render(args); }

    std::string server_name = "rota";
    InfoRegistry registry;
};

constexpr char kServerText[] = "# Server\r\nname:rota\r\n";
constexpr char kStatsText[] = "# Stats\r\none:1\r\ntwo:2\r\n";
const std::string kDefaultText =
    std::string(kServerText) + "\r\n" + kStatsText + "\r\n# Modules\r\n\r\n# Ours\r\n";

TEST_F(InfoSections, ComeInValkeysOrderWithOneHeaderForSeveralRows) {
    EXPECT_EQ(info({}), kDefaultText);
    EXPECT_EQ(info({"default"}), kDefaultText);
}

TEST_F(InfoSections, AllAddsWhatIsNotDefaultAndOnlyEverythingAddsDebug) {
    const std::string all = info({"all"});
    EXPECT_NE(all.find("# Commandstats\r\n"), std::string::npos);
    EXPECT_EQ(all.find("# Debug"), std::string::npos);
    EXPECT_NE(info({"all", "debug"}).find("depth:7"), std::string::npos);
    const std::string everything = info({"everything"});
    EXPECT_NE(everything.find("# Commandstats\r\n"), std::string::npos);
    EXPECT_NE(everything.find("depth:7"), std::string::npos);
}

TEST_F(InfoSections, SeveralNamesInAnyCaseCountOnceEach) {
    EXPECT_EQ(info({"STATS", "server", "Stats"}), std::string(kServerText) + "\r\n" + kStatsText);
}

TEST_F(InfoSections, UnknownNamesAreIgnored) {
    EXPECT_EQ(info({"nosuch"}), "");
    EXPECT_EQ(info({"nosuch", "server"}), kServerText);
}

TEST_F(InfoSections, AnAliasSelectsItsSection) { EXPECT_EQ(info({"modules"}), "# Modules\r\n"); }

TEST(ErrorStats, CountsByCodeInOrder) {
    ErrorStats errors;
    errors.count("WRONGTYPE", ErrorOrigin::server);
    errors.count("ERR", ErrorOrigin::server);
    errors.count("ERR", ErrorOrigin::server);
    std::string text;
    InfoWriter out(text);
    errors.write(out);
    EXPECT_EQ(text, "errorstat_ERR:count=2\r\nerrorstat_WRONGTYPE:count=1\r\n");
}

TEST(ErrorStats, FindsTheCodeOfAText) {
    EXPECT_EQ(error_code_of("WRONGTYPE Operation against"), "WRONGTYPE");
    EXPECT_EQ(error_code_of("oneword"), "ERR");
    EXPECT_EQ(error_code_of(""), "ERR");
    EXPECT_EQ(error_code_of(" leading"), "ERR");
    EXPECT_EQ(error_code_of(std::string(40, 'X') + " far"), "ERR");
}

TEST(ErrorStats, MadeUpCodesBeyondTheLimitShareOneCounter) {
    ErrorStats errors;
    for (size_t i = 0; i < kErrorKindsMax + 10; ++i) {
        errors.count("CODE" + std::to_string(i), ErrorOrigin::custom);
    }
    EXPECT_EQ(errors.kinds(), kErrorKindsMax + 1);
    EXPECT_EQ(errors.count_of(kErrorOverflow), 10u);
    errors.count("CODE0", ErrorOrigin::custom);
    EXPECT_EQ(errors.count_of("CODE0"), 2u);
    errors.count("OOM", ErrorOrigin::server);
    EXPECT_EQ(errors.count_of("OOM"), 1u);
}

}  // namespace
}  // namespace rota
