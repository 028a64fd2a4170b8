// SPDX-License-Identifier: BSD-3-Clause
// Client: what one connection is and remembers, in two halves on separate cache lines.
//
// The IO half belongs to the IO loop that polls the connection: bytes not yet parsed and bytes not
// yet sent. In shared mode the executor's loop lends it out with the connection, one job at a time.
// The executor half belongs to the executor: database, protocol, name, limits. Neither
// side writes the other's; what the IO half must know of the executor half travels as ClientTerms
// with the replies, and what anybody may read of the IO half are Counters. With one thread both
// halves are the executor's.
//
// A client is freed by its IO loop when the last message that names it has come back: a client that
// ends is marked (closing) and leaves when the transport has said Event::closed, see Executor.
// Nobody keeps a Client* across a call that can run commands; look it up by id in the
// ClientRegistry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "acl/user.h"
#include "platform/buffer.h"
#include "platform/counter.h"
#include "platform/slice.h"
#include "proto/request_parser.h"
#include "transports/transport.h"

namespace rota {

struct BlockedState;    // blocked.h
struct ClientTracking;  // tracking.h
class MultiState;       // multi.h
struct Subscriptions;   // pubsub.h

enum class ClientType : uint8_t { normal, replica, pubsub, primary };
enum class ReplyMode : uint8_t { on, off, skip_next, skip };  // CLIENT REPLY

// What the executor lets the IO half know, and tells it whenever it has changed.
struct ClientTerms {
    int32_t db = 0;
    uint32_t resp : 2 = 2;
    ClientType type : 2 = ClientType::normal;
    bool authenticated : 1 = false;  // false: one request at a time, under the tighter limits
    bool closing : 1 = false;        // what is written still leaves, then it closes
    bool waiting : 1 = false;        // paused or blocked: further input stays unparsed
    bool plain : 1 = false;          // its reads may be answered without the executor
    bool no_touch : 1 = false;       // CLIENT NO-TOUCH
    uint32_t rules : 23 = 0;         // ReadGate::rules(), as of when plain was decided
    friend bool operator==(const ClientTerms&, const ClientTerms&) = default;
};
static_assert(sizeof(ClientTerms) == 8);

// Why an IO loop gives up on a client; the executor logs, counts and closes.
enum class ClientFault : uint8_t { none, query_limit, output_limit };

// The first line is all that an ordinary request touches.
struct alignas(kCacheLine) ClientIo {
    ConnId conn{};
    Buffer query;                            // received, not yet a whole request
    std::unique_ptr<RequestParser> partial;  // its parser; null between requests
    ClientTerms terms;
    uint32_t requests_out = 0;      // given to the executor, not yet back
    bool input_over : 1 = false;    // nothing more of it is parsed
    bool eof : 1 = false;           // the peer sends no more
    bool finished : 1 = false;      // the transport was told to close: nothing more is sent
    bool closed : 1 = false;        // the transport has said closed
    bool send_pending : 1 = false;  // in_flight is with the transport
    bool leaving : 1 = false;       // goes to another loop as soon as nothing is under way
    bool detaching : 1 = false;     // on its way out: nothing may be sent
    bool reading : 1 = false;       // has reads that its IO thread is about to answer
    bool asks_auth : 1 = false;     // its last request may authenticate it
    bool starved : 1 = false;       // held up until the executor has caught up
    bool paused : 1 = false;        // the transport reads no more of it
    bool held_up : 1 = false;       // query has requests that had to wait
    uint8_t look : 4 = 0;           // the last one of WaitModeration that counted it, its low bits
    // The loop's own, also while the rest is on loan.
    bool dirty = false;  // in the loop's list of clients to look at after the turn
    bool lent = false;   // another thread has this half, and the connection

    Buffer in_flight;                  // handed to the transport, not yet sent
    Buffer queued;                     // behind in_flight: at most one send is in flight
    int64_t soft_limit_since_ms = -1;  // when the soft output limit was first exceeded
    int descriptor = -1;               // between two loops: the socket
    uint32_t position = 0;             // in the loop's list of clients
    Loan loan;                         // while it is lent
    ClientFault fault = ClientFault::none;

