// SPDX-License-Identifier: BSD-3-Clause
// Executor: the one thread that runs commands. With one thread it also polls its transport itself:
//
//     poll -> parse -> batch -> prefetch -> run -> outbox -> send
//
// Requests of many clients are gathered into a batch first, so that the buckets and entries of the
// whole batch are on their way from memory while the first of them runs. Replies of a turn are
// written one behind the other into one hot buffer and leave at the end of the turn; what a socket
// does not take at once moves to the client's own queue.
//
// Threading: everything here belongs to the thread that calls turn().
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "commands/ctx.h"
#include "platform/buffer.h"
#include "transports/transport.h"

namespace rota {

struct ServerOptions;

class Executor {
public:
    Executor(Parts&, Transport&, const ServerOptions&);

    // One round: waits up to wait_max_ns for something to happen, then does all of it.
    void turn(int64_t wait_max_ns);

    // Monotonic time at the end of the last turn: recent enough to plan the next wait by.
    int64_t turn_end_us() const { return turn_end_us_; }

    // Ends a client. Nothing of it runs any more; it is freed when the transport has let it go.
    void close(Client&);
    // Bytes for a client outside of its own request, behind everything written for it so far.
    void push(Client&, Slice wire);

    // Whether the client is fed every command that runs.
    void set_monitor(Client&, bool on);

    void pause(PauseMode, int64_t until_ms);
    void unpause();
    bool paused() const { return pause_until_ms_ > 0; }
    PauseMode pause_mode() const { return pause_mode_; }
    int64_t pause_until_ms() const { return pause_until_ms_; }

    // Closes idle and over-limit clients, ends a pause that is over. From cron; bounded per call.
    void tend_clients();
    // The next command that needs memory asks how much is in use. From cron, and after a change of
    // maxmemory.
    void check_memory_soon() { memory_checks_left_ = 1; }
    // Freezes the clock that commands see; called at each turn and after long commands.
    void refresh_clock();

private:
    static constexpr size_t kEventsMax = 128;    // per poll
    static constexpr size_t kBatchMax = 64;      // requests run together: prefetch distance
    static constexpr size_t kOutKeep = 1 << 20;  // a larger reply buffer is given back

    static constexpr uint32_t kMemoryCheckEvery = 32;  // commands that need memory

    struct Request {
        Client* client;
        RegisteredCommand* command;     // null: unknown
        Slice raw;                      // its bytes, to be put back if the client must wait
        uint32_t first_arg, arg_count;  // in args_
        uint64_t key_hash;              // of the first key; 0: none
        bool put_back;
    };
    struct Outgoing {
        Client* client;
        size_t begin, end;  // in out_
    };

    void handle(const Event&);
    void accept(const Event&);
    void receive(Client&, Slice data);
    void connection_closed(Client&, int error);

    // Adds the whole requests at the front of `bytes` to the batch; returns how many bytes they
    // took.
    size_t gather(Client&, Slice bytes, RequestParser&);
    void parse_query(Client&);
    void protocol_error(Client&, Slice text);
    bool over_query_limit(Client&);

    void run_batch();
    void prepare(Request&);
    void run(Request&);
    bool admit(Request&, std::span<const Slice> args, Reply&);
    bool out_of_memory();
    bool must_wait(const Client&, const RegisteredCommand&) const;
    void call(Request&, std::span<const Slice> args, Reply&);
    void account(const Ctx&, uint64_t ticks, size_t reply_len);
    std::span<const Slice> shown_args(const Ctx&);
    void log_command(const Ctx&, int64_t spent_us, size_t reply_len);
    bool count_errors(Reply&);
    void feed_monitors(const Ctx&);
    void put_back_waiting();
    void resume_waiting();

    void open_segment(Client&);
    void close_segment();
    void flush();
    void send_segment(Client&, Slice bytes);
    void send_in_flight(Client&);
    void send_queued(Client&);
    void mark_dirty(Client&);
    void finish_if_done(Client&);
    bool over_output_limit(Client&, size_t bytes);
    void reap();

    Parts& parts_;
    Transport& transport_;
    const ServerOptions& options_;
    std::array<Event, kEventsMax> events_;
    RequestParser parser_;  // for clients without an unfinished request
    std::vector<Request> batch_;
    std::vector<Slice> args_;
    std::vector<Slice> shown_args_;  // of a command with secrets, these replaced
    Buffer out_;                     // replies of this turn
    std::vector<Outgoing> outbox_;
    Client* segment_client_ = nullptr;  // whose reply is being written
    size_t segment_begin_ = 0;
    std::vector<Client*> dirty_;      // have queued bytes, or are to end after their reply
    std::vector<Client*> graveyard_;  // the transport let them go
    std::vector<Buffer> borrowed_;    // query buffers that requests of the batch point into
    uint64_t last_ticks_ = 0;
    uint64_t turn_commands_ns_ = 0;
    int64_t turn_end_us_ = 0;
    int64_t pause_until_ms_ = 0;
    PauseMode pause_mode_ = PauseMode::write;
    bool running_batch_ = false;
    bool waiting_over_ = false;  // a pause has ended: those who waited go on
    int monitors_ = 0;
    uint32_t memory_checks_left_ = 1;
    bool over_memory_ = false;
};

}  // namespace rota
