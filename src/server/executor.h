// SPDX-License-Identifier: BSD-3-Clause
// Executor: the one thread that runs commands, and the only writer of the keyspace. Batches come
// from its own IO loop and, through a ring, from those of the IO threads; replies go back the way
// the requests came.
//
// What it writes for a client outside of that client's own request (a push) goes to the client's
// loop behind everything written for it before.
//
// Threading: everything here belongs to one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "client/tracking.h"
#include "commands/ctx.h"
#include "persist/aof.h"
#include "platform/buffer.h"
#include "server/batch.h"
#include "server/client_limit.h"
#include "server/io_loop.h"
#include "server/memory_limit.h"
#include "transports/transport.h"

namespace rota {

struct ScriptCall;
struct ScriptRun;
struct ServerOptions;

// Why a write is refused.
inline constexpr Slice kOutOfMemoryText = "OOM command not allowed when used memory > 'maxmemory'.";
bool disk_fails(const Parts&);
std::string disk_error(const Parts&);  // what it fails with, for a client
std::string unknown_subcommand_text(const RegisteredCommand& container,
                                    std::span<const Slice> args);

// The IO loops of other threads, as the executor sees them. Loop 0 is the executor's own. Nothing
// waits: what finds an inbox full is kept in order.
class RemoteLoops {
public:
    virtual ~RemoteLoops() = default;
    // A client has come, to the executor's own loop; it may be sent on to another.
    virtual void accepted(Client&) = 0;
    virtual void close(Client&) = 0;
    // The executor has forgotten the client; if it is not of loop 0, its loop now frees it.
    virtual void forgotten(Client&) = 0;
    // Output for a loop's clients, made outside of their requests; sent in order with the rest.
    virtual Batch& pushes(uint16_t loop) = 0;
    // A client of any loop has left it, or stays after all (io.descriptor < 0).
    virtual void left(Client&) = 0;
    // Shared mode: there is input for a client of the executor's loop.
    virtual void readable(Client&) = 0;
    // While a script is busy: what can be done in the middle of a command.
    virtual void serve_while_busy() = 0;
    // Sums over all threads, the ended ones included.
    virtual IoCounters counters() const = 0;
};

class Executor final : public IoLoop::Upstream, private KeyObserver {
public:
    Executor(Parts&, Transport&, const ServerOptions&);
    ~Executor() override;

    // One round: waits up to wait_max_ns for something to happen, then does it. Other loops' jobs
    // are done between the two halves.
    void begin_turn(int64_t wait_max_ns);
    void end_turn();
    // Runs a batch: the replies are in it afterwards.
    void run(Batch&);

    // Monotonic time at the end of the last turn: recent enough to plan the next wait by.
    int64_t turn_end_us() const { return turn_end_us_; }
    int64_t turn_begin_us() const { return turn_begin_us_; }  // of the last one, after its wait

    // Ends a client. Nothing of it runs any more; it is freed when its loop has let it go.
    void close(Client&);
    // Bytes for a client outside of its own request, behind everything written for it so far.
    void push(Client&, Slice wire);
    // Sends what had to wait while the client was moving.
    void settle(Client&);

    // Shared mode: takes back whom the batch was read from, and runs it.
    void run_read(Batch&);

    // Whether the client is fed every command that runs.
    void set_monitor(Client&, bool on);

