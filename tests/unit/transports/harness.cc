// SPDX-License-Identifier: BSD-3-Clause
#include "harness.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "platform/assert.h"
#include "transports/options.h"
#include "transports/sim/sim_transport.h"
#include "transports/sockets.h"
#include "transports/transports.h"
#ifdef ROTA_TLS
#include "tls_identity.h"
#include "transports/tls/tls_session.h"
#endif

namespace rota {
namespace {

constexpr auto kDeadline = std::chrono::seconds(10);

class SocketPeer final : public Peer {
public:
    explicit SocketPeer(UniqueFd fd) : fd_(std::move(fd)) { set_stream_options(fd_.get(), 0); }

    size_t send(Slice bytes) override {
        const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        note(sent);
        return sent > 0 ? static_cast<size_t>(sent) : 0;
    }
    size_t receive(std::string& to, size_t most) override {
        const size_t before = to.size();
        to.resize(before + std::min(most, size_t{64} << 10));
        const ssize_t got = ::recv(fd_.get(), to.data() + before, to.size() - before, 0);
        note(got);
        to.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
        if (got == 0) ended_ = true;
        return to.size() - before;
    }
    bool at_end() override {
        peek();
        return ended_;
    }
    bool broken() override {
        peek();
        return broken_;
    }
    void half_close() override { ::shutdown(fd_.get(), SHUT_WR); }
    void reset() override {
        const linger hard{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        fd_.reset();
    }
    void close() override { fd_.reset(); }
    std::string name() const override { return format_local_name(fd_.get()); }

private:
    void note(ssize_t result) {
        if (result < 0 && errno != EAGAIN && errno != EINPROGRESS && errno != ENOTCONN)
            broken_ = true;
    }
    void peek() {
        char byte;
        const ssize_t got = ::recv(fd_.get(), &byte, 1, MSG_PEEK);
        note(got);
        if (got == 0) ended_ = true;
    }

    UniqueFd fd_;
    bool ended_ = false;
    bool broken_ = false;
};

class KernelWorld final : public World {
public:
    KernelWorld(std::string name, const TransportOptions& options)
        : name_(std::move(name)), options_(options) {}

    std::unique_ptr<Transport> make() override {
        Result<std::unique_ptr<Transport>> made = make_transport(name_, options_);
        if (!made) ADD_FAILURE() << made.error().message;
        return std::move(*made);
    }
    std::unique_ptr<Peer> dial(const Endpoint& where) override {
        Result<OutgoingSocket> begun = open_connection(where, {});
        return begun ? std::make_unique<SocketPeer>(std::move(begun->fd)) : nullptr;
    }
    bool is_kernel() const override { return true; }

private:
    std::string name_;
    TransportOptions options_;
};

#ifdef ROTA_TLS
// TLS over a kernel socket, by hand: what cannot be said before the handshake is said after it,
// which goes on in turn().
class TlsPeer final : public Peer {
public:
    TlsPeer(UniqueFd fd, const TlsContext& context, std::vector<TlsPeer*>& all)
        : all_(all), session_(TlsSession::connect(context, "")), socket_(std::move(fd)) {
        all_.push_back(this);
    }
    ~TlsPeer() override { std::erase(all_, this); }

    size_t send(Slice bytes) override {
        turn();
        if (unsent_.size() + session_->output().size() >= kUnsentMax || broken()) return 0;
        const Slice some = bytes.substr(0, kUnsentMax);
        unsent_ += some;
        turn();
        return some.size();
    }
    size_t receive(std::string& to, size_t most) override {
        turn();
        if (unread_.empty()) take_in();
        const size_t count = std::min(most, unread_.size());
        to.append(unread_, 0, count);
        unread_.erase(0, count);
        return count;
    }
    bool at_end() override {
        turn();
        if (unread_.empty()) take_in();
        return unread_.empty() && (session_->peer_finished() || socket_.at_end());
    }
    bool broken() override { return over_ || session_->failed() || socket_.broken(); }
    void half_close() override {
        says_no_more_ = true;
        turn();
    }
    void reset() override {
        over_ = true;
        socket_.reset();
    }
    void close() override {
        turn();
        over_ = true;
        socket_.close();
    }
    std::string name() const override { return socket_.name(); }

    void turn() {
        if (over_) return;
        if (!session_->established()) take_in();
        if (session_->established()) {
            if (!unsent_.empty()) session_->write(unsent_);
            unsent_.clear();
            if (says_no_more_) session_->finish();
        }
        Buffer& output = session_->output();
        if (!output.empty()) output.drop_front(socket_.send(output.view()));
        if (says_no_more_ && session_->established() && output.empty()) socket_.half_close();
    }

private:
    static constexpr size_t kUnsentMax = 64 << 10;

