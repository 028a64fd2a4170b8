// SPDX-License-Identifier: BSD-3-Clause
// What only TLS has: certificates, versions, and peers that do not speak it. The rest of it is
// judged as any other transport, by conformance_test.cc.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "harness.h"
#include "tls_identity.h"
#include "transports/tls/tls_session.h"
#include "transports/transports.h"

namespace rota {
namespace {

// A client whose every step is taken by hand.
struct Client {
    std::unique_ptr<TlsSession> session;
    std::unique_ptr<Peer> socket;
    std::string got;

    // Lets both sides go on; false once the connection has ended or failed.
    bool turn() {
        Buffer& output = session->output();
        if (!output.empty()) output.drop_front(socket->send(output.view()));
        std::string cipher;
        if (socket->receive(cipher, 16 << 10) != 0) session->take(cipher);
        if (session->established()) {
            Buffer plain;
            session->read(plain);
            got += plain.view();
        }
        return !session->failed() && !session->peer_finished() && !socket->at_end() &&
               !socket->broken();
    }
};

class Tls : public testing::Test {
protected:
    Tls() { use(identity_.settings()); }

    void use(const TlsSettings& settings) {
        const auto used = host_->use_tls(TlsRole::server, settings);
        EXPECT_TRUE(used) << used.error().message;
    }
    Client dial(const Endpoint& where, const TlsSettings& settings) {
        const auto context = make_tls_context(settings, false);
        EXPECT_TRUE(context) << context.error().message;
        return {TlsSession::connect(*context, ""), plain_->dial(where), ""};
    }
    Client dial(const Endpoint& where) { return dial(where, anybody_); }
    // Whether the two of them come to talk.
    bool shake_hands(Client& client) {
        bool lives = true;
        EXPECT_TRUE(host_.until([&] {
            lives = client.turn();
            return !lives || client.got == "welcome";
        }));
        return lives;
    }
    // Says so to everybody who has come through the handshake: send() waits for it.
    void welcome_all() {
        host_.on_event = [this](Host::Conn& conn, const Event& event) {
            static const Slice kWelcome = "welcome";
            if (event.kind == Event::Kind::accepted)
                (void)host_->send(conn.id, {&kWelcome, 1});
        };
    }

