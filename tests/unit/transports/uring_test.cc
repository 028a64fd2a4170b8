// SPDX-License-Identifier: BSD-3-Clause
// What only the io_uring transport can meet: queues that are full, buffers that are out, requests
// that are cancelled while they complete, kernels that refuse.
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>

#include "harness.h"
#include "transports/io_uring/ring.h"
#include "transports/io_uring/seal.h"
#include "transports/io_uring/uring_transport.h"
#include "transports/transports.h"

namespace rota {
namespace {

using uring::Ring;

class Uring : public testing::Test {
protected:
    void SetUp() override {
        const auto made = make_transport("io_uring");
        if (!made) GTEST_SKIP() << made.error().message;
    }
    static std::unique_ptr<World> world(const UringOptions& options) {
        TransportOptions all;
        all.io_uring = options;
        return World::create("io_uring", all);
    }
};

// How many descriptors this process may have.
size_t raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::vector<std::unique_ptr<Peer>> dial_many(World& world, Host& host, size_t count) {
    const Endpoint where = host.listen();
    std::vector<std::unique_ptr<Peer>> peers;
    for (size_t i = 0; i < count; ++i) {
        peers.push_back(world.dial(where));
        if (i % 200 != 199 && i + 1 != count) continue;
        if (!host.until([&] { return host.conns().size() == i + 1; })) return {};
    }
    return peers;
}

// Polls until each peer has received `size` bytes.
bool collect(Host& host, std::vector<std::unique_ptr<Peer>>& peers, std::vector<std::string>& got,
             size_t size) {
    got.resize(peers.size());
    return host.until([&] {
        bool all = true;
        for (size_t i = 0; i < peers.size(); ++i) {
            if (got[i].size() >= size) continue;
            peers[i]->receive(got[i], size - got[i].size());
            all = all && got[i].size() >= size;
        }
        return all;
    });
}

// Runs in a process of its own; its result is the exit status.
int in_child(const std::function<int()>& run) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(run());
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

bool refuse_setup(int code) {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(code)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog filter{.len = std::size(program), .filter = program};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// ---- Full queues

TEST_F(Uring, ServesAThousandClientsByACompletionQueueOfEight) {
    if (raise_descriptor_limit() < 2100) GTEST_SKIP() << "too few descriptors";
    const auto tiny = world({.submissions = 4, .completions = 8});
    Host host(*tiny);
    host.echo_all = true;
    auto peers = dial_many(*tiny, host, 1000);
    ASSERT_EQ(peers.size(), 1000u);
    for (size_t i = 0; i < peers.size(); ++i) peers[i]->send(pattern(100, uint32_t(i)));
    std::vector<std::string> got;
    ASSERT_TRUE(collect(host, peers, got, 100));
    for (size_t i = 0; i < peers.size(); ++i) EXPECT_EQ(got[i], pattern(100, uint32_t(i)));
    for (auto& peer : peers) peer->close();
    EXPECT_TRUE(host.until([&] {
        host.forget_closed();
        for (auto& conn : host.conns())
            if (conn->eof != 0 && conn->closed == 0) host->close(conn->id);
        return host.conns().empty();
    }));
}

TEST_F(Uring, SendsMoreInATurnThanTheSubmissionQueueHolds) {
    const auto tiny = world({.submissions = 2, .completions = 4});
    Host host(*tiny);
    auto peers = dial_many(*tiny, host, 50);
    ASSERT_EQ(peers.size(), 50u);
    const std::string small = pattern(500), big = pattern(uring::kQuickMost + 1, 7);
    for (auto& conn : host.conns()) {
        EXPECT_EQ(host->send_now(conn->id, small), small.size());
        const Slice chunk = big;
        EXPECT_EQ(host->send(conn->id, {&chunk, 1}), SendStatus::pending);
    }
    std::vector<std::string> got;
    ASSERT_TRUE(collect(host, peers, got, small.size() + big.size()));
    for (const std::string& bytes : got) EXPECT_TRUE(bytes == small + big);
    EXPECT_TRUE(host.until([&] {
        return std::ranges::all_of(host.conns(), [](auto& conn) { return conn->sent == 1; });
    }));
}

// ---- Buffers that are out

constexpr size_t kEach = 100'000;

class UringBuffers : public Uring, public testing::WithParamInterface<bool> {};

TEST_P(UringBuffers, LoseAndReorderNothingWhenAllAreOut) {
    const auto scarce = world({.buffers = 2, .buffer_bytes = 4096, .incremental = GetParam()});
    Host host(*scarce);
    host.recycle = false;
    auto peers = dial_many(*scarce, host, 8);
    ASSERT_EQ(peers.size(), 8u);
    std::vector<size_t> sent(peers.size());
    int stalls = 0;
    ASSERT_TRUE(host.until([&] {
        for (size_t i = 0; i < peers.size(); ++i)
            sent[i] += peers[i]->send(Slice(pattern(kEach, uint32_t(i))).substr(sent[i]));
        if (host.poll() == 0 && !host.held.empty()) {
            ++stalls;
            for (const BufferId buffer : std::exchange(host.held, {})) host->recycle(buffer);
        }
        return std::ranges::all_of(host.conns(),
                                   [](auto& conn) { return conn->received.size() == kEach; });
    }));
    EXPECT_GT(stalls, 10);
    std::vector<std::string> expected, received;
    for (size_t i = 0; i < peers.size(); ++i) expected.push_back(pattern(kEach, uint32_t(i)));
    for (auto& conn : host.conns()) received.push_back(conn->received);
    std::ranges::sort(expected);
    std::ranges::sort(received);
    EXPECT_TRUE(received == expected);
}

INSTANTIATE_TEST_SUITE_P(All, UringBuffers, testing::Bool(), [](const auto& with) {
    return std::string(with.param ? "Shared" : "OneForEach");
});

// ---- Full sockets

TEST_F(Uring, KeepsInOrderWhatAQuickSendCouldNotLeave) {
    const auto all = world({});
    Host host(*all);
    const auto peer = all->dial(host.listen());
    Host::Conn* conn = host.accepted();
    ASSERT_NE(conn, nullptr);
    const int few = 4096;
    ::setsockopt(host->descriptor(conn->id), SOL_SOCKET, SO_SNDBUF, &few, sizeof few);
    std::string expected, rest;
    // The peer does not read: soon a quick send is short, and then there is none any more.
    for (uint32_t i = 0; i < 10'000; ++i) {
        const std::string more = pattern(uring::kQuickMost, i);
        if (host->send_now(conn->id, more) == 0) {
            rest = more;
            break;
        }
        expected += more;
        host.poll();
        host.poll();
    }
    ASSERT_FALSE(rest.empty()) << "the socket never was full";
    expected += rest;
    const Slice chunk = rest;
    ASSERT_EQ(host->send(conn->id, {&chunk, 1}), SendStatus::pending);
    std::string got;
    ASSERT_TRUE(host.until([&] {
        peer->receive(got, 10'000);
        return got.size() >= expected.size() && conn->sent != 0;
    }));
    EXPECT_TRUE(got == expected);
    EXPECT_EQ(conn->sent, 1);
    EXPECT_EQ(host->stats().bytes_out, expected.size());
}

// ---- Ends from every state

struct State {
    const char* name;
    std::function<void(Host&, Host::Conn&, Peer&)> reach;
};

const std::string& big_reply() {
    static const std::string bytes = pattern(size_t{8} << 20);
    return bytes;
}

const State kStates[] = {
    {"idle", [](Host&, Host::Conn&, Peer&) {}},
    {"bytes under way", [](Host&, Host::Conn&, Peer& peer) { peer.send("request"); }},
    {"a quick send not submitted",
     [](Host& host, Host::Conn& conn, Peer&) { host->send_now(conn.id, "reply"); }},
    {"a quick send not submitted and one behind it",
     [](Host& host, Host::Conn& conn, Peer&) {
         host->send_now(conn.id, "reply");
         const Slice chunk = big_reply();
         host->send(conn.id, {&chunk, 1});
     }},
    {"a send that waits for the peer",
     [](Host& host, Host::Conn& conn, Peer&) {
         const Slice chunk = big_reply();
         host->send(conn.id, {&chunk, 1});
         host.poll();
         host.poll();
     }},
    {"paused, not submitted",
     [](Host& host, Host::Conn& conn, Peer&) { host->pause_receive(conn.id); }},
    {"paused",
     [](Host& host, Host::Conn& conn, Peer& peer) {
         host->pause_receive(conn.id);
         host.poll();
         peer.send("request");
         host.poll();
     }},
    {"resumed at once",
     [](Host& host, Host::Conn& conn, Peer&) {
         host->pause_receive(conn.id);
         host->resume_receive(conn.id);
     }},
    {"quota used up",
     [](Host& host, Host::Conn&, Peer& peer) {
         for (int i = 0; i < 20; ++i) peer.send(Slice(big_reply()).substr(0, 100'000));
         host.poll();
     }},
    {"the peer has ended",
     [](Host& host, Host::Conn& conn, Peer& peer) {
         peer.half_close();
         EXPECT_TRUE(host.until([&] { return conn.eof == 1; }));
     }},
    {"the peer's reset under way", [](Host&, Host::Conn&, Peer& peer) { peer.reset(); }},
    {"draining with a send",
     [](Host& host, Host::Conn& conn, Peer&) {
         const Slice chunk = big_reply();
         host->send(conn.id, {&chunk, 1});
         host->close_after_send(conn.id);
         host.poll();
     }},
    {"lingering",
     [](Host& host, Host::Conn& conn, Peer&) {
         host->close_after_send(conn.id);
         host.poll();
         host.poll();
     }},
    {"detaching", [](Host& host, Host::Conn& conn, Peer&) { host->detach(conn.id); }},
    {"closed already", [](Host& host, Host::Conn& conn, Peer&) { host->close(conn.id); }},
};

TEST_F(Uring, ClosesFromEveryState) {
    const size_t before = open_descriptors();
    for (const State& state : kStates) {
        SCOPED_TRACE(state.name);
        const auto all = world({});
        Host host(*all);
        auto peer = all->dial(host.listen());
        Host::Conn* conn = host.accepted();
        ASSERT_NE(conn, nullptr);
        state.reach(host, *conn, *peer);
        host->close(conn->id);
        EXPECT_TRUE(host.until([&] { return conn->closed + conn->detached == 1; }));
        for (int i = 0; i < 3; ++i) host.poll();
        EXPECT_EQ(conn->closed + conn->detached, 1) << "told once";
        for (const int fd : std::exchange(host.handed_over, {})) ::close(fd);
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Uring, IsDestroyedInEveryState) {
    const size_t before = open_descriptors();
    for (const State& state : kStates) {
        SCOPED_TRACE(state.name);
        const auto all = world({});
        Host host(*all);
        auto peer = all->dial(host.listen());
        Host::Conn* conn = host.accepted();
        ASSERT_NE(conn, nullptr);
        state.reach(host, *conn, *peer);
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Uring, ClosesWhileItConnects) {
    const auto all = world({});
    Host host(*all);
    const Endpoint where = host.listen();
    const Result<ConnId> id = host->connect(where, {});
    ASSERT_TRUE(id);
    Host::Conn& conn = host.remember(*id);
    host->close(conn.id);
    EXPECT_TRUE(host.until([&] { return conn.closed == 1; }));
    EXPECT_EQ(conn.connected, 0);
}

// ---- Kernels that refuse

TEST_F(Uring, SaysWhyThereIsNone) {
    for (const int code : {EPERM, ENOSYS, EMFILE, ENOMEM}) {
        EXPECT_EQ(in_child([code] {
                      if (!refuse_setup(code)) return 1;
                      const auto made = make_transport("io_uring");
                      if (made) return 2;
                      return made.error().code == code ? 0 : 3;
                  }),
                  0)
            << code;
    }
}

uint32_t refused_flags = 0;
std::vector<uint32_t> tried_flags;

int picky_setup(unsigned, io_uring_params* params) {
    tried_flags.push_back(params->flags);
    return (params->flags & refused_flags) != 0 ? -EINVAL : 77;
}

TEST_F(Uring, StripsTheFlagsThatAKernelDoesNotKnow) {
    const auto attempt = [](uint32_t refused) {
        refused_flags = refused;
        tried_flags.clear();
        io_uring_params params{};
        return uring::set_up({}, params, picky_setup);
    };
    EXPECT_EQ(attempt(0), 77);
    EXPECT_EQ(tried_flags.size(), 1u) << "the best is tried first";
    EXPECT_NE(tried_flags.back() & IORING_SETUP_DEFER_TASKRUN, 0u);
    EXPECT_EQ(attempt(IORING_SETUP_DEFER_TASKRUN), 77);
    EXPECT_NE(tried_flags.back() & IORING_SETUP_SINGLE_ISSUER, 0u) << "and no more than that";
    EXPECT_EQ(attempt(IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER), 77);
    EXPECT_EQ(tried_flags.size(), 3u);
    EXPECT_EQ(attempt(IORING_SETUP_CQSIZE), -EINVAL) << "what nothing works without";
}

TEST_F(Uring, OtherErrorsAreNotTriedAgain) {
    tried_flags.clear();
    io_uring_params params{};
    const auto refuse = [](unsigned, io_uring_params* asked) {
        tried_flags.push_back(asked->flags);
        return -EPERM;
    };
    EXPECT_EQ(uring::set_up({}, params, refuse), -EPERM);
    EXPECT_EQ(tried_flags.size(), 1u);
}

// ---- Restrictions

TEST_F(Uring, ARestrictedRingRefusesWhatServingDoesNotNeed) {
    const UringOptions options{.restrict = true};
    Result<Ring> ring = Ring::create(options);
    ASSERT_TRUE(ring) << ring.error().message;
    ASSERT_TRUE(ring->enable(true));
    ring->prepare().opcode = IORING_OP_NOP;
    ring->enter(1, 1'000'000'000, true);
    ASSERT_NE(ring->front(), nullptr);
    EXPECT_EQ(ring->front()->res, -EACCES);
    EXPECT_FALSE(ring->enable(true)) << "once and for all";
}

TEST_F(Uring, ServesWhenRestrictedAndSealed) {
    EXPECT_EQ(in_child([] {
                  TransportOptions options;
                  options.io_uring.restrict = true;
                  const auto sealed_world = World::create("io_uring", options);
                  Host host(*sealed_world);
                  host.echo_all = true;
                  const auto peer = sealed_world->dial(host.listen());
                  if (!seal_transports(options)) return 1;
                  const auto one_more = make_transport("io_uring", options);
                  if (one_more || !one_more.error().message.contains("io-uring-restrict")) return 2;
                  const std::string bytes = pattern(100'000);
                  if (converse(host, *peer, bytes, 5000, bytes.size()) != bytes) return 3;
                  return make_transport("epoll") ? 0 : 4;
              }),
              0);
}

// ---- Memory

TEST_F(Uring, AnIdleConnectionIsCheap) {
    const size_t room = raise_descriptor_limit();
    const size_t count = std::min<size_t>(10'000, room / 2 - 50);
    const auto all = world({});
    Host host(*all);
    std::vector<UniqueFd> others;
    const size_t before = heap_in_use();
    others.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        int ends[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        others.emplace_back(ends[1]);
        ASSERT_TRUE(host->adopt(ends[0]));
    }
    for (int i = 0; i < 4; ++i) host.poll();
    EXPECT_LT((heap_in_use() - before) / count, 1024u);
    const auto& transport = static_cast<const uring::UringTransport&>(host.transport());
    EXPECT_LE(transport.buffers().joined_bytes(), size_t{1} << 20) << "they hold no buffers";
}

// The mappings of rings in this process.
std::vector<std::string> ring_mappings() {
    std::ifstream maps("/proc/self/maps");
    std::vector<std::string> found;
    for (std::string line; std::getline(maps, line);)
        if (line.find("[io_uring]") != std::string::npos) found.push_back(line);
    return found;
}

TEST_F(Uring, AChildHasNoneOfTheMemory) {
    const auto all = world({});
    Host host(*all);
    EXPECT_FALSE(ring_mappings().empty());
    EXPECT_EQ(in_child([] { return ring_mappings().empty() ? 0 : 1; }), 0);
}

// A child that lives on keeps no connection open that the parent has closed.
TEST_F(Uring, AChildDoesNotHoldConnectionsOpen) {
    const auto all = world({});
    Host host(*all);
    const auto peer = all->dial(host.listen());
    Host::Conn* conn = host.accepted();
    ASSERT_NE(conn, nullptr);
    int gate[2];
    ASSERT_EQ(::pipe(gate), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char byte;
        ::close(gate[1]);
        ::_exit(::read(gate[0], &byte, 1) == 0 ? 0 : 1);
    }
    host->close(conn->id);
    EXPECT_TRUE(host.until([&] { return conn->closed == 1 && peer->at_end(); }));
    ::close(gate[1]);
    ::waitpid(child, nullptr, 0);
    ::close(gate[0]);
}

// ---- Sends without copies

// An address of this machine that does not look like it; empty if there is none.
std::string outer_address() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return {};
    std::string found;
    for (const ifaddrs* at = list; at != nullptr && found.empty(); at = at->ifa_next) {
        if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
        sockaddr_storage address{};
        std::memcpy(&address, at->ifa_addr, sizeof(sockaddr_in));
        const PeerAddress peer = to_peer_address(address);
        if (is_local(peer)) continue;
        for (int i = 0; i < 4; ++i)
            found += (i == 0 ? "" : ".") + std::to_string(peer.bytes[size_t(i)]);
    }
    ::freeifaddrs(list);
    return found;
}

TEST_F(Uring, HoldsUncopiedBytesUntilTheKernelIsDone) {
    const std::string address = outer_address();
    if (address.empty()) GTEST_SKIP() << "no address but loopback";
    const auto uncopied = world({.zerocopy_min = 64 << 10});
    Host host(*uncopied);
    auto peer = uncopied->dial(host.listen(Endpoint::tcp(address, 0)));
    Host::Conn* conn = host.accepted();
    ASSERT_NE(conn, nullptr);
    ASSERT_FALSE(host->peer_is_local(conn->id));
    std::string got, expected;
    for (uint32_t round = 1; round <= 3; ++round) {
        std::string reply = pattern(1'000'000, round);
        expected += reply;
        const Slice chunks[] = {Slice(reply).substr(0, 300'000), Slice(reply).substr(300'000)};
        ASSERT_EQ(host->send(conn->id, chunks), SendStatus::pending);
        ASSERT_TRUE(host.until([&] {
            peer->receive(got, 1 << 20);
            return conn->sent == int(round);
        }));
        reply.assign(reply.size(), '!');  // it is ours again
    }
    ASSERT_TRUE(host.until([&] {
        peer->receive(got, 1 << 20);
        return got.size() >= expected.size();
    }));
    EXPECT_TRUE(got == expected);
    // And an end while they are out.
    const Slice chunk = big_reply();
    ASSERT_EQ(host->send(conn->id, {&chunk, 1}), SendStatus::pending);
    host.poll();
    host->close(conn->id);
    peer->close();
    EXPECT_TRUE(host.until([&] { return conn->closed == 1; }));
}

}  // namespace
}  // namespace rota