    // The client waits in the command that runs. See blocking.cc.
    void block(Client&, std::unique_ptr<BlockedState>, int64_t timeout_ms);
    void unblock(Client&, UnblockReason);
    // To all who listen; how many those are. See publish.cc.
    int64_t publish(Subscription, Slice channel, Slice message);
    // notify-keyspace-events; the events so far go to those who listen.
    void set_events(uint32_t flags);
    void publish_events();
    // What keys that changed between commands, and prefixes that clients track, have to say to
    // clients. True: something was written.
    bool flush_pushes();
    // tracking-table-max-keys. From cron.
    void limit_tracking();
    // EXEC: see transactions.cc.
    void run_queued(Ctx& exec);
    // EVAL, FCALL: see scripts.cc.
    void run_script(Ctx&, const ScriptCall&);
    void call_from_script(Client& self, RegisteredCommand&, std::span<const Slice> args, Reply&);
    void count_error(Reply& reply) { count_errors(reply); }
    // Whether the script has been killed. One that has run for too long is busy from then on:
    // others are served meanwhile, mostly by telling them so. See busy.cc.
    bool script_must_end(ScriptRun&);
    bool busy() const { return busy_; }

    // Users may more or less than before. Reads on IO threads go by it at once.
    void permissions_changed();

    void pause(PauseMode, int64_t until_ms);
    void unpause();
    bool paused() const { return pause_until_ms_ > 0; }
    PauseMode pause_mode() const { return pause_mode_; }
    int64_t pause_until_ms() const { return pause_until_ms_; }

    // Closes idle clients, ends a pause that is over. From cron.
    void tend_clients();
    MemoryLimit& memory_limit() { return memory_limit_; }
    // There is more to evict than one command may be delayed for.
    bool is_evicting() const { return memory_limit_.is_evicting() && !paused(); }
    // maxmemory-clients may have changed.
    void count_clients() { client_limit_.count_all(); }
    // All reads come here, none is answered by an IO thread.
    void answer_all(bool on) {
        if (on == answers_all_) return;
        answers_all_ = on;
        on ? gate_.close() : gate_.open();
    }
    // Freezes the clock that commands see; called at each turn and after long commands.
    void refresh_clock();

    IoLoop& loop() { return loop_; }
    const IoLoop& loop() const { return loop_; }
    void set_remote(RemoteLoops* remote) { remote_ = remote; }
    ReadGate& read_gate() { return gate_; }

    // IoLoop::Upstream, for the executor's own loop; IO threads pass theirs on.
    Batch& submit(Batch&) override;
    void accepted(const Event&) override;
    void gone(Client&) override;
    void failed(Client&) override;
    void left(Client& client) override { remote_->left(client); }
    void readable(Client& client) override { remote_->readable(client); }
    // Whoever learns of a write may rely on it: it is in the append-only file first.
    void about_to_send() override { parts_.aof.settle(); }
    // What was written for it meanwhile is sent; if it was closed meanwhile, it now ends.
    void returned(Client&) override;

private:
    void prefetch(std::span<const Request>);
    void run(Request&, std::span<const Slice> args, Batch& out);
    void protocol_error(Client&, Slice text, Batch& out);
    bool admit(Request&, std::span<const Slice> args, Reply&);
    bool may_run(Request&, std::span<const Slice> args, Reply&);
    bool permitted(const Request&, std::span<const Slice> args, Reply&);
    uint64_t flags_of(const Request&, std::span<const Slice> args) const;
    bool still_permitted(const Request&, std::span<const Slice> args, Reply&);
    bool queue(Request&, std::span<const Slice> args, Reply&);
    void refuse_in_multi(const Request&, Reply&, size_t reply_begin);
    void touch_watched(int db, int other);
    bool lacks_memory(uint64_t flags);
    bool refuses_while_busy(const RegisteredCommand&, std::span<const Slice> args) const;
    void begin_busy(ScriptRun&);
    void serve_while_busy();
    void end_busy();
    bool must_wait(const Request&, std::span<const Slice> args) const;
    void call(Request&, std::span<const Slice> args, Reply&);
    void account(const Ctx&, uint64_t spent_ns, size_t reply_len);
    std::span<const Slice> shown_args(const Ctx&);
    void log_command(const Ctx&, int64_t spent_us, size_t reply_len);
    bool count_errors(Reply&);
    void feed_monitors(const Ctx&);
    void show_to_monitors(const Ctx&);

