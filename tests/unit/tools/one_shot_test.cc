// SPDX-License-Identifier: BSD-3-Clause
#include "tools/cli/one_shot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>

#include "tools/cli/repl.h"

namespace rota {
namespace {

using testing::ElementsAre;

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File input_of(Slice bytes) {
    File file(std::tmpfile(), std::fclose);
    std::fwrite(bytes.data(), 1, bytes.size(), file.get());
    std::rewind(file.get());
    return file;
}

TEST(OneShot, StandardInputCanBeTheLastArgument) {
    CliOptions options;
    options.command = {"set", "k"};
    options.stdin_is_last_argument = true;
    EXPECT_THAT(*command_to_send(options, input_of({"a\0b\n", 4}).get()),
                ElementsAre("set", "k", std::string("a\0b\n", 4)));
}

TEST(OneShot, StandardInputCanReplaceATag) {
    CliOptions options;
    options.command = {"restore", "k", "0", "TAG", "replace"};
    options.stdin_tag = "TAG";
    EXPECT_THAT(*command_to_send(options, input_of("dump").get()),
                ElementsAre("restore", "k", "0", "dump", "replace"));
    options.stdin_tag = "other";
    EXPECT_FALSE(command_to_send(options, input_of("dump").get()));
}

TEST(OneShot, QuotedInputIsUnquoted) {
    CliOptions options;
    options.command = {"set", "\"a\\x00b\"", "plain"};
    options.quoted_input = true;
    EXPECT_THAT(*command_to_send(options, nullptr),
                ElementsAre("set", std::string("a\0b", 3), "plain"));
    options.command = {"\"open"};
    EXPECT_FALSE(command_to_send(options, nullptr));
}

TEST(OneShot, EvalCountsTheKeysBeforeTheComma) {
    char path[] = "/tmp/rota-eval-XXXXXX";
    const int fd = ::mkstemp(path);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::write(fd, "return 1", 8), 8);
    ::close(fd);
    CliOptions options;
    options.mode = CliMode::eval;
    options.eval_file = path;
    options.command = {"k1", "k2", ",", "a"};
    EXPECT_THAT(*command_to_send(options, nullptr),
                ElementsAre("EVAL", "return 1", "2", "k1", "k2", "a"));
    ::unlink(path);
    const auto gone = command_to_send(options, nullptr);
    ASSERT_FALSE(gone);
    EXPECT_TRUE(gone.error().message.starts_with("Can't open file")) << gone.error().message;
}

TEST(History, SecretsStayOut) {
    EXPECT_TRUE(carries_secret({"AUTH", "x"}));
    EXPECT_TRUE(carries_secret({"acl", "setuser", "u", ">p"}));
    EXPECT_TRUE(carries_secret({"config", "set", "maxmemory", "1", "requirepass", "x"}));
    EXPECT_TRUE(carries_secret({"hello", "3", "auth", "u", "p"}));
    EXPECT_TRUE(carries_secret({"migrate", "h", "1", "", "0", "1", "AUTH2", "u", "p"}));
    EXPECT_FALSE(carries_secret({"get", "auth"}));
    EXPECT_FALSE(carries_secret({"acl", "list"}));
    EXPECT_FALSE(carries_secret({"config", "get", "requirepass"}));
}

TEST(History, TheEnvironmentSaysWhereItIsKept) {
    const char* own = nullptr;
    const char* old = nullptr;
    const auto variable = [&](const char* name) -> const char* {
        if (Slice(name) == "HOME") return "/home/u";
        if (Slice(name) == "VALKEYCLI_HISTFILE") return own;
        return Slice(name) == "REDISCLI_HISTFILE" ? old : nullptr;
    };
    EXPECT_EQ(history_path(variable), "/home/u/.rotacli_history");
    EXPECT_EQ(preferences_path(variable), "/home/u/.rotaclirc");
    old = "/old";
    EXPECT_EQ(history_path(variable), "/old");
    own = "/dev/null";
    EXPECT_EQ(history_path(variable), "");
}

TEST(Verbatim, OnlyTextMadeForReading) {
    EXPECT_TRUE(is_verbatim_command({"INFO"}));
    EXPECT_TRUE(is_verbatim_command({"info", "server", "memory"}));
    EXPECT_TRUE(is_verbatim_command({"client", "LIST", "type", "normal"}));
    EXPECT_TRUE(is_verbatim_command({"cluster", "nodes"}));
    EXPECT_FALSE(is_verbatim_command({"client", "id"}));
    EXPECT_FALSE(is_verbatim_command({"get", "info"}));
}

}  // namespace
}  // namespace rota
