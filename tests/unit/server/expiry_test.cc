// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

namespace rota {
namespace {

class Expiry : public ServerFixture {};

TEST_F(Expiry, AKeyIsGoneWhenItsTimeIsOver) {
    run("SET k v PX 100");
    advance_ms(100);
    EXPECT_EQ(run("GET k"), "$1\r\nv\r\n");
    advance_ms(1);
    EXPECT_EQ(run("GET k"), "$-1\r\n");
}

TEST_F(Expiry, ExpiredKeysLeaveWithoutBeingAskedFor) {
    for (int i = 0; i < 50; ++i) run("SET k" + std::to_string(i) + " v PX 10");
    EXPECT_EQ(run("DBSIZE"), ":50\r\n");
    for (int i = 0; i < 20; ++i) advance_ms(100);
    EXPECT_EQ(run("DBSIZE"), ":0\r\n");
    EXPECT_NE(run("INFO stats").find("expired_keys:50"), std::string::npos);
}

TEST_F(Expiry, WithActiveExpiryOffOnlyLookupsRemove) {
    options_.server.enable_debug_command = Permission::yes;
    run("DEBUG SET-ACTIVE-EXPIRE 0");
    run("SET k v PX 10");
    for (int i = 0; i < 5; ++i) advance_ms(100);
    EXPECT_EQ(run("DBSIZE"), ":1\r\n");
    EXPECT_EQ(run("EXISTS k"), ":0\r\n");
    EXPECT_EQ(run("DBSIZE"), ":0\r\n");
}

TEST_F(Expiry, TtlAndItsKin) {
    run("SET k v EX 100");
    EXPECT_EQ(run("TTL k"), ":100\r\n");
    EXPECT_EQ(run("PTTL k"), ":100000\r\n");
    EXPECT_EQ(run("EXPIRETIME k"), ":1700000100\r\n");
    EXPECT_EQ(run("PEXPIRETIME k"), ":1700000100000\r\n");
    EXPECT_EQ(run("TTL nosuch"), ":-2\r\n");
    run("PERSIST k");
    EXPECT_EQ(run("TTL k"), ":-1\r\n");
    EXPECT_EQ(run("PERSIST k"), ":0\r\n");
}

TEST_F(Expiry, ConditionsCompareWithTheOldExpiry) {
    run("SET k v");
    EXPECT_EQ(run("EXPIRE k 100 XX"), ":0\r\n");
    EXPECT_EQ(run("EXPIRE k 100 GT"), ":0\r\n");  // no expiry is later than any
    EXPECT_EQ(run("EXPIRE k 100 LT"), ":1\r\n");
    EXPECT_EQ(run("EXPIRE k 200 NX"), ":0\r\n");
    EXPECT_EQ(run("EXPIRE k 50 GT"), ":0\r\n");
    EXPECT_EQ(run("EXPIRE k 200 GT"), ":1\r\n");
    EXPECT_EQ(run("EXPIRE k 300 LT"), ":0\r\n");
    EXPECT_EQ(run("TTL k"), ":200\r\n");
}

TEST_F(Expiry, ConditionsThatExcludeEachOtherAreRefused) {
    run("SET k v");
    EXPECT_EQ(run("EXPIRE k 1 NX XX"),
              "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n");
    EXPECT_EQ(run("EXPIRE k 1 GT LT"),
              "-ERR GT and LT options at the same time are not compatible\r\n");
    EXPECT_EQ(run("EXPIRE k 1 SOON"), "-ERR Unsupported option SOON\r\n");
}

TEST_F(Expiry, ATimeInThePastDeletesAtOnce) {
    run("SET k v");
    EXPECT_EQ(run("EXPIRE k -1"), ":1\r\n");
    EXPECT_EQ(run("EXISTS k"), ":0\r\n");
}

TEST_F(Expiry, TimesThatOverflowAreRefused) {
    run("SET k v");
    for (const char* time : {"9223372036854775807", "-9223372036854775808"}) {
        EXPECT_EQ(run("EXPIRE k " + std::string(time)),
                  "-ERR invalid expire time in 'expire' command\r\n");
    }
    EXPECT_EQ(run("TTL k"), ":-1\r\n");
}

TEST_F(Expiry, SetWithoutKeepttlForgetsTheExpiry) {
    run("SET k v EX 100");
    run("SET k w KEEPTTL");
    EXPECT_EQ(run("TTL k"), ":100\r\n");
    run("SET k x");
    EXPECT_EQ(run("TTL k"), ":-1\r\n");
}

}  // namespace
}  // namespace rota
