// SPDX-License-Identifier: BSD-3-Clause
// EpollTransport: completions imitated by edge-triggered epoll and plain socket calls. A request
// costs one recv() and one send() plus its share of an epoll_wait(); each connection is registered
// once. Nothing is allocated per request.
//
// How a poll works: epoll only tells which connections to visit; they go to the ready queue, and
// visiting them in order does the input and output. What a visit could not finish (no room for
// events, its quota used up) waits in the queue for the next poll, which then does not sleep.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "transports/accepting.h"
#include "transports/bell.h"
#include "transports/epoll/arena_pool.h"
#include "transports/epoll/connection.h"
#include "transports/epoll/transmit.h"
#include "transports/ready_queue.h"
#include "transports/sockets.h"
#include "transports/stream_limits.h"
#include "transports/transport.h"

namespace rota {

inline constexpr size_t kEpollEvents = 256;                // asked of one epoll_wait()
inline constexpr size_t kReceiveLeast = size_t{16} << 10;  // space for one recv()
inline constexpr size_t kReceiveMost = size_t{64} << 10;   // and when the last one was full

class EpollTransport final : public Transport {
public:
    static Result<std::unique_ptr<Transport>> create();
    ~EpollTransport() override;

    const char* name() const override { return "epoll"; }
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
    void gather_for(int64_t ns) override { gather_ns_ = ns; }
    void wake() noexcept override { bell_.ring(); }
    const TransportStats& stats() const override { return stats_; }
    bool can_share() const override { return true; }
    bool watch(int descriptor) override;
    bool share_input(bool on) override;
    Loan lend(ConnId id) override;
    void take_back(ConnId id, const Loan& loan) override;
    size_t receive_lent(Loan& loan, std::span<char> space) const override;
    size_t send_lent(Loan& loan, Slice bytes) const override;
    std::unique_ptr<PollReport> make_report() override;
    void lend_poll() override;
    void take_report(PollReport& report) override;
    void poll_lent(PollReport& report) const override;

private:
    struct Listener {
        UniqueFd fd;
        ListenOptions options;
        bool due = false;       // reported by this poll's epoll_wait()
        bool resting = false;   // not watched until accept_again_at_ns_
        std::string unix_path;  // the file to remove at the end
    };
    struct Linger {
        int64_t until_ns;
        ConnId id;
    };
    // The events of one poll.
    struct Sink {
        std::span<Event> out;
        size_t count = 0;
        bool full() const { return count == out.size(); }
    };

    EpollTransport(UniqueFd epoll, UniqueFd wake_fd);

    Connection* find(ConnId id);
    const Connection* find(ConnId id) const;
    Result<ConnId> admit(UniqueFd fd, const PeerAddress& peer, bool partial_reads);
    void enqueue(uint32_t slot, Connection& connection);
    void park(uint32_t slot, Connection& connection);
    void watch_output(uint32_t slot, Connection& connection, bool on);
    Event& tell(Sink& sink, Event::Kind kind, uint32_t slot, const Connection& connection);

    void keep_unsent(Connection& connection, std::span<const Slice> chunks, size_t taken);
    void cut(uint32_t slot, Connection& connection, int error);

    // accept.cc
    bool watch_listener(uint32_t index, bool on, int operation);
    void accept_due(Sink& sink);
    void accept_some(uint32_t index, Sink& sink);
    void rest(uint32_t index);

    // poll.cc
    int64_t allowed_wait(int64_t wait_max_ns);
    int wait_for_events(int64_t wait_ns);
    void note(const epoll_event& reported);
    void run_timers();
    void visit_ready(Sink& sink);

    // share.cc
    void announce(uint32_t slot, Connection& connection, Sink& sink);

    // visit.cc
    void visit(uint32_t slot, Sink& sink);
    void let_go(uint32_t slot, Connection& connection, Sink& sink);
    void serve(uint32_t slot, Connection& connection, Sink& sink);
    bool finish_connect(uint32_t slot, Connection& connection, Sink& sink);
    bool flush(uint32_t slot, Connection& connection, Sink& sink);
    void receive(uint32_t slot, Connection& connection, Sink& sink);
    void receive_end(uint32_t slot, Connection& connection, int error, Sink& sink);
    bool begin_linger(uint32_t slot, Connection& connection, Sink& sink);
    void discard(uint32_t slot, Connection& connection);
    static void sever(Connection& connection, int error);

    UniqueFd epoll_;
    Bell bell_;
    DescriptorReserve reserve_;
    ConnectionTable connections_;
    ArenaPool arenas_;
    ReadyQueue ready_;
    std::vector<Listener> listeners_;
    std::deque<Linger> lingering_;  // oldest first
    int64_t accept_again_at_ns_ = 0;
    int64_t gather_ns_ = 0;
    bool work_left_ = false;  // the ready queue holds something that need not wait for the kernel
    bool starved_ = false;    // some visit found every arena out
    bool listeners_due_ = false;
    bool sharing_input_ = false;
    bool poll_is_lent_ = false;
    bool has_report_ = false;  // taken, not yet told
    TransportStats stats_;
    std::array<epoll_event, kEpollEvents> reported_;
};

}  // namespace rota
