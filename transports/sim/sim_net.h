// SPDX-License-Identifier: BSD-3-Clause
// SimNet: a network in memory, for tests. One seed decides every delay, split and loss, and time
// passes only when step() or advance() says so; the same seed and calls give the same bytes in the
// same order. Hosts are SimTransports on it; SimPeer is a client without a server behind it:
//
//     SimNet net(seed);
//     SimTransport server(net);
//     ... server.listen(Endpoint::tcp("10.0.0.1", 6379), {}) ...
//     SimPeer peer = net.dial(Endpoint::tcp("10.0.0.1", 6379));
//     peer.send("PING\r\n");
//     server.poll(events, 0);      // accepted, received
//     net.step();
//     EXPECT_EQ(peer.received(), "+PONG\r\n");
//
// Threading: one thread for the net, its transports and its peers. The net outlives them all.
#pragma once

#include <cerrno>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/slice.h"
#include "transports/endpoint.h"

namespace rota {

struct SimOptions {
    int64_t delay_max_ns = 0;     // a piece is under way for 0 to this long; order is kept
    size_t piece_max = 0;         // bytes travel and arrive in pieces of 1 to this; 0: unsplit
    bool partial_sends = false;   // a write takes only some of what would fit
    size_t window = 64 << 10;     // unread bytes per direction: beyond that writes are refused
    uint32_t reset_one_in = 0;    // the chance that a write breaks its connection; 0: never
    int64_t step_ns = 1'000'000;  // what step() advances
};

class SimNet;

// Both directions between two ends, 0 the one that dialled and 1 the one that listened.
class SimLink {
public:
    SimLink(SimNet& net, std::string dialler, std::string listener, Endpoint::Kind kind);

    // Takes up to all of the bytes, less when the window is full, 0 when the link is broken.
    size_t write(int end, Slice bytes);
    // The bytes that have arrived and that read() would give, at most `most`.
    size_t readable(int end) const;
    std::string read(int end, size_t most);
    // Everything the other end wrote has been read and it will write no more.
    bool at_end(int end) const;
    void end_output(int end);
    // Like close(2): bytes not read become a reset that destroys what is under way to the other
    // end; else the other end sees an end of stream, and a reset if it writes again.
    void close(int end);
    void reset(int end);
    void refuse() { break_for(0, ECONNREFUSED); }

    // 0, or why the link is broken as this end sees it.
    int error(int end) const { return ends_[end].error; }
    const std::string& name(int end) const { return ends_[end].name; }
    Endpoint::Kind kind() const { return kind_; }

private:
    struct Piece {
        std::string bytes;
        int64_t due_ns;
    };
    struct End {
        std::string name;
        std::deque<Piece> incoming;  // what the other end wrote and this one has not read
        size_t unread = 0;           // bytes in it
        int64_t last_due_ns = 0;     // nothing overtakes
        bool output_ended = false;
        int64_t end_due_ns = 0;  // when the other end learns of it
        bool closed = false;
        int error = 0;
    };
    void break_for(int end, int error);

    SimNet& net_;
    Endpoint::Kind kind_;
    End ends_[2];
};

// A client by hand. Copies are the same client.
class SimPeer {
public:
    // Never refused: what the window does not take leaves with the next step().
    void send(Slice bytes);
    // Everything that has arrived so far; take() also forgets it. A peer that calls neither is one
    // that does not read.
    const std::string& received();
    std::string take();
    // Reads at most `most` bytes more; take_read() is take() for just those.
    size_t read_some(size_t most);
    std::string take_read();

    void half_close();
    void close();
    void reset();

    bool at_end() const;  // the same, without reading on
    bool eof();           // the other side has ended and all of it was read
    int error() const;    // ECONNREFUSED, ECONNRESET, or 0
    size_t unsent() const;
    std::string name() const;

private:
    friend class SimNet;
    struct State {
        std::shared_ptr<SimLink> link;  // null: refused
        std::string name;
        std::string unsent;
        std::string received;
        bool half_close_asked = false;
        void flush();
    };
    std::shared_ptr<State> state_;
};

class SimNet {
public:
    explicit SimNet(uint64_t seed, const SimOptions& options = {})
        : options_(options), random_(seed) {}
    SimNet(const SimNet&) = delete;
    SimNet& operator=(const SimNet&) = delete;

    SimPeer dial(const Endpoint& where);

    int64_t now_ns() const { return now_ns_; }
    void advance(int64_t ns);
    void step() { advance(options_.step_ns); }

    SimOptions& options() { return options_; }
    uint64_t random();
    uint64_t random_below(uint64_t bound) { return bound == 0 ? 0 : random() % bound; }

    // For SimTransport. Null where nobody listens.
    std::shared_ptr<SimLink> connect(const Endpoint& where, const std::string& from = {});
    bool open_port(Endpoint& where);  // false if taken; fills in port 0
    void close_port(const Endpoint& where);
    std::shared_ptr<SimLink> next_pending(const Endpoint& where);  // null: nobody waits
    // One end of a link between two transports, under a number that stands for a descriptor: never
    // one of this process, so that close() on it is an error and nothing more.
    struct Parked {
        std::shared_ptr<SimLink> link;  // null: no such number
        int end = 0;
    };
    int park(Parked what);
    Parked unpark(int descriptor);

private:
    static constexpr uint16_t kFirstPort = 10001;
    static constexpr int kFirstDescriptor = 1 << 30;
    uint16_t next_port();

    SimOptions options_;
    uint64_t random_;
    int64_t now_ns_ = 0;
    uint16_t next_port_ = kFirstPort;
    std::map<std::string, std::deque<std::shared_ptr<SimLink>>> listening_;
    std::vector<std::weak_ptr<SimPeer::State>> peers_;
    std::map<int, Parked> parked_;
    int next_descriptor_ = kFirstDescriptor;
};

}  // namespace rota
