// SPDX-License-Identifier: BSD-3-Clause
// Streams as clients see them.
#include "server_fixture.h"

namespace rota {
namespace {

class Streams : public ServerFixture {
protected:
    static constexpr const char* kGone =
        "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option\r\n";
};

TEST_F(Streams, IdsFollowTheClockAndNeverFall) {
    const std::string first = run("XADD s * f v");
    EXPECT_EQ(first.substr(first.size() - 4), "-0\r\n");
    const std::string second = run("XADD s * f v");
    EXPECT_EQ(second.substr(second.size() - 4), "-1\r\n");
    EXPECT_EQ(run("XADD s 5-1 f v"),
              "-ERR The ID specified in XADD is equal or smaller than the target stream top "
              "item\r\n");
    EXPECT_EQ(run("XADD t 5-* f v"), "$3\r\n5-0\r\n");
    EXPECT_EQ(run("XADD t 5-* f v"), "$3\r\n5-1\r\n");
    EXPECT_EQ(run("XADD none NOMKSTREAM * f v"), "$-1\r\n");
}

TEST_F(Streams, TrimmingKeepsWhatComesLast) {
    for (int i = 1; i <= 250; ++i) run("XADD s " + std::to_string(i) + " f v");
    EXPECT_EQ(run("XTRIM s MAXLEN ~ 120"), ":100\r\n");
    EXPECT_EQ(run("XTRIM s MAXLEN 3"), ":147\r\n");
    EXPECT_EQ(run("XLEN s"), ":3\r\n");
    EXPECT_EQ(run("XADD s MINID = 250 251 f v"), "$5\r\n251-0\r\n");
    EXPECT_EQ(run("XRANGE s - + COUNT 1"),
              "*1\r\n*2\r\n$5\r\n250-0\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
}

TEST_F(Streams, AGroupKnowsWhatItHasDelivered) {
    run("XADD s 1 f v");
    run("XADD s 2 f v");
    run("XGROUP CREATE s g 0");
    run("XREADGROUP GROUP g a COUNT 1 STREAMS s >");
    EXPECT_EQ(run("XPENDING s g"),
              "*4\r\n:1\r\n$3\r\n1-0\r\n$3\r\n1-0\r\n*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n");
    advance_ms(50);
    EXPECT_EQ(run("XPENDING s g IDLE 40 - + 10"),
              "*1\r\n*4\r\n$3\r\n1-0\r\n$1\r\na\r\n:50\r\n:1\r\n");
    EXPECT_EQ(run("XAUTOCLAIM s g b 51 0"), "*3\r\n$3\r\n0-0\r\n*0\r\n*0\r\n");
    EXPECT_EQ(run("XAUTOCLAIM s g b 50 0 JUSTID"), "*3\r\n$3\r\n0-0\r\n*1\r\n$3\r\n1-0\r\n*0\r\n");
    EXPECT_EQ(run("XGROUP DELCONSUMER s g a"), ":0\r\n");
    EXPECT_EQ(run("XACK s g 1 2"), ":1\r\n");
}

TEST_F(Streams, XreadWaitsForWhatComesBehindTheEnd) {
    run("XADD s 1 f old");
    SimPeer waiting = connect(), later = connect();
    EXPECT_EQ(run(waiting, "XREAD BLOCK 0 STREAMS none s $ $"), "");
    run("XADD s 2 f new");
    EXPECT_EQ(waiting.take(),
              "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n2-0\r\n*2\r\n$1\r\nf\r\n$3\r\nnew\r\n");
    EXPECT_EQ(run(later, "XREAD BLOCK 20 STREAMS s $"), "");
    advance_ms(30);
    EXPECT_EQ(later.take(), "*-1\r\n");
    run(waiting, "HELLO 3");
    EXPECT_EQ(run(waiting, "XREAD BLOCK 0 STREAMS none $"), "");
    run("XADD none 7 f v");
    EXPECT_EQ(waiting.take().substr(0, 13), "%1\r\n$4\r\nnone\r");
}

TEST_F(Streams, OfAGroupThatWaitsOneGetsAnEntry) {
    run("XGROUP CREATE s g $ MKSTREAM");
    SimPeer a = connect(), b = connect();
    EXPECT_EQ(run(a, "XREADGROUP GROUP g a BLOCK 0 STREAMS s >"), "");
    EXPECT_EQ(run(b, "XREADGROUP GROUP g b BLOCK 0 STREAMS s >"), "");
    run("XADD s 1 f v");
    EXPECT_NE(a.take(), "");
    EXPECT_EQ(b.take(), "");
    run("XADD s 2 f v");
    EXPECT_NE(b.take(), "");
    EXPECT_EQ(run("XPENDING s g").substr(0, 8), "*4\r\n:2\r\n");
}

TEST_F(Streams, WhoWaitsInAGroupIsToldThatItIsGone) {
    SimPeer waiting = connect();
    const auto wait = [&] {
        run("XGROUP CREATE s g $ MKSTREAM");
        EXPECT_EQ(run(waiting, "XREADGROUP GROUP g a BLOCK 0 STREAMS s >"), "");
    };
    wait();
    run("XGROUP DESTROY s g");
    EXPECT_EQ(waiting.take(), kGone);
    wait();
    run("DEL s");
    EXPECT_EQ(waiting.take(), kGone);
    wait();
    run("SET s x");
    EXPECT_EQ(waiting.take(),
              "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
}

}  // namespace
}  // namespace rota
