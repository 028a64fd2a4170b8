// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

namespace rota {
namespace {

class ListCommands : public ServerFixture {};

TEST_F(ListCommands, PushesAtBothEndsAndRangesOverAll) {
    EXPECT_EQ(run("RPUSH l b c"), ":2\r\n");
    EXPECT_EQ(run("LPUSH l a 1"), ":4\r\n");
    EXPECT_EQ(run("LRANGE l 0 -1"), "*4\r\n$1\r\n1\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    EXPECT_EQ(run("LPUSHX none a"), ":0\r\n");
    EXPECT_EQ(run("EXISTS none"), ":0\r\n");
}

TEST_F(ListCommands, TheLastElementTakesTheKeyWithIt) {
    run("RPUSH l a b");
    EXPECT_EQ(run("LPOP l"), "$1\r\na\r\n");
    EXPECT_EQ(run("RPOP l 5"), "*1\r\n$1\r\nb\r\n");
    EXPECT_EQ(run("EXISTS l"), ":0\r\n");
    EXPECT_EQ(run("LPOP l 5"), "*-1\r\n");
}

TEST_F(ListCommands, MovesWithinOneListOfOneElement) {
    run("RPUSH l a");
    EXPECT_EQ(run("LMOVE l l LEFT RIGHT"), "$1\r\na\r\n");
    EXPECT_EQ(run("RPOPLPUSH l m"), "$1\r\na\r\n");
    EXPECT_EQ(run("EXISTS l m"), ":1\r\n");
}

TEST_F(ListCommands, FindsPositionsFromEitherEnd) {
    run("RPUSH l a b a c a");
    EXPECT_EQ(run("LPOS l a"), ":0\r\n");
    EXPECT_EQ(run("LPOS l a RANK -1"), ":4\r\n");
    EXPECT_EQ(run("LPOS l a COUNT 0"), "*3\r\n:0\r\n:2\r\n:4\r\n");
    EXPECT_EQ(run("LPOS l a COUNT 0 MAXLEN 3"), "*2\r\n:0\r\n:2\r\n");
    EXPECT_EQ(run("LPOS l a RANK -9223372036854775808"),
              "-ERR value is out of range, value must between -9223372036854775807 and "
              "9223372036854775807\r\n");
}

TEST_F(ListCommands, PopsFromTheFirstListThatHasSomething) {
    run("RPUSH b x y z");
    EXPECT_EQ(run("LMPOP 2 a b RIGHT COUNT 2"), "*2\r\n$1\r\nb\r\n*2\r\n$1\r\nz\r\n$1\r\ny\r\n");
    EXPECT_EQ(run("LMPOP 9223372036854775807 a LEFT"), "-ERR syntax error\r\n");
}

TEST_F(ListCommands, CopiesAreIndependent) {
    run("RPUSH l a b");
    EXPECT_EQ(run("COPY l m"), ":1\r\n");
    run("LSET l 0 changed");
    EXPECT_EQ(run("LINDEX m 0"), "$1\r\na\r\n");
}

TEST_F(ListCommands, TheFormFollowsTheConfiguredLimit) {
    run("CONFIG SET list-max-listpack-size 2");
    run("RPUSH l a b");
    EXPECT_EQ(run("OBJECT ENCODING l"), "$8\r\nlistpack\r\n");
    run("RPUSH l c");
    EXPECT_EQ(run("OBJECT ENCODING l"), "$9\r\nquicklist\r\n");
    run("LTRIM l 0 0");
    EXPECT_EQ(run("OBJECT ENCODING l"), "$8\r\nlistpack\r\n");
}

}  // namespace
}  // namespace rota
