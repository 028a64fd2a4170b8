// SPDX-License-Identifier: BSD-3-Clause
#include "platform/log.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <regex>
#include <thread>
#include <vector>

#include "platform/assert.h"
#include "platform/file.h"
#include "platform/log_line.h"
#include "temp_folder.h"

namespace rota {
namespace {

void fail_an_assertion(int two) { ASSERT(two == 3); }

// 2009-02-13 23:31:30.123 UTC
const LogLine kLine = {LogLevel::notice, 'M', 4711, 1'234'567'890'123, 0, "hello"};

std::string shown(const LogLine& line, LogFormat format = LogFormat::legacy,
                  LogTimestampFormat timestamp = LogTimestampFormat::legacy) {
    std::string out(kLogTextMax, '\0');
    out.resize(write_log_line(out.data(), line, format, timestamp));
    return out;
}

TEST(LogLine, LooksAsInValkey) {
    EXPECT_EQ(shown(kLine), "4711:M 13 Feb 2009 23:31:30.123 * hello\n");
    LogLine other = kLine;
    other.level = LogLevel::warning;
    other.role = 'S';
    other.unix_ms = 951'782'400'007;  // 2000-02-29 00:00:00.007
    EXPECT_EQ(shown(other), "4711:S 29 Feb 2000 00:00:00.007 # hello\n");
}

TEST(LogLine, HasThreeTimestamps) {
    LogLine line = kLine;
    line.utc_offset_s = 2 * 3600;
    EXPECT_EQ(shown(line), "4711:M 14 Feb 2009 01:31:30.123 * hello\n");
    EXPECT_EQ(shown(line, LogFormat::legacy, LogTimestampFormat::iso8601),
              "4711:M 2009-02-14T01:31:30.123+02:00 * hello\n");
    line.utc_offset_s = -(3 * 3600 + 1800);
    EXPECT_EQ(shown(line, LogFormat::legacy, LogTimestampFormat::iso8601),
              "4711:M 2009-02-13T20:01:30.123-03:30 * hello\n");
    EXPECT_EQ(shown(line, LogFormat::legacy, LogTimestampFormat::milliseconds),
              "4711:M 1234567890123 * hello\n");
}

TEST(LogLine, HasLogfmtAndJson) {
    LogLine line = kLine;
    line.role = 'C';
    EXPECT_EQ(shown(line, LogFormat::logfmt, LogTimestampFormat::iso8601),
              "pid=4711 role=RDB/AOF timestamp=\"2009-02-13T23:31:30.123+00:00\" level=notice "
              "message=\"hello\"\n");
    EXPECT_EQ(shown(line, LogFormat::json, LogTimestampFormat::milliseconds),
              "{\"pid\":4711,\"role\":\"RDB/AOF\",\"timestamp\":\"1234567890123\","
              "\"level\":\"notice\",\"message\":\"hello\"}\n");
}

TEST(LogLine, LetsNoMessageForgeAnotherLine) {
    LogLine line = kLine;
    line.message = "a\"b\\c\nd\x1b[2J\xff\xc3\xa4";
    EXPECT_NE(shown(line, LogFormat::logfmt).find("message=\"a'b\\c d [2J\xff\xc3\xa4\"\n"),
              std::string::npos);
    EXPECT_NE(
        shown(line, LogFormat::json).find("\"a\\\"b\\\\c\\u000ad\\u001b[2J\\u00ff\xc3\xa4\"}\n"),
        std::string::npos);
}

TEST(LogLine, StaysInItsBoundsWhateverTheBytes) {
    const std::string worst(3000, '\x01');
    LogLine line = kLine;
    line.message = worst;
    for (const auto format : {LogFormat::legacy, LogFormat::logfmt, LogFormat::json}) {
        const std::string out = shown(line, format);
        EXPECT_LE(out.size(), kLogTextMax);
        EXPECT_EQ(out.back(), '\n');
    }
    EXPECT_EQ(shown(line, LogFormat::legacy).size(), shown(kLine).size() - 5 + kLogLineMax);
}

class LogFile : public testing::Test {
protected:
    LogFile() { options_.file = folder_.path("log"); }
    ~LogFile() override {
        set_log_role('M');
        log_configure(LogOptions{}).value();
    }
    std::string text() { return read_file(options_.file).value_or(""); }

