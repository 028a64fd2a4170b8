// SPDX-License-Identifier: BSD-3-Clause
// Sets and hashes as clients see them.
#include "server_fixture.h"

namespace rota {
namespace {

class Collections : public ServerFixture {};

TEST_F(Collections, SetsOfIntegersAreOrdered) {
    EXPECT_EQ(run("SADD s 3 1 2 3"), ":3\r\n");
    EXPECT_EQ(run("SMEMBERS s"), "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
    run("HELLO 3");
    EXPECT_EQ(run("SMEMBERS s"), "~3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
}

TEST_F(Collections, SetOperationsTreatAMissingKeyAsEmpty) {
    run("SADD a 1 2 3");
    run("SADD b 2 3 4");
    EXPECT_EQ(run("SINTER a b"), "*2\r\n$1\r\n2\r\n$1\r\n3\r\n");
    EXPECT_EQ(run("SDIFF a b none"), "*1\r\n$1\r\n1\r\n");
    EXPECT_EQ(run("SUNIONSTORE u a none b"), ":4\r\n");
    EXPECT_EQ(run("SINTERSTORE u a none"), ":0\r\n");
    EXPECT_EQ(run("EXISTS u"), ":0\r\n");
    EXPECT_EQ(run("SINTERCARD 2 a b LIMIT 1"), ":1\r\n");
}

TEST_F(Collections, TheLastMemberOrFieldTakesTheKeyWithIt) {
    run("SADD s a");
    EXPECT_EQ(run("SMOVE s t a"), ":1\r\n");
    EXPECT_EQ(run("SPOP t 10"), "*1\r\n$1\r\na\r\n");
    run("HSET h f v");
    EXPECT_EQ(run("HGETDEL h FIELDS 1 f"), "*1\r\n$1\r\nv\r\n");
    EXPECT_EQ(run("EXISTS s t h"), ":0\r\n");
}

TEST_F(Collections, CountsBeyondAllMeasureAreRefused) {
    run("SADD s a");
    EXPECT_EQ(run("SRANDMEMBER s -9223372036854775807"), "-ERR value is out of range\r\n");
    run("HSET h f v");
    EXPECT_EQ(run("HRANDFIELD h -9223372036854775807"), "-ERR value is out of range\r\n");
    EXPECT_EQ(run("SPOP s 9223372036854775807"), "*1\r\n$1\r\na\r\n");
}

TEST_F(Collections, HashesCountNewFieldsAndIncrementOldOnes) {
    EXPECT_EQ(run("HSET h a 1 b 2"), ":2\r\n");
    EXPECT_EQ(run("HSET h a 5 c 2"), ":1\r\n");
    EXPECT_EQ(run("HINCRBY h a -6"), ":-1\r\n");
    EXPECT_EQ(run("HINCRBYFLOAT h a 0.1"), "$4\r\n-0.9\r\n");
    EXPECT_EQ(run("HINCRBY h b 9223372036854775807"),
              "-ERR increment or decrement would overflow\r\n");
    EXPECT_EQ(run("HMGET h a none b"), "*3\r\n$4\r\n-0.9\r\n$-1\r\n$1\r\n2\r\n");
}

TEST_F(Collections, FieldsExpireOneByOne) {
    run("HSET h a 1 b 2");
    EXPECT_EQ(run("HEXPIRE h 100 FIELDS 2 a none"), "*2\r\n:1\r\n:-2\r\n");
    EXPECT_EQ(run("HTTL h FIELDS 2 a b"), "*2\r\n:100\r\n:-1\r\n");
    EXPECT_EQ(run("OBJECT ENCODING h"), "$9\r\nhashtable\r\n");
    EXPECT_EQ(run("HPERSIST h FIELDS 1 a"), "*1\r\n:1\r\n");
    EXPECT_EQ(run("HEXPIRE h 0 FIELDS 2 a b"), "*2\r\n:2\r\n:2\r\n");
    EXPECT_EQ(run("EXISTS h"), ":0\r\n");
    EXPECT_EQ(run("HSETEX h FNX EX 10 FIELDS 1 a 1"), ":1\r\n");
    EXPECT_EQ(run("HGETEX h PERSIST FIELDS 1 a"), "*1\r\n$1\r\n1\r\n");
    EXPECT_EQ(run("HTTL h FIELDS 1 a"), "*1\r\n:-1\r\n");
}

}  // namespace
}  // namespace rota
