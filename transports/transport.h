// SPDX-License-Identifier: BSD-3-Clause
// Transport: bytes in, bytes out, completions. It knows no command and no key, and nobody above may
// ask which kind it is.
//
// The interface is completion-shaped because epoll can imitate completions while io_uring, RDMA and
// DPDK cannot imitate readiness. Every call is for one batch, never for one byte.
//
// Threading: created, called and destroyed by one thread, its owner; only wake() may come
// from another, and what is done with a loan.
//
// Life of a connection: it exists from Event::accepted (or the return of connect) until its one
// Event::closed, which is always the last event that names it, however the end came about (or until
// Event::detached, when it goes on elsewhere). A ConnId is never used again after that: generation
// bits make a late call on it harmless.
//
// A connection can change its transport, and so its thread: a listener with hand_over gives out
// descriptors, detach() gives away the descriptor of an idle connection, adopt() takes one.
//
// Sharing: a transport that can may lend a connection to another thread, which receives or sends
// on it while the owner leaves it alone. Then input is announced as Event::readable, and whoever
// receives brings the memory. The wait for events can be lent, too.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "platform/assert.h"
#include "platform/result.h"
#include "platform/slice.h"
#include "transports/endpoint.h"

namespace rota {

enum class ConnId : uint64_t {};  // slot and generation
enum class ListenerId : uint32_t {};
enum class BufferId : uint32_t {};  // names the memory behind a received slice

inline constexpr BufferId kNoBuffer = BufferId{0xffffffff};

struct Event {
    enum class Kind : uint8_t {
        accepted,   // a new connection; `listener` says where. Reading starts at once. With
                    // hand_over there is no connection yet but a `descriptor`, nothing of it read.
        connected,  // a connect() succeeded
        received,   // `data` has 1 or more bytes, valid until recycle(buffer)
        readable,   // while input is shared: there may be something to receive, by a loan
        eof,        // the peer will send no more (half-close); sending is still possible
        sent,       // everything handed to send() so far has left: its chunks are free again
        detached,   // gone from here, as detach() asked: `descriptor` lives on
        closed,     // the connection is gone; `error` is an errno value, 0 after our own close()
    };
    Kind kind;
    ConnId conn;
    void* user = nullptr;  // what set_user() stored, null before
    Slice data;
    BufferId buffer = kNoBuffer;
    ListenerId listener{};
    int error = 0;
    int descriptor = -1;  // the receiver owns it: for adopt() of any transport, or to be closed
};

enum class SendStatus : uint8_t {
    done,     // all bytes were taken already: the chunks are free, no Event::sent follows
    pending,  // the chunks must stay alive until Event::sent (or Event::closed)
};

// A connection on loan, and what its holder has found out. Travels with the work.
struct Loan {
    int descriptor = -1;
    int error = 0;  // it is broken: it will say so when it is back
    uint32_t reads = 0, writes = 0;
    uint64_t bytes_in = 0, bytes_out = 0;
    bool keep_on : 1 = false;  // a short receive does not mean that the socket is empty
    bool big : 1 = false;      // the last receive filled its space: give the next one more
    bool more : 1 = false;     // there may be more to receive
    bool ended : 1 = false;    // the peer sends no more
};

// What a poll for another thread's transport has found; only that transport can read it.
class PollReport {
public:
    virtual ~PollReport() = default;
};

struct TransportStats {
    uint64_t polls = 0, reads = 0, writes = 0, bytes_in = 0, bytes_out = 0, wakeups = 0;
    uint64_t syscalls = 0;  // to wait, receive, send and accept: what a request costs, not a start
};

class Transport {
public:
    virtual ~Transport() = default;

    // Name as the user writes it: "epoll", "io_uring", ... For messages and INFO only.
    virtual const char* name() const = 0;

    virtual Result<ListenerId> listen(const Endpoint&, const ListenOptions&) = 0;
    // What may change while it listens, keepalive_s and accepts_per_poll, holds for connections
    // accepted from now on; the other options stay as they were.
    virtual void update_listener(ListenerId, const ListenOptions&) = 0;
    // Stops accepting; connections already accepted live on.
    virtual void unlisten(ListenerId) = 0;
    // Where a listener really listens (the port that the kernel chose for port 0).
    virtual Endpoint local_endpoint(ListenerId) const = 0;

    // Ends as Event::connected or Event::closed.
    virtual Result<ConnId> connect(const Endpoint&, const ConnectOptions&) = 0;

    // Takes over a connected stream socket (TCP or Unix) as if it had accepted it: reading starts
    // at once, options set at accept stay. The descriptor is owned from here on: closed on failure.
    virtual Result<ConnId> adopt(int descriptor) = 0;
    // Gives an idle connection away. True: it ends as Event::detached, with all that was taken from
    // the kernel told as Event::received before; or as Event::closed if it breaks or is closed
    // meanwhile. Nothing may be sent on it from here on. False, and nothing changes, where
    // sends are pending, a connect() is under way, it is closing, or the transport has no
    // descriptors.
    virtual bool detach(ConnId) = 0;

