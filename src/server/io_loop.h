// SPDX-License-Identifier: BSD-3-Clause
// IoLoop: the IO half of the server for the connections of one transport: it polls, parses requests
// into batches for the executor, and sends what comes back. The executor's own thread has one, and
// so has every IO thread; they are the same code, and differ in who takes their batches.
//
//     poll -> parse -> batch -> (executor) -> deliver -> send
//
// Replies of a batch lie one behind the other in one hot buffer; what a socket does not take at
// once moves to the client's own queue, so that at most one send of a client is in flight.
//
// Threading: everything belongs to the thread that polls, but for counters(), which any may read.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "client/options.h"
#include "platform/counter.h"
#include "server/batch.h"
#include "server/local_reads.h"
#include "transports/transport.h"

namespace rota {

class CommandTable;
class Keyspace;

// What a loop has done, for INFO.
struct IoCounters {
    Counter reads, writes, net_in, net_out;
    Counter commands, hits, misses;  // answered without the executor
    Counter batches;

    void add(const IoCounters& more) {
        reads += more.reads;
        writes += more.writes;
        net_in += more.net_in;
        net_out += more.net_out;
        commands += more.commands;
        hits += more.hits;
        misses += more.misses;
        batches += more.batches;
    }
};

// What of the configuration a loop goes by.
struct IoOptions {
    ClientOptions client;
    ReadOptions reads;
};

class IoLoop {
public:
    // Who takes what the loop cannot do itself. Calls come from within gather(), deliver() and
    // finish_turn().
    class Upstream {
    public:
        virtual ~Upstream() = default;
        // Takes a batch with requests; returns the one to fill next, which may be the same one,
        // already run.
        virtual Batch& submit(Batch&) = 0;
        virtual void accepted(const Event&) = 0;
        // The transport has let the connection go: no event of it follows.
        virtual void gone(Client&) = 0;
        // The client must end, for the reason in io.fault.
        virtual void failed(Client&) = 0;
        // A client that was told to leave has left; its socket is in io.descriptor.
        virtual void left(Client&) = 0;
    };

    IoLoop(int index, Transport&, const CommandTable&, const Keyspace&, Upstream&, Batch& first,
           const IoOptions&, LocalReads* reads = nullptr);

    int index() const { return index_; }
    Transport& transport() { return transport_; }
    const IoCounters& counters() const { return counters_; }  // any thread

    // Waits up to wait_max_ns for something to happen; then gather() puts all of it into batches.
    void wait(int64_t wait_max_ns) { events_waiting_ = transport_.poll(events_, wait_max_ns); }
    void gather(int64_t now_ms);
    // Sends the replies to reads that were answered here. Before anything of a later job.
    void send_reads();
    // Sends the replies of a batch that has run, and takes its memory back for the next.
    void deliver(Batch&);
    // The end of a turn: what is still queued is offered to the sockets, clients that are done end.
    void finish_turn();
    // The batch being filled.
    Batch& batch() { return *batch_; }

    // Clients come and go.
    void begin(Client&, ConnId);          // a connection of this transport
    bool adopt(Client&, int descriptor);  // false: it could not be taken over
    void bury(Client&);                   // one that could not be taken over: ends as gone
    void close(Client&);
    void leave(Client&);  // ends as Upstream::left, or as gone
    template <class Visit>
    void for_each_client(Visit&& visit) {
        for (Client* client : clients_) visit(*client);
    }
    size_t client_count() const { return clients_.size(); }

    void apply(const IoOptions&);
    // Checks soft limits and gives idle memory back. A few times a second.
    void tend();

private:
    static constexpr size_t kEventsMax = 128;  // per poll
    // With the executor; then no more is parsed, and TCP pushes back on those who ask for more.
    static constexpr size_t kBatchesOutMax = 64;

    void handle(const Event&);
    void receive(Client&, Slice data);
    void parse_query(Client&);
    size_t gather(Client&, Slice bytes, RequestParser&);
    bool must_hold(const Client&) const;
    void hold(Client&);
    void feed_starved();
    void add_request(Client&, Slice raw, std::span<const Slice> args);
    void add_protocol_error(Client&, Slice text);
    void run_reads();
    std::span<const Slice> keep(std::span<const Slice> args);
    void submit();
    void submit_rest();
    void absorb(Batch&);
    bool over_query_limit(Client&);

    void send_output(Batch&);
    void send_segment(Client&, Slice bytes);
    void send_in_flight(Client&);
    void send_queued(Client&);
    void mark_dirty(Client&);
    void look_after(Client&);
    bool over_output_limit(Client&, size_t more);
    void give_up(Client&, ClientFault);
    void connection_closed(Client&);
    void detached(Client&, int descriptor);
    void try_to_leave(Client&);
    void forget(Client&);
    void show_sizes(Client&);

    const int index_;
    Transport& transport_;
    const CommandTable& commands_;
    const Keyspace& keyspace_;
    Upstream& upstream_;
    ClientOptions options_;
    RequestParser parser_;  // for clients without an unfinished request
    LocalReads* reads_;     // null: the executor's own loop
    Batch* batch_;
    size_t batches_out_ = 0;
    int64_t now_ms_ = 0;  // wall clock, once a turn
    size_t events_waiting_ = 0;
    std::array<Event, kEventsMax> events_;
    std::vector<Client*> dirty_;
    std::vector<Client*> clients_;
    std::vector<Client*> starved_;  // held up at kBatchesOutMax
    std::vector<Slice> kept_args_;  // of the inline request being added
    IoCounters counters_;
};

}  // namespace rota
