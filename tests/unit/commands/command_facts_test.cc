// SPDX-License-Identifier: BSD-3-Clause
// Every row against what Valkey 9.1 says of the command: tests/facts/command_info.json and
// command_docs.json, taken from COMMAND INFO and COMMAND DOCS, without their prose; and for the
// flags that these do not show, commands.tsv.
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "command_rows.h"

namespace rota {
namespace {

// MOVE takes REPLACE, which came after 9.1.
const std::set<std::string> kNewerThanFacts = {"move"};

Json read_facts(const std::string& name) {
    std::ifstream file(ROTA_FACTS "/" + name);
    return Json::parse(file);
}

Json sorted(std::vector<std::string> names) {
    std::ranges::sort(names);
    return names;
}

// An entry of COMMAND INFO without its name, with the names of the subcommands for their entries.
Json comparable_info(const Json& entry) {
    std::vector<std::string> names;
    for (const Json& sub : entry[9]) names.push_back(sub[0]);
    Json rest = Json::array();
    for (size_t i = 1; i < 9; ++i) rest.push_back(entry[i]);
    rest.push_back(sorted(names));
    return rest;
}

// An entry of COMMAND DOCS with only what is a fact.
Json comparable_docs(const Json& entry) {
    Json rest = Json::object();
    for (const char* key : {"since", "group", "doc_flags", "deprecated_since", "replaced_by"}) {
        if (entry.contains(key)) rest[key] = entry[key];
    }
    if (entry.contains("history")) {
        rest["history"] = Json::array();
        for (const Json& change : entry["history"]) rest["history"].push_back(change[0]);
    }
    if (entry.contains("arguments")) rest["arguments"] = entry["arguments"];
    if (entry.contains("subcommands")) {
        std::vector<std::string> names;
        for (const auto& [name, sub] : entry["subcommands"].items()) names.push_back(name);
        rest["subcommands"] = sorted(names);
    }
    return rest;
}

class CommandFacts : public CommandRows {
protected:
    // Expects `of_row` of each command that we have to be the fact, and counts the others.
    template <class OfRow>
    void compare(const Json& facts, OfRow of_row) {
        size_t missing = 0;
        for (const auto& [name, fact] : facts.items()) {
            if (table().find_full(name) == nullptr) {
                ++missing;
            } else if (!kNewerThanFacts.contains(name)) {
                EXPECT_EQ(without_missing(of_row(name)).dump(), without_missing(fact).dump())
                    << name;
            }
        }
        std::printf("%zu of %zu commands of Valkey are missing here\n", missing, facts.size());
        RecordProperty("missing", static_cast<int>(missing));
    }

private:
    // A container may lack subcommands; those that it has are compared by themselves.
    Json without_missing(Json fact) {
        Json* names = fact.is_array()                ? &fact[8]
                      : fact.contains("subcommands") ? &fact["subcommands"]
                                                     : nullptr;
        if (names == nullptr) return fact;
        Json known = Json::array();
        for (const Json& name : *names) {
            if (table().find_full(name.get<std::string>()) != nullptr) known.push_back(name);
        }
        *names = known;
        return fact;
    }
};

TEST_F(CommandFacts, InfoIsThatOfValkey) {
    compare(read_facts("command_info.json"), [this](const std::string& name) {
        return comparable_info(run("COMMAND INFO " + name)[0]);
    });
}

TEST_F(CommandFacts, DocsAreThoseOfValkey) {
    compare(read_facts("command_docs.json"), [this](const std::string& name) {
        return comparable_docs(run("COMMAND DOCS " + name)[name]);
    });
}

TEST_F(CommandFacts, EveryCommandIsOneOfValkeys) {
    const Json facts = read_facts("command_info.json");
    for (const Json& name : run("COMMAND LIST"))
        EXPECT_TRUE(facts.contains(name.get<std::string>())) << name;
}

TEST_F(CommandFacts, EveryCommandIsDescribed) {
    for (const Json& name : run("COMMAND LIST")) {
        const Json docs = run("COMMAND DOCS " + name.get<std::string>())[name.get<std::string>()];
        EXPECT_FALSE(docs["summary"].get<std::string>().empty()) << name;
    }
}

const std::map<std::string, uint64_t> kUnseenFlags = {
    {"MAY_REPLICATE", kMayReplicate},
    {"SENTINEL", kSentinel},
    {"ONLY_SENTINEL", kOnlySentinel},
    {"PROTECTED", kProtected},
    {"TOUCHES_ARBITRARY_KEYS", kTouchesArbitraryKeys},
    {"ALL_DBS", kAllDbs},
};

uint64_t unseen_flags(const std::string& words) {
    uint64_t flags = 0;
    std::stringstream stream(words);
    for (std::string word; std::getline(stream, word, '|');) {
        if (kUnseenFlags.contains(word)) flags |= kUnseenFlags.at(word);
    }
    return flags;
}

TEST_F(CommandFacts, FlagsThatOnlyTheServerSees) {
    uint64_t all = 0;
    for (const auto& [word, flag] : kUnseenFlags) all |= flag;
    std::ifstream file(ROTA_FACTS "/commands.tsv");
    size_t compared = 0;
    for (std::string line; std::getline(file, line);) {
        std::vector<std::string> columns;
        std::stringstream stream(line);
        for (std::string column; std::getline(stream, column, '\t');) columns.push_back(column);
        std::string name = to_lower(columns[0]);
        std::ranges::replace(name, ' ', '|');
        const RegisteredCommand* command = table().find_full(name);
        if (command == nullptr) continue;
        EXPECT_EQ(command->row->flags & all, unseen_flags(columns[5])) << name << " " << columns[5];
        ++compared;
    }
    EXPECT_EQ(compared, run("COMMAND LIST").size());
}

}  // namespace
}  // namespace rota