    // For anybody to read.
    Counter query_bytes, query_capacity, partial_bytes, unsent_bytes;
    Counter net_in, net_out, commands;  // commands: answered without the executor
    Counter last_interaction_ms;

    // Updates the first four; returns by how much memory() has grown, modulo 2^64.
    uint64_t show_sizes();
    // What this half holds, by what is shown. Any thread.
    uint64_t memory() const;
};
static_assert(offsetof(ClientIo, in_flight) <= kCacheLine);

struct alignas(kCacheLine) Client {
    explicit Client(uint64_t client_id);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Fixed before the IO half goes to its loop.
    const uint64_t id;
    int64_t created_ms = 0;   // wall clock
    std::string peer, local;  // "127.0.0.1:5000"
    int fd = -1;              // for CLIENT LIST
    bool peer_is_local = false;
    ListenerId listener{};

    // Executor half.
    uint16_t loop = 0;       // which IO loop has it
    uint16_t next_loop = 0;  // where it goes, while it is moving
    int db = 0;
    uint8_t resp = 2;
    ClientType type = ClientType::normal;
    ReplyMode reply_mode = ReplyMode::on;
    bool authenticated = false;      // it has proved who it is, or was not asked when it came
    bool closing = false;            // no command of it runs any more
    bool close_after_reply = false;  // what is written still leaves, then it closes
    bool closed = false;             // the transport has said closed: the connection is no more
    bool monitor = false;
    bool no_evict = false;
    bool no_touch = false;
    bool postponed = false;      // waits for CLIENT UNPAUSE; its requests are in `held`
    bool resuming = false;       // waits no more, but what is in `held` has yet to run
    bool behind_script = false;  // its script runs and others are served: its requests go to `held`
    bool moving = false;         // between two loops; what is written for it waits in `held_output`
    bool internal = false;       // a client of ours without a connection
    bool in_multi = false;
    bool dirty = false;  // a key that it watched has changed
    bool import_source = false;
    bool capa_redirect = false;

    ClientTerms told;  // what the IO half knows
    uint64_t commands = 0;
    size_t counted_bytes = 0;                      // of the executor half, in ClientLimit's sum
    uint64_t last_unit = 0;                        // of commands, that it was the cause of
    const char* last_command = nullptr;            // full name, owned by the command table
    std::unique_ptr<BlockedState> blocked;         // it waits in a blocking command
    std::unique_ptr<Subscriptions> subscriptions;  // null: none
    std::unique_ptr<ClientTracking> tracking;      // null: off
    std::unique_ptr<MultiState> multi;             // it has queued commands, or watches keys
    Buffer held;                                   // requests that came while it had to wait
    std::string held_error;                        // behind them, what was wrong with the next one
    Buffer held_output;                            // replies that came while it was moving

    std::shared_ptr<const AclUser> user;  // not null once it was accepted
    uint32_t rules = 0;                   // of users, as of when its IO half was last told
    std::string name, lib_name, lib_ver;

    ClientIo io;

    // Membership in the registry's list, in order of creation.
    Client* next = nullptr;
    Client* prev = nullptr;

    // Who has not authenticated is `default`, whom nobody need prove to be while it is open.
    bool may_speak() const { return authenticated || (user && user->is_open()); }
    bool waits() const { return postponed || resuming || behind_script || blocked != nullptr; }
    size_t output_size() const { return io.unsent_bytes + held_output.size(); }
    ClientTerms terms() const {
        ClientTerms terms;
        terms.db = db;
        terms.resp = resp;
        terms.type = type;
        terms.authenticated = may_speak();
        terms.closing = close_after_reply;
        terms.waiting = waits();
        terms.plain = may_speak() && user && user->unlimited() && !in_multi && !monitor &&
                      !tracking && !import_source && type == ClientType::normal &&
                      reply_mode == ReplyMode::on;
        terms.no_touch = no_touch;
        terms.rules = rules;
        return terms;
    }
    // Bytes held for this client (tot-mem): what the executor half holds, and the IO half.
    size_t memory() const { return executor_memory() + io.memory(); }
    size_t executor_memory() const;
};

// The line that CLIENT LIST and CLIENT INFO print, without a newline.
std::string describe(const Client&, int64_t now_ms);
// The letters of the flags field ("N" when none).
std::string flag_letters(const Client&);

}  // namespace rota