    // The pointer that every later event of this connection carries.
    virtual void set_user(ConnId, void* user) = 0;

    // Offers bytes to a connection that has nothing pending: takes what can leave at once, returns
    // how many (0 to bytes.size()), and keeps no reference to them. A transport that cannot tell
    // takes none. What is left goes to send().
    virtual size_t send_now(ConnId, Slice /*bytes*/) { return 0; }
    // Sends the chunks in order, after everything sent before. Never fails: a broken connection
    // says so by Event::closed. While one send is pending another may be handed in; Event::sent
    // comes once, when all of them have left.
    virtual SendStatus send(ConnId, std::span<const Slice> chunks) = 0;

    // Back-pressure: no Event::received until resume_receive(). Bytes already read may still come.
    virtual void pause_receive(ConnId) = 0;
    virtual void resume_receive(ConnId) = 0;

    // Gives a received buffer back. Every Event::received is to be recycled exactly once, and soon:
    // the memory is shared by many connections and bounded, and when all of it is out nothing more
    // is read. Copy what must wait for the bytes that follow it.
    virtual void recycle(BufferId) = 0;

    // Ends a connection. Pending sends are dropped; Event::closed follows in a later poll().
    virtual void close(ConnId) = 0;
    // Lets pending sends leave, then closes; bytes received meanwhile are thrown away.
    virtual void close_after_send(ConnId) = 0;

    // Names for CLIENT LIST: "127.0.0.1:5000", "[::1]:5000"; both ends of a Unix connection are
    // "<path>:0". Empty for a connection that is gone. Not for the hot path.
    virtual std::string peer_name(ConnId) const = 0;
    virtual std::string local_name(ConnId) const = 0;
    // True where the peer certainly is this machine: loopback or a Unix socket (protected mode).
    virtual bool peer_is_local(ConnId) const = 0;
    // The descriptor, for CLIENT LIST's fd=; -1 where there is none.
    virtual int descriptor(ConnId) const = 0;

    // Submits what is queued, waits up to wait_max_ns (0: not at all, -1: until something happens)
    // and fills `out` with what has happened. A slow consumer loses nothing: what does not fit
    // comes with the next call, and then that call does not wait.
    virtual size_t poll(std::span<Event> out, int64_t wait_max_ns) = 0;

    // From now on a poll() that may sleep lets events gather for so long before it looks, unless it
    // was woken before (0: it ends with the first). So one wait serves many, and who sends wakes
    // nobody. A transport that has no means to ignores it.
    virtual void gather_for(int64_t /*ns*/) {}

    // Ends a poll() that waits, from any thread or a signal handler.
    virtual void wake() noexcept = 0;

    virtual const TransportStats& stats() const = 0;

    // From now on a poll() that waits also ends, with no event, while this descriptor is readable.
    // One at most, owned by the caller and not read here. False: it cannot be done.
    virtual bool watch(int /*descriptor*/) { return false; }

    // What connections at endpoints of kind tls are made with from now on, those that are accepted
    // (server) or those of connect(). On failure, with a reason for the log, it stays as it was.
    virtual Result<> use_tls(TlsRole, const TlsSettings&) {
        return fail("TLS is not in this build");
    }

    // ---- Sharing. A transport that cannot has only the first two of these.

    virtual bool can_share() const { return false; }
    // Whether input is announced rather than received, from now on. False: it cannot be.
    virtual bool share_input(bool on) { return !on; }
    // After Event::readable, or to send where no send is pending. Until take_back() no event names
    // it and no other call may. Without a descriptor: it is no longer to be had.
    virtual Loan lend(ConnId) { UNREACHABLE(); }
    virtual void take_back(ConnId, const Loan&) { UNREACHABLE(); }
    // By the holder of the loan, on any thread. 0 bytes: the loan says why.
    virtual size_t receive_lent(Loan&, std::span<char> /*space*/) const { UNREACHABLE(); }
    // As send_now(). A broken connection takes everything.
    virtual size_t send_lent(Loan&, Slice /*bytes*/) const { UNREACHABLE(); }

    // Lends the wait for events: until take_report(), a poll() that need not wait does not ask the
    // kernel. One report at a time. Null: it cannot be lent.
    virtual std::unique_ptr<PollReport> make_report() { return nullptr; }
    virtual void lend_poll() { UNREACHABLE(); }
    virtual void take_report(PollReport&) { UNREACHABLE(); }
    // On any thread: asks the kernel, without waiting.
    virtual void poll_lent(PollReport&) const { UNREACHABLE(); }
};

}  // namespace rota
