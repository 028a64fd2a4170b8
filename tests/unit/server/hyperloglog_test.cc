// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"
#include "types/hll.h"

namespace rota {
namespace {

class HyperLogLogCommands : public ServerFixture {};

TEST_F(HyperLogLogCommands, CountsElementsOnce) {
    EXPECT_EQ(run("PFADD k a b c"), ":1\r\n");
    EXPECT_EQ(run("PFADD k a c"), ":0\r\n");
    EXPECT_EQ(run("PFCOUNT k"), ":3\r\n");
    EXPECT_EQ(run("PFCOUNT k"), ":3\r\n");
    EXPECT_EQ(run("PFCOUNT none"), ":0\r\n");
    EXPECT_EQ(run("PFADD new"), ":1\r\n");
    EXPECT_EQ(run("PFADD new"), ":0\r\n");
    EXPECT_EQ(run("PFCOUNT new"), ":0\r\n");
}

TEST_F(HyperLogLogCommands, KeepsTheExpiry) {
    run("PFADD k a");
    run("EXPIRE k 100");
    run("PFADD k b");
    run("PFMERGE k k");
    EXPECT_EQ(run("TTL k"), ":100\r\n");
}

TEST_F(HyperLogLogCommands, UnitesDenseAndSparse) {
    run("PFADD a 1 2 3");
    run("PFADD b 3 4");
    EXPECT_EQ(run("PFDEBUG TODENSE b"), ":1\r\n");
    EXPECT_EQ(run("PFDEBUG TODENSE b"), ":0\r\n");
    EXPECT_EQ(run("PFCOUNT a b none"), ":4\r\n");
    EXPECT_EQ(run("PFMERGE c a b"), "+OK\r\n");
    EXPECT_EQ(run("PFDEBUG ENCODING c"), "+dense\r\n");
    EXPECT_EQ(run("PFDEBUG ENCODING a"), "+sparse\r\n");
    EXPECT_EQ(run("PFCOUNT c"), ":4\r\n");
    EXPECT_EQ(run("PFADD c 1 4"), ":0\r\n");
    EXPECT_EQ(run("PFADD c 5"), ":1\r\n");
    EXPECT_EQ(run("PFCOUNT c"), ":5\r\n");
}

TEST_F(HyperLogLogCommands, RefusesOtherStringsAndCorruptOnes) {
    const std::string not_one = "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n";
    run("SET s text");
    run("SET n 1");
    for (const char* command : {"PFADD s a", "PFADD n a", "PFCOUNT s", "PFCOUNT s n", "PFMERGE s",
                                "PFMERGE new s", "PFDEBUG ENCODING s"})
        EXPECT_EQ(run(command), not_one) << command;
    run("PFADD k a");
    run("SETRANGE k 16 x");
    const std::string broken = "-INVALIDOBJ Corrupted HLL object detected\r\n";
    for (const char* command :
         {"PFCOUNT k", "PFCOUNT k k", "PFMERGE new k", "PFDEBUG TODENSE k", "PFDEBUG GETREG k"})
        EXPECT_EQ(run(command), broken) << command;
    EXPECT_EQ(run("EXISTS new"), ":0\r\n");
}

TEST_F(HyperLogLogCommands, TestsItself) { EXPECT_EQ(run("PFSELFTEST"), "+OK\r\n"); }

}  // namespace
}  // namespace rota
