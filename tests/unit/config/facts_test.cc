// SPDX-License-Identifier: BSD-3-Clause
// Every row against tests/facts/configs.tsv, the published directives of Valkey 9.1.
#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "all_options.h"
#include "platform/text.h"

namespace rota {
namespace {

struct Fact {
    std::string name, alias, type, fallback, min, max, words, unit, mutability, flags, guard;
};

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::stringstream stream(text);
    for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
    return parts;
}

std::vector<Fact> read_facts() {
    std::ifstream file(ROTA_FACTS "/configs.tsv");
    std::vector<Fact> facts;
    std::string line;
    std::getline(file, line);  // the heading
    while (std::getline(file, line)) {
        auto c = split(line, '\t');
        if (c.size() < 13) continue;
        facts.push_back({c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[12]});
    }
    return facts;
}

bool is_directive(const Fact& fact) {
    return fact.guard == "-" && fact.type != "file-directive" && fact.type != "module-config" &&
           fact.type != "deprecated";
}

class ConfigFacts : public testing::Test {
protected:
    ConfigFacts() {
        for (const Fact& fact : read_facts())
            if (is_directive(fact)) facts.push_back(fact);
    }
    const ConfigTable::Item& item(const Fact& fact) {
        const auto* found = all.table.find(fact.name);
        if (found == nullptr) throw std::runtime_error(fact.name + " is missing");
        return *found;
    }

