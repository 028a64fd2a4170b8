// SPDX-License-Identifier: BSD-3-Clause
#include "scripting/libraries.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

class Code : public CompiledCode {
public:
    size_t memory() const override { return 1; }
};

std::unique_ptr<Library> library(const std::string& name, std::vector<std::string> functions) {
    auto made = std::make_unique<Library>();
    made->name = name;
    for (std::string& function : functions) {
        made->functions.push_back(std::make_unique<Function>());
        made->functions.back()->made.name = std::move(function);
        made->functions.back()->made.code = std::make_unique<Code>();
    }
    return made;
}

std::string add(Libraries& libraries, std::unique_ptr<Library> one, bool replace = false) {
    const auto added = libraries.add(std::move(one), replace);
    return added ? "" : added.error();
}

TEST(Libraries, FunctionsAreFoundWithoutRegardToCase) {
    Libraries libraries;
    EXPECT_EQ(add(libraries, library("a", {"Foo"})), "");
    ASSERT_NE(libraries.find_function("fOO"), nullptr);
    EXPECT_EQ(libraries.find_function("foo")->library->name, "a");
}

TEST(Libraries, NamesMustNotClash) {
    Libraries libraries;
    EXPECT_EQ(add(libraries, library("a", {"f"})), "");
    EXPECT_EQ(add(libraries, library("a", {"g"})), "Library 'a' already exists");
    EXPECT_EQ(add(libraries, library("b", {"F"})), "Function F already exists");
    EXPECT_EQ(add(libraries, library("b", {"g", "g"})), "Function already exists in the library");
    EXPECT_EQ(add(libraries, library("b", {})), "No functions registered");
    EXPECT_EQ(libraries.size(), 1u);
}

TEST(Libraries, WhatFailsToReplaceChangesNothing) {
    Libraries libraries;
    EXPECT_EQ(add(libraries, library("a", {"f"})), "");
    EXPECT_EQ(add(libraries, library("b", {"g"})), "");
    EXPECT_EQ(add(libraries, library("a", {"g"}), true), "Function g already exists");
    EXPECT_EQ(libraries.find_function("f")->library->name, "a");
    EXPECT_EQ(add(libraries, library("a", {"h"}), true), "");
    EXPECT_EQ(libraries.find_function("f"), nullptr);
    EXPECT_EQ(libraries.function_count(), 2u);
}

TEST(Libraries, JoiningMayMoveAFunctionFromOneToAnother) {
    Libraries libraries, others;
    EXPECT_EQ(add(libraries, library("a", {"f"})), "");
    EXPECT_EQ(add(libraries, library("b", {"g"})), "");
    EXPECT_EQ(add(others, library("a", {"g"})), "");
    EXPECT_EQ(add(others, library("b", {"f"})), "");
    EXPECT_FALSE(libraries.join(others, false));
    EXPECT_EQ(libraries.find_function("f")->library->name, "a");
    EXPECT_TRUE(libraries.join(others, true));
    EXPECT_EQ(libraries.find_function("f")->library->name, "b");
    EXPECT_EQ(libraries.find_function("g")->library->name, "a");
}

TEST(Libraries, JoiningAllOrNothing) {
    Libraries libraries, others;
    EXPECT_EQ(add(libraries, library("a", {"f"})), "");
    EXPECT_EQ(add(others, library("b", {"g"})), "");
    EXPECT_EQ(add(others, library("c", {"f"})), "");
    EXPECT_EQ(libraries.join(others, true).error(), "Function f already exists");
    EXPECT_EQ(libraries.size(), 1u);
}

}  // namespace
}  // namespace rota
