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
#include <memory>
#include <vector>

#include "client/options.h"
#include "platform/clock.h"
#include "platform/thread_usage.h"
#include "server/batch.h"
#include "server/moderation.h"
#include "server/request_reader.h"
#include "transports/transport.h"

namespace rota {

class IoLoop final : private RequestReader::Host {
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
        // The transport has let the connection go: no event of it follows, no batch submitted from
        // here on names it.
        virtual void gone(Client&) = 0;
        // The client must end, for the reason in io.fault.
        virtual void failed(Client&) = 0;
        // Output of a batch is about to leave.
        virtual void about_to_send() {}
        // A client that was told to leave has left; its socket is in io.descriptor.
        virtual void left(Client&) = 0;
        // Shared mode: there is input for it. To be lent and read, or it is not told again.
        virtual void readable(Client&) {}
        // The loan of a client whose work was done here has ended: take_back() is due.
        virtual void returned(Client&) {}
    };

    IoLoop(int index, Transport&, const CommandTable&, const Keyspace&, Upstream&, Batch& first,
           const IoOptions&, LocalReads* reads = nullptr);

    int index() const { return index_; }
    Transport& transport() { return transport_; }
    const IoCounters& counters() const { return counters_; }  // any thread

    // Waits up to wait_max_ns for something to happen; then gather() puts all of it into batches.
    void wait(int64_t wait_max_ns) {
        if (!deferred_.empty()) wait_max_ns = 0;
        events_waiting_ = transport_.poll(events_, wait_max_ns);
        next_event_ = 0;
    }
    void gather(const Clock::Moment& now);
    // Sends the replies to reads that were answered here. Before anything of a later job.
    void send_reads();
    // Sends the replies of a batch that has run, and takes its memory back for the next.
    void deliver(Batch&);
    // The end of a turn: what is still queued is offered to the sockets, clients that are done end.
    void finish_turn();
    // The batch being filled.
    Batch& batch() { return active_->batch(); }

    // While a script is busy, in the middle of a batch of this loop or of another, others are
    // served by a second reader with a batch of its own. See Executor, busy.cc.
    void begin_busy(RequestReader&);
    void serve_while_busy();
    void end_busy();
    std::unique_ptr<RequestReader> make_reader(const CommandTable&, const Keyspace&, Batch& first);
    // A part of what it has sent is in a reader's hands, further up: it cannot be read now.
    bool is_being_read(const Client& client) const { return &client == being_read_; }
    // Sends what a batch that still runs has for clients so far, and forgets it there.
    void send_early(Batch&);

    // Clients come and go.
    void begin(Client&, ConnId);          // a connection of this transport
    bool adopt(Client&, int descriptor);  // false: it could not be taken over
    void bury(Client&);                   // one that could not be taken over: ends as gone
    void close(Client&);
    void leave(Client&);  // ends as Upstream::left, or as gone
    // What the client held is no more counted. For one that no loop names any more.
    void let_go(const Client&);
    template <class Visit>
    void for_each_client(Visit&& visit) {
        for (Client* client : clients_) visit(*client);
    }
    size_t client_count() const { return clients_.size(); }

    // Shared mode, for the executor's loop. While a client is lent, its IO half is with whoever
    // does the job; nothing here touches it. Own output is delivered before anybody is lent.
    void deliver_own();
    // False: its connection has just ended.
    bool lend(Client&);
    // Takes over what the holder has found out. The client may be failing.
    void take_back(Client&);
    // Does with a loan what its holder would have done: receives, and has the requests run.
    void receive_here(Client&);
    // Takes terms and finished requests of a batch that has run; leaves in it the output that can
    // be sent now, and lends those it is for. Returns how many.
    size_t lend_output(Batch&);
    // Sends the output that lend_output() left, and has the clients returned. How many.
    size_t send_here(Batch&);

    void apply(const IoOptions&);
    bool limits_memory() const { return options_.maxmemory_clients != 0; }
    // Checks soft limits and gives idle memory back. A few times a second.
    void tend();

private:
    static constexpr size_t kEventsMax = 128;  // per poll
    // With the executor; then no more is parsed, and TCP pushes back on those who ask for more.
    static constexpr size_t kBatchesOutMax = 64;

    void moderate(int64_t now_us, uint64_t receives);
    void handle(const Event&);
    void take_event(const Event&);
    void take_events();
    void read(Client&, Slice received);
    void parse_query(Client&);
    void look_after_dirty();
    void feed_starved();
    void submit_rest();
    void absorb(Batch&);
    void take_terms(const Outgoing&);
    void end_requests(const Batch&);

    Batch& take(Batch&) override;
    void held(Client&) override;
    void resumed(Client&) override;
    void gave_up(Client&) override;

    void send_output(Batch&);
    void send_segment(Client&, Slice bytes);
    bool may_send(Client&, Slice bytes);
    void send_bytes(Client&, Slice bytes);
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

    const int index_;
    Transport& transport_;
    Upstream& upstream_;
    RequestReader reader_;
    ClientOptions options_;
    WaitModeration moderation_{thread_effort};
    int64_t gather_us_ = 0;  // as the transport was told
    size_t batches_out_ = 0;
    int64_t now_ms_ = 0;  // wall clock, once a turn
    size_t events_waiting_ = 0, next_event_ = 0;
    std::array<Event, kEventsMax> events_;
    RequestReader* active_ = &reader_;    // reader_, unless a script is busy
    const Client* being_read_ = nullptr;  // by reader_, right now
    std::vector<Event> deferred_;         // its events, while a script is busy
    bool looking_after_ = false;          // dirty_ is being gone through
    std::vector<Client*> dirty_;
    std::vector<Client*> clients_;
    std::vector<Client*> starved_;  // held up at kBatchesOutMax
    IoCounters counters_;
};

}  // namespace rota
