// SPDX-License-Identifier: BSD-3-Clause
#include "config/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "all_options.h"
#include "platform/file.h"

namespace rota {
namespace {

class ConfigFile : public testing::Test {
protected:
    ConfigFile() {
        char name[] = "/tmp/rota_config_XXXXXX";
        folder = mkdtemp(name);
    }
    ~ConfigFile() override { std::filesystem::remove_all(folder); }

    std::string write(const std::string& name, const std::string& text) {
        std::ofstream(folder + "/" + name) << text;
        return folder + "/" + name;
    }
    // Loads a file of this text, then these arguments; "OK" or what stderr would say.
    std::string load(const std::string& text, std::vector<std::string> arguments = {}) {
        arguments.insert(arguments.begin(), write("rota.conf", text));
        return load_arguments(arguments);
    }
    std::string load_arguments(const std::vector<std::string>& arguments, int stdin_fd = -1) {
        auto loaded = load_config(all.table, {.source = parse_command_line(arguments),
                                              .stdin_fd = stdin_fd,
                                              .sentinel_mode = false,
                                              .version = "9.1.0"});
        if (!loaded) return loaded.error().message;
        owners = std::move(*loaded);
        return "OK";
    }
    static std::string fatal(int line, const std::string& text, const std::string& reason) {
        return "\n*** FATAL CONFIG FILE ERROR (Version 9.1.0) ***\nReading the configuration file, "
               "at line " +
               std::to_string(line) + "\n>>> '" + text + "'\n" + reason + "\n";
    }

    AllOptions all;
    OwnerDirectives owners;
    std::string folder;
};

TEST_F(ConfigFile, SkipsCommentsAndBlankLines) {
    EXPECT_EQ(load("# a comment\n\n  \t\r\n  PORT 7000\r\n# timeout 5\nrequirepass \"a b\\x41\"\n"),
              "OK");
    EXPECT_EQ(all.server.port, 7000);
    EXPECT_EQ(all.client.timeout, 0);
    EXPECT_EQ(all.server.requirepass, "a bA");
}

TEST_F(ConfigFile, TheLastWordWins) {
    EXPECT_EQ(load("port 1\nport 2\n", {"--port", "3"}), "OK");
    EXPECT_EQ(all.server.port, 3);
}

TEST_F(ConfigFile, NamesTheLineThatIsWrong) {
    EXPECT_EQ(load("port 1\n  nonsense 5 6 \n"),
              fatal(2, "nonsense 5 6", "Bad directive or wrong number of arguments"));
    EXPECT_EQ(load("port\n"), fatal(1, "port", "wrong number of arguments"));
    EXPECT_EQ(load("port 1 2\n"), fatal(1, "port 1 2", "wrong number of arguments"));
    EXPECT_EQ(load("\nport 70000\n"),
              fatal(2, "port 70000", "argument must be between 0 and 65535 inclusive"));
    EXPECT_EQ(load("requirepass \"abc\n"),
              fatal(1, "requirepass \"abc", "Unbalanced quotes in configuration line"));
    EXPECT_EQ(load("rename-command GET\n"),
              fatal(1, "rename-command GET", "Bad directive or wrong number of arguments"));
}

TEST_F(ConfigFile, AContradictionBelongsToNoLine) {
    EXPECT_EQ(fatal_config_text("9.1.0", "replicaof directive not allowed in cluster mode"),
              "\n*** FATAL CONFIG FILE ERROR (Version 9.1.0) ***\n"
              "replicaof directive not allowed in cluster mode\n");
    EXPECT_EQ(load("cluster-enabled yes\nslaveof 127.0.0.1 6379\n"), "OK");
    EXPECT_STREQ(contradiction(all.inert), "replicaof directive not allowed in cluster mode");
}

TEST_F(ConfigFile, KeepsTheLinesOfOwners) {
    EXPECT_EQ(load("rename-command FLUSHALL \"\"\nuser alice on nopass ~*\nloadmodule /m.so a b\n"
                   "search.limit 10 20\n"),
              "OK");
    ASSERT_EQ(owners.rename_commands.size(), 1u);
    EXPECT_EQ(owners.rename_commands[0].words[2], "");
    EXPECT_EQ(owners.users.at(0).text, "user alice on nopass ~*");
    EXPECT_EQ(owners.users.at(0).number, 2);
    EXPECT_EQ(owners.modules.at(0).words.size(), 4u);
    EXPECT_EQ(owners.module_values.at("search.limit"), "10 20");
}

TEST_F(ConfigFile, SentinelLinesNeedSentinelMode) {
    const std::string line = "sentinel monitor m 127.0.0.1 6379 2";
    EXPECT_EQ(load(line + "\n"), fatal(1, line, "sentinel directive while not in sentinel mode"));
    CommandLine source{.config_file = write("sentinel.conf", line + "\n")};
    const auto loaded = load_config(all.table, {.source = source, .sentinel_mode = true});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->sentinel.size(), 1u);
}

TEST_F(ConfigFile, OldNamesAreTakenWithoutALook) {
    EXPECT_EQ(load("list-max-ziplist-entries 512\nio-threads-do-reads yes\ndynamic-hz no\n"), "OK");
    EXPECT_EQ(load("dynamic-hz yes no\n"),
              fatal(1, "dynamic-hz yes no", "Bad directive or wrong number of arguments"));
}

TEST_F(ConfigFile, IncludesFilesAndPatterns) {
    write("a.inc", "port 7001\n");
    write("b.inc", "timeout 9\n");
    EXPECT_EQ(load("port 1\ninclude " + folder + "/*.inc\ninclude " + folder + "/*.none\n"), "OK");
    EXPECT_EQ(all.server.port, 7001);
    EXPECT_EQ(all.client.timeout, 9);
    EXPECT_EQ(
        load("include " + folder + "/missing\n"),
        "Fatal error, can't open config file '" + folder + "/missing': No such file or directory");
    EXPECT_EQ(load("include " + folder + "/bad\n").substr(0, 5), "Fatal");
}

TEST_F(ConfigFile, AFileThatIncludesItselfIsRefused) {
    const std::string line = "include " + folder + "/rota.conf";
    EXPECT_EQ(load(line + "\n"), fatal(1, line, "Includes are nested too deeply"));
}

TEST_F(ConfigFile, SaveLinesAddUpAndReplaceTheDefault) {
    EXPECT_EQ(load("save 100 5\nsave 10 1\n"), "OK");
    EXPECT_EQ(all.table.get("save"), "100 5 10 1");
    EXPECT_EQ(load("save 3600 1 300 100\n"), "OK");
    EXPECT_EQ(all.table.get("save"), "3600 1 300 100");
    EXPECT_EQ(load("save 100 5\n", {"--save", ""}), "OK");
    EXPECT_EQ(all.table.get("save"), "");
}

TEST_F(ConfigFile, ReadsStandardInputBetweenFileAndArguments) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const Slice text = "port 2\ntimeout 3\n";
    ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(ends[1]);
    const std::string path = write("rota.conf", "port 1\nmaxclients 77\n");
    EXPECT_EQ(load_arguments({path, "--timeout", "4", "-"}, ends[0]), "OK");
    ::close(ends[0]);
    EXPECT_EQ(all.server.port, 2);
    EXPECT_EQ(all.client.timeout, 4);
    EXPECT_EQ(all.client.maxclients, 77u);
}

