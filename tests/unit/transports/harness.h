// SPDX-License-Identifier: BSD-3-Clause
// What the transport tests share: a world with transports and raw peers in it, kernel or simulated,
// and a host that polls a transport and remembers what it was told.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "transports/options.h"
#include "transports/transport.h"

namespace rota {

// The other side of a connection, driven by hand. Nothing of it blocks.
class Peer {
public:
    virtual ~Peer() = default;
    // How many bytes went; 0 when there is no room or the connection is broken.
    virtual size_t send(Slice bytes) = 0;
    // Appends at most `most` bytes to `to`.
    virtual size_t receive(std::string& to, size_t most) = 0;
    virtual bool at_end() = 0;  // the other side has ended and all of it was received
    virtual bool broken() = 0;  // an error
    virtual void half_close() = 0;
    virtual void reset() = 0;
    virtual void close() = 0;
    virtual std::string name() const = 0;
};

class World {
public:
    virtual ~World() = default;
    virtual std::unique_ptr<Transport> make() = 0;
    virtual std::unique_ptr<Peer> dial(const Endpoint& where) = 0;  // null if refused at once
    virtual void step() {}
    virtual bool is_kernel() const = 0;
    // A peer can say that it will send no more, and still receive.
    virtual bool has_half_close() const { return true; }
    // Unix sockets, ::1.
    virtual bool has_local_sockets() const { return true; }
    // Bytes for a test that wants many.
    virtual size_t bulk() const { return size_t{64} << 20; }
    // Connections at the same time in a test that wants many.
    virtual int crowd() const { return 1000; }
    // A connection that has been in use can still be detached.
    virtual bool can_move() const { return true; }
    // Somewhere to listen.
    virtual Endpoint any_port() const { return Endpoint::tcp("127.0.0.1", 0); }

    // What a transport of this world calls itself; null: what the world is called.
    virtual const char* transport_name() const { return nullptr; }

    // "sim", "rdma", or a name that make_transport() knows, alone or with TLS on top ("epoll_tls").
    static std::unique_ptr<World> create(const std::string& name,
                                         const TransportOptions& options = {});
};

// A directory for sockets, removed with all in it.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

class Host {
public:
    struct Conn {
        ConnId id{};
        ListenerId listener{};
        std::string received;
        std::deque<std::string> outgoing;  // what echo has handed to send() and not got back
        size_t received_events = 0;
        int connected = 0, readable = 0, eof = 0, sent = 0, detached = 0, closed = 0;
        int error = 0;
        bool echo = false;
    };

    explicit Host(World& world, size_t events_per_poll = 64)
        : world_(world), transport_(world.make()), events_(events_per_poll) {}

    Transport& transport() { return *transport_; }
    Transport* operator->() { return transport_.get(); }
    Endpoint listen() { return listen(world_.any_port()); }
    Endpoint listen(const Endpoint& where, const ListenOptions& options = {});
    // Waits for the next connection that nobody took yet; null after the deadline.
    Conn* accepted();
    Conn& remember(ConnId id);
    // Takes a descriptor over and remembers the connection; null if it was refused.
    Conn* adopt(int descriptor);
    size_t poll(int64_t wait_ns = 0);
    // Polls until it holds; false after ten seconds.
    bool until(const std::function<bool()>& holds);
    std::vector<std::unique_ptr<Conn>>& conns() { return conns_; }
    void forget_closed();
    bool echo_all = false;   // every accepted connection echoes
    bool keep_bytes = true;  // collect what arrives in Conn::received
    bool recycle = true;
    std::vector<BufferId> held;    // buffers while `recycle` is off
    std::vector<int> handed_over;  // descriptors of accepted and detached connections
    std::function<void(Conn&, const Event&)> on_event;

private:
    void handle(const Event& event);
    void echo(Conn& conn, Slice bytes);

    World& world_;
    std::unique_ptr<Transport> transport_;
    std::vector<Event> events_;
    std::vector<std::unique_ptr<Conn>> conns_;
    std::map<ConnId, Conn*> by_id_;
    size_t taken_ = 0;
};

// `size` bytes, no period of which is a power of two.
std::string pattern(size_t size, uint32_t seed = 1);

// Sends everything in pieces while the host polls and the peer reads `expected` bytes back.
std::string converse(Host& host, Peer& peer, Slice bytes, size_t piece, size_t expected);

// Where this machine has RDMA, as the environment says (ROTA_RDMA_ADDRESS); null: nowhere.
const char* rdma_address();

size_t open_descriptors();
size_t heap_in_use();

}  // namespace rota
