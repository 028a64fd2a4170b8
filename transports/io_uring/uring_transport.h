// SPDX-License-Identifier: BSD-3-Clause
// UringTransport: one io_uring, one thread. A poll is at most one system call, which submits all
// that was asked since the last one and waits; a multishot receive per connection and a multishot
// accept per listener need no further asking.
//
// Replies. A short reply (send_now(), or send() with nothing pending) is copied into the arena and
// becomes a *quick send*: tried once when the poll submits it, without a completion if all of it
// left. So it costs no system call, no wake-up and no bookkeeping, and what remains for a
// completion is the rare full socket: then the rest is kept and waits. Copying 500 bytes costs less
// than anything that avoids it. Quick sends are settled by the system call that submits them: those
// that failed have their completions posted when it returns, all others have left, and the arena is
// free again.
//
// Everything longer waits in Outgoing, by reference, with at most one send in flight.
//
// Close is cancel-then-free: a slot is given back, and Event::closed told, when the last completion
// of its requests has been seen and its quick send is settled.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "transports/accepting.h"
#include "transports/bell.h"
#include "transports/io_uring/buffer_ring.h"
#include "transports/io_uring/connection.h"
#include "transports/io_uring/gathering.h"
#include "transports/io_uring/ring.h"
#include "transports/io_uring/tags.h"
#include "transports/options.h"
#include "transports/ready_queue.h"
#include "transports/transport.h"

namespace rota::uring {

inline constexpr size_t kQuickMost = size_t{32} << 10;  // longer sends are not copied
inline constexpr size_t kArenaBytes = size_t{4} << 20;  // quick sends of a round; full: none

inline constexpr uint32_t kGatherMost = 64;  // completions that end a gathering wait early

class UringTransport final : public Transport {
public:
    static Result<std::unique_ptr<Transport>> create(const UringOptions& options);
    ~UringTransport() override;

    const char* name() const override { return "io_uring"; }
    Result<ListenerId> listen(const Endpoint& where, const ListenOptions& options) override;
    void update_listener(ListenerId id, const ListenOptions& options) override;
    void unlisten(ListenerId id) override;
    Endpoint local_endpoint(ListenerId id) const override;
    Result<ConnId> connect(const Endpoint& where, const ConnectOptions& options) override;
    Result<ConnId> adopt(int descriptor) override;
    bool detach(ConnId id) override;
    void set_user(ConnId id, void* user) override;
    size_t send_now(ConnId id, Slice bytes) override;
    SendStatus send(ConnId id, std::span<const Slice> chunks) override;
    void pause_receive(ConnId id) override;
    void resume_receive(ConnId id) override;
    void recycle(BufferId buffer) override;
    void close(ConnId id) override;
    void close_after_send(ConnId id) override;
    std::string peer_name(ConnId id) const override;
    std::string local_name(ConnId id) const override;
    bool peer_is_local(ConnId id) const override;
    int descriptor(ConnId id) const override;
    size_t poll(std::span<Event> out, int64_t wait_max_ns) override;
    void gather_for(int64_t ns) override;
    void wake() noexcept override { bell_.ring(); }
    const TransportStats& stats() const override;
    bool watch(int descriptor) override {
        watched_ = descriptor;
        return true;
    }

    // For tests.
    const BufferRing& buffers() const { return buffers_; }

private:
    struct Listener {
        UniqueFd fd;
        ListenOptions options;
        bool resting = false;   // not accepting until accept_again_at_ns_
        std::string unix_path;  // the file to remove at the end
    };
    struct Newcomer {  // accepted, not told yet
        UniqueFd fd;
        uint32_t listener;
    };
    struct Linger {
        int64_t until_ns;
        ConnId id;
    };
    struct Completion {
        uint64_t tag;
        int32_t result;
        uint32_t flags;
        bool last() const { return (flags & IORING_CQE_F_MORE) == 0; }
    };
    // The events of one poll.
    struct Sink {
        std::span<Event> out;
        size_t count = 0;
        bool full() const { return count == out.size(); }
    };

    UringTransport(Ring ring, BufferRing buffers, Mapping arena, UniqueFd wake_fd,
                   const UringOptions& options);

