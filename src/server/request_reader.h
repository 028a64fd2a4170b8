// SPDX-License-Identifier: BSD-3-Clause
// RequestReader: from the received bytes of clients to requests in a batch. What of a request has
// not come yet waits in the client's query buffer, with its parser; so do requests that must wait.
//
// Threading: one thread's; a client is read by one reader at a time, and may be read by another
// next time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "client/options.h"
#include "platform/counter.h"
#include "server/batch.h"
#include "server/local_reads.h"

namespace rota {

class CommandTable;
class Keyspace;

// What has been done with sockets, for INFO.
struct IoCounters {
    Counter reads, writes, net_in, net_out;
    Counter commands, hits, misses;  // answered without the executor
    Counter batches;
    Counter polls;  // on the executor's behalf
    Counter freed;  // requests, with what they held
    // What this thread has added to IO halves of clients less what it has taken away, modulo 2^64:
    // the sum of all threads is what all clients hold there.
    Counter client_bytes;

    void show_sizes(ClientIo& io) { client_bytes += io.show_sizes(); }
    void add(const IoCounters& more) {
        reads += more.reads;
        writes += more.writes;
        net_in += more.net_in;
        net_out += more.net_out;
        commands += more.commands;
        hits += more.hits;
        misses += more.misses;
        batches += more.batches;
        polls += more.polls;
        freed += more.freed;
        client_bytes += more.client_bytes;
    }
};

// What of the configuration IO goes by.
struct IoOptions {
    ClientOptions client;
    ReadOptions reads;
    int64_t gather_max_us = 0;  // see WaitModeration
};

class RequestReader {
public:
    // Who takes the batches. Calls come from within the reader's own.
    class Host {
    public:
        virtual ~Host() = default;
        // The batch has all that it should, or a request whose answer decides about the next;
        // returns the one to fill on, which may be the same.
        virtual Batch& take(Batch&) = 0;
        // Requests of the client wait in its query buffer (io.held_up): nothing more of it need be
        // received until resumed().
        virtual void held(Client&) = 0;
        virtual void resumed(Client&) = 0;
        // The client must end, for the reason in io.fault.
        virtual void gave_up(Client&) = 0;
    };

    // `reads` is null on the executor, which answers all by itself.
    RequestReader(const CommandTable&, const Keyspace&, Host&, IoCounters&, Batch& first,
                  LocalReads* reads);

    void apply(const IoOptions&);
    // The wall clock, once a turn.
    void set_now(int64_t now_ms) { now_ms_ = now_ms; }
    // While set, nothing is parsed: the executor is behind.
    void set_behind(bool behind) { behind_ = behind; }
    bool behind() const { return behind_; }

    // Takes in what was received; `data` must live until the batch is back.
    void receive(Client&, Slice data);
    // Goes on with a client that was held up.
    void parse_query(Client&);
    // Before it has authenticated, a client may send less, and a request that may change that
    // decides about the next.
    bool must_hold(const Client& client) const {
        const ClientIo& io = client.io;
        return io.terms.waiting || (io.asks_auth && io.requests_out > 0) || behind_;
    }
    void hold(Client&);
    // Answers the reads that can be answered here; the others join the batch.
    void run_reads() {
        if (reads_ != nullptr && !reads_->empty()) reads_->run(now_ms_, *batch_);
    }
    // Has the host take the batch.
    void submit();

    LocalReads* reads() { return reads_; }
    Batch& batch() { return *batch_; }

private:
    size_t gather(Client&, Slice bytes, RequestParser&);
    void add_request(Client&, Slice raw, std::span<const Slice> args);
    void add_protocol_error(Client&, Slice text);
    std::span<const Slice> keep(std::span<const Slice> args);
    bool over_query_limit(Client&);

    const CommandTable& commands_;
    const Keyspace& keyspace_;
    Host& host_;
    IoCounters& counters_;
    ClientOptions options_;
    RequestParser parser_;  // for clients without an unfinished request
    LocalReads* reads_;
    Batch* batch_;
    bool behind_ = false;
    int64_t now_ms_ = 0;
    std::vector<Slice> kept_args_;  // of the inline request being added
};

}  // namespace rota