    void take_in() {
        std::string cipher;
        while (unread_.size() < kUnsentMax && socket_.receive(cipher, 16 << 10) != 0) {
            session_->take(cipher);
            cipher.clear();
            if (!session_->established()) continue;
            Buffer plain;
            session_->read(plain);
            unread_ += plain.view();
        }
    }

    std::vector<TlsPeer*>& all_;
    std::unique_ptr<TlsSession> session_;
    SocketPeer socket_;
    std::string unsent_, unread_;
    bool says_no_more_ = false, over_ = false;
};

class TlsWorld final : public World {
public:
    explicit TlsWorld(std::string host) : host_(std::move(host)) {}

    std::unique_ptr<Transport> make() override {
        Result<std::unique_ptr<Transport>> made = make_transport(host_);
        if (!made) {
            ADD_FAILURE() << made.error().message;
            return nullptr;
        }
        add_tls(*made);
        for (const TlsRole role : {TlsRole::server, TlsRole::client}) {
            const auto used = (*made)->use_tls(role, identity_.settings());
            EXPECT_TRUE(used) << used.error().message;
        }
        return std::move(*made);
    }
    std::unique_ptr<Peer> dial(const Endpoint& where) override {
        Endpoint plain = where;
        if (plain.kind == Endpoint::Kind::tls) plain.kind = Endpoint::Kind::tcp;
        Result<OutgoingSocket> begun = open_connection(plain, {});
        if (!begun) return nullptr;
        if (where.kind != Endpoint::Kind::tls)
            return std::make_unique<SocketPeer>(std::move(begun->fd));
        return std::make_unique<TlsPeer>(std::move(begun->fd), client_, peers_);
    }
    void step() override {
        for (TlsPeer* peer : peers_) peer->turn();
    }
    bool is_kernel() const override { return true; }
    size_t bulk() const override { return size_t{16} << 20; }
    int crowd() const override { return 100; }  // each costs two signatures
    Endpoint any_port() const override { return Endpoint::tls("127.0.0.1", 0); }
    const char* transport_name() const override { return host_.c_str(); }

private:
    std::string host_;
    TemporaryFolder folder_;
    TlsIdentity identity_ = TlsIdentity::make(folder_.file(""), "server");
    TlsContext client_ = *make_tls_context(identity_.settings(), false);
    std::vector<TlsPeer*> peers_;
};
#endif

class SimulatedPeer final : public Peer {
public:
    explicit SimulatedPeer(SimPeer peer) : peer_(std::move(peer)) {}

    size_t send(Slice bytes) override {
        if (peer_.unsent() != 0 || peer_.error() != 0) return 0;
        peer_.send(bytes.substr(0, 64 << 10));
        return std::min(bytes.size(), size_t{64} << 10);
    }
    size_t receive(std::string& to, size_t most) override {
        const size_t count = peer_.read_some(most);
        to += peer_.take_read();
        return count;
    }
    bool at_end() override { return peer_.at_end(); }
    bool broken() override { return peer_.error() != 0; }
    void half_close() override { peer_.half_close(); }
    void reset() override { peer_.reset(); }
    void close() override { peer_.close(); }
    std::string name() const override { return peer_.name(); }

private:
    SimPeer peer_;
};

class SimulatedWorld final : public World {
public:
    std::unique_ptr<Transport> make() override { return std::make_unique<SimTransport>(net_); }
    std::unique_ptr<Peer> dial(const Endpoint& where) override {
        SimPeer peer = net_.dial(where);
        return peer.error() != 0 ? nullptr : std::make_unique<SimulatedPeer>(std::move(peer));
    }
    void step() override { net_.step(); }
    bool is_kernel() const override { return false; }

private:
    SimNet net_{81723};
};

// A client of the transport itself: nobody else speaks its protocol without sockets.
class RdmaPeer final : public Peer {
public:
    RdmaPeer(std::unique_ptr<Transport> transport, ConnId id)
        : transport_(std::move(transport)), id_(id) {
        transport_->pause_receive(id_);
    }