TEST_F(ConfigFile, NamesInertDirectivesInUse) {
    EXPECT_EQ(load("replica-priority 5\nport 7000\ncluster-enabled no\n"), "OK");
    EXPECT_EQ(all.table.inert_in_use(),
              (std::vector<Slice>{"cluster-enabled", "replica-priority"}));
}

TEST_F(ConfigFile, TheSampleChangesNothingWhenUncommented) {
    std::string text;
    bool is_help = true;
    std::stringstream sample(sample_config(all.table));
    for (std::string line; std::getline(sample, line);) {
        if (line.empty())
            is_help = true;
        else if (is_help)
            is_help = false;
        else if (!line.starts_with("# replicaof"))
            text += line.substr(2) + "\n";
    }
    EXPECT_EQ(load(text), "OK");
    all.table.for_each(
        [](const ConfigTable::Item& item) { EXPECT_TRUE(item.is_default()) << item.row->name; });
}

TEST(ConfigCommandLine, FirstWordWithoutDashIsTheFile) {
    const std::vector<std::string> words = {"/etc/x.conf", "--port", "6380"};
    const CommandLine line = parse_command_line(words);
    EXPECT_EQ(line.config_file, "/etc/x.conf");
    EXPECT_EQ(line.options, "port \"6380\" ");
    EXPECT_FALSE(line.reads_stdin);
}

TEST(ConfigCommandLine, ValuesRunUpToTheNextName) {
    const std::vector<std::string> words = {"--save", "3600", "1", "--port 6380", "--bind", "a"};
    EXPECT_EQ(parse_command_line(words).options, "save \"3600\" \"1\" \nport 6380 \nbind \"a\" ");
}

TEST(ConfigCommandLine, AValueMayLookLikeAName) {
    const std::vector<std::string> words = {"--requirepass", "--secret", "--port", "1"};
    EXPECT_EQ(parse_command_line(words).options, "requirepass \"--secret\" \nport \"1\" ");
}

TEST(ConfigCommandLine, SaveWithoutAValueIsTheEmptyOne) {
    const std::vector<std::string> middle = {"--save", "--port", "1"};
    EXPECT_EQ(parse_command_line(middle).options, "save \"\"\nport \"1\" ");
    const std::vector<std::string> last = {"--port", "1", "--save"};
    EXPECT_EQ(parse_command_line(last).options, "port \"1\" \nsave \"\"");
    const std::vector<std::string> empty = {"--save", ""};
    EXPECT_EQ(parse_command_line(empty).options, "save \"\" ");
}

TEST(ConfigCommandLine, SentinelHasNoValue) {
    const std::vector<std::string> words = {"--sentinel", "--port", "1"};
    EXPECT_EQ(parse_command_line(words).options, "sentinel \nport \"1\" ");
}

TEST(ConfigCommandLine, ADashFirstOrLastIsStandardInput) {
    const std::vector<std::string> first = {"-", "--port", "1"}, last = {"--port", "1", "-"};
    EXPECT_TRUE(parse_command_line(first).reads_stdin);
    EXPECT_TRUE(parse_command_line(last).reads_stdin);
    EXPECT_EQ(parse_command_line(last).options, "port \"1\" ");
    const std::vector<std::string> middle = {"--logfile", "-", "--port", "1"};
    EXPECT_FALSE(parse_command_line(middle).reads_stdin);
}

}  // namespace
}  // namespace rota