    void refuse(const Event&, Slice reason);
    void add_output(Batch&, Client&, size_t begin);
    void tell_terms(Client&);
    Batch& output_for(const Client&);
    void write_to(Client&, Slice wire);
    void push_to_all(const std::vector<Client*>&, std::initializer_list<Slice> parts);
    void deliver_pushes();
    void hold_back(const Request&, std::span<const Slice> args);
    bool resume_waiting();  // false: nothing to do
    void replay_held(Client&);

    std::unique_ptr<BlockedState> release_blocked(Client&);
    void serve_ready();
    void serve_key(int db, const std::string& name);
    void rerun(Client&);
    void serve_synced();
    void go_on(Client&);
    void time_out_blocked();

    void track(const Ctx&);
    void remember_reads(const Ctx&);
    void tracked_key_changed(Slice key);
    void invalidate(Slice key, const std::vector<uint64_t>& readers);
    void invalidate_all();
    void tell_readers(const std::vector<Tracking::Evicted>&);
    void broadcast_changes(const Tracking::Changes&);
    template <class Keys>
    void push_invalidation(Client& owner, Keys write_keys);
    void push_redirect_broken(Client& owner);

    void key_changed(int db, Slice key) override;
    void key_ready(int db, Slice key) override;
    void db_clearing(int db) override;
    void dbs_swapping(int a, int b) override;

    void evict_clients();
    void reap();

    Parts& parts_;
    Transport& transport_;
    const ServerOptions& options_;
    MemoryLimit memory_limit_;
    ReadGate gate_;
    ClientLimit client_limit_;
    Batch batch_;  // of its own loop
    IoLoop loop_;
    RemoteLoops* remote_ = nullptr;  // null: there are no IO threads
    Batch* own_batch_ = &batch_;     // what is written for clients of its own loop
    Batch* running_ = nullptr;
    size_t next_request_ = 0;  // of running_
    bool in_command_ = false;
    const Client* current_ = nullptr;    // whose command runs
    bool all_keys_went_ = false;         // those who track any are to be told
    const Client* in_exec_ = nullptr;    // whose transaction runs
    BlockedState* rerunning_ = nullptr;  // what the command that runs again had waited for
    bool serving_ = false;
    std::unique_ptr<Client> script_client_;  // whose the commands of scripts are
    Client* script_caller_ = nullptr;        // who has sent the script that runs
    bool busy_ = false;                      // it has run for too long
    Batch busy_batch_;                       // takes the place of batch_ while it does
    std::unique_ptr<RequestReader> busy_reader_;
    std::vector<uint64_t> wait_for_sync_;  // clients
    bool answers_all_ = false;
    std::vector<uint64_t> resumed_;  // clients that wait no more, and have something in `held`

    // Pushes of the command that runs: its own reply comes first.
    struct Push {
        Client* client;
        size_t begin, end;  // in pushed_
    };
    Buffer pushed_;
    std::vector<Push> pushes_;
    // Where in a batch a push lies already.
    struct Placed {
        const Batch* batch;
        size_t begin;  // in pushed_
        size_t at;     // in the batch's output
    };
    static constexpr size_t kPlacedMax = 64;  // more are forgotten, and cost a copy
    std::vector<Placed> placed_;
    uint32_t event_flags_ = 0;
    bool misses_wanted_ = false;

    std::vector<Slice> shown_args_;   // of a command with secrets, these replaced
    std::vector<Client*> graveyard_;  // of its own loop: let go by the transport
    RequestParser replay_parser_;
    uint64_t last_ticks_ = 0;
    uint64_t turn_commands_ns_ = 0, turn_commands_before_ = 0;
    int64_t turn_begin_us_ = 0;
    int64_t turn_end_us_ = 0;
    int64_t pause_until_ms_ = 0;
    PauseMode pause_mode_ = PauseMode::write;
    bool waiting_over_ = false;  // a pause has ended: those who waited go on
    int monitors_ = 0;
};

}  // namespace rota