    size_t send(Slice bytes) override {
        turn();
        if (gone_ || sending_ || transport_ == nullptr) return 0;
        outgoing_ = bytes.substr(0, size_t{64} << 10);
        const Slice chunk = outgoing_;
        sending_ = transport_->send(id_, {&chunk, 1}) == SendStatus::pending;
        return outgoing_.size();
    }
    size_t receive(std::string& to, size_t most) override {
        if (transport_ == nullptr) return 0;
        if (unread_.empty()) transport_->resume_receive(id_);
        turn();
        if (transport_ != nullptr) transport_->pause_receive(id_);
        const size_t count = std::min(most, unread_.size());
        to.append(unread_, 0, count);
        unread_.erase(0, count);
        return count;
    }
    bool at_end() override {
        look();
        return ended_ && unread_.empty();
    }
    bool broken() override {
        look();
        return gone_ && !ended_;
    }
    void half_close() override { FAIL() << "there is none"; }
    void reset() override { transport_.reset(); }
    void close() override { transport_.reset(); }
    std::string name() const override { return transport_->local_name(id_); }
    bool connected() const { return connected_; }

    void turn() {
        if (transport_ == nullptr) return;
        Event events[8];
        const size_t count = transport_->poll(events, 0);
        for (const Event& event : std::span(events, count)) {
            if (event.kind == Event::Kind::received) {
                unread_ += event.data;
                transport_->recycle(event.buffer);
            }
            connected_ |= event.kind == Event::Kind::connected;
            if (event.kind == Event::Kind::sent) sending_ = false;
            if (event.kind == Event::Kind::eof) ended_ = true;
            if (event.kind == Event::Kind::closed) gone_ = true;
        }
    }

private:
    // Whether it is over, without reading on.
    void look() {
        turn();
        if (unread_.empty() && transport_ != nullptr && !gone_) {
            transport_->resume_receive(id_);
            turn();
            transport_->pause_receive(id_);
        }
    }

    std::unique_ptr<Transport> transport_;
    ConnId id_;
    std::string unread_, outgoing_;
    bool sending_ = false, ended_ = false, gone_ = false, connected_ = false;
};

class RdmaWorld final : public World {
public:
    std::unique_ptr<Transport> make() override { return make_one(); }
    std::unique_ptr<Peer> dial(const Endpoint& where) override {
        std::unique_ptr<Transport> transport = make_one();
        const Result<ConnId> id = transport->connect(where, {});
        if (!id) return nullptr;
        auto peer = std::make_unique<RdmaPeer>(std::move(transport), *id);
        peers_.push_back(peer.get());
        return std::make_unique<Watched>(std::move(peer), peers_);
    }
    void step() override {
        for (RdmaPeer* peer : peers_) peer->turn();
    }
    bool is_kernel() const override { return false; }
    bool has_half_close() const override { return false; }
    bool has_local_sockets() const override { return false; }
    bool can_move() const override { return false; }
    size_t bulk() const override { return size_t{16} << 20; }  // every byte is emulated
    int crowd() const override { return 100; }
    Endpoint any_port() const override { return Endpoint::tcp(rdma_address(), 0); }

private:
    // A peer that leaves the list when it goes.
    class Watched final : public Peer {
    public:
        Watched(std::unique_ptr<RdmaPeer> peer, std::vector<RdmaPeer*>& all)
            : peer_(std::move(peer)), all_(all) {}
        ~Watched() override { std::erase(all_, peer_.get()); }
        size_t send(Slice bytes) override { return peer_->send(bytes); }
        size_t receive(std::string& to, size_t most) override { return peer_->receive(to, most); }
        bool at_end() override { return peer_->at_end(); }
        bool broken() override { return peer_->broken(); }
        void half_close() override { peer_->half_close(); }
        void reset() override { peer_->reset(); }
        void close() override { peer_->close(); }
        std::string name() const override { return peer_->name(); }

    private:
        std::unique_ptr<RdmaPeer> peer_;
        std::vector<RdmaPeer*>& all_;
    };

    static std::unique_ptr<Transport> make_one() {
        // Each peer has all of it for itself.
        TransportOptions options;
        options.rdma.rx_size = 128 << 10;
        Result<std::unique_ptr<Transport>> made = make_rdma(options);
        if (!made) ADD_FAILURE() << made.error().message;
        return std::move(*made);
    }