    TempFolder folder_;
    LogOptions options_;
};

TEST_F(LogFile, GetsLinesFromItsLevelUpwards) {
    ASSERT_TRUE(log_configure(options_));
    set_log_role('S');
    log(LogLevel::verbose, "hidden");
    log(LogLevel::notice, "shown %d", 1);
    EXPECT_FALSE(log_enabled(LogLevel::verbose));
    const std::regex wanted(R"(\d+:S \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} \* shown 1\n)");
    EXPECT_TRUE(std::regex_match(text(), wanted)) << text();
    options_.level = LogLevel::nothing;
    ASSERT_TRUE(log_configure(options_));
    log(LogLevel::warning, "hidden");
    log_raw(LogLevel::warning, "hidden");
    EXPECT_EQ(text().find("hidden"), std::string::npos);
}

TEST_F(LogFile, CutsLongLinesAndTakesRawText) {
    ASSERT_TRUE(log_configure(options_));
    log(LogLevel::warning, "%s", std::string(5000, 'x').c_str());
    EXPECT_EQ(std::ranges::count(text(), 'x'), static_cast<long>(kLogLineMax));
    ASSERT_TRUE(unlink_if_exists(options_.file));
    log_raw(LogLevel::warning, std::string(5000, 'y'));
    EXPECT_EQ(text(), std::string(5000, 'y'));
}

TEST_F(LogFile, SurvivesRotation) {
    ASSERT_TRUE(log_configure(options_));
    log(LogLevel::warning, "before");
    ASSERT_TRUE(rename_file(options_.file, folder_.path("log.1")));
    log(LogLevel::warning, "after");
    EXPECT_EQ(text().find("before"), std::string::npos);
    EXPECT_NE(text().find("after"), std::string::npos);
}

TEST_F(LogFile, RefusesAFileThatCannotBeOpened) {
    options_.file = folder_.path("no/such/folder/log");
    const auto refused = log_configure(options_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "Can't open the log file: No such file or directory (" + options_.file + ")");
}

TEST_F(LogFile, OnAFullDiskLosesTheLineAndSaysSoOnce) {
    options_.file = "/dev/full";
    ASSERT_TRUE(log_configure(options_));
    testing::internal::CaptureStderr();
    log(LogLevel::warning, "one");
    log(LogLevel::warning, "two");
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(said,
              "The log cannot be written, lines are lost: /dev/full: No space left on device\n");
}

TEST_F(LogFile, KeepsLinesOfManyThreadsWhole) {
    ASSERT_TRUE(log_configure(options_));
    std::vector<std::thread> threads;
    for (int id = 0; id < 4; ++id) {
        threads.emplace_back([] {
            for (int round = 0; round < 50; ++round) log(LogLevel::warning, "[a whole line]");
        });
    }
    for (std::thread& thread : threads) thread.join();
    const std::string all = text();
    const std::regex line("[^\n]* # \\[a whole line\\]\n");
    EXPECT_EQ(std::distance(std::sregex_iterator(all.begin(), all.end(), line), {}), 200);
    EXPECT_EQ(std::ranges::count(all, '\n'), 200);
}

TEST_F(LogFile, WorksInAChildOfABusyProcess) {
    ASSERT_TRUE(log_configure(options_));
    std::atomic<bool> stop{false};
    std::thread busy([&] {
        while (!stop) log(LogLevel::warning, "parent");
    });
    for (int round = 0; round < 20; ++round) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(10);
            log(LogLevel::warning, "child");
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    stop = true;
    busy.join();
    EXPECT_NE(text().find("child"), std::string::npos);
}

TEST_F(LogFile, GetsTheAssertionThatFailed) {
    ASSERT_TRUE(log_configure(options_));
    EXPECT_EXIT(fail_an_assertion(2), testing::KilledBySignal(SIGABRT), "");
    EXPECT_NE(text().find("=== ASSERTION FAILED ==="), std::string::npos);
    const std::regex wanted(R"(==> \S*log_test\.cc:\d+ 'two == 3' is not true)");
    EXPECT_TRUE(std::regex_search(text(), wanted)) << text();
}

}  // namespace
}  // namespace rota