    Connection* find(ConnId id);
    const Connection* find(ConnId id) const;
    static ConnId id_of(uint32_t slot, const Connection& connection) {
        return ConnectionTable::make_id(slot, connection.generation);
    }
    // The fate of its quick send is not known yet.
    bool unsettled(const Connection& connection) const { return connection.quick_round == round_; }
    uint32_t admit(UniqueFd fd, const PeerAddress& peer);
    void enqueue(uint32_t slot, Connection& connection);
    Event& tell(Sink& sink, Event::Kind kind, uint32_t slot, const Connection& connection);

    // requests.cc: what is asked of the kernel
    io_uring_sqe& prepare(uint8_t opcode, int fd, uint64_t tag);
    void arm_receive(uint32_t slot, Connection& connection, bool poll_first);
    void arm_watch(uint32_t slot, Connection& connection, uint32_t mask);
    void arm_accept(uint32_t listener);
    void arm_wake();
    void arm_watched();
    void cancel(uint64_t tag);
    void cancel_all(uint32_t slot, const Connection& connection);
    void quick_send(uint32_t slot, Connection& connection, std::span<const Slice> chunks,
                    size_t bytes);
    void start_send(uint32_t slot, Connection& connection);

    // listen.cc
    void greet(Sink& sink, size_t room_left);
    void on_accept(const Completion& done);
    void rest(uint32_t listener);

    // completions.cc: what the kernel answers. Each tells one event at most.
    void complete(const Completion& done, Sink& sink);
    void on_receive(uint32_t slot, Connection& connection, const Completion& done, Sink& sink);
    void on_bytes(uint32_t slot, Connection& connection, const Completion& done, Sink& sink);
    void on_receive_end(uint32_t slot, Connection& connection, int result, Sink& sink);
    void after_receive(uint32_t slot, Connection& connection);
    void on_quick_send(uint32_t slot, Connection& connection, int result);
    void on_send(uint32_t slot, Connection& connection, const Completion& done, Sink& sink);
    void on_watch(uint32_t slot, Connection& connection, const Completion& done, Sink& sink);

    // poll.cc
    int64_t allowed_wait(int64_t wait_max_ns);
    void enter(int64_t wait_ns, size_t room);
    void settle();
    void run_timers();
    void wake_receivers();
    void visit_ready(Sink& sink);
    void visit(uint32_t slot, Connection& connection, Sink& sink);
    void begin_linger(uint32_t slot, Connection& connection, Sink& sink);
    void end(uint32_t slot, Connection& connection, int error);
    void finish(uint32_t slot, Connection& connection, Sink& sink);
    void let_go(uint32_t slot, Connection& connection, Sink& sink);

    UringOptions options_;
    Gathering gathering_;
    uint32_t gather_us_ = 0;  // as the owner wishes, beside the minimum wait
    BufferRing buffers_;      // outlives the ring, which writes into it
    Mapping arena_;
    Ring ring_;
    Bell bell_;
    int watched_ = -1;
    bool watched_armed_ = false;
    DescriptorReserve reserve_;
    ConnectionTable connections_;
    ReadyQueue ready_;
    std::vector<Listener> listeners_;
    std::deque<Newcomer> newcomers_;
    std::deque<Linger> lingering_;  // oldest first
    std::vector<ConnId> starved_;   // found no buffer
    std::vector<ConnId> resting_;   // used up their quota
    int64_t accept_again_at_ns_ = 0;
    bool work_left_ = false;  // the ready queue holds something that need not wait for the kernel
    size_t in_flight_ = 0;    // of all connections

    uint64_t round_ = 1;           // of quick sends; 0 is none
    size_t arena_used_ = 0;        // by this round
    uint64_t round_prepared_ = 0;  // this round's last entry
    uint32_t searched_ =
        0;  // completions before it were searched for quick sends: they may be read
    bool turn_over_ = false;            // this poll has told enough of one connection
    mutable TransportStats stats_;      // syscalls: without what the ring has not told,
    mutable uint64_t enters_told_ = 0;  // its enters after so many
};

}  // namespace rota::uring