    TemporaryFolder folder_;
    TlsIdentity identity_ = TlsIdentity::make(folder_.file(""), "server");
    TlsIdentity known_ = TlsIdentity::make(folder_.file(""), "known");
    TlsIdentity stranger_ = TlsIdentity::make(folder_.file(""), "stranger");
    TlsSettings anybody_{.verify = TlsVerify::no};
    std::unique_ptr<World> world_ = World::create("epoll_tls");
    std::unique_ptr<World> plain_ = World::create("epoll");
    Host host_{*world_};
};

TEST_F(Tls, TalksToWhoShakesHands) {
    welcome_all();
    Client client = dial(host_.listen());
    EXPECT_TRUE(shake_hands(client));
}

TEST_F(Tls, WhoSpeaksPlainlyIsCutOffAndNobodyElse) {
    welcome_all();
    const Endpoint where = host_.listen();
    Client good = dial(where);
    ASSERT_TRUE(shake_hands(good));
    for (const Slice words : {Slice("PING\r\n"), Slice("\x16\x03\x01\xff\xff garbage"),
                              Slice("*1\r\n$4\r\nPING\r\n")}) {
        std::unique_ptr<Peer> rude = plain_->dial(where);
        rude->send(words);
        rude->half_close();
        ASSERT_TRUE(host_.until([&] {
            std::string answer;
            rude->receive(answer, 100);
            EXPECT_EQ(answer.find("welcome"), std::string::npos);
            return rude->at_end() || rude->broken();
        }));
    }
    ASSERT_TRUE(host_.until([&] {
        return std::ranges::count_if(host_.conns(), [](auto& c) { return c->closed != 0; }) == 3;
    }));
    good.session->write("still here");
    EXPECT_TRUE(host_.until([&] {
        good.turn();
        return host_.conns()[0]->received == "still here";
    }));
}

TEST_F(Tls, ABrokenRecordEndsTheConnection) {
    welcome_all();
    Client client = dial(host_.listen());
    ASSERT_TRUE(shake_hands(client));
    const Slice forged("\x17\x03\x03\x00\x20 these are not 32 sealed bytes...", 37);
    client.socket->send(forged);
    EXPECT_TRUE(host_.until([&] {
        client.turn();
        return host_.conns()[0]->closed == 1;
    }));
    EXPECT_EQ(host_.conns()[0]->error, EPROTO);
    EXPECT_EQ(host_.conns()[0]->received, "");
}

TEST_F(Tls, AsksForCertificatesItTrusts) {
    TlsSettings strict = identity_.settings();
    strict.verify = TlsVerify::yes;
    strict.ca_cert_file = known_.cert_file;
    use(strict);
    welcome_all();
    const Endpoint where = host_.listen();
    const auto with = [](const TlsIdentity& identity) {
        return TlsSettings{.cert_file = identity.cert_file,
                           .key_file = identity.key_file,
                           .verify = TlsVerify::no};
    };
    Client known = dial(where, with(known_)), none = dial(where),
           stranger = dial(where, with(stranger_));
    EXPECT_TRUE(shake_hands(known));
    EXPECT_FALSE(shake_hands(none));
    EXPECT_FALSE(shake_hands(stranger));

    strict.verify = TlsVerify::optional;
    use(strict);
    Client without = dial(where), again = dial(where, with(stranger_));
    EXPECT_TRUE(shake_hands(without));
    EXPECT_FALSE(shake_hands(again)) << "who shows one must be trusted";
}

TEST_F(Tls, OffersTheVersionsThatItWasTold) {
    TlsSettings newest = identity_.settings(), old = anybody_;
    newest.protocols = "TLSv1.3";
    old.protocols = "TLSv1.2";
    use(newest);
    welcome_all();
    const Endpoint where = host_.listen();
    Client refused = dial(where, old), served = dial(where);
    EXPECT_FALSE(shake_hands(refused));
    EXPECT_TRUE(shake_hands(served));
}

TEST_F(Tls, SettingsThatFailChangeNothing) {
    welcome_all();
    const Endpoint where = host_.listen();
    const TlsSettings good = identity_.settings();
    TlsSettings bad[7] = {good, good, good, good, good, good, good};
    bad[0].cert_file = folder_.file("missing.crt");
    bad[1].key_file = stranger_.key_file;
    bad[2].protocols = "SSLv3";
    bad[3].ciphers = "no such cipher";
    bad[4].ciphersuites = "no such suite";
    bad[5].verify = TlsVerify::yes;  // and nobody to trust
    bad[6].dh_params_file = identity_.cert_file;
    for (const TlsSettings& settings : bad) {
        const auto used = host_->use_tls(TlsRole::server, settings);
        ASSERT_FALSE(used);
        EXPECT_NE(used.error().message, "");
    }
    Client client = dial(where);
    EXPECT_TRUE(shake_hands(client));
}

TEST_F(Tls, ACertificateThatChangedIsForConnectionsFromNowOn) {
    welcome_all();
    const Endpoint where = host_.listen();
    TlsSettings first = anybody_, second = anybody_;
    first.verify = second.verify = TlsVerify::yes;
    first.ca_cert_file = identity_.cert_file;
    second.ca_cert_file = known_.cert_file;
    Client before = dial(where, first);
    EXPECT_TRUE(shake_hands(before));
    use(known_.settings());
    Client after = dial(where, second), disappointed = dial(where, first);
    EXPECT_TRUE(shake_hands(after));
    EXPECT_FALSE(shake_hands(disappointed));
    EXPECT_TRUE(before.turn());
}

TEST_F(Tls, ServesPlainListenersAsBefore) {
    host_.echo_all = true;
    const Endpoint where = host_.listen(Endpoint::tcp("127.0.0.1", 0));
    EXPECT_EQ(where.kind, Endpoint::Kind::tcp);
    const Endpoint sealed = host_.listen();
    EXPECT_EQ(sealed.kind, Endpoint::Kind::tls);
    std::unique_ptr<Peer> peer = plain_->dial(where);
    EXPECT_EQ(converse(host_, *peer, "as before", 9, 9), "as before");
}

TEST_F(Tls, AHandshakeGoesOnWithTheNextOwner) {
    Host next(*world_);
    Client client = dial(host_.listen());
    Host::Conn* conn = host_.accepted();
    ASSERT_NE(conn, nullptr);
    ASSERT_TRUE(host_->detach(conn->id));
    client.turn();  // its greeting comes while the connection leaves, or after
    ASSERT_TRUE(host_.until([&] { return conn->detached == 1; }));
    Host::Conn* moved = next.adopt(host_.handed_over.at(0));
    ASSERT_NE(moved, nullptr);
    EXPECT_TRUE(next.until([&] { return client.turn() && client.session->established(); }));
    client.session->write("hello");
    EXPECT_TRUE(next.until([&] { return client.turn() && moved->received == "hello"; }));
}

TEST_F(Tls, WhatIsAbandonedLeavesNoSessionBehind) {
    Client client = dial(host_.listen());
    Host::Conn* conn = host_.accepted();
    ASSERT_TRUE(host_->detach(conn->id));
    ASSERT_TRUE(host_.until([&] { return conn->detached == 1; }));
    const int descriptor = host_.handed_over.at(0);
    abandon(descriptor);
    // The next one with this number speaks plainly.
    host_.echo_all = true;
    const Endpoint where = host_.listen(Endpoint::tcp("127.0.0.1", 0));
    std::unique_ptr<Peer> peer = plain_->dial(where);
    Host::Conn* other = host_.accepted();
    ASSERT_NE(other, nullptr);
    ASSERT_TRUE(host_->detach(other->id));
    ASSERT_TRUE(host_.until([&] { return other->detached == 1; }));
    if (const int number = host_.handed_over.at(1); number != descriptor) {
        ASSERT_EQ(::dup2(number, descriptor), descriptor);
        ::close(number);
    }
    Host::Conn* adopted = host_.adopt(descriptor);
    ASSERT_NE(adopted, nullptr);
    adopted->echo = true;
    EXPECT_EQ(converse(host_, *peer, "plain", 5, 5), "plain");
}

}  // namespace
}  // namespace rota
