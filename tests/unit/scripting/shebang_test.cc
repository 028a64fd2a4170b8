// SPDX-License-Identifier: BSD-3-Clause
#include "scripting/shebang.h"

#include <gtest/gtest.h>

#include "scripting/flags.h"

namespace rota {
namespace {

TEST(Shebang, AScriptWithoutOneIsPlain) {
    EXPECT_EQ(script_head("return 1")->flags, kScriptPlain);
    EXPECT_EQ(script_head("return 1")->engine, "lua");
}

TEST(Shebang, FlagsAddUp) {
    EXPECT_EQ(script_head("#!lua flags=no-writes,allow-oom\n")->flags,
              kScriptNoWrites | kScriptAllowOom);
    EXPECT_EQ(script_head("#!lua flags=no-writes flags=allow-stale\n")->flags,
              kScriptNoWrites | kScriptAllowStale);
    EXPECT_EQ(script_head("#!lua flags=\n")->flags, 0u);
}

TEST(Shebang, WhatIsNotUnderstoodIsRefused) {
    EXPECT_EQ(script_head("#!lua").error(), "Invalid script shebang");
    EXPECT_EQ(script_head("#!lua x=1\n").error(), "Unknown lua shebang option: x=1");
    EXPECT_EQ(script_head("#!lua flags=x\n").error(), "Unexpected flag in script shebang: x");
    EXPECT_EQ(script_head("#!lua flags=no-writes,\n").error(),
              "Unexpected flag in script shebang: ");
    EXPECT_EQ(script_head("#!lua 'flags\n").error(), "Invalid engine in script shebang");
}

TEST(Shebang, ALibraryNeedsAName) {
    EXPECT_EQ(library_head("#!lua name=x\n")->name, "x");
    EXPECT_EQ(library_head("#!lua NAME=\"x\"\n")->name, "x");
    EXPECT_EQ(library_head("#!lua\n").error(), "Library name was not given");
    EXPECT_EQ(library_head("x").error(), "Missing library metadata");
    EXPECT_EQ(library_head("#!lua name=a").error(), "Invalid library metadata");
    EXPECT_EQ(library_head("#!lua name=a name=a\n").error(),
              "Invalid metadata value, name argument was given multiple times");
    EXPECT_FALSE(library_head("#!lua name=a-b\n"));
}

TEST(Shebang, LineNumbersStay) {
    EXPECT_EQ(without_head("#!lua\nreturn 1"), "\nreturn 1");
    EXPECT_EQ(without_head("return 1"), "return 1");
}

}  // namespace
}  // namespace rota
