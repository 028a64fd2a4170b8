// SPDX-License-Identifier: BSD-3-Clause
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "server_fixture.h"

namespace rota {
namespace {

class Info : public ServerFixture {};

// facts/info_fields.tsv: header, INFO argument, in the default answer?, field, format, condition.
TEST_F(Info, TheDefaultAnswerHasEveryFieldThatIsAlwaysThere) {
    const char* folder = std::getenv("ROTA_FACTS");
    ASSERT_NE(folder, nullptr);
    std::ifstream facts(std::string(folder) + "/info_fields.tsv");
    ASSERT_TRUE(facts) << folder;
    const std::string info = run("INFO");
    std::string line;
    int fields = 0;
    for (std::getline(facts, line); std::getline(facts, line);) {
        std::istringstream columns(line);
        std::string header, argument, by_default, field, format, condition;
        std::getline(columns, header, '\t');
        std::getline(columns, argument, '\t');
        std::getline(columns, by_default, '\t');
        std::getline(columns, field, '\t');
        std::getline(columns, format, '\t');
        std::getline(columns, condition, '\t');
        if (by_default != "yes" || condition != "always" || field.find('<') != std::string::npos)
            continue;
        EXPECT_NE(info.find("\n" + field + ":"), std::string::npos) << header << ": " << field;
        ++fields;
    }
    EXPECT_GT(fields, 150);
}

TEST_F(Info, SectionsAreChosenByName) {
    const std::string info = run("INFO server keyspace");
    EXPECT_NE(info.find("# Server\r\n"), std::string::npos);
    EXPECT_EQ(info.find("# Clients\r\n"), std::string::npos);
    EXPECT_NE(info.find("server_name:rota\r\n"), std::string::npos);
    EXPECT_NE(info.find("redis_version:7.2.4\r\n"), std::string::npos);
}

TEST_F(Info, CommandStatisticsCountCallsRefusalsAndFailures) {
    run("SET k v");
    run("GET k");
    run("INCR k");
    run("GET");
    const std::string info = run("INFO commandstats");
    EXPECT_NE(info.find("cmdstat_set:calls=1,"), std::string::npos);
    EXPECT_NE(info.find("rejected_calls=1,failed_calls=0"), std::string::npos);
    EXPECT_NE(info.find("rejected_calls=0,failed_calls=1"), std::string::npos);
    EXPECT_NE(run("INFO errorstats").find("errorstat_ERR:count=2"), std::string::npos);
    EXPECT_EQ(run("CONFIG RESETSTAT"), "+OK\r\n");
    EXPECT_EQ(run("INFO commandstats").find("cmdstat_set"), std::string::npos);
}

TEST_F(Info, ThreadsAreASectionOfOurOwnOutsideTheDefaultAnswer) {
    EXPECT_EQ(run("INFO").find("# Threads\r\n"), std::string::npos);
    EXPECT_NE(run("INFO everything").find("# Threads\r\n"), std::string::npos);
    EXPECT_NE(run("INFO threads").find("# Threads\r\nactive_io_threads_num:1\r\n"),
              std::string::npos);
}

TEST_F(Info, KeyspaceTellsKeysAndExpiries) {
    run("SET a 1");
    run("SET b 1 EX 100");
    EXPECT_NE(run("INFO keyspace").find("db0:keys=2,expires=1,avg_ttl="), std::string::npos);
}

TEST_F(Info, ConfigSetIsAllOrNothing) {
    EXPECT_EQ(run("CONFIG SET timeout 5 hz x").substr(0, 22), "-ERR CONFIG SET failed");
    EXPECT_EQ(run("CONFIG GET timeout"), "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n");
    EXPECT_EQ(run("CONFIG SET timeout 5 hz 20"), "+OK\r\n");
    EXPECT_EQ(run("CONFIG GET hz"), "*2\r\n$2\r\nhz\r\n$2\r\n20\r\n");
}

TEST_F(Info, TheSlowLogKeepsWhatIsSlowEnough) {
    run("CONFIG SET slowlog-log-slower-than 0");
    run("SET k v");
    const std::string log = run("SLOWLOG GET 1");
    EXPECT_NE(log.find("$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"), std::string::npos);
    run("CONFIG SET slowlog-log-slower-than -1");
    EXPECT_EQ(run("SLOWLOG RESET"), "+OK\r\n");
    EXPECT_EQ(run("SLOWLOG LEN"), ":0\r\n");
}

TEST_F(Info, LargeRequestsAndRepliesHaveLogsOfTheirOwn) {
    run("CONFIG SET commandlog-request-larger-than 1000 commandlog-reply-larger-than 1000");
    run("SET k " + std::string(2000, 'x'));
    run("GET k");
    EXPECT_EQ(run("COMMANDLOG LEN large-request"), ":1\r\n");
    EXPECT_EQ(run("COMMANDLOG LEN large-reply"), ":1\r\n");
}

TEST_F(Info, DebugIsOffUnlessAllowed) {
    EXPECT_EQ(run("DEBUG SLEEP 0").substr(0, 30), "-ERR DEBUG command not allowed");
}

}  // namespace
}  // namespace rota