    std::vector<RdmaPeer*> peers_;
};

}  // namespace

const char* rdma_address() { return std::getenv("ROTA_RDMA_ADDRESS"); }

std::unique_ptr<World> World::create(const std::string& name, const TransportOptions& options) {
    if (name == "sim") return std::make_unique<SimulatedWorld>();
    if (name == "rdma") return std::make_unique<RdmaWorld>();
#ifdef ROTA_TLS
    if (const size_t plus = name.find("_tls"); plus != std::string::npos)
        return std::make_unique<TlsWorld>(name.substr(0, plus));
#endif
    return std::make_unique<KernelWorld>(name, options);
}

TemporaryFolder::TemporaryFolder() {
    char name[] = "/tmp/transports-XXXXXX";
    path_ = ::mkdtemp(name);
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

Endpoint Host::listen(const Endpoint& where, const ListenOptions& options) {
    const Result<ListenerId> listener = transport_->listen(where, options);
    if (!listener) {
        ADD_FAILURE() << listener.error().message;
        return {};
    }
    return transport_->local_endpoint(*listener);
}

Host::Conn* Host::accepted() {
    if (!until([&] { return conns_.size() > taken_; })) return nullptr;
    return conns_[taken_++].get();
}

Host::Conn& Host::remember(ConnId id) {
    Conn& conn = *conns_.emplace_back(std::make_unique<Conn>());
    conn.id = id;
    by_id_[id] = &conn;
    transport_->set_user(id, &conn);
    return conn;
}

Host::Conn* Host::adopt(int descriptor) {
    const Result<ConnId> id = transport_->adopt(descriptor);
    return id ? &remember(*id) : nullptr;
}

void Host::forget_closed() {
    std::erase_if(conns_, [](const auto& conn) { return conn->closed != 0; });
    taken_ = conns_.size();
}

bool Host::until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        world_.step();
        poll(1'000'000);
    }
    return true;
}

size_t Host::poll(int64_t wait_ns) {
    const size_t count = transport_->poll(events_, wait_ns);
    for (size_t i = 0; i < count; ++i) handle(events_[i]);
    return count;
}

void Host::handle(const Event& event) {
    if (event.descriptor >= 0) handed_over.push_back(event.descriptor);
    if (event.kind == Event::Kind::accepted && event.descriptor >= 0) return;
    if (event.kind == Event::Kind::accepted) {
        Conn& fresh = remember(event.conn);
        fresh.listener = event.listener;
        fresh.echo = echo_all;
    }
    const auto found = by_id_.find(event.conn);
    ASSERT_NE(found, by_id_.end()) << "an event for a connection that is gone";
    Conn& conn = *found->second;
    switch (event.kind) {
        case Event::Kind::accepted:
            break;
        case Event::Kind::connected:
            ++conn.connected;
            break;
        case Event::Kind::readable:
            ++conn.readable;
            break;
        case Event::Kind::eof:
            ++conn.eof;
            break;
        case Event::Kind::sent:
            ++conn.sent;
            conn.outgoing.clear();
            if (conn.echo) transport_->resume_receive(conn.id);
            break;
        case Event::Kind::detached:
            ++conn.detached;
            by_id_.erase(found);
            break;
        case Event::Kind::closed:
            ++conn.closed;
            conn.error = event.error;
            by_id_.erase(found);
            break;
        case Event::Kind::received:
            EXPECT_FALSE(event.data.empty());
            EXPECT_EQ(conn.eof, 0) << "bytes after the end";
            ++conn.received_events;
            if (conn.echo) echo(conn, event.data);
            if (keep_bytes && !conn.echo) conn.received += event.data;
            break;
    }
    EXPECT_EQ(event.user, event.kind == Event::Kind::accepted ? nullptr : &conn);
    if (on_event) on_event(conn, event);
    if (event.kind != Event::Kind::received) return;
    if (recycle)
        transport_->recycle(event.buffer);
    else
        held.push_back(event.buffer);
}

// As a server would: what cannot leave at once is kept alive, and a peer that does not read its
// answers is not read from.
void Host::echo(Conn& conn, Slice bytes) {
    const Slice chunk = conn.outgoing.emplace_back(bytes);
    if (transport_->send(conn.id, {&chunk, 1}) == SendStatus::pending)
        transport_->pause_receive(conn.id);
    else
        conn.outgoing.pop_back();
}

std::string pattern(size_t size, uint32_t seed) {
    std::string bytes(size, '\0');
    uint32_t state = seed * 2654435761u + 1;
    for (char& byte : bytes) {
        state = state * 1664525u + 1013904223u;
        byte = static_cast<char>(state >> 24);
    }
    return bytes;
}

std::string converse(Host& host, Peer& peer, Slice bytes, size_t piece, size_t expected) {
    std::string answer;
    host.until([&] {
        for (int i = 0; i < 8 && !bytes.empty(); ++i)
            bytes.remove_prefix(peer.send(bytes.substr(0, piece)));
        while (peer.receive(answer, size_t{64} << 10) != 0) host.poll(0);
        if (!bytes.empty()) host.poll(0);
        return bytes.empty() && answer.size() >= expected;
    });
    return answer;
}

size_t open_descriptors() {
    size_t count = 0;
    DIR* folder = ::opendir("/proc/self/fd");
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    return count;
}

size_t heap_in_use() {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

}  // namespace rota