    AllOptions all;
    std::vector<Fact> facts;
};

TEST_F(ConfigFacts, EveryDirectiveHasARow) {
    EXPECT_GT(facts.size(), 220u);
    for (const Fact& fact : facts) EXPECT_NE(all.table.find(fact.name), nullptr) << fact.name;
}

TEST_F(ConfigFacts, NoRowIsUnknownButOurOwn) {
    std::set<std::string> known = {"transport",
                                   "io-dispatch",
                                   "io-threads-cpulist",
                                   "io-threads-do-command-reads",
                                   "numa-policy",
                                   "io-uring-restrict",
                                   "io-uring-zerocopy-min",
                                   "io-uring-napi-us",
                                   "io-uring-min-wait-us",
                                   "io-gather-max-us"};
    for (const Fact& fact : facts) known.insert(fact.name);
    all.table.for_each([&](const ConfigTable::Item& item) {
        EXPECT_TRUE(known.contains(std::string(item.row->name))) << item.row->name;
    });
}

TEST_F(ConfigFacts, AliasesAgree) {
    for (const Fact& fact : facts)
        EXPECT_EQ(item(fact).row->spec.alias, fact.alias == "-" ? "" : fact.alias) << fact.name;
}

TEST_F(ConfigFacts, TypesAgree) {
    const std::map<std::string, NumberType> numbers = {
        {"int", NumberType::int32},      {"uint", NumberType::uint32},
        {"longlong", NumberType::int64}, {"off_t", NumberType::int64},
        {"time_t", NumberType::int64},   {"ssize_t", NumberType::int64},
        {"ulong", NumberType::uint64},   {"ulonglong", NumberType::uint64},
        {"size_t", NumberType::uint64}};
    const std::map<std::string, ConfigKind> kinds = {{"bool", ConfigKind::boolean},
                                                     {"string", ConfigKind::text},
                                                     {"sds", ConfigKind::text},
                                                     {"enum", ConfigKind::choice},
                                                     {"special", ConfigKind::special}};
    for (const Fact& fact : facts) {
        const ConfigRow& row = *item(fact).row;
        const auto number = numbers.find(fact.type);
        if (number == numbers.end()) {
            ASSERT_TRUE(kinds.contains(fact.type)) << fact.name << " " << fact.type;
            EXPECT_EQ(row.kind, kinds.at(fact.type)) << fact.name;
        } else {
            EXPECT_EQ(row.kind, ConfigKind::number) << fact.name;
            EXPECT_EQ(row.number, number->second) << fact.name;
        }
    }
}

TEST_F(ConfigFacts, DefaultsAgree) {
    for (const Fact& fact : facts) {
        std::string expected = fact.fallback;
        if (expected == "(null)" || expected == "\"\"" || expected == "(none)") expected.clear();
        if (fact.name == "dir") continue;                    // wherever the server starts
        if (fact.name == "activedefrag") expected = "no";    // the fact adds a remark
        if (fact.name == "syslog-ident") expected = "rota";  // our own name in the system's log
        EXPECT_EQ(item(fact).value(), expected) << fact.name;
        EXPECT_TRUE(item(fact).is_default()) << fact.name;
    }
    char directory[PATH_MAX];
    EXPECT_EQ(all.table.get("dir"), getcwd(directory, sizeof(directory)));
}

TEST_F(ConfigFacts, RangesAgree) {
    for (const Fact& fact : facts) {
        const ConfigRow& row = *item(fact).row;
        if (row.kind != ConfigKind::number) continue;
        EXPECT_EQ(std::to_string(row.spec.range.min), fact.min) << fact.name;
        if (fact.unit == "octal") {
            EXPECT_EQ("0" + format("%lo", static_cast<unsigned long>(row.spec.range.max)),
                      fact.max);
        } else {
            EXPECT_EQ(std::to_string(row.spec.range.max), fact.max) << fact.name;
        }
    }
}

TEST_F(ConfigFacts, UnitsAgree) {
    const std::map<std::string, Unit> units = {{"integer", Unit::plain},
                                               {"memory", Unit::memory},
                                               {"memory|signed_memory", Unit::signed_memory},
                                               {"memory|percent", Unit::percent},
                                               {"octal", Unit::octal}};
    for (const Fact& fact : facts) {
        const ConfigRow& row = *item(fact).row;
        if (row.kind == ConfigKind::number) {
            ASSERT_TRUE(units.contains(fact.unit)) << fact.name << " " << fact.unit;
            EXPECT_EQ(row.spec.unit, units.at(fact.unit)) << fact.name;
        } else if (row.kind == ConfigKind::text) {
            EXPECT_EQ(row.has(ConfigFlag::empty_is_unset), fact.unit == "empty=null") << fact.name;
        }
    }
}

TEST_F(ConfigFacts, WordsAgree) {
    for (const Fact& fact : facts) {
        const ConfigRow& row = *item(fact).row;
        if (row.kind != ConfigKind::choice) continue;
        std::string words;
        for (const Choice& choice : row.spec.choices)
            words.append(words.empty() ? "" : "|").append(choice.name);
        EXPECT_EQ(words, fact.words) << fact.name;
    }
}

TEST_F(ConfigFacts, MutabilityAndFlagsAgree) {
    const std::map<std::string, ConfigFlag> names = {{"hidden", ConfigFlag::hidden},
                                                     {"sensitive", ConfigFlag::sensitive},
                                                     {"debug", ConfigFlag::debug},
                                                     {"protected", ConfigFlag::protect},
                                                     {"deny_loading", ConfigFlag::deny_loading},
                                                     {"volatile", ConfigFlag::always_apply},
                                                     {"multi_arg", ConfigFlag::multi_arg}};
    for (const Fact& fact : facts) {
        const ConfigRow& row = *item(fact).row;
        EXPECT_EQ(row.has(ConfigFlag::immutable), fact.mutability == "immutable") << fact.name;
        const auto expected = split(fact.flags, '|');
        for (const auto& [name, flag] : names)
            EXPECT_EQ(row.has(flag),
                      std::find(expected.begin(), expected.end(), name) != expected.end())
                << fact.name << " " << name;
    }
}

TEST_F(ConfigFacts, EveryDefaultIsAcceptedAsAValue) {
    for (const Fact& fact : facts) {
        const auto& found = item(fact);
        const std::string value = found.value();
        if (fact.name == "replicaof") continue;  // none has no spelling of its own
        const auto outcome =
            set_value(*found.row, found.options, split_value(*found.row, value), false);
        EXPECT_EQ(outcome.refusal, "") << fact.name;
        EXPECT_FALSE(outcome.changed) << fact.name;
    }
}

TEST_F(ConfigFacts, EveryRowSaysWhatItMeans) {
    all.table.for_each([](const ConfigTable::Item& item) {
        EXPECT_TRUE(item.row->help.ends_with('.')) << item.row->name;
    });
}

}  // namespace
}  // namespace rota
