// SPDX-License-Identifier: BSD-3-Clause
#include "server_fixture.h"

namespace rota {
namespace {

class PubSubCommands : public ServerFixture {
protected:
    static std::string message(Slice channel, Slice text, Slice mark = "*") {
        return std::string(mark) + "3\r\n$7\r\nmessage\r\n$" + std::to_string(channel.size()) +
               "\r\n" + std::string(channel) + "\r\n$" + std::to_string(text.size()) + "\r\n" +
               std::string(text) + "\r\n";
    }
};

TEST_F(PubSubCommands, MessagesReachAllWhoListen) {
    SimPeer a = connect(), b = connect(), c = connect();
    EXPECT_EQ(run(a, "SUBSCRIBE ch other"),
              "*3\r\n$9\r\nsubscribe\r\n$2\r\nch\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$5\r\nother\r\n"
              ":2\r\n");
    run(b, "HELLO 3");
    run(b, "SUBSCRIBE ch");
    run(c, "PSUBSCRIBE c* nothing");
    EXPECT_EQ(run("PUBLISH ch hi"), ":3\r\n");
    EXPECT_EQ(a.take(), message("ch", "hi"));
    EXPECT_EQ(b.take(), message("ch", "hi", ">"));
    EXPECT_EQ(c.take(), "*4\r\n$8\r\npmessage\r\n$2\r\nc*\r\n$2\r\nch\r\n$2\r\nhi\r\n");
    EXPECT_EQ(run("PUBSUB NUMSUB ch x"), "*4\r\n$2\r\nch\r\n:2\r\n$1\r\nx\r\n:0\r\n");
    EXPECT_EQ(run("PUBSUB CHANNELS o*"), "*1\r\n$5\r\nother\r\n");
    EXPECT_EQ(run("PUBSUB NUMPAT"), ":2\r\n");
    EXPECT_NE(run("INFO stats").find("pubsub_channels:2\r\npubsub_patterns:2\r\n"),
              std::string::npos);
    run(a, "UNSUBSCRIBE");
    b.close();
    settle();
    EXPECT_EQ(run("PUBLISH ch hi"), ":1\r\n");
}

TEST_F(PubSubCommands, WhoPublishesToItselfHearsItBehindTheReply) {
    run("HELLO 3");
    run("SUBSCRIBE ch");
    EXPECT_EQ(run("PUBLISH ch hi"), ":1\r\n" + message("ch", "hi", ">"));
    EXPECT_EQ(run("PING"), "+PONG\r\n");
    for (const char* line : {"MULTI", "PUBLISH ch a", "PING"}) run(line);
    EXPECT_EQ(run("EXEC"), "*2\r\n:1\r\n+PONG\r\n" + message("ch", "a", ">"));
}

TEST_F(PubSubCommands, InResp2AListenerMayOnlyListen) {
    run("SUBSCRIBE ch");
    const std::string rest =
        "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
        "context\r\n";
    EXPECT_EQ(run("GET k"), "-ERR Can't execute 'get" + rest);
    EXPECT_EQ(run("PUBSUB CHANNELS"), "-ERR Can't execute 'pubsub|channels" + rest);
    EXPECT_EQ(run("PING"), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    EXPECT_EQ(run("UNSUBSCRIBE"), "*3\r\n$11\r\nunsubscribe\r\n$2\r\nch\r\n:0\r\n");
    EXPECT_EQ(run("UNSUBSCRIBE"), "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
    EXPECT_EQ(run("GET k"), "$-1\r\n");
    run("PSUBSCRIBE a*");
    EXPECT_EQ(run("RESET"), "+RESET\r\n");
    EXPECT_EQ(run("GET k"), "$-1\r\n");
}

TEST_F(PubSubCommands, ShardChannelsAreApart) {
    SimPeer a = connect();
    run(a, "HELLO 3");
    EXPECT_EQ(run(a, "SSUBSCRIBE ch"), ">3\r\n$10\r\nssubscribe\r\n$2\r\nch\r\n:1\r\n");
    EXPECT_EQ(run("PUBLISH ch x"), ":0\r\n");
    EXPECT_EQ(run("SPUBLISH ch x"), ":1\r\n");
    EXPECT_EQ(a.take(), ">3\r\n$8\r\nsmessage\r\n$2\r\nch\r\n$1\r\nx\r\n");
    EXPECT_NE(run(a, "CLIENT INFO").find(" flags=P capa= db=0 sub=0 psub=0 ssub=1 "),
              std::string::npos);
}

TEST_F(PubSubCommands, KilledListenersAreForgotten) {
    SimPeer a = connect(), b = connect();
    run(a, "SUBSCRIBE ch");
    run(b, "PSUBSCRIBE c*");
    EXPECT_EQ(run("CLIENT KILL TYPE pubsub"), ":2\r\n");
    EXPECT_EQ(run("PUBLISH ch x"), ":0\r\n");
}

class KeyEvents : public ServerFixture {
protected:
    // The events that a listener has heard, as "event key" words.
    std::string heard(SimPeer& peer) {
        const std::string wire = peer.take();
        std::string words;
        for (size_t at = 0; (at = wire.find("__keyevent@", at)) != std::string::npos;) {
            const size_t name = wire.find(':', at) + 1;
            const size_t end = wire.find('\r', name);
            const size_t key = wire.find('\n', wire.find('$', end)) + 1;
            words += wire.substr(name, end - name) + " " +
                     wire.substr(key, wire.find('\r', key) - key) + " ";
            at = key;
        }
        return words;
    }
};

TEST_F(KeyEvents, AreHeardOnlyWhereAskedFor) {
    SimPeer listener = connect();
    run(listener, "PSUBSCRIBE __key*");
    run("SET k 1");
    EXPECT_EQ(listener.take(), "");
    run("CONFIG SET notify-keyspace-events KEA");
    run("SET k 1");
    EXPECT_EQ(listener.take(),
              "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$16\r\n__keyspace@0__:k\r\n$3\r\nset\r\n"
              "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$18\r\n__keyevent@0__:set\r\n$1\r\nk\r\n");
    run("CONFIG SET notify-keyspace-events El");
    run("SET k 1");
    run("DEL k");
    EXPECT_EQ(heard(listener), "");
    run("LPUSH k 1");
    EXPECT_EQ(heard(listener), "lpush k ");
    run("LPOP k");
    EXPECT_EQ(heard(listener), "lpop k ");
}

TEST_F(KeyEvents, NewKeysAndMissesAreHeardWhenAskedForByName) {
    SimPeer listener = connect();
    run(listener, "PSUBSCRIBE __keyevent@*");
    run("CONFIG SET notify-keyspace-events EAnm");
    run("SET k 1");
    EXPECT_EQ(heard(listener), "new k set k ");
    run("SET k 2");
    EXPECT_EQ(heard(listener), "set k ");
    run("GET none");
    EXPECT_EQ(heard(listener), "keymiss none ");
}

TEST_F(KeyEvents, ExpiryIsHeardWhoeverNoticesIt) {
    SimPeer listener = connect();
    run(listener, "PSUBSCRIBE __keyevent@*");
    run("CONFIG SET notify-keyspace-events Ex");
    run("SET a 1 PX 10");
    advance_ms(500);
    EXPECT_EQ(heard(listener), "expired a ");
    run("DEBUG SET-ACTIVE-EXPIRE 0");
    run("SET b 1 PX 10");
    advance_ms(20);
    run("GET b");
    EXPECT_EQ(heard(listener), "expired b ");
}

}  // namespace
}  // namespace rota
